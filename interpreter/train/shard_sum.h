/* The sum of what the shards of a batch give. What one gives is a row of floats; the rows of 2^k
 * shards are added in a fixed binary tree over the shards' numbers, whoever has which of them:
 *
 *     ((0 + 1) + (2 + 3)) + ((4 + 5) + (6 + 7))
 *
 * The shards of one process come one after the other, all of one's row or part by part, and are a
 * subtree of it. As a binary counter has a digit for each power of two, so there is a row for the
 * sum of the newest 1, 2, 4, … shards that haven't met those with which they make twice as many:
 *
 *     after shard 0 | 0        after shard 2 | 2, 0 + 1
 *     after shard 1 | 0 + 1    after shard 3 | (0 + 1) + (2 + 3)
 */
#ifndef NT_SHARD_SUM_H
#define NT_SHARD_SUM_H

#include "diagnostic.h"

enum { NT_SHARD_LEVELS = 6 }; /* for up to 64 shards */

typedef struct nt_shard_sum {
    int64_t size; /* floats of a row */
    int shards;   /* how many there are: a power of two */
    float *rows[NT_SHARD_LEVELS];
} nt_shard_sum;

/* To be finished whatever the outcome. NT_NO_MEMORY or NT_OK. */
nt_status nt_shard_sum_init(nt_shard_sum *sum, int64_t size, int shards, nt_error *error);
void nt_shard_sum_finish(nt_shard_sum *sum);

/* Takes elements [at, at + count) of a shard's row: those of the shard before have been taken.
 * Shard 0 begins all over again. */
void nt_shard_sum_take(nt_shard_sum *sum, int shard, int64_t at, const float *values,
                       int64_t count);

/* Where an element's sum over all shards is, once the last one's was taken. */
float *nt_shard_sum_row(const nt_shard_sum *sum);

#endif
