/* What the commands that work on a suite share: the run folder, and telling the user what goes on.
 */
#ifndef NT_SUITE_JOB_H
#define NT_SUITE_JOB_H

#include "command.h"
#include "progress.h"
#include "suite_run.h"

#define NT_OPTION_OUT(record)                                                                      \
    {                                                                                              \
        "out", NT_STRING, offsetof(record, out),                                                   \
            .doc = "the run folder (default: runs/ and the suite's name)"                          \
    }

typedef struct nt_suite_job {
    nt_arena arena;
    nt_suite *suite;
    nt_progress_bar bar;
    nt_report report;
    nt_suite_options options;
} nt_suite_job;

/* Loads the suite that the command line names and finds its run folder (`out` NULL: the usual one).
 * The job must stay where it is until it is finished. */
nt_status nt_suite_job_init(nt_suite_job *job, const nt_arguments *arguments, const char *out,
                            int32_t threads, bool quiet, nt_error *error);
void nt_suite_job_finish(nt_suite_job *job);

#endif
