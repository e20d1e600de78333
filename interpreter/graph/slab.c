/* Best fit, offline: blocks are placed one after another, each into the smallest gap, between those
 * that are alive with it, in which it fits, else behind them. By size that is quadratic in the
 * number of blocks, and of very many is left; in the order of time only the blocks count that are
 * alive. */
#include "slab.h"

#include "alloc.h"
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_BY_SIZE = 20000 }; /* blocks: a second's work */

typedef int comparison(const void *a, const void *b);

static int by_time(const void *a, const void *b) {
    const nt_lifetime *x = *(nt_lifetime *const *)a, *y = *(nt_lifetime *const *)b;
    if (x->first != y->first)
        return x->first < y->first ? -1 : 1;
    return (x > y) - (x < y);
}

static int by_size(const void *a, const void *b) {
    const nt_lifetime *x = *(nt_lifetime *const *)a, *y = *(nt_lifetime *const *)b;
    if (x->size != y->size)
        return x->size > y->size ? -1 : 1;
    return by_time(a, b);
}

/* The start of the smallest gap for a block among those that are placed and alive with it, and that
 * are sorted by their place; or else where they end. */
static size_t gap_for(const nt_lifetime *block, nt_lifetime *const *placed, size_t count) {
    size_t end = 0, best = 0, best_size = SIZE_MAX;
    for (size_t i = 0; i < count; i++) {
        const nt_lifetime *other = placed[i];
        if (other->last < block->first || other->first > block->last)
            continue;
        if (other->at > end && other->at - end >= block->size && other->at - end < best_size) {
            best = end;
            best_size = other->at - end;
        }
        if (other->at + other->size > end)
            end = other->at + other->size;
    }
    return best_size == SIZE_MAX ? end : best;
}

/* Leaves out those that are dead before the block is made. */
static size_t drop_dead(nt_lifetime **placed, size_t count, const nt_lifetime *block) {
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (placed[i]->last >= block->first)
            placed[kept++] = placed[i];
    return kept;
}

/* `blocks` are sorted by the order to place them in; in its beginning those that are placed are
 * kept, sorted by their place. */
static size_t place(nt_lifetime **blocks, size_t count, bool in_time) {
    size_t top = 0, placed = 0;
    for (size_t i = 0; i < count; i++) {
        nt_lifetime *block = blocks[i];
        if (in_time)
            placed = drop_dead(blocks, placed, block);
        size_t low = 0, high = placed;
        block->at = gap_for(block, blocks, placed);
        top = block->at + block->size > top ? block->at + block->size : top;
        while (low < high) {
            size_t middle = low + (high - low) / 2;
            if (blocks[middle]->at <= block->at)
                low = middle + 1;
            else
                high = middle;
        }
        memmove(&blocks[low + 1], &blocks[low], (placed - low) * sizeof(nt_lifetime *));
        blocks[low] = block;
        placed++;
    }
    return top;
}

static size_t place_in_order(nt_lifetime *blocks, size_t count, comparison *order,
                             nt_lifetime **work) {
    for (size_t i = 0; i < count; i++)
        work[i] = &blocks[i];
    qsort(work, count, sizeof(nt_lifetime *), order);
    return place(work, count, order == by_time);
}

nt_status nt_slab_lay_out(nt_lifetime *blocks, size_t count, size_t *ret_size) {
    nt_lifetime **work = nt_alloc(count * sizeof(nt_lifetime *));
    if (!work)
        return NT_NO_MEMORY;
    size_t in_time = place_in_order(blocks, count, by_time, work);
    *ret_size = count > MOST_BY_SIZE ? in_time : place_in_order(blocks, count, by_size, work);
    if (in_time <= *ret_size && count <= MOST_BY_SIZE)
        *ret_size = place_in_order(blocks, count, by_time, work);
    nt_free(work, count * sizeof(nt_lifetime *));
    return NT_OK;
}
