/* Windows that slide over maps, counted as PyTorch counts them. A window that is accepted meets the
 * input at least once, so that no op divides by 0 or looks for the largest of nothing. */
#include "pool.h"

#include "integers.h"
#include "op_check.h"
#include <stdio.h>
#include <string.h>

static int32_t stride_of(const nt_pool *pool, int d) {
    return pool->stride[d] ? pool->stride[d] : pool->kernel[d];
}

nt_span nt_pool_span(const nt_pool *pool, int d, int32_t place, int32_t size) {
    int64_t first = (int64_t)place * stride_of(pool, d) - pool->pad[d], step = pool->dilation[d];
    int64_t count = pool->kernel[d];
    if (first < 0) {
        int64_t skipped = nt_ceil_div(-first, step);
        first += skipped * step;
        count -= skipped;
    }
    if (first + (count - 1) * step >= size)
        count = first < size ? nt_ceil_div(size - first, step) : 0;
    return (nt_span){.first = (int32_t)first, .count = count > 0 ? (int32_t)count : 0};
}

/* Every window must meet the input, or it would have nothing to pool. */
static bool windows_meet(const nt_pool *pool, int d, int32_t places, int32_t size) {
    for (int32_t place = 0; place < places; place++)
        if (nt_pool_span(pool, d, place, size).count == 0)
            return false;
    return true;
}

int nt_pool_infer(const nt_pool *pool, const nt_type *in, nt_type *ret_out, char why[NT_WHY]) {
    char text[NT_SHAPE_TEXT];
    if (!nt_check_map(in, why))
        return 0;
    ret_out[0] = *in;
    for (int d = 0; d < 2; d++) {
        int32_t size = in->shape.dim[1 + d];
        if (pool->pad[d] > pool->kernel[d] / 2) {
            snprintf(why, NT_WHY, "pad %d is more than half of kernel %d", pool->pad[d],
                     pool->kernel[d]);
            return 0;
        }
        int32_t places = nt_window_places(size, pool->kernel[d], stride_of(pool, d), pool->pad[d],
                                          pool->dilation[d], pool->ceil_mode);
        if (places == 0) {
            nt_shape padded = in->shape;
            padded.dim[1] += 2 * pool->pad[0];
            padded.dim[2] += 2 * pool->pad[1];
            snprintf(why, NT_WHY, "kernel %dx%d is larger than the padded input %s",
                     pool->kernel[0], pool->kernel[1], nt_shape_format(padded, text));
            return 0;
        }
        if (!windows_meet(pool, d, places, size)) {
            snprintf(why, NT_WHY, "a dilated window would lie in the padding of %s alone",
                     nt_shape_format(in->shape, text));
            return 0;
        }
        ret_out[0].shape.dim[1 + d] = places;
    }
    return 1;
}

/* --- gradients -------------------------------------------------------------------------------- */

static int64_t parts_of(nt_shape in) {
    return nt_ceil_div(in.dim[0], NT_POOL_LANES);
}

int nt_pool_parts(const nt_tensor *in_grad) {
    return (int)(in_grad->count * parts_of(in_grad->type.shape));
}

nt_pool_part nt_pool_part_of(nt_shape in, int job) {
    int64_t first = job % parts_of(in) * NT_POOL_LANES, left = in.dim[0] - first;
    return (nt_pool_part){
        .sample = job / parts_of(in),
        .first = first,
        .count = left < NT_POOL_LANES ? left : NT_POOL_LANES,
    };
}

void nt_pool_part_zero(nt_pool_part part, nt_shape in, float *in_grad) {
    float *at = in_grad + part.sample * nt_shape_elements(in) + part.first;
    bool whole = part.count == in.dim[0]; /* the pixels follow one another */
    int64_t pieces = whole ? 1 : nt_shape_pixels(in);
    int64_t length = whole ? nt_shape_elements(in) : part.count;
    for (int64_t i = 0; i < pieces; i++, at += in.dim[0])
        memset(at, 0, (size_t)length * sizeof *at);
}
