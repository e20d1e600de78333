#include "shard_sum.h"

#include "alloc.h"
#include "parallel.h"
#include <string.h>

enum { JOB = 1 << 15 }; /* floats: what a core's second cache holds of a few rows */

static int rows_of(const nt_shard_sum *sum) {
    int rows = 1;
    while (1 << (rows + 1) <= sum->shards)
        rows++;
    return rows;
}

nt_status nt_shard_sum_init(nt_shard_sum *sum, int64_t size, int shards, nt_error *error) {
    *sum = (nt_shard_sum){.size = size, .shards = shards};
    for (int k = 0; k < rows_of(sum); k++)
        if (!(sum->rows[k] = nt_alloc_zero((size_t)size * sizeof(float))))
            return nt_error_say(error, NT_NO_MEMORY, "out of memory for the gradients of shards");
    return NT_OK;
}

void nt_shard_sum_finish(nt_shard_sum *sum) {
    for (int k = 0; k < NT_SHARD_LEVELS; k++)
        nt_free(sum->rows[k], (size_t)sum->size * sizeof(float));
    *sum = (nt_shard_sum){0};
}

void nt_shard_sum_begin(nt_shard_sum *sum) {
    sum->done = 0;
}

/* How many rows the shard in hand meets: the lowest bits of `done` that are set. */
static int met_by(const nt_shard_sum *sum) {
    int met = 0;
    while (sum->done >> met & 1)
        met++;
    return met;
}

typedef struct taking {
    const nt_shard_sum *sum;
    int64_t at, count;
    const float *values;
    int met;
} taking;

/* rows[0], which the shard meets first, is where the sum goes. */
static void take_job(const void *context, int job, int worker) {
    const taking *t = context;
    int64_t from = (int64_t)job * JOB, count = t->count - from < JOB ? t->count - from : JOB;
    float *to = t->sum->rows[0] + t->at + from;
    const float *values = t->values + from;
    (void)worker;
    if (t->met == 0)
        memcpy(to, values, (size_t)count * sizeof *to);
    for (int64_t i = 0; t->met > 0 && i < count; i++)
        to[i] += values[i];
    for (int k = 1; k < t->met; k++) {
        const float *row = t->sum->rows[k] + t->at + from;
        for (int64_t i = 0; i < count; i++)
            to[i] += row[i];
    }
}

void nt_shard_sum_take(nt_shard_sum *sum, int64_t at, const float *values, int64_t count) {
    const taking t = {sum, at, count, values, met_by(sum)};
    nt_parallel((int)((count + JOB - 1) / JOB), take_job, &t);
}

/* The last one's sum, which is all of it, stays in rows[0]. */
void nt_shard_sum_next(nt_shard_sum *sum) {
    int met = met_by(sum);
    if (!nt_shard_sum_is_last(sum)) {
        float *free = sum->rows[met];
        sum->rows[met] = sum->rows[0];
        sum->rows[0] = free;
    }
    sum->done++;
}
