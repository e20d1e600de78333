/* A recipe: how a network is trained. Everything but the network, the data and the seed. */
#ifndef NT_RECIPE_H
#define NT_RECIPE_H

#include "augment.h"
#include "diagnostic.h"
#include "op.h"
#include "optimiser.h"
#include "schedule.h"

/* A term of the loss: what an op with NT_OP_LOSS makes of an output of the network and the target.
 * Pixels of a mask without a class (NT_NO_CLASS) never count, unless the attributes name another
 * target to be ignored. */
typedef struct nt_loss_term {
    const nt_op *op;
    const void *attrs;
    const char *of; /* the output's name; NULL: the first */
    double weight;
} nt_loss_term;

enum { NT_MAX_SHARDS = 64 };

/* Whose statistics a batch normalisation takes where a batch is cut. */
enum { NT_STATISTICS_OF_SHARD, NT_STATISTICS_OF_ALL };

/* Parameters by a pattern (param_rates.h), and their share of the learning rate; 0: they are
 * frozen.
 */
typedef struct nt_named_rate {
    const char *pattern;
    double rate;
    nt_location location; /* where it is written */
} nt_named_rate;

typedef struct nt_recipe {
    int32_t epochs, batch;
    int32_t shards; /* that a batch is cut into, a power of two that divides it: the first ones of
                     * its samples are shard 0, … See train_shards.h. 0 or 1: it isn't cut */
    int32_t batch_statistics; /* NT_STATISTICS_OF_… */
    int32_t conv; /* NT_CONV_DIRECT: all convolutions take it; NT_CONV_FASTEST: as each says */
    const nt_loss_term *loss; /* their sum, each times its weight */
    int32_t loss_count;
    const nt_optimiser *optimiser;
    const void *optimiser_options;
    const nt_schedule *schedule;
    const void *schedule_options;
    const nt_augment_step *augment; /* in the order in which they are applied */
    int32_t augment_count;
    const nt_named_rate *frozen, *rates; /* what is not trained, or not at the usual rate */
    int32_t frozen_count, rate_count;
    bool plain; /* no graph pass that only saves time or memory: the oracle for the others */
    const int32_t *snapshots; /* complete epochs, rising, after which the weights are kept; 0 and
                               * the last always are. The result does not depend on them */
    int32_t snapshot_count;
    double checkpoint_every; /* seconds; 0: only after an epoch. The result does not depend on it */
} nt_recipe;

static inline bool nt_recipe_joins(const nt_recipe *recipe) { /* shards go together */
    return recipe->shards > 1 && recipe->batch_statistics == NT_STATISTICS_OF_ALL;
}

static inline int32_t nt_recipe_shard(const nt_recipe *recipe) { /* samples that run at once */
    return recipe->shards > 1 ? recipe->batch / recipe->shards : recipe->batch;
}

#endif
