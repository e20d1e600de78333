/* Running a suite: hooks list the cases, every seed's weights are found or trained, and the
 * baseline and each case are measured on identical samples. */
#ifndef NT_SUITE_RUN_H
#define NT_SUITE_RUN_H

#include "results.h"
#include "suite_file.h"

typedef struct nt_suite_options {
    const char *out;             /* the run folder; it is made if it isn't there */
    const nt_progress *progress; /* may be NULL */
    bool one_by_one;      /* a graph for each case, not one for all: the same results, slower */
    bool any_order;       /* MPI may add up gradients in its own order: faster, other bits */
    bool known_only;      /* nothing is to be measured: NT_FAILED where the store lacks something */
    bool reliability;     /* also find out how sure the network is (reliability.h) */
    int part, part_count; /* which part of the run this is, from 0; 0 of 0: all of it */
    const char *const *command; /* the words of the command line, for the run folder */
    int command_count;
} nt_suite_options;

/* One part of several, each of a process of its own that knows nothing of the others, measures its
 * share of all units into a folder of its own in the run folder, `shard-1-of-7`, and gives no
 * results; nt_results_merge puts them together. It trains its share of the seeds. */
#define NT_PART_FOLDER "shard-%d-of-%d"

/* Both go on where an earlier call was interrupted, and do only what is missing. All mistakes that
 * can be found before anything is computed are found first. The results refer to the suite, which
 * must outlive them; they have been written to the run folder too. NULL: this process worked for
 * another one (dist.h), or did its part. */
nt_status nt_suite_run(const nt_suite *suite, const nt_suite_options *options, nt_results **ret,
                       nt_error *error);

/* Only trains what has no weights yet. */
nt_status nt_suite_train(const nt_suite *suite, const nt_suite_options *options, nt_error *error);

#endif
