/* The end of a training step: the optimiser changes the weights by their gradients. */
#ifndef NT_WEIGHT_UPDATE_H
#define NT_WEIGHT_UPDATE_H

#include "recipe.h"
#include "training_state.h"

/* Where a step stands in the training. */
typedef struct nt_step_moment {
    double rate;    /* of learning */
    int64_t number; /* of the updates, from 1 */
    uint64_t draw;  /* what random ops draw from */
} nt_step_moment;

/* Updates the network's state number `which` by its gradient, as that is stored (tensor.h). */
void nt_weight_update(const nt_recipe *recipe, nt_training_state *state, size_t which,
                      const nt_step_moment *moment, const float *gradient);

void nt_counters_count(nt_training_state *state); /* the network's: one step more */

#endif
