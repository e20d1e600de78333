/* What the commands that work on a suite share: the run folder, and telling the user what goes on.
 */
#ifndef NT_SUITE_JOB_H
#define NT_SUITE_JOB_H

#include "command.h"
#include "progress_bar.h"
#include "suite_run.h"

typedef struct nt_suite_job {
    nt_arena arena;
    nt_suite *suite;
    nt_progress_bar bar;
    nt_progress progress;
    nt_suite_options options;
} nt_suite_job;

/* What the commands' options say of it. `out` NULL: the usual folder. `conv`: NT_CONV_…, in place
 * of what the suite says unless it is NT_CONV_FASTEST. */
typedef struct nt_suite_job_options {
    const char *out, *shard;
    int32_t threads, conv, allreduce;
    bool quiet, verbose;
} nt_suite_job_options;

enum { NT_ALLREDUCE_TREE, NT_ALLREDUCE_MPI };
extern const char *const nt_allreduce_names[];

/* Their rows of a command's table, whose record begins with them. */
#define NT_SUITE_JOB_OPTIONS                                                                       \
    {"out", NT_STRING, offsetof(nt_suite_job_options, out),                                        \
     .doc = "the run folder (default: runs/ and the suite's name, or that which is given)"},       \
        {"shard", NT_STRING, offsetof(nt_suite_job_options, shard),                                \
         .doc = "do part i of n, as 2/7, in a process that needs no others; `merge` joins parts"}, \
        {"allreduce",                                                                              \
         NT_CHOICE,                                                                                \
         offsetof(nt_suite_job_options, allreduce),                                                \
         "tree",                                                                                   \
         .choices = nt_allreduce_names,                                                            \
         .doc = "who adds up gradients of several processes; mpi: in MPI's order, other bits"},    \
        NT_OPTION_CONV(nt_suite_job_options), NT_OPTION_THREADS(nt_suite_job_options),             \
        NT_OPTION_QUIET(nt_suite_job_options), NT_OPTION_VERBOSE(nt_suite_job_options)

#define NT_SUITE_JOB_OPERAND                                                                       \
    {                                                                                              \
        .name = "SUITE",                                                                           \
        .doc = "a suite file, a name of those that come with the program, or a run folder, which " \
               "is gone on with"                                                                   \
    }

/* Loads the suite that the command line names, or the one of the run folder that it names, and
 * finds its run folder. The job must stay where it
 * is until it is finished. */
nt_status nt_suite_job_init(nt_suite_job *job, const nt_arguments *arguments,
                            const nt_suite_job_options *options, nt_error *error);
void nt_suite_job_finish(nt_suite_job *job);

#endif
