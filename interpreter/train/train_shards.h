/* A training step whose batch is cut into shards (recipe.h). Each goes forward and backward with
 * its own draws, alone and with its own batch statistics, or together with the others and with the
 * statistics of the whole batch (lockstep.h). The gradient, the loss and the next running
 * statistics of the step are the means over the shards, summed in the tree of shard_sum.h, within
 * this process and over the ranks that it is spread over. Shards are a power of two in number:
 * dividing by it is exact. */
#ifndef NT_TRAIN_SHARDS_H
#define NT_TRAIN_SHARDS_H

#include "rank_sum.h"
#include "train_count.h"
#include "weight_update.h"

typedef struct nt_train_shards nt_train_shards;

/* What a step works with, each for as long as the shards. */
typedef struct nt_sharding {
    const nt_network *network;
    const nt_recipe *recipe;
    const nt_step_graph *graph;
    const nt_plan *plan; /* for a shard, handing over the gradients */
    nt_training_state *state;
    nt_spread spread; /* `ranks` divides the shards */
} nt_sharding;

nt_status nt_train_shards_new(const nt_sharding *sharding, nt_train_shards **ret, nt_error *error);
void nt_train_shards_free(nt_train_shards *shards); /* takes NULL */

/* A step over this rank's shards of the batch, and all others'. If the loss, the whole batch's, is
 * finite, the state has changed; on every rank alike. The count is this rank's. */
nt_status nt_train_shards_run(nt_train_shards *shards, const float *images, const int32_t *labels,
                              nt_step_moment moment, float *ret_loss, nt_train_count *ret_count,
                              nt_error *error);

/* Shard number i of this rank's, of `count`, as it is fed to the run, which is told its draw. Alone
 * it takes statistics of its own. */
int nt_train_shards_count(const nt_train_shards *shards);
nt_run *nt_train_shards_feed(const nt_train_shards *shards, int i, const float *images,
                             const int32_t *labels, uint64_t draw, nt_feed ret[2]);

#endif
