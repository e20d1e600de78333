/* Which steps of a plan take a batch in portions.
 *
 * Step after step over a whole batch writes maps that leave the caches before the next step reads
 * them. A stretch of steps that takes a few samples through all of its steps, then the next few,
 * finds them there; but it reads its weights once a portion. Stretches are where that pays: where
 * the maps of a batch don't fit the cache, and those of a portion that does are more than the
 * weights. Their results are the same, bit for bit, as an op treats each sample by itself. */
#ifndef NT_PORTIONS_H
#define NT_PORTIONS_H

#include "graph.h"

/* Steps first … end - 1 of an order, `samples` at a time. */
typedef struct nt_stretch {
    int32_t first, end, samples;
} nt_stretch;

/* An order of nodes to run, and per value, by number, the position of its last reader: -1 for none,
 * past the order for outputs. */
typedef struct nt_ordered {
    const nt_graph *graph;
    const int32_t *order, *last_read;
    int32_t count;
} nt_ordered;

/* Finds the stretches, in order, from position `from` on, for batches of up to `batch` and a cache
 * of so many bytes. ret_stretches has room for half of the positions. */
nt_status nt_portions_find(const nt_ordered *ordered, int32_t from, int32_t batch, size_t cache,
                           nt_stretch *ret_stretches, int32_t *ret_count);

/* The bytes of cache that a portion should fit: a few times the second-level caches of the threads
 * that are used, as the third level, which is shared, is nearer than memory. */
size_t nt_portions_cache(void);

#endif
