/* The largest element of each window, by channel. Padding never wins; of equal elements the first
 * one in reading order does, and takes the whole gradient; NaN wins over all, as in PyTorch. The
 * second output, if it is asked for, is where each was found, for max_unpool: row * columns +
 * column in the input's map. */
#include "op_check.h"
#include "parallel.h"
#include "pool.h"
#include "vectorise.h"
#include <math.h>
#include <string.h>

enum { LARGEST, INDICES }; /* outputs */

typedef struct max_pool_attrs {
    nt_pool pool;
    bool indices;
} max_pool_attrs;

static const nt_field fields[] = {
    {"kernel", NT_PAIR, offsetof(max_pool_attrs, pool.kernel), NULL, 1, NT_POOL_MOST,
     .doc = "rows and columns of the window"},
    {"stride", NT_PAIR, offsetof(max_pool_attrs, pool.stride), "0", 0, NT_POOL_MOST,
     .doc = "pixels from one window to the next; 0: as the kernel"},
    {"pad", NT_PAIR, offsetof(max_pool_attrs, pool.pad), "0", 0, NT_POOL_MOST,
     .doc = "padding on each side; it never wins"},
    {"dilation", NT_PAIR, offsetof(max_pool_attrs, pool.dilation), "1", 1, NT_POOL_MOST,
     .doc = "pixels from one element of the window to the next"},
    {"ceil_mode", NT_BOOL, offsetof(max_pool_attrs, pool.ceil_mode), "false",
     .doc = "whether the last window may hang over the end"},
    {"indices", NT_BOOL, offsetof(max_pool_attrs, indices), "false",
     .doc = "whether NODE.indices says where each element was found"},
    {0},
};

static int infer(const void *attrs, const nt_type *in, int in_count, nt_type *ret_out,
                 char why[NT_WHY]) {
    const max_pool_attrs *a = attrs;
    (void)in_count;
    if (nt_pool_infer(&a->pool, &in[0], ret_out, why) == 0)
        return 0;
    ret_out[INDICES] = ret_out[LARGEST];
    ret_out[INDICES].dtype = NT_I32;
    return a->indices ? 2 : 1;
}

/* One window of one sample. */
typedef struct window {
    nt_span rows, columns;
    int32_t dilation[2];
    int64_t width, channels; /* of the input */
} window;

static window window_of(const max_pool_attrs *a, nt_shape in, int32_t i, int32_t j) {
    const nt_pool *pool = &a->pool;
    return (window){
        .rows = nt_pool_span(pool, 0, i, in.dim[1]),
        .columns = nt_pool_span(pool, 1, j, in.dim[2]),
        .dilation = {pool->dilation[0], pool->dilation[1]},
        .width = in.dim[2],
        .channels = in.dim[0],
    };
}

/* Where the window's element in row r, column s lies, in pixels from the sample's start. */
NT_INLINE int64_t pixel_of(const window *w, int32_t r, int32_t s) {
    int64_t y = w->rows.first + (int64_t)r * w->dilation[0];
    int64_t x = w->columns.first + (int64_t)s * w->dilation[1];
    return y * w->width + x;
}

/* The same in floats. */
NT_INLINE int64_t place_of(const window *w, int32_t r, int32_t s) {
    return pixel_of(w, r, s) * w->channels;
}

/* Whether v takes the place of the largest so far; without a branch, for vectors have none. */
NT_INLINE bool wins(float v, float best) {
    return (v > best) | (v != v);
}

/* --- forward ---------------------------------------------------------------------------------- */

NT_INLINE void find_largest(const window *w, const float *restrict x, float *restrict best) {
    for (int64_t c = 0; c < w->channels; c++)
        best[c] = -INFINITY;
    for (int32_t r = 0; r < w->rows.count; r++)
        for (int32_t s = 0; s < w->columns.count; s++) {
            const float *v = x + place_of(w, r, s);
            for (int64_t c = 0; c < w->channels; c++)
                best[c] = wins(v[c], best[c]) ? v[c] : best[c];
        }
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
        find_largest(&w, x, y);
    }
}

/* The largest of some channels, and where it is; to places that may be NULL. */
NT_INLINE void find_place(const window *w, int64_t count, const float *restrict x, float *ret_best,
                          int32_t *ret_index) {
    float best[NT_POOL_LANES];
    int32_t index[NT_POOL_LANES], first = (int32_t)pixel_of(w, 0, 0);
    for (int64_t c = 0; c < count; c++) {
        best[c] = -INFINITY;
        index[c] = first;
    }
    for (int32_t r = 0; r < w->rows.count; r++)
        for (int32_t s = 0; s < w->columns.count; s++) {
            const float *v = x + place_of(w, r, s);
            int32_t pixel = (int32_t)pixel_of(w, r, s);
            for (int64_t c = 0; c < count; c++) {
                index[c] = wins(v[c], best[c]) ? pixel : index[c];
                best[c] = wins(v[c], best[c]) ? v[c] : best[c];
            }
        }
    if (ret_best)
        memcpy(ret_best, best, (size_t)count * sizeof *best);
    if (ret_index)
        memcpy(ret_index, index, (size_t)count * sizeof *index);
}

