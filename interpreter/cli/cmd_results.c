/* nontrivial results: what a run measured, from its folder alone. */
#include "command.h"
#include "console.h"
#include "fit.h"
#include "packed.h"
#include "pager.h"
#include "recompute.h"
#include "results_file.h"
#include "results_print.h"
#include "results_words.h"

typedef struct results_options {
    const char *group, *name, *images;
    double margin;
    int32_t seed, verdict, order, view;
    bool json, csv, recompute, method, seeds, wide, no_pager;
} results_options;

static const char *const verdicts[] = {"any", "trivial", "critical", "better", "undecided", NULL};
static const char *const orders[] = {"none", "change", "value",
                                     "p",    "case",   NULL};       /* as nt_run_order */
static const char *const views[] = {"seed", "case", "group", NULL}; /* as nt_results_view */

static const nt_field results_fields[] = {
    {"group", NT_STRING, offsetof(results_options, group), .doc = "only this group"},
    {"case", NT_STRING, offsetof(results_options, name),
     .doc = "only the cases of this name; * stands for any characters"},
    {"seed", NT_INT, offsetof(results_options, seed), NULL, 0, 2147483647, .doc = "only this seed"},
    {"verdict", NT_CHOICE, offsetof(results_options, verdict), "any", .choices = verdicts,
     .doc = "only what has this verdict"},
    {"margin", NT_REAL, offsetof(results_options, margin), NULL, 0, 1,
     .doc = "judge by this margin, not by the run's"},
    {"by", NT_CHOICE, offsetof(results_options, view), .choices = views,
     .doc = "a row for each case and seed, for each case with a count of verdicts, or for each "
            "group"},
    NT_OPTION_SEEDS(results_options),
    {"sort", NT_CHOICE, offsetof(results_options, order), "none", .choices = orders,
     .doc = "how to order the cases of a group; none: as the suite does"},
    {"images", NT_STRING, offsetof(results_options, images),
     .doc = "list the images that this case lost and gained; * stands for any characters"},
    {"recompute", NT_BOOL, offsetof(results_options, recompute), "false",
     .doc = "hold results.csv and results.json against what follows from " NT_PACKED_NAME},
    {"method", NT_BOOL, offsetof(results_options, method), "false",
     .doc = "say how the run was made, in sentences for a paper"},
    {"csv", NT_BOOL, offsetof(results_options, csv), "false",
     .doc = "print CSV in place of a table"},
    NT_OPTION_WIDE(results_options),
    NT_OPTION_NO_PAGER(results_options),
    NT_OPTION_JSON(results_options),
    {0},
};

static const nt_operand results_operands[] = {
    {.name = "RUN", .doc = "a run folder: what 'run' was given as --out"}, {0}};

static const char results_detail[] =
    "Everything comes from the run's " NT_STORE_NAME
    ", also while the run goes on or after it was\n"
    "interrupted; only the margin is read from its results.json. Without options, --csv prints\n"
    "what is in the results.csv of a finished run.\n"
    "\n"
    "change is the value minus that of the baseline with the same seed, on the same images, "
    "with\n"
    "Tango's 95 % and 90 % intervals, of masks those of a bootstrap over patients. p inside is of\n"
    "the test that it is within the margin, which looks at the 90 % interval, p outside that it "
    "is\n"
    "beyond; each is adjusted after Holm over all cases of the group with this seed, whichever of\n"
    "them are shown. trivial: p inside is below 0.05; critical: p outside is, and the change a "
    "loss;\n"
    "better: it is a gain; undecided: neither is shown.\n"
    "\n"
    "With several seeds a row is of a case: means over the seeds, their deviation and, under\n"
    "recipe, what they say together of the recipe that trained them. --seeds prints a row for "
    "each\n"
    "seed; so do --seed, --verdict and --sort p, which are about single ones.\n"
    "\n"
    "--sort puts the greatest loss, the lowest value, the lowest p first, within each group.\n"
    "--by case also counts how many seeds have each verdict; --by group has tau, Kendall's, which\n"
    "says how well the seeds agree on the order of the cases. --images numbers the images of the "
    "split from 0.\n"
    "\n"
    "--recompute takes what was measured from results.json and every image's outcome "
    "from\n" NT_PACKED_NAME
    ", computes all numbers once more, and says the first line of results.csv or\n"
    "results.json that is not what they come to: then the exit status is 1.\n";

/* --- what goes with what ---------------------------------------------------------------------- */

static nt_status check_pairs(const nt_arguments *arguments, nt_error *error) {
    static const char *const apart[][2] = {
        {"json", "csv"},  {"images", "case"}, {"images", "seeds"},  {"by", "seeds"},
        {"images", "by"}, {"images", "sort"}, {"images", "verdict"}};
    const results_options *options = arguments->record;
    for (size_t i = 0; i < sizeof apart / sizeof *apart; i++)
        if (nt_arguments_have(arguments, apart[i][0]) && nt_arguments_have(arguments, apart[i][1]))
            return nt_error_say(error, NT_USAGE, "--%s and --%s don't go together", apart[i][0],
                                apart[i][1]);
    if ((options->recompute || options->method) && arguments->given_count > 1)
        return nt_error_say(error, NT_USAGE, "--%s goes with no other option",
                            options->recompute ? "recompute" : "method");
    if (options->view == NT_VIEW_GROUP && options->order != NT_ORDER_SUITE)
        return nt_error_say(error, NT_USAGE,
                            "--by group takes no --sort: groups stay in the suite's order");
    if (options->view == NT_VIEW_CASE && options->order == NT_ORDER_P)
        return nt_error_say(error, NT_USAGE,
                            "--by case can't be sorted by p: the seeds have one each");
    return NT_OK;
}

/* --- the query -------------------------------------------------------------------------------- */

