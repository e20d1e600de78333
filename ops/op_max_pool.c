/* The largest element of each window, by channel. Padding never wins; of equal elements the first
 * one in reading order does, and takes the whole gradient; NaN wins over all, as in PyTorch. */
#include "op_check.h"
#include "parallel.h"
#include "pool.h"
#include <math.h>
#include <string.h>

enum { LANES = 64 /* channels at a time */ };

static const nt_field fields[] = {
    {"kernel", NT_PAIR, offsetof(nt_pool, kernel), NULL, 1, NT_POOL_MOST,
     .doc = "rows and columns of the window"},
    {"stride", NT_PAIR, offsetof(nt_pool, stride), "0", 0, NT_POOL_MOST,
     .doc = "pixels from one window to the next; 0: as the kernel"},
    {"pad", NT_PAIR, offsetof(nt_pool, pad), "0", 0, NT_POOL_MOST,
     .doc = "padding on each side; it never wins"},
    {"dilation", NT_PAIR, offsetof(nt_pool, dilation), "1", 1, NT_POOL_MOST,
     .doc = "pixels from one element of the window to the next"},
    {"ceil_mode", NT_BOOL, offsetof(nt_pool, ceil_mode), "false",
     .doc = "whether the last window may hang over the end"},
    {0},
};

static int infer(const void *attrs, const nt_type *in, int in_count, nt_type *ret_out,
                 char why[NT_WHY]) {
    (void)in_count;
    return nt_pool_infer(attrs, &in[0], ret_out, why);
}

/* For `count` channels of one window, the largest elements and (unless ret_at is NULL) where each
 * lies, in floats from the sample's start. */
static void find_largest(const nt_pool *pool, const float *sample, nt_shape shape, nt_span rows,
                         nt_span columns, int64_t first, int64_t count, float *ret_best,
                         int64_t *ret_at) {
    int64_t channels = shape.dim[0];
    for (int64_t c = 0; c < count; c++)
        ret_best[c] = -INFINITY;
    for (int32_t r = 0; r < rows.count; r++)
        for (int32_t s = 0; s < columns.count; s++) {
            int64_t y = rows.first + r * pool->dilation[0];
            int64_t x = columns.first + s * pool->dilation[1];
            int64_t at = (y * shape.dim[2] + x) * channels + first;
            bool start = r == 0 && s == 0;
            for (int64_t c = 0; ret_at && c < count; c++)
                if (start || sample[at + c] > ret_best[c] || isnan(sample[at + c]))
                    ret_at[c] = at + c;
            for (int64_t c = 0; c < count; c++) {
                float v = sample[at + c];
                ret_best[c] = v > ret_best[c] || v != v ? v : ret_best[c];
            }
        }
}

/* Job: one row of one sample's output. */
static void forward_job(const void *context, int job, int worker) {
    const nt_call *call = context;
    nt_shape in = call->in[0].type.shape, out = call->out[0].type.shape;
    int64_t channels = in.dim[0], sample = job / out.dim[1];
    const float *x = call->in[0].f + sample * nt_shape_elements(in);
    float *y = call->out[0].f + (int64_t)job * out.dim[2] * channels;
    (void)worker;
    nt_span rows = nt_pool_span(call->attrs, 0, job % out.dim[1], in.dim[1]);
    for (int32_t place = 0; place < out.dim[2]; place++, y += channels) {
        nt_span columns = nt_pool_span(call->attrs, 1, place, in.dim[2]);
        find_largest(call->attrs, x, in, rows, columns, 0, channels, y, NULL);
    }
}

static void forward(const nt_call *call) {
    nt_parallel(call->out[0].count * call->out[0].type.shape.dim[1], forward_job, call);
}

static void route(const nt_pool *pool, const float *x, nt_shape in, nt_shape out, int64_t first,
                  int64_t count, const float *dy, float *dx) {
    float best[LANES];
    int64_t at[LANES];
    for (int32_t i = 0; i < out.dim[1]; i++)
        for (int32_t j = 0; j < out.dim[2]; j++) {
            nt_span rows = nt_pool_span(pool, 0, i, in.dim[1]);
            nt_span columns = nt_pool_span(pool, 1, j, in.dim[2]);
            find_largest(pool, x, in, rows, columns, first, count, best, at);
            const float *from = dy + ((int64_t)i * out.dim[2] + j) * out.dim[0] + first;
            for (int64_t c = 0; c < count; c++)
                dx[at[c]] += from[c];
        }
}

/* Job: one sample, whose windows may overlap. */
static void backward_job(const void *context, int job, int worker) {
    const nt_grad_call *call = context;
    nt_shape in = call->in[0].type.shape, out = call->out_grad[0].type.shape;
    int64_t elements = nt_shape_elements(in), channels = in.dim[0];
    const float *x = call->in[0].f + job * elements;
    const float *dy = call->out_grad[0].f + job * nt_shape_elements(out);
    float *dx = call->in_grad[0].f + job * elements;
    (void)worker;
    memset(dx, 0, (size_t)elements * sizeof *dx);
    for (int64_t first = 0; first < channels; first += LANES)
        route(call->attrs, x, in, out, first, first + LANES < channels ? LANES : channels - first,
              dy, dx);
}

static void backward(const nt_grad_call *call) {
    nt_parallel(call->in_grad[0].count, backward_job, call);
}

const nt_op nt_op_max_pool = {
    .name = "max_pool",
    .doc = "the largest element of each window",
    .fields = fields,
    .attrs_size = sizeof(nt_pool),
    .min_inputs = 1,
    .max_inputs = 1,
    .infer = infer,
    .forward = forward,
    .backward = backward,
    .grad_reads_in = 1u << 0,
    .cases =
        (const nt_op_case[]){{"kernel=2", "5x8x6", "5x4x3"},
                             {"kernel=3 stride=2 pad=1", "7x9x8", "7x5x4"},
                             {"kernel=3 stride=2 ceil_mode=true", "3x8x10", "3x4x5"},
                             {"kernel=2 stride=3 pad=1 ceil_mode=true", "3x6x7", "3x3x3"},
                             {"kernel=[2,3] stride=1 pad=[1,1] dilation=[2,1]", "70x5x4", "70x5x4"},
                             {"kernel=1", "4x1x1", "4x1x1"},
                             {0}},
};
