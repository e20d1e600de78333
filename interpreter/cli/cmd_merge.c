/* nontrivial merge: the parts of a run that processes measured by themselves, as one run. */
#include "command.h"
#include "console.h"
#include "progress_bar.h"
#include "results_file.h"
#include "run_tables.h"
#include "signals.h"
#include "store.h"
#include "suite_merge.h"
#include "suite_run.h"
#include <string.h>

typedef struct merge_options {
    int32_t threads;
    bool json, quiet, seeds, wide;
} merge_options;

static const nt_field merge_fields[] = {
    NT_OPTION_THREADS(merge_options), NT_OPTION_QUIET(merge_options),
    NT_OPTION_SEEDS(merge_options),   NT_OPTION_WIDE(merge_options),
    NT_OPTION_JSON(merge_options),    {0},
};

static const nt_operand merge_operands[] = {
    {.name = "RUN", .doc = "the run folder that the parts were given as --out"},
    {.name = "PART",
     .doc = "their folders (default: all that are called shard-I-of-N in it)",
     .optional = true,
     .repeated = true},
    {0}};

static const char merge_detail[] =
    "Parts are what 'run SUITE --out RUN --shard I/N' measured, each in a folder of its own,\n"
    "RUN/shard-I-of-N. They are joined in any order, some now and others later, also again; they "
    "stay\n"
    "as they are, and only RUN is written to. That all are of one run is seen to first: the same\n"
    "suite, graph, hooks, weights and data, computed as was asked for. Where two have measured "
    "the\n"
    "same, it must be equal, to the bit.\n"
    "\n"
    "When nothing is missing, the results are written as by 'run RUN', equal to those of a run by\n"
    "one process. Otherwise the status is 1, and it is said how many images are missing and which\n"
    "parts are not there.\n";

/* The command line, for the run folder. NULL when out of memory. */
static const char *const *command_of(const nt_arguments *arguments, nt_arena *arena) {
    const char **words = NT_ARENA_ARRAY(arena, const char *, arguments->all_count + 2);
    if (!words)
        return NULL;
    words[0] = "nontrivial";
    words[1] = arguments->command->name;
    if (arguments->all_count > 0)
        memcpy(words + 2, arguments->all, (size_t)arguments->all_count * sizeof *words);
    return words;
}

/* Everything is known: running the suite finds it, and writes what follows from it. */
static nt_status write_results(const nt_suite *suite, const nt_suite_options *options,
                               const merge_options *given, nt_progress_bar *bar, nt_error *error) {
    nt_results *results = NULL;
    nt_status status = nt_suite_run(suite, options, &results, error);
    nt_progress_bar_finish(bar);
    if (status == NT_OK)
        status = nt_run_tables_print(
            results, &(nt_run_tables_options){given->json, given->seeds, given->wide});
    if (status == NT_OK)
        nt_progress_note(options->progress,
                         "the run folder %s has results.csv, results.json and " NT_STORE_NAME,
                         options->out);
    if (status == NT_OK && nt_results_failures(results) > 0)
        status = nt_error_say(error, NT_FAILED,
                              "%d of the cases could not be measured; their rows say why",
                              nt_results_failures(results));
    nt_results_free(results);
    return status;
}

static nt_status run(const nt_arguments *arguments, nt_error *error) {
    const merge_options *options = arguments->record;
    nt_arena arena;
    nt_suite *suite = NULL;
    nt_progress_bar bar;
    nt_arena_init(&arena);
    nt_threads_set(options->threads);
    nt_signals_catch();
    nt_progress_bar_init(&bar, options->quiet);
    const nt_progress progress = {
        .step = nt_progress_bar_show, .note = nt_progress_bar_note, .context = &bar};
    const nt_merging merging = {.run = arguments->words[0],
                                .parts = arguments->words + 1,
                                .part_count = arguments->word_count - 1,
                                .progress = &progress};
    const nt_suite_options run_options = {.out = arguments->words[0],
                                          .progress = &progress,
                                          .known_only = true,
                                          .command = command_of(arguments, &arena),
                                          .command_count = arguments->all_count + 2};
    nt_status status =
        run_options.command ? NT_OK : nt_error_say(error, NT_NO_MEMORY, "out of memory");
    if (status == NT_OK)
        status = nt_suite_merge(&merging, &suite, error);
    if (status == NT_OK)
        status = write_results(suite, &run_options, options, &bar, error);
    nt_progress_bar_finish(&bar);
    nt_suite_free(suite);
    nt_arena_finish(&arena);
    return status;
}

const nt_command nt_command_merge = {
    .kind = {.name = "merge",
             .doc = "join what processes measured of a run by themselves, and write its results",
             .fields = merge_fields,
             .size = sizeof(merge_options)},
    .detail = merge_detail,
    .examples = "nontrivial merge runs/first\n",
    .syntax = {.operands = merge_operands},
    .run = run,
};
