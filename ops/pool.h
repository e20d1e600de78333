/* The geometry that pooling ops share: a window slides over the maps, and a stride of 0 stands for
 * the window's own size. */
#ifndef NT_POOL_H
#define NT_POOL_H

#include "op.h"

enum { NT_POOL_MOST = 1 << 16 }; /* of each attribute */

typedef struct nt_pool {
    int32_t kernel[2], stride[2], pad[2], dilation[2];
    bool ceil_mode;
} nt_pool;

/* The rows (d = 0) or columns (d = 1) of the input that the window at `place` covers: `count` of
 * them from `first`, `dilation` apart. */
typedef struct nt_span {
    int32_t first, count;
} nt_span;

/* The type of the output; 0 with `why` if the windows don't fit. */
int nt_pool_infer(const nt_pool *pool, const nt_type *in, nt_type *ret_out, char why[NT_WHY]);

nt_span nt_pool_span(const nt_pool *pool, int d, int32_t place, int32_t size);

#endif
