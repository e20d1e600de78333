/* Checkpoints: all that a training run needs to go on as if nothing had happened.
 *
 * A checkpoint is a safetensors file, so that other programs can look into it: the network's
 * tensors under their own names, what the optimiser remembers of each as `optimiser.SLOT.NAME`, and
 * in the metadata where the run stands, what it is a run of, a SHA-256 over all tensors, and one
 * over the metadata, so that which checkpoint is newer and whose it is can be told without reading
 * the tensors. The last two are kept, `checkpoint-0.safetensors` and `checkpoint-1.safetensors`,
 * written in turn, each replaced as a whole: whenever the program dies, one good one is left. */
#ifndef NT_CHECKPOINT_H
#define NT_CHECKPOINT_H

#include "hash.h"
#include "training_state.h"

/* Where a run stands. */
typedef struct nt_cursor {
    int32_t epoch;   /* complete epochs */
    int32_t step;    /* steps done of the next one */
    double loss_sum; /* over the samples seen in it */
    int64_t correct; /* of them */
    double seconds;  /* spent in it so far */
} nt_cursor;

/* A run folder's newer checkpoint goes to the place of the older one. `identity` says what the run
 * is: a digest of network, recipe, data and seed. */
nt_status nt_checkpoint_save(const char *folder, const nt_training_state *state,
                             const nt_cursor *cursor, const char *identity, nt_error *error);

typedef enum nt_found {
    NT_FOUND_NONE,   /* there is no checkpoint */
    NT_FOUND_NEWEST, /* the newest was read */
    NT_FOUND_OTHER   /* one was damaged; `ret_damage` says which and how, and the other was read */
} nt_found;

/* Reads the newest good checkpoint into the state. NT_INVALID when there are only damaged ones, or
 * when they are of another run; on failure the state's tensors are undefined. */
nt_status nt_checkpoint_load(const char *folder, nt_training_state *state, const char *identity,
                             nt_cursor *ret_cursor, nt_found *ret_found, nt_arena *arena,
                             const char **ret_damage, nt_error *error);

/* Removes the run folder's checkpoints, once the weights are written. */
void nt_checkpoint_remove(const char *folder);

#endif
