/* The mean of each window, by channel. As in PyTorch, padding counts as zeros unless
 * count_include_pad is false; what hangs over the padded input (ceil_mode) never counts. */
#include "op_check.h"
#include "parallel.h"
#include "pool.h"
#include "vectorise.h"

typedef struct avg_pool_attrs {
    nt_pool pool;
    bool count_include_pad;
} avg_pool_attrs;

static const nt_field fields[] = {
    {"kernel", NT_PAIR, offsetof(avg_pool_attrs, pool.kernel), NULL, 1, NT_POOL_MOST,
     .doc = "rows and columns of the window"},
    {"stride", NT_PAIR, offsetof(avg_pool_attrs, pool.stride), "0", 0, NT_POOL_MOST,
     .doc = "pixels from one window to the next; 0: as the kernel"},
    {"pad", NT_PAIR, offsetof(avg_pool_attrs, pool.pad), "0", 0, NT_POOL_MOST,
     .doc = "zeros on each side"},
    {"dilation", NT_PAIR, offsetof(avg_pool_attrs, pool.dilation), "1", 1, 1,
     .doc = "1: windows have no gaps", .hidden = true},
    {"ceil_mode", NT_BOOL, offsetof(avg_pool_attrs, pool.ceil_mode), "false",
     .doc = "whether the last window may hang over the end"},
    {"count_include_pad", NT_BOOL, offsetof(avg_pool_attrs, count_include_pad), "true",
     .doc = "whether padding counts in the mean"},
    {0},
};

static int infer(const void *attrs, const nt_type *in, int in_count, nt_type *ret_out,
                 char why[NT_WHY]) {
    const avg_pool_attrs *a = attrs;
    (void)in_count;
    return nt_pool_infer(&a->pool, &in[0], ret_out, why);
}

/* How many rows or columns of the window count. */
static int64_t counted(const avg_pool_attrs *a, int d, int32_t place, int32_t size) {
    const nt_pool *pool = &a->pool;
    if (!a->count_include_pad)
        return nt_pool_span(pool, d, place, size).count;
    int64_t stride = pool->stride[d] ? pool->stride[d] : pool->kernel[d];
    int64_t start = place * stride - pool->pad[d], end = start + pool->kernel[d];
    int64_t limit = (int64_t)size + pool->pad[d];
    return (end < limit ? end : limit) - start;
}

/* The window of output place (i, j). */
typedef struct window {
    nt_span rows, columns;
    float share; /* one element's */
} window;

static window window_of(const avg_pool_attrs *a, nt_shape in, int32_t i, int32_t j) {
    int64_t count = counted(a, 0, i, in.dim[1]) * counted(a, 1, j, in.dim[2]);
    return (window){
        .rows = nt_pool_span(&a->pool, 0, i, in.dim[1]),
        .columns = nt_pool_span(&a->pool, 1, j, in.dim[2]),
        .share = 1 / (float)count,
    };
}

/* --- forward ---------------------------------------------------------------------------------- */

NT_INLINE void find_mean(const window *w, nt_shape in, const float *restrict x, float *restrict y) {
    int64_t channels = in.dim[0];
    for (int64_t c = 0; c < channels; c++)
        y[c] = 0;
    for (int64_t r = w->rows.first; r < w->rows.first + w->rows.count; r++)
        for (int64_t s = w->columns.first; s < w->columns.first + w->columns.count; s++) {
            const float *v = x + (r * in.dim[2] + s) * channels;
            for (int64_t c = 0; c < channels; c++)
                y[c] += v[c];
        }
    for (int64_t c = 0; c < channels; c++)
        y[c] *= w->share;
}

/* Job: one row of one sample's output. */
NT_VECTORISED(forward_job, (const void *context, int job, int worker), (context, job, worker)) {
    const nt_call *call = context;
    nt_shape in = call->in[0].type.shape, out = call->out[0].type.shape;
    const float *x = call->in[0].f + job / out.dim[1] * nt_shape_elements(in);
    float *y = call->out[0].f + (int64_t)job * out.dim[2] * out.dim[0];
    (void)worker;
    for (int32_t j = 0; j < out.dim[2]; j++, y += out.dim[0]) {
        window w = window_of(call->attrs, in, job % out.dim[1], j);
        find_mean(&w, in, x, y);
    }
}

static void forward(const nt_call *call) {
    nt_parallel(call->out[0].count * call->out[0].type.shape.dim[1], forward_job, call);
}

/* --- backward --------------------------------------------------------------------------------- */

NT_INLINE void spread(const window *w, nt_shape in, int64_t count, const float *restrict dy,
                      float *restrict dx) {
    for (int64_t r = w->rows.first; r < w->rows.first + w->rows.count; r++)
        for (int64_t s = w->columns.first; s < w->columns.first + w->columns.count; s++) {
            float *to = dx + (r * in.dim[2] + s) * in.dim[0];
            for (int64_t c = 0; c < count; c++)
                to[c] += dy[c] * w->share;
        }
}

NT_VECTORISED(backward_job, (const void *context, int job, int worker), (context, job, worker)) {
    const nt_grad_call *call = context;
    nt_shape in = call->in_grad[0].type.shape, out = call->out_grad[0].type.shape;
    nt_pool_part part = nt_pool_part_of(in, job);
    const float *dy = call->out_grad[0].f + part.sample * nt_shape_elements(out) + part.first;
    float *dx = call->in_grad[0].f + part.sample * nt_shape_elements(in) + part.first;
    (void)worker;
    nt_pool_part_zero(part, in, call->in_grad[0].f);
    for (int32_t i = 0; i < out.dim[1]; i++)
        for (int32_t j = 0; j < out.dim[2]; j++, dy += out.dim[0]) {
            window w = window_of(call->attrs, in, i, j);
            spread(&w, in, part.count, dy, dx);
        }
}

static void backward(const nt_grad_call *call) {
    nt_parallel(nt_pool_parts(&call->in_grad[0]), backward_job, call);
}

const nt_op nt_op_avg_pool = {
    .kind = {.name = "avg_pool",
             .doc = "the mean of each window",
             .fields = fields,
             .size = sizeof(avg_pool_attrs)},
    .traits = NT_OP_CHANNELWISE,
    .min_inputs = 1,
    .max_inputs = 1,
    .infer = infer,
    .keeps_zero = nt_keeps_zero,
    .forward = forward,
    .backward = backward,
    .cases =
        (const nt_op_case[]){{"kernel=2", "5x8x6", "5x4x3"},
                             {"kernel=3 stride=2 pad=1", "7x9x8", "7x5x4"},
                             {"kernel=3 stride=2 pad=1 count_include_pad=false", "7x9x8", "7x5x4"},
                             {"kernel=3 stride=2 pad=1 ceil_mode=true", "3x8x10", "3x5x6"},
                             {"kernel=[4,2] stride=[3,1] pad=[1,0] ceil_mode=true "
                              "count_include_pad=false",
                              "18x6x5", "18x3x4"},
                             {"kernel=2 stride=1", "300x2x3", "300x1x2"},
                             {"kernel=1", "4x1x1", "4x1x1"},
                             {0}},
};
