/* Evaluating a graph, of one case or of many, on samples of one split of a data set. Each output of
 * the graph is the logits of one case. */
#ifndef NT_EVALUATION_H
#define NT_EVALUATION_H

#include "loader.h"
#include "passes.h"
#include "report.h"
#include "weights.h"

typedef struct nt_evaluation {
    int32_t batch; /* samples a step */
    nt_pass_options passes;
    const nt_report *report; /* told after every batch; may be NULL */
} nt_evaluation;

/* What came out of some samples. */
typedef struct nt_outcome {
    int32_t total;
    int32_t correct; /* a sample is correct when its largest logit, the first if several are equal,
                      * is its class's; a NaN makes it wrong */
    double loss;     /* sum of the cross-entropies */
} nt_outcome;

double nt_accuracy(nt_outcome outcome);  /* share of the samples that are correct */
double nt_mean_loss(nt_outcome outcome); /* mean cross-entropy */
double nt_change(nt_outcome outcome, nt_outcome baseline); /* of the accuracy; same samples */

/* Whether the network classifies what the data set shows: one input of the samples' shape, one
 * output, a vector of as many logits as there are classes. NT_INVALID otherwise. */
nt_status nt_evaluation_check(const nt_network *network, const nt_data_info *data, nt_error *error);

/* --- over and over ---------------------------------------------------------------------------- */

typedef struct nt_evaluator nt_evaluator;

/* Takes `graph`, as loaded or edited, through the passes and makes it ready to run. Parameters come
 * from `weights`, or else from `more`, which may be NULL. Whatever is given must outlive it. */
nt_status nt_evaluator_new(const nt_graph *graph, const nt_weights *weights, const nt_weights *more,
                           const nt_loader *loader, const nt_evaluation *evaluation,
                           nt_evaluator **ret, nt_error *error);
void nt_evaluator_free(nt_evaluator *evaluator); /* takes NULL */

/* Evaluates samples [first, first + count), a batch at a time. ret_outcomes gets one outcome per
 * output; ret_right, unless NULL, a byte per output and sample, 1 if it is correct, output after
 * output; ret_logits, unless NULL, the first output's, samples x classes. After a signal that
 * nt_signals_catch caught it stops and returns NT_INTERRUPTED or NT_TERMINATED, without an error.
 */
nt_status nt_evaluator_run(nt_evaluator *evaluator, int32_t first, int32_t count,
                           nt_outcome *ret_outcomes, unsigned char *ret_right, float *ret_logits,
                           nt_error *error);

/* --- once ------------------------------------------------------------------------------------- */

/* One graph of one output over every sample of the loader; the rest is as above. */
nt_status nt_evaluate(const nt_graph *graph, const nt_weights *weights, const nt_loader *loader,
                      const nt_evaluation *evaluation, nt_outcome *ret, float *ret_logits,
                      nt_error *error);

#endif
