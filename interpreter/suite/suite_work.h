/* What running a suite works with, from when the suite is loaded to when its results are written.
 * Private to suite_run.c and the files that do its parts, which all stand on this one. */
#ifndef NT_SUITE_WORK_H
#define NT_SUITE_WORK_H

#include "measure.h"
#include "run_source.h"
#include "suite_run.h"
#include "suite_write.h"

/* What the run folder keeps in source/: all in the work's arena. */
typedef struct nt_suite_source {
    nt_source_file *files; /* the suite, the graph, what it includes, the hooks */
    const char **texts;    /* of each */
    size_t *lengths;
    int32_t file_count;
    nt_suite_copy *copies; /* which name the suite's paths have there */
    size_t copy_count;
} nt_suite_source;

typedef struct nt_suite_work {
    const nt_suite *suite;
    const nt_suite_options *options;
    const char *folder;         /* what this process writes: the run folder, or its part of it */
    struct nt_suite_crew *crew; /* the other processes; NULL: there are none */
    nt_arena arena;
    nt_network *network;
    nt_scoring scoring;
    nt_cases *cases; /* one for each group, as its hook lists them */
    nt_results *results;
    nt_suite_source source;
    char (*weight_digests)[NT_DIGEST_HEX]; /* one for each seed; the provenance's */
    nt_dataset *dataset;
    nt_loader *loader;
    /* NULL where nobody asks for them; the calibration images are of the seed in hand. */
    nt_loader *held_out, *calibration;
    nt_store *store;
    nt_weights *from;  /* what training begins with, where the suite says it */
    bool *from_absent; /* which of its states it lacks: see nt_seed_source */
    char from_digest[NT_DIGEST_HEX];
    nt_weights *weights;  /* of the seed in hand: trained, */
    nt_history history;   /* and from before, as far as cases want it */
    const char *numerics; /* of this process */
    nt_measure_tally tally;
    int lock; /* of the run folder; -1: not taken */
    nt_error *error;
} nt_suite_work;

/* Earlier weights of the seed in hand, as many as there are room for: all zero, and none. */
nt_status nt_suite_remember(nt_suite_work *work, int32_t count);
void nt_suite_forget(nt_suite_work *work);

/* With empty results, which are the caller's to take: finish frees them unless they are NULL then.
 * To be finished even if it fails. */
nt_status nt_suite_work_init(nt_suite_work *work, const nt_suite *suite,
                             const nt_suite_options *options, nt_error *error);
void nt_suite_work_finish(nt_suite_work *work);

nt_status nt_suite_no_memory(const nt_suite_work *work);
bool nt_suite_stopped(nt_status status); /* by a signal */

int32_t nt_suite_count_cases(const nt_suite_work *work);

/* Whether some group's cases pass the test. */
bool nt_suite_any_case(const nt_suite_work *work, bool (*test)(const nt_cases *));
bool nt_suite_may_calibrate(const nt_cases *cases);

/* Whether a case may want what the weights were after an epoch; 0: before training. */
bool nt_suite_may_want(const nt_suite_work *work, int32_t epoch);

#endif
