/* The end of a training step: the optimiser changes the weights by their gradients. */
#ifndef NT_WEIGHT_UPDATE_H
#define NT_WEIGHT_UPDATE_H

#include "step_graph.h"
#include "training_state.h"

/* Where a step stands in the training. */
typedef struct nt_step_moment {
    double rate;    /* of learning */
    int64_t number; /* of the updates, from 1 */
    uint64_t draw;  /* what random ops draw from */
} nt_step_moment;

/* Updates the state that a gradient is of by it, as that is stored (tensor.h), at its share of the
 * learning rate. */
void nt_weight_update(const nt_recipe *recipe, nt_training_state *state, const nt_bound *of,
                      const nt_step_moment *moment, const float *gradient);

/* The network's: one step more, but for those whose rate is 0. */
void nt_counters_count(nt_training_state *state, const double *rates);

#endif