/* Job: the same where the indices are asked for. */
NT_VECTORISED(indices_job, (const void *context, int job, int worker), (context, job, worker)) {
    const nt_call *call = context;
    nt_shape in = call->in[0].type.shape, out = call->out[0].type.shape;
    const float *x = call->in[0].f + job / out.dim[1] * nt_shape_elements(in);
    float *y = call->out[LARGEST].f;
    int32_t *index = call->out[INDICES].i;
    (void)worker;
    for (int32_t j = 0; j < out.dim[2]; j++) {
        window w = window_of(call->attrs, in, job % out.dim[1], j);
        int64_t at = ((int64_t)job * out.dim[2] + j) * out.dim[0];
        for (int32_t c = 0; c < out.dim[0]; c += NT_POOL_LANES)
            find_place(&w, out.dim[0] - c < NT_POOL_LANES ? out.dim[0] - c : NT_POOL_LANES, x + c,
                       y ? y + at + c : NULL, index ? index + at + c : NULL);
    }
}

static void forward(const nt_call *call) {
    bool indices = call->out_count > INDICES && call->out[INDICES].data;
    nt_parallel(call->out[0].count * call->out[0].type.shape.dim[1],
                indices ? indices_job : forward_job, call);
}

/* --- backward --------------------------------------------------------------------------------- */

/* Gives dy to the largest element of each channel. */
NT_INLINE void route(const window *w, int64_t count, const float *restrict x,
                     const float *restrict dy, float *restrict dx) {
    float best[NT_POOL_LANES];
    int32_t winner[NT_POOL_LANES], at = 0; /* elements of the window, counted in reading order */
    for (int64_t c = 0; c < count; c++) {
        best[c] = -INFINITY;
        winner[c] = 0;
    }
    for (int32_t r = 0; r < w->rows.count; r++)
        for (int32_t s = 0; s < w->columns.count; s++, at++) {
            const float *v = x + place_of(w, r, s);
            for (int64_t c = 0; c < count; c++) {
                winner[c] = wins(v[c], best[c]) ? at : winner[c];
                best[c] = wins(v[c], best[c]) ? v[c] : best[c];
            }
        }
    at = 0;
    for (int32_t r = 0; r < w->rows.count; r++)
        for (int32_t s = 0; s < w->columns.count; s++, at++) {
            float *to = dx + place_of(w, r, s);
            for (int64_t c = 0; c < count; c++) {
                float grad = dy[c];
                to[c] += winner[c] == at ? grad : 0;
            }
        }
}

NT_VECTORISED(backward_job, (const void *context, int job, int worker), (context, job, worker)) {
    const nt_grad_call *call = context;
    nt_shape in = call->in[0].type.shape, out = call->out_grad[0].type.shape;
    nt_pool_part part = nt_pool_part_of(in, job);
    int64_t start = part.sample * nt_shape_elements(in) + part.first;
    const float *dy = call->out_grad[0].f + part.sample * nt_shape_elements(out) + part.first;
    (void)worker;
    nt_pool_part_zero(part, in, call->in_grad[0].f);
    for (int32_t i = 0; i < out.dim[1]; i++)
        for (int32_t j = 0; j < out.dim[2]; j++, dy += out.dim[0]) {
            window w = window_of(call->attrs, in, i, j);
            route(&w, part.count, call->in[0].f + start, dy, call->in_grad[0].f + start);
        }
}

static void backward(const nt_grad_call *call) {
    nt_parallel(nt_pool_parts(&call->in_grad[0]), backward_job, call);
}

const nt_op nt_op_max_pool = {
    .kind = {.name = "max_pool",
             .doc = "the largest element of each window",
             .fields = fields,
             .size = sizeof(max_pool_attrs)},
    .traits = NT_OP_CHANNELWISE,
    .min_inputs = 1,
    .max_inputs = 1,
    .infer = infer,
    .keeps_zero = nt_keeps_zero,
    .forward = forward,
    .backward = backward,
    .grad_reads_in = 1u << 0,
    .output_names = (const char *const[]){"", "indices", NULL},
    .cases =
        (const nt_op_case[]){
            {"kernel=2", "5x8x6", "5x4x3"},
            {"kernel=3 stride=2 pad=1", "7x9x8", "7x5x4"},
            {"kernel=3 stride=2 ceil_mode=true", "3x8x10", "3x4x5"},
            {"kernel=2 stride=3 pad=1 ceil_mode=true", "3x6x7", "3x3x3"},
            {"kernel=[2,3] stride=1 pad=[1,1] dilation=[2,1]", "70x5x4", "70x5x4"},
            {"kernel=2 stride=1", "300x2x3", "300x1x2"},
            {"kernel=2 indices=true", "5x8x6", "5x4x3"},
            {"kernel=3 stride=2 pad=1 ceil_mode=true indices=true", "300x8x7", "300x5x4"},
            {"kernel=1", "4x1x1", "4x1x1"},
            {0}},
};
