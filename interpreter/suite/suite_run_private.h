/* What running a suite works with, from when the suite is loaded to when its results are written.
 * Private to suite_run.c and the files that do its parts. */
#ifndef NT_SUITE_RUN_PRIVATE_H
#define NT_SUITE_RUN_PRIVATE_H

#include "measure.h"
#include "suite_run.h"

typedef struct nt_suite_work {
    const nt_suite *suite;
    const nt_suite_options *options;
    nt_results *results;
    nt_dataset *dataset;
    nt_loader *loader;
    nt_loader *held_out, *calibration; /* NULL where nobody asks for them */
    nt_store *store;
    nt_weights *from; /* what training begins with, where the suite says it */
    char from_digest[NT_DIGEST_HEX];
    nt_weights *weights, *initial; /* of the seed in hand: trained, and from before */
    bool has_initial;
    char initial_digest[NT_DIGEST_HEX];
    nt_measure_tally tally;
    int lock; /* of the run folder; -1: not taken */
    nt_error *error;
} nt_suite_work;

nt_status nt_suite_no_memory(const nt_suite_work *work);
bool nt_suite_stopped(nt_status status); /* by a signal */

/* Loads the network and lists the cases, as far as hooks list them before they ask. */
nt_status nt_suite_list(nt_suite_work *work);

/* The rest of what can be found wrong before anything is computed or written: opens the data, looks
 * at the training, and notes what the results will follow from. */
nt_status nt_suite_prepare(nt_suite_work *work);

/* Whether some group's cases pass the test; may_reinit: they may want what training began with. */
bool nt_suite_any_case(const nt_results *results, bool (*test)(const nt_cases *));
bool nt_suite_may_reinit(const nt_cases *cases);

/* Room for a group's findings, once its cases are known. */
nt_status nt_suite_make_findings(const nt_suite_work *work, nt_group_result *result);

/* Measures subjects with the weights of seed number s on the loader's samples. */
nt_status nt_suite_measure(nt_suite_work *work, int s, const nt_loader *loader,
                           nt_subject *subjects, int32_t count, nt_arena *arena);

/* Notes how many shards were evaluated, unless all were. */
void nt_suite_tell_shards(const nt_suite_work *work);

/* The baseline and all cases with seed number s, and what they say against each other. */
nt_status nt_suite_measure_seed(nt_suite_work *work, int s);

/* Drives the hooks that ask, with the first seed's weights and the held-out images, to the cases
 * that they come to. */
nt_status nt_suite_search(nt_suite_work *work);

/* Of masks: pictures of a few samples in the run folder, with the first seed's weights. */
nt_status nt_suite_overlays(nt_suite_work *work);

#endif