static nt_status out_of_memory(nt_error *error) {
    return nt_error_say(error, NT_NO_MEMORY, "out of memory");
}

static nt_status choose(const nt_arguments *arguments, nt_results_query *query, nt_arena *arena,
                        nt_error *error) {
    static const nt_verdict by_choice[] = {NT_UNDECIDED, NT_TRIVIAL, NT_CRITICAL, NT_BETTER,
                                           NT_UNDECIDED};
    const results_options *options = arguments->record;
    const nt_run_choice choice = {
        .group = options->group,
        .name = options->images ? options->images : options->name,
        .seed = nt_arguments_have(arguments, "seed") ? &options->seed : NULL,
        .verdict = options->verdict > 0 ? &by_choice[options->verdict] : NULL,
        .order = (nt_run_order)options->order};
    return nt_run_results_choose(query->results, &choice, arena, &query->baselines, &query->rows,
                                 error);
}

static nt_status find_images(nt_results_query *query, nt_arena *arena, nt_error *error) {
    nt_run_images *images = NT_ARENA_ARRAY(arena, nt_run_images, query->rows.count + 1);
    if (!images)
        return out_of_memory(error);
    for (size_t i = 0; i < query->rows.count; i++)
        if (!query->rows.items[i]->finding.failure)
            NT_TRY(
                nt_run_row_images(query->results, query->rows.items[i], arena, &images[i], error));
    query->images = images;
    return NT_OK;
}

static nt_status print(const nt_results_query *query, const results_options *options) {
    nt_text text;
    nt_table_room room = {.width = options->wide ? 0 : (size_t)nt_console_width(stdout)};
    if (options->json)
        return nt_json_print(nt_results_query_json(query));
    nt_text_init(&text);
    if (options->csv)
        nt_results_csv(query, &text);
    else
        nt_results_tables(query, &room, &text);
    nt_table_note_left_out(&room, "--wide prints them, --json all there is", &text);
    if (!options->csv)
        nt_text_break(&text, room.width);
    return options->csv ? nt_print(&text) : nt_page(&text, options->no_pager);
}

/* Who asks for nothing else gets a row a case where there are several seeds; files for other
 * programs stay as they always were, with every row. */
static nt_results_view view_of(const nt_arguments *arguments, const nt_run_results *results) {
    const results_options *options = arguments->record;
    if (options->images)
        return NT_VIEW_IMAGES;
    if (nt_arguments_have(arguments, "by") || !results->several_seeds || options->seeds ||
        options->json || options->csv || nt_arguments_have(arguments, "seed") ||
        options->verdict > 0 || options->order == NT_ORDER_P)
        return (nt_results_view)options->view;
    return NT_VIEW_MEANS;
}

static nt_status answer(const nt_arguments *arguments, const nt_run_results *results,
                        nt_arena *arena, nt_error *error) {
    const results_options *options = arguments->record;
    nt_results_query query = {.results = results, .view = view_of(arguments, results)};
    NT_TRY(choose(arguments, &query, arena, error));
    nt_status status = NT_OK;
    if (query.view == NT_VIEW_IMAGES)
        NT_TRY(find_images(&query, arena, error));
    if (query.view == NT_VIEW_CASE || query.view == NT_VIEW_MEANS)
        status = nt_run_by_case(&query.rows, (nt_run_order)options->order, arena, &query.summaries);
    if (query.view == NT_VIEW_GROUP)
        status = nt_run_by_group(&query.rows, arena, &query.summaries);
    return status == NT_OK ? print(&query, options) : out_of_memory(error);
}

static nt_status recompute(const char *run, nt_error *error) {
    int32_t outcomes;
    nt_text text;
    NT_TRY(nt_results_recompute(run, &outcomes, error));
    nt_text_init(&text);
    nt_text_printf(&text,
                   "results.csv and results.json follow, byte for byte, from the %d outcomes in "
                   "%s/" NT_PACKED_NAME "\n",
                   outcomes, run);
    return nt_print(&text);
}

static nt_status show_method(const char *run, nt_error *error) {
    nt_results *results;
    nt_text text, path;
    nt_text_init(&path);
    nt_text_printf(&path, "%s/" NT_RESULTS_JSON, run);
    nt_status status =
        path.failed ? out_of_memory(error) : nt_results_read(path.bytes, &results, error);
    nt_text_finish(&path);
    NT_TRY(status);
    nt_text_init(&text);
    nt_results_add_method(results, &text);
    nt_results_free(results);
    return nt_print(&text);
}

static nt_status run(const nt_arguments *arguments, nt_error *error) {
    const results_options *options = arguments->record;
    nt_run_results *results;
    nt_arena arena;
    NT_TRY(check_pairs(arguments, error));
    if (options->recompute)
        return recompute(arguments->words[0], error);
    if (options->method)
        return show_method(arguments->words[0], error);
    NT_TRY(nt_run_results_read(arguments->words[0],
                               nt_arguments_have(arguments, "margin") ? &options->margin : NULL,
                               &results, error));
    if (results->margin_assumed)
        nt_print_note("%s has no results.json, so the run isn't finished; verdicts take %g as the "
                      "margin",
                      results->folder, results->margin);
    nt_arena_init(&arena);
    nt_status status = answer(arguments, results, &arena, error);
    nt_arena_finish(&arena);
    nt_run_results_free(results);
    return status;
}

const nt_command nt_command_results = {
    .kind = {.name = "results",
             .doc =
                 "query what a run measured: by group, case, seed or verdict, down to the images",
             .fields = results_fields,
             .size = sizeof(results_options)},
    .detail = results_detail,
    .examples = "nontrivial results runs/first --sort change\n"
                "nontrivial results runs/first --group each-layer --csv\n",
    .syntax = {.operands = results_operands},
    .run = run,
};
