#include "suite_job.h"

#include "attrs.h"
#include "dist.h"
#include "file.h"
#include "parallel.h"
#include "suite_repeat.h"
#include "trainer.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

const char *const nt_allreduce_names[] = {"tree", "mpi", NULL};

enum { MOST_PARTS = 100000 };

/* The command line's settings, and `conv: direct` if an option asks for it. */
static const nt_setting *settings_of(nt_suite_job *job, const nt_arguments *arguments, bool direct,
                                     int *ret_count) {
    nt_setting *all = NT_ARENA_ARRAY(&job->arena, nt_setting, arguments->setting_count + 1);
    *ret_count = arguments->setting_count + direct;
    if (!all)
        return NULL;
    if (arguments->setting_count > 0)
        memcpy(all, arguments->settings, (size_t)arguments->setting_count * sizeof *all);
    if (direct)
        all[arguments->setting_count] = (nt_setting){.key = "conv", .value = "direct"};
    return all;
}

/* The command line, for the run folder. */
static bool keep_command(nt_suite_job *job, const nt_arguments *arguments) {
    const char **words = NT_ARENA_ARRAY(&job->arena, const char *, arguments->all_count + 2);
    if (!words)
        return false;
    words[0] = "nontrivial";
    words[1] = arguments->command->name;
    if (arguments->all_count > 0)
        memcpy(words + 2, arguments->all, (size_t)arguments->all_count * sizeof *words);
    job->options.command = words;
    job->options.command_count = arguments->all_count + 2;
    return true;
}

/* "2/7" is part 1 of 7, counted from 0. */
static nt_status read_shard(const char *text, nt_suite_options *ret, nt_error *error) {
    int part, parts, length = 0;
    if (!text)
        return NT_OK;
    if (sscanf(text, "%d/%d%n", &part, &parts, &length) != 2 || text[length] != '\0' || part < 1 ||
        part > parts || parts > MOST_PARTS) {
        nt_error_say(error, NT_USAGE, "--shard must be i/n with i from 1 to n, not '%s'", text);
        nt_error_hint(error, "--shard 2/7 for the second of seven processes");
        return NT_USAGE;
    }
    if (nt_dist_size() > 1)
        return nt_error_say(error, NT_USAGE,
                            "--shard is for processes that are started alone, not "
                            "by mpirun or srun together");
    ret->part = part - 1;
    ret->part_count = parts;
    return NT_OK;
}

/* What computes, and which seeds have their weights. */
static void tell_start(nt_suite_job *job) {
    const nt_suite *suite = job->suite;
    nt_progress_bar_be_verbose(&job->bar);
    for (int s = 0; !suite->weights.path && s < suite->seed_count; s++) {
        const char *path = nt_arena_printf(&job->arena, "%s/seed-%d/" NT_WEIGHTS_FILE,
                                           job->options.out, suite->seeds[s]);
        if (path && access(path, R_OK) == 0)
            nt_progress_note(&job->progress, "seed %d is trained: its weights are in %s",
                             suite->seeds[s], path);
    }
}

nt_status nt_suite_job_init(nt_suite_job *job, const nt_arguments *arguments,
                            const nt_suite_job_options *options, nt_error *error) {
    int count;
    *job = (nt_suite_job){0};
    nt_arena_init(&job->arena);
    nt_threads_set(options->threads);
    const nt_setting *settings =
        settings_of(job, arguments, options->conv == NT_CONV_DIRECT, &count);
    const char *what = arguments->words[0];
    if (strcmp(what, "-") == 0)
        return nt_error_say(error, NT_USAGE,
                            "a suite that is run must be a file: the run folder keeps it");
    bool repeats = nt_folder_exists(what);
    if (!settings || !keep_command(job, arguments))
        return nt_error_say(error, NT_NO_MEMORY, "out of memory");
    NT_TRY((repeats ? nt_suite_repeat : nt_suite_load)(what, settings, count, &job->suite, error));
    job->options.any_order = options->allreduce == NT_ALLREDUCE_MPI;
    NT_TRY(read_shard(options->shard, &job->options, error));
    nt_progress_bar_init(&job->bar, options->quiet);
    job->progress = (nt_progress){
        .step = nt_progress_bar_show, .note = nt_progress_bar_note, .context = &job->bar};
    job->options.progress = &job->progress;
    job->options.out = options->out ? options->out
                       : repeats    ? what
                                    : nt_arena_printf(&job->arena, "runs/%s", job->suite->name);
    if (!job->options.out)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory");
    if (options->verbose)
        tell_start(job);
    return NT_OK;
}

void nt_suite_job_finish(nt_suite_job *job) {
    nt_progress_bar_finish(&job->bar);
    nt_suite_free(job->suite);
    nt_arena_finish(&job->arena);
}
