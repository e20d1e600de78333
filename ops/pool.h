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

/* What a job of a gradient works on: some channels of one sample. Windows may overlap, channels
 * don't. */
enum { NT_POOL_LANES = 256 };

typedef struct nt_pool_part {
    int64_t sample, first, count; /* channels [first, first + count) */
} nt_pool_part;

int nt_pool_parts(const nt_tensor *in_grad); /* how many there are */
nt_pool_part nt_pool_part_of(nt_shape in, int job);
void nt_pool_part_zero(nt_pool_part part, nt_shape in, float *in_grad); /* from its first sample */

#endif
