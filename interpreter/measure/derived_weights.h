/* The tensors that edits and recalibration want beside a network's own: kernels, which the kinds of
 * ablation make; mean outputs and statistics, from calibration images. */
#ifndef NT_DERIVED_WEIGHTS_H
#define NT_DERIVED_WEIGHTS_H

#include "case_graph.h"
#include "evaluation.h"
#include "history.h"

/* What they come from. */
typedef struct nt_derive_source {
    const nt_weights *weights;    /* trained */
    const nt_history *history;    /* what they were before; NULL: not known */
    const nt_loader *calibration; /* training images */
    const nt_evaluation *evaluation;
} nt_derive_source;

typedef struct nt_derived_weights {
    nt_network *tensors; /* a network of nothing but state */
    nt_weights *weights;
} nt_derived_weights;

/* All that the cases want. Whatever the outcome, the weights may be finished. NT_INVALID where
 * what is needed of the history is not known. */
nt_status nt_derived_weights_init(nt_derived_weights *derived, const nt_case_graph *cases,
                                  const nt_derive_source *source, nt_error *error);
void nt_derived_weights_finish(nt_derived_weights *derived);

#endif
