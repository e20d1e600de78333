/* Where blocks of memory lie, whose times are known beforehand: two may share bytes if they are
 * never alive together. To find the smallest memory for them is NP-hard; this tries two orders,
 * each putting one block after another into the smallest gap that it fits, and keeps the better
 * one:
 *
 *     by time    as an allocator would meet them
 *     by size    the largest first (Pisarchyk and Lee, "Efficient memory management for deep neural
 *                net inference", 2020, arXiv 2001.03288) */
#ifndef NT_SLAB_H
#define NT_SLAB_H

#include "status.h"
#include <stddef.h>
#include <stdint.h>

typedef struct nt_lifetime {
    size_t size;
    int32_t first, last; /* the steps that it is alive in, both included */
    size_t at;
} nt_lifetime;

/* Sets each block's `at`, and the bytes that all of them take. */
nt_status nt_slab_lay_out(nt_lifetime *blocks, size_t count, size_t *ret_size);

#endif
