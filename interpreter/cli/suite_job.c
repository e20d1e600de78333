#include "suite_job.h"

#include "parallel.h"
#include <stdio.h>

static void show_note(void *context, const char *line) {
    nt_progress_bar *bar = context;
    if (bar->quiet)
        return;
    nt_progress_bar_finish(bar);
    fprintf(stderr, "%s\n", line);
}

nt_status nt_suite_job_init(nt_suite_job *job, const nt_arguments *arguments, const char *out,
                            int32_t threads, bool quiet, nt_error *error) {
    *job = (nt_suite_job){0};
    nt_arena_init(&job->arena);
    nt_threads_set(threads);
    NT_TRY(nt_suite_load(arguments->words[0], arguments->settings, arguments->setting_count,
                         &job->suite, error));
    nt_progress_bar_init(&job->bar, quiet);
    job->report =
        (nt_report){.progress = nt_progress_bar_show, .note = show_note, .context = &job->bar};
    job->options.report = &job->report;
    job->options.out = out ? out : nt_arena_printf(&job->arena, "runs/%s", job->suite->name);
    return job->options.out ? NT_OK : nt_error_say(error, NT_NO_MEMORY, "out of memory");
}

void nt_suite_job_finish(nt_suite_job *job) {
    nt_progress_bar_finish(&job->bar);
    nt_suite_free(job->suite);
    nt_arena_finish(&job->arena);
}
