/* Shard s meets as many sums as there are ones at the end of the number s. The first of them is in
 * slot 0, where the new sum goes; it is then known as that of its own size, in exchange for a slot
 * that is free. */
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

/* How many sums the shard meets. */
static int met_by(int shard) {
    int met = 0;
    while (shard >> met & 1)
        met++;
    return met;
}

/* Which row each slot is, when the shard comes. */
static void find_slots(const nt_shard_sum *sum, int shard, float *ret[NT_SHARD_LEVELS]) {
    for (int k = 0; k < NT_SHARD_LEVELS; k++)
        ret[k] = sum->rows[k];
    for (int s = 0; s < shard; s++) {
        int met = met_by(s);
        float *free = ret[met];
        ret[met] = ret[0];
        ret[0] = free;
    }
}

typedef struct taking {
    float *slots[NT_SHARD_LEVELS];
    int64_t at, count;
    const float *values;
    int met;
} taking;

static void take_job(const void *context, int job, int worker) {
    const taking *t = context;
    int64_t from = (int64_t)job * JOB, count = t->count - from < JOB ? t->count - from : JOB;
    float *to = t->slots[0] + t->at + from;
    const float *values = t->values + from;
    (void)worker;
    if (t->met == 0)
        memcpy(to, values, (size_t)count * sizeof *to);
    for (int64_t i = 0; t->met > 0 && i < count; i++)
        to[i] += values[i];
    for (int k = 1; k < t->met; k++) {
        const float *slot = t->slots[k] + t->at + from;
        for (int64_t i = 0; i < count; i++)
            to[i] += slot[i];
    }
}

void nt_shard_sum_take(nt_shard_sum *sum, int shard, int64_t at, const float *values,
                       int64_t count) {
    taking t = {.at = at, .count = count, .values = values, .met = met_by(shard)};
    find_slots(sum, shard, t.slots);
    nt_parallel((int)((count + JOB - 1) / JOB), take_job, &t);
}

float *nt_shard_sum_row(const nt_shard_sum *sum) {
    float *slots[NT_SHARD_LEVELS];
    find_slots(sum, sum->shards - 1, slots);
    return slots[0];
}
