/* One training step: forward and backward through the step graph, then the optimiser. */
#ifndef NT_TRAIN_STEP_H
#define NT_TRAIN_STEP_H

#include "scheduler.h"
#include "step_graph.h"
#include "training_state.h"

typedef struct nt_train_step {
    const nt_network *network;
    const nt_recipe *recipe;
    nt_step_graph *graph;
    nt_training_state *state; /* the weights that the step changes */
    nt_plan *plan;
    nt_run *run;
} nt_train_step;

/* Makes the graph. The network and the recipe must outlive the step. Whatever the outcome, the step
 * may be finished. */
nt_status nt_train_step_init(nt_train_step *step, const nt_network *network,
                             const nt_recipe *recipe, nt_error *error);

/* Allocates the state, all zero, and the memory to run in; to be called once. */
nt_status nt_train_step_prepare(nt_train_step *step, nt_error *error);
void nt_train_step_finish(nt_train_step *step);

/* Where a step stands in the training. */
typedef struct nt_step_moment {
    double rate;    /* of learning */
    int64_t number; /* of the updates, from 1 */
    uint64_t draw;  /* what random ops draw from */
} nt_step_moment;

/* Learns from one batch of the recipe's size: NHWC images, and their classes. Updates every weight,
 * each as soon as its gradient is there, and commits running statistics and counters; where the
 * loss is not finite, changes nothing. */
nt_status nt_train_step_run(nt_train_step *step, const float *images, const int32_t *labels,
                            nt_step_moment moment, float *ret_loss, nt_error *error);

/* Of the batch just run: how many samples (or pixels) count, which is those that the loss does not
 * ignore, and how many of them are classified rightly. */
typedef struct nt_train_count {
    int64_t counted, correct;
} nt_train_count;

nt_train_count nt_train_step_count(const nt_train_step *step, const int32_t *labels);

/* The first node of this batch, whose loss was not finite, with a value that is not, NULL if there
 * is none; runs the batch again. */
nt_status nt_train_step_find_culprit(nt_train_step *step, const float *images,
                                     const int32_t *labels, const nt_node **ret, nt_error *error);

#endif
