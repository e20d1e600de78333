#include "suite_job.h"

#include "attrs.h"
#include "parallel.h"
#include <stdio.h>
#include <string.h>

static void show_note(void *context, const char *line) {
    nt_progress_bar *bar = context;
    if (bar->quiet)
        return;
    nt_progress_bar_finish(bar);
    fprintf(stderr, "%s\n", line);
}

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

nt_status nt_suite_job_init(nt_suite_job *job, const nt_arguments *arguments,
                            const nt_suite_job_options *options, nt_error *error) {
    int count;
    *job = (nt_suite_job){0};
    nt_arena_init(&job->arena);
    nt_threads_set(options->threads);
    const nt_setting *settings =
        settings_of(job, arguments, options->conv == NT_CONV_DIRECT, &count);
    if (!settings)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory");
    NT_TRY(nt_suite_load(arguments->words[0], settings, count, &job->suite, error));
    nt_progress_bar_init(&job->bar, options->quiet);
    job->progress =
        (nt_progress){.step = nt_progress_bar_show, .note = show_note, .context = &job->bar};
    job->options.progress = &job->progress;
    job->options.out =
        options->out ? options->out : nt_arena_printf(&job->arena, "runs/%s", job->suite->name);
    return job->options.out ? NT_OK : nt_error_say(error, NT_NO_MEMORY, "out of memory");
}

void nt_suite_job_finish(nt_suite_job *job) {
    nt_progress_bar_finish(&job->bar);
    nt_suite_free(job->suite);
    nt_arena_finish(&job->arena);
}
