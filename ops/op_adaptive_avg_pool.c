/* The means of so many bins of rows by so many of columns, whatever the maps' size. As in PyTorch,
 * bin i of n over a side of `size` reaches from floor(i * size / n) to ceil((i + 1) * size / n), so
 * that neighbours may share a row or a column. */
#include "columns.h"
#include "integers.h"
#include "op_check.h"
#include "parallel.h"
#include "vectorise.h"
#include <string.h>

enum { LANES = 256 /* channels summed at a time */ };

typedef struct adaptive_attrs {
    int32_t size[2];
} adaptive_attrs;

static const nt_field fields[] = {
    {"size", NT_PAIR, offsetof(adaptive_attrs, size), NULL, 1, 1 << 16,
     .doc = "rows and columns of the output"},
    {0},
};

static int infer(const void *attrs, const nt_type *in, int in_count, nt_type *ret_out,
                 char why[NT_WHY]) {
    const adaptive_attrs *a = attrs;
    (void)in_count;
    if (!nt_check_map(&in[0], why))
        return 0;
    ret_out[0] = in[0];
    memcpy(ret_out[0].shape.dim + 1, a->size, sizeof a->size);
    return 1;
}

/* Places [from, to) of one side. */
typedef struct span {
    int64_t from, to;
} span;

static span bin_of(int64_t i, int64_t bins, int64_t size) {
    return (span){i * size / bins, nt_ceil_div((i + 1) * size, bins)};
}

/* The bins that a place is in: the first ends after it, the last starts before it or there. */
static span bins_with(int64_t place, int64_t bins, int64_t size) {
    return (span){place * bins / size, nt_ceil_div((place + 1) * bins, size)};
}

static int64_t length_of(span s) {
    return s.to - s.from;
}

/* --- forward ---------------------------------------------------------------------------------- */

/* Job: one row of one sample's output. */
static void forward_job(const void *context, int job, int worker) {
    const nt_call *call = context;
    nt_shape in = call->in[0].type.shape, out = call->out[0].type.shape;
    int64_t channels = in.dim[0], pitch = in.dim[2] * channels;
    const float *x = call->in[0].f + job / out.dim[1] * nt_shape_elements(in);
    float *y = call->out[0].f + (int64_t)job * out.dim[2] * channels;
    span rows = bin_of(job % out.dim[1], out.dim[1], in.dim[1]);
    (void)worker;
    for (int32_t j = 0; j < out.dim[2]; j++, y += channels) {
        span columns = bin_of(j, out.dim[2], in.dim[2]);
        double share = 1 / (double)(length_of(rows) * length_of(columns));
        for (int64_t first = 0; first < channels; first += LANES) {
            int64_t count = first + LANES < channels ? LANES : channels - first;
            double sum[LANES] = {0};
            for (int64_t r = rows.from; r < rows.to; r++)
                nt_columns_add(x + r * pitch + columns.from * channels + first, length_of(columns),
                               channels, count, sum);
            for (int64_t c = 0; c < count; c++)
                y[first + c] = (float)(sum[c] * share);
        }
    }
}

static void forward(const nt_call *call) {
    nt_parallel(call->out[0].count * call->out[0].type.shape.dim[1], forward_job, call);
}

/* --- backward --------------------------------------------------------------------------------- */

NT_INLINE void add_share(const float *restrict dy, float share, int64_t count, float *restrict dx) {
    for (int64_t c = 0; c < count; c++)
        dx[c] += dy[c] * share;
}

/* Job: one row of one sample's input. */
NT_VECTORISED(backward_job, (const void *context, int job, int worker), (context, job, worker)) {
    const nt_grad_call *call = context;
    nt_shape in = call->in_grad[0].type.shape, out = call->out_grad[0].type.shape;
    int64_t channels = in.dim[0], pitch = out.dim[2] * channels;
    const float *dy = call->out_grad[0].f + job / in.dim[1] * nt_shape_elements(out);
    float *dx = call->in_grad[0].f + (int64_t)job * in.dim[2] * channels;
    span rows = bins_with(job % in.dim[1], out.dim[1], in.dim[1]);
    (void)worker;
    memset(dx, 0, (size_t)(in.dim[2] * channels) * sizeof *dx);
    for (int32_t j = 0; j < in.dim[2]; j++, dx += channels) {
        span columns = bins_with(j, out.dim[2], in.dim[2]);
        for (int64_t r = rows.from; r < rows.to; r++)
            for (int64_t s = columns.from; s < columns.to; s++) {
                int64_t size = length_of(bin_of(r, out.dim[1], in.dim[1])) *
                               length_of(bin_of(s, out.dim[2], in.dim[2]));
                add_share(dy + r * pitch + s * channels, 1 / (float)size, channels, dx);
            }
    }
}

static void backward(const nt_grad_call *call) {
    nt_parallel(call->in_grad[0].count * call->in_grad[0].type.shape.dim[1], backward_job, call);
}

const nt_op nt_op_adaptive_avg_pool = {
    .kind = {.name = "adaptive_avg_pool",
             .doc = "the means of a given number of bins of rows and columns",
             .fields = fields,
             .size = sizeof(adaptive_attrs)},
    .traits = NT_OP_CHANNELWISE,
    .min_inputs = 1,
    .max_inputs = 1,
    .infer = infer,
    .keeps_zero = nt_keeps_zero,
    .forward = forward,
    .backward = backward,
    .cases = (const nt_op_case[]){{"size=1", "5x7x3", "5x1x1"},
                                  {"size=[2,3]", "19x7x8", "19x2x3"},
                                  {"size=6", "3x8x10", "3x6x6"},
                                  {"size=[3,7]", "300x3x4", "300x3x7"},
                                  {"size=4", "6x1x2", "6x4x4"},
                                  {0}},
};
