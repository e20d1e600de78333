/* Evaluating one graph on one split of a data set. */
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

/* What came out. The arrays belong to the caller of nt_evaluate. */
typedef struct nt_outcome {
    int32_t total;
    int32_t correct; /* a sample is correct when its largest logit, the first if several are equal,
                      * is its class's; a NaN makes it wrong */
    double loss;     /* mean cross-entropy */
} nt_outcome;

double nt_accuracy(nt_outcome outcome); /* share of the samples that are correct */
double nt_change(nt_outcome outcome, nt_outcome baseline); /* of that, over the same samples */

/* Whether the network classifies what the data set shows: one input of the samples' shape, one
 * output, a vector of as many logits as there are classes. NT_INVALID otherwise. */
nt_status nt_evaluation_check(const nt_network *network, const nt_data_info *data, nt_error *error);

/* Runs `graph`, as loaded or edited, through the passes and over every sample of the loader. The
 * network's state comes from `weights`. ret_right, if not NULL, gets a byte per sample: 1 if it is
 * correct; ret_logits, if not NULL, gets samples x classes. After a signal that nt_signals_catch
 * caught it stops and returns NT_INTERRUPTED or NT_TERMINATED, without an error. */
nt_status nt_evaluate(const nt_graph *graph, const nt_weights *weights, const nt_loader *loader,
                      const nt_evaluation *evaluation, nt_outcome *ret, unsigned char *ret_right,
                      float *ret_logits, nt_error *error);

#endif
