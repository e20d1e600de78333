/* Evaluating a graph, of one case or of many, on samples of one split of a data set. Each output of
 * the graph is the logits of one case. Of a network's outputs the first is what it is measured by;
 * others are for losses. */
#ifndef NT_EVALUATION_H
#define NT_EVALUATION_H

#include "loader.h"
#include "passes.h"
#include "progress.h"
#include "score.h"
#include "weights.h"

typedef struct nt_evaluation {
    int32_t batch; /* samples a step */
    nt_metric metric;
    nt_pass_options passes;
    const nt_progress *progress; /* told after every batch; may be NULL */
} nt_evaluation;

/* Whether the network answers what the data set asks, its samples shown as the loading says: one
 * input of the samples' shape and, as its first output, a logit for each class, of the sample or of
 * each of its pixels. NT_INVALID otherwise. */
nt_status nt_evaluation_check(const nt_network *network, const nt_data_info *data,
                              const nt_loading *loading, nt_error *error);

/* Whether the network takes the samples, as far as one that is only asked for its answers need. */
nt_status nt_evaluation_check_input(const nt_network *network, const nt_data_info *data,
                                    const nt_loading *loading, nt_error *error);

/* The first of them, where it doesn't matter what is wrong. */
bool nt_evaluation_can_measure(const nt_network *network, const nt_data_info *data,
                               const nt_loading *loading);

/* NT_INVALID for an outcome of masks none of whose pixels counts. */
nt_status nt_evaluation_counts(const nt_outcome *outcome, const nt_loader *loader, nt_error *error);

/* --- over and over ---------------------------------------------------------------------------- */

typedef struct nt_evaluator nt_evaluator;

/* Takes `graph`, as loaded or edited, through the passes and makes it ready to run. Parameters come
 * from `weights`, or else from `more`, which may be NULL. Whatever is given must outlive it. */
nt_status nt_evaluator_new(const nt_graph *graph, const nt_weights *weights, const nt_weights *more,
                           const nt_loader *loader, const nt_evaluation *evaluation,
                           nt_evaluator **ret, nt_error *error);
void nt_evaluator_free(nt_evaluator *evaluator); /* takes NULL */

/* From now on a logit of this output that is not finite ends a run. Other outputs' are marked in
 * the outcomes (score.h). */
void nt_evaluator_require(nt_evaluator *evaluator, int32_t output);

/* Evaluates samples [first, first + count), a batch at a time. ret_outcomes gets the samples'
 * outcomes (score.h), output after output; an output's cross-entropies are added to its `losses`;
 * ret_logits, unless NULL, the first output's, sample after sample. NT_FAILED, with the image and
 * the node where it began, for a logit of the required output that is not finite. After a signal
 * that nt_signals_catch caught it stops and returns NT_INTERRUPTED or NT_TERMINATED, without an
 * error.
 */
nt_status nt_evaluator_run(nt_evaluator *evaluator, int32_t first, int32_t count,
                           unsigned char *ret_outcomes, double *losses, float *ret_logits,
                           nt_error *error);

/* --- once ------------------------------------------------------------------------------------- */

/* A graph's first output, which is required, over every sample of the loader; ret_outcomes and
 * ret_logits may be NULL. */
nt_status nt_evaluate(const nt_graph *graph, const nt_weights *weights, const nt_loader *loader,
                      const nt_evaluation *evaluation, nt_outcome *ret, unsigned char *ret_outcomes,
                      float *ret_logits, nt_error *error);

/* What the first output says of every sample of the loader, whatever the samples are. A value that
 * is not finite ends it, as above. */
nt_status nt_evaluate_answers(const nt_graph *graph, const nt_weights *weights,
                              const nt_loader *loader, const nt_evaluation *evaluation,
                              float *ret_logits, nt_error *error);

#endif
