/* One training step: forward and backward through the step graph, then the optimiser. */
#ifndef NT_TRAIN_STEP_H
#define NT_TRAIN_STEP_H

#include "train_shards.h"

typedef struct nt_train_step {
    const nt_network *network;
    const nt_recipe *recipe;
    nt_step_graph *graph;
    nt_training_state *state; /* the weights that the step changes */
    nt_plan *plan;            /* for a batch, or for a shard of one */
    nt_run *run;              /* of an uncut batch */
    nt_train_shards *shards;  /* NULL: it isn't cut; */
    nt_train_count counted;   /* otherwise by its newest step */
} nt_train_step;

/* Makes the graph. The network and the recipe must outlive the step. Whatever the outcome, the step
 * may be finished. */
nt_status nt_train_step_init(nt_train_step *step, const nt_network *network,
                             const nt_recipe *recipe, nt_error *error);

/* Allocates the state, all zero, and the memory to run in; to be called once. Over several ranks
 * each is given its own part of every batch: those of its shards. */
nt_status nt_train_step_prepare(nt_train_step *step, nt_spread spread, nt_error *error);
void nt_train_step_finish(nt_train_step *step);

/* Learns from one batch of the recipe's size: NHWC images, and their classes. Updates every weight,
 * each as soon as its gradient is there, and commits running statistics and counters; where the
 * loss, the whole batch's, is not finite, changes nothing. */
nt_status nt_train_step_run(nt_train_step *step, const float *images, const int32_t *labels,
                            nt_step_moment moment, float *ret_loss, nt_error *error);

/* Of the batch just run, of this rank's part of it. */
nt_train_count nt_train_step_count(const nt_train_step *step, const int32_t *labels);

/* The first node of this batch, whose loss was not finite, with a value that is not, NULL if there
 * is none; runs the batch, which was drawn for by `draw`, again. */
nt_status nt_train_step_find_culprit(nt_train_step *step, const float *images,
                                     const int32_t *labels, uint64_t draw, const nt_node **ret,
                                     nt_error *error);

#endif
