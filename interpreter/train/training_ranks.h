/* What the ranks of one training say to one another besides gradients: at the start what they work
 * with and where the training stands, in each step how it went and whether to stop, after each
 * epoch what they hold. Rank 0 knows the files and the user. Every one of them waits (rank_wait.h),
 * and is called by all ranks alike; with one rank, by none. */
#ifndef NT_TRAINING_RANKS_H
#define NT_TRAINING_RANKS_H

#include "checkpoint.h"
#include "train_count.h"

/* Looks whether all have the same program, numerics and training (dist_same.h). */
nt_status nt_ranks_compare(int ranks, const nt_identity *identity, const char *numerics,
                           nt_error *error);

/* Where rank 0 begins; the others are told. */
typedef struct nt_beginning {
    bool finished; /* there is nothing to train; the rest is void */
    nt_cursor cursor;
} nt_beginning;

nt_status nt_ranks_begin(int ranks, nt_beginning *beginning, nt_error *error);

/* Every tensor becomes rank 0's. */
nt_status nt_ranks_share(int ranks, nt_weights *weights, nt_error *error);

/* The count becomes that of all; *ret_stop what nt_signals_status says on any. */
nt_status nt_ranks_agree(int ranks, nt_train_count *count, nt_status *ret_stop, nt_error *error);

/* Compares all tensors. On rank 0 NT_FAILED with those, and their machines, that are not as most
 * are. */
nt_status nt_ranks_compare_weights(int ranks, const nt_weights *weights, nt_error *error);

/* Until rank 0, too, has done all that belongs to the training, or to stopping it. */
nt_status nt_ranks_end(int ranks, nt_error *error);

/* What is not finite: `words`, "" of a rank that has nothing, become the lowest rank's that has, in
 * the arena. */
nt_status nt_ranks_blame(int ranks, const char **words, nt_arena *arena, nt_error *error);

#endif
