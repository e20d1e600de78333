/* The sum of a row of floats over the ranks of a training, in place, while the row is still being
 * made: a bucket of it, some MB, begins its way as soon as it is complete, and is pushed on
 * whenever more is.
 *
 * Each rank's row is a subtree of shard_sum.h's tree, in the order of the ranks, and each rank goes
 * up the tree (recursive doubling): it swaps with the rank that has the subtree beside its own,
 * adds, swaps with one of those beside both, … So all have the sum's bits, whatever their number.
 *
 * The order may also be left to MPI. */
#ifndef NT_RANK_SUM_H
#define NT_RANK_SUM_H

#include "diagnostic.h"

/* Over which ranks: 0 to `ranks` - 1, a power of two; up to 1: none but this one. */
typedef struct nt_spread {
    int ranks;
    bool any_order; /* MPI's; then `ranks` are all that there are */
} nt_spread;

typedef struct nt_rank_sum nt_rank_sum;

/* For rows of `size` floats. */
nt_status nt_rank_sum_new(nt_spread spread, int64_t size, nt_rank_sum **ret, nt_error *error);
void nt_rank_sum_free(nt_rank_sum *sum); /* takes NULL */

/* Whether something was given up (rank_wait.h), so that the row must not be freed. */
bool nt_rank_sum_given_up(const nt_rank_sum *sum);

/* Begins with a row of which nothing is complete; it stays where it is until the end. The next
 * finds the first `count` floats complete. What goes wrong is said by the last. */
void nt_rank_sum_begin(nt_rank_sum *sum, float *row);
void nt_rank_sum_advance(nt_rank_sum *sum, int64_t count);
nt_status nt_rank_sum_end(nt_rank_sum *sum, nt_error *error); /* all of it is, and waits */

#endif
