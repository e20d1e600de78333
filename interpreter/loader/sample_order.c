/* Digests are made in parallel, then sorted; of equal ones the first sample comes first, which
 * nobody can see. */
#include "sample_order.h"

#include "alloc.h"
#include "parallel.h"
#include "random.h"
#include <stdlib.h>
#include <string.h>

enum { JOB = 64 /* samples */ };

typedef struct ranked {
    char digest[NT_DIGEST_HEX]; /* "": out of memory */
    int32_t sample;
} ranked;

typedef struct ranking {
    const nt_dataset *dataset;
    nt_split split;
    int32_t count;
    ranked *items;
} ranking;

static void digest_job(const void *context, int job, int worker) {
    const ranking *r = context;
    (void)worker;
    for (int32_t i = job * JOB; i < r->count && i < (job + 1) * JOB; i++) {
        r->items[i].sample = i;
        if (nt_dataset_sample_digest(r->dataset, r->split, i, r->items[i].digest) != NT_OK)
            r->items[i].digest[0] = '\0';
    }
}

static int compare(const void *a, const void *b) {
    const ranked *x = a, *y = b;
    int order = memcmp(x->digest, y->digest, sizeof x->digest);
    return order != 0 ? order : (x->sample > y->sample) - (x->sample < y->sample);
}

nt_status nt_sample_order(const nt_dataset *dataset, nt_split split, uint64_t key, uint64_t stream,
                          int32_t *ret_order) {
    int32_t count = nt_dataset_count(dataset, split);
    size_t size = (size_t)count * sizeof(ranked);
    const ranking r = {dataset, split, count, nt_alloc(size)};
    nt_random random;
    bool whole = true;
    if (!r.items)
        return NT_NO_MEMORY;
    nt_parallel((count + JOB - 1) / JOB, digest_job, &r);
    for (int32_t i = 0; i < count; i++)
        whole = whole && r.items[i].digest[0];
    qsort(r.items, (size_t)count, sizeof *r.items, compare);
    for (int32_t i = 0; i < count; i++)
        ret_order[i] = i;
    nt_random_init(&random, key, stream);
    nt_random_shuffle(&random, ret_order, count);
    for (int32_t i = 0; i < count; i++)
        ret_order[i] = r.items[ret_order[i]].sample;
    nt_free(r.items, size);
    return whole ? NT_OK : NT_NO_MEMORY;
}
