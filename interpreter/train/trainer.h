/* The training loop: batches from the feeder through the step graph, then the optimiser, with
 * checkpoints. The result is a function of network, recipe, data and seed: neither the number of
 * threads or of ranks nor an interruption changes a bit of it. */
#ifndef NT_TRAINER_H
#define NT_TRAINER_H

#include "loader.h"
#include "progress.h"
#include "recipe.h"
#include "weights.h"

#define NT_WEIGHTS_FILE "weights.safetensors"
#define NT_INITIAL_FILE "initial.safetensors" /* what training began with */

/* The file of a training's folder that has the weights after so many of its `epochs`, of which 0
 * and the last are there in any case. NULL when out of memory. */
const char *nt_snapshot_path(nt_arena *arena, const char *folder, int32_t epoch, int32_t epochs);

#define NT_NUMERICS_KEY                                                                            \
    "numerics" /* in the weights' metadata: those that took part, a line each                      \
                */

/* One epoch's measures; a row of metrics.csv. */
typedef struct nt_epoch {
    int32_t epoch;                /* from 1 */
    double rate;                  /* the learning rate of its last step */
    double loss, accuracy;        /* of masks, the share of the pixels */
    double held_loss, held_value; /* on the held-out images; NaN without them */
    double seconds;
} nt_epoch;

typedef struct nt_training {
    const nt_network *network;
    const nt_recipe *recipe;
    const nt_loader *loader; /* of the training images */
    const char *data_digest;
    int32_t seed;
    const nt_weights *initial; /* to start from; NULL: drawn by the seed. Part of what the run is
                                * only through `initial_digest`, which must then be given */
    const char *initial_digest;
    bool derived;       /* what it begins with follows from other files, and isn't written down */
    const char *folder; /* of this run: checkpoints, metrics.csv, weights.safetensors */

    /* Measures the weights on the held-out images after an epoch; NULL: there are none. May return
     * NT_INTERRUPTED or NT_TERMINATED: it is called again when the run goes on. */
    nt_status (*measure)(void *context, const nt_weights *weights, double *ret_loss,
                         double *ret_value, nt_error *error);
    void *measure_context;
    const char *measured; /* what it measures, in a word: "accuracy", "dice" */

    const nt_progress *progress; /* told after every step and epoch; may be NULL */

    /* The ranks, from 0 on, that train together, each calling nt_train for the same training: a
     * power of two, at most the recipe's shards; 0 or 1: this process alone. They give the bits
     * that one gives. Rank 0 alone uses the folder, measures and tells. */
    int ranks;
    bool any_order; /* MPI adds up gradients, in its own order, over all ranks that there are */
} nt_training;

/* Trains `weights`, which must be of training->network, from the initial values that the seed
 * draws, or from the newest checkpoint in the folder, and writes them there as NT_WEIGHTS_FILE. If
 * that file is there already and of this very run, it is read and nothing is trained. NT_FAILED
 * when the loss or, at the end, a weight is no longer finite, with the step and the first node
 * whose value is not; NT_INTERRUPTED or NT_TERMINATED after a signal that nt_signals_catch caught,
 * once a checkpoint is written. No other process may work in the folder (nt_folder_lock).
 *
 * Of several ranks, which must have received all messages of other kinds that were sent before, all
 * get the weights, once they are written, and stop at the same step after a signal to any. When one
 * returns with an error, its caller must see to it that the others hear of it (dist.h:
 * NT_DIST_FAILED to rank 0, whose end the others hear): then they return NT_FAILED. */
nt_status nt_train(const nt_training *training, nt_weights *weights, nt_error *error);

#endif
