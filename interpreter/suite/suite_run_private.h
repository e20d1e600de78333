/* The parts of running a suite, in their order. Private to suite_run.c, suite_plan.c and the files
 * that do them. */
#ifndef NT_SUITE_RUN_PRIVATE_H
#define NT_SUITE_RUN_PRIVATE_H

#include "derived_weights.h"
#include "suite_work.h"

/* Reads the weights that are given, or trains those of seed number s, unless that is done; and
 * reads what training began with, if a case may want it. A part of a run (--shard) doesn't train.
 */
nt_status nt_suite_find_weights(nt_suite_work *work, int s);

/* Training alone, or together with other ranks that call it (`ranks` from 0 on; 0: alone), or
 * reading what it gave before; and whether it is done. */
nt_status nt_suite_train_seed(nt_suite_work *work, int s, int ranks, nt_error *error);
bool nt_suite_is_trained(const nt_suite_work *work, int s);

/* Loads the network and lists the cases, as far as hooks list them before they ask. */
nt_status nt_suite_list(nt_suite_work *work);

/* Notes what a user who wants them measured should know of these cases. */
void nt_suite_note_cases(const nt_suite_work *work);

/* The rest of what can be found wrong before anything is computed or written: opens the data and
 * looks at the training. */
nt_status nt_suite_prepare(nt_suite_work *work);

/* Draws the calibration images of seed number s; those of the first are drawn by preparing, where
 * somebody may ask for them. */
nt_status nt_suite_draw_calibration(nt_suite_work *work, int s, nt_error *error);

/* Reads what the run folder is to keep, and writes it there unless it has the same already.
 * `if_none`: or another, which stands until training has accepted what the folder holds. */
nt_status nt_suite_gather_source(nt_suite_work *work);
nt_status nt_suite_write_source(nt_suite_work *work, bool if_none);

/* The name of the copy of a file of the suite. */
const char *nt_suite_copy_name(const nt_suite_work *work, const char *path);

/* Says in the results what they are of and from, all but the numbers; of a group whose cases a
 * search has found anew, its cases. */
nt_status nt_suite_describe(nt_suite_work *work);
nt_status nt_suite_describe_group(nt_suite_work *work, int g);
nt_status nt_suite_describe_method(nt_suite_work *work);

/* Says how this process computes. */
nt_status nt_suite_take_numerics(nt_suite_work *work);

/* Notes in the results which numerics took part: in training, as a file of weights says it, and,
 * once all is measured, in the outcomes. */
nt_status nt_suite_note_training(nt_suite_work *work, const nt_weights_source *source);
nt_status nt_suite_note_numerics(nt_suite_work *work);

/* Drives the hooks that ask, with the first seed's weights and the held-out images, to the cases
 * that they come to. */
nt_status nt_suite_search(nt_suite_work *work);

/* In words, all that an outcome follows from but the graph and its edit: the weights, by the digest
 * of their file, the samples and their order, and whose statistics batch normalisations take. In
 * `arena`; NULL when out of memory. */
const char *nt_suite_context(const nt_suite_work *work, const char *weights,
                             const nt_loader *loader, nt_arena *arena);

/* What the cases are measured with and on: the weights of seed number s, the loader's samples. */
nt_status nt_suite_measuring(const nt_suite_work *work, int s, const nt_loader *loader,
                             nt_arena *arena, nt_measuring *ret);

/* Measures subjects with the weights of seed number s on the loader's samples; `early`: they are
 * the baseline and the cases of all groups, which may end early where the suite says so. */
nt_status nt_suite_measure(nt_suite_work *work, int s, const nt_loader *loader,
                           nt_subject *subjects, int32_t count, bool early, nt_arena *arena);

/* Notes how many shards were evaluated, unless all were. */
void nt_suite_tell_shards(const nt_suite_work *work);

/* One case with the weights of the seed in hand, on the loader's samples, `batch` at once. Whatever
 * the outcome, it may be finished. */
typedef struct nt_case_evaluator {
    nt_case_graph cases;
    nt_derived_weights derived;
    nt_evaluator *evaluator;
} nt_case_evaluator;

nt_status nt_case_evaluator_init(nt_suite_work *work, nt_edits edits, int32_t batch,
                                 nt_case_evaluator *ret);
void nt_case_evaluator_finish(nt_case_evaluator *evaluator);

/* The baseline and all cases with seed number s, but those that are retrained. */
nt_status nt_suite_measure_seed(nt_suite_work *work, int s);

/* Where the suite asks for estimates: those of seed number s into the results. */
nt_status nt_suite_check_estimates(const nt_suite_work *work, nt_error *error);
nt_status nt_suite_estimate_seed(nt_suite_work *work, int s);

/* Of masks: pictures of a few samples in the run folder, with the first seed's weights. */
nt_status nt_suite_overlays(nt_suite_work *work);

/* Where the options ask for it: how sure the network is (reliability.h), with the first seed's
 * weights, into the run folder. */
nt_status nt_suite_reliability(nt_suite_work *work);

#endif
