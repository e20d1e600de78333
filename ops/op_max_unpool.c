/* Puts each element back where a max_pool took it from; all other places are zeros (Zeiler, Fergus,
 * "Visualizing and understanding convolutional networks", 2014; SegNet). As PyTorch's MaxUnpool2d:
 * `indices` are max_pool's, the place row * columns + column in the map that it read; without a
 * third input the output is as large as the smallest map that gives the input's size when it is
 * pooled. Of several elements for one place the last in reading order is kept, and the gradient of
 * that place goes to each of them. An index outside the map, which PyTorch refuses, makes the first
 * element of its channel NaN, and gets no gradient. */
#include "elementwise.h"
#include "op_check.h"
#include "parallel.h"
#include "pool.h"
#include "vectorise.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { X, INDICES, LIKE }; /* inputs */

typedef struct max_unpool_attrs {
    int32_t kernel[2], stride[2], pad[2];
} max_unpool_attrs;

static const nt_field fields[] = {
    {"kernel", NT_PAIR, offsetof(max_unpool_attrs, kernel), NULL, 1, NT_POOL_MOST,
     .doc = "rows and columns of the max_pool's window"},
    {"stride", NT_PAIR, offsetof(max_unpool_attrs, stride), "0", 0, NT_POOL_MOST,
     .doc = "its pixels from one window to the next; 0: as the kernel"},
    {"pad", NT_PAIR, offsetof(max_unpool_attrs, pad), "0", 0, NT_POOL_MOST,
     .doc = "its padding on each side"},
    {0},
};

static int32_t stride_of(const max_unpool_attrs *a, int d) {
    return a->stride[d] ? a->stride[d] : a->kernel[d];
}

/* Rows (d = 0) or columns of the output; 0 with `why` where there is no such map. */
static int32_t size_of(const max_unpool_attrs *a, int d, const nt_type *in, int in_count,
                       char why[NT_WHY]) {
    static const char *const names[] = {"rows", "columns"};
    int32_t places = in[X].shape.dim[1 + d];
    int64_t usual = (places - 1) * (int64_t)stride_of(a, d) - 2 * (int64_t)a->pad[d] + a->kernel[d];
    int64_t size = in_count > LIKE ? in[LIKE].shape.dim[1 + d] : usual;
    if (a->pad[d] > a->kernel[d] / 2) {
        snprintf(why, NT_WHY, "pad %d is more than half of kernel %d", a->pad[d], a->kernel[d]);
        return 0;
    }
    if (size < 1 || size > INT32_MAX) {
        snprintf(why, NT_WHY, "the output would have %lld %s", (long long)size, names[d]);
        return 0;
    }
    if (size <= usual - stride_of(a, d) || size >= usual + stride_of(a, d)) {
        snprintf(why, NT_WHY, "%lld %s can't have been pooled to %d: %lld to %lld can",
                 (long long)size, names[d], places,
                 (long long)(usual > stride_of(a, d) ? usual - stride_of(a, d) + 1 : 1),
                 (long long)usual + stride_of(a, d) - 1);
        return 0;
    }
    return (int32_t)size;
}

static int infer(const void *attrs, const nt_type *in, int in_count, nt_type *ret_out,
                 char why[NT_WHY]) {
    char wanted[NT_SHAPE_TEXT], given[NT_SHAPE_TEXT];
    if (!nt_check_map(&in[X], why) || (in_count > LIKE && !nt_check_map(&in[LIKE], why)))
        return 0;
    if (in[INDICES].dtype != NT_I32 || !nt_shape_equal(in[INDICES].shape, in[X].shape)) {
        snprintf(why, NT_WHY, "the indices of %s are integers of that shape, not %s of shape %s",
                 nt_shape_format(in[X].shape, wanted),
                 in[INDICES].dtype == NT_I32 ? "integers" : "float32 values",
                 nt_shape_format(in[INDICES].shape, given));
        return 0;
    }
    ret_out[0] = in[X];
    ret_out[0].batched |= in[INDICES].batched;
    for (int d = 0; d < 2; d++) {
        ret_out[0].shape.dim[1 + d] = size_of(attrs, d, in, in_count, why);
        if (ret_out[0].shape.dim[1 + d] == 0)
            return 0;
    }
    return 1;
}

static int64_t sample_of(const nt_tensor *tensor, int64_t n) {
    return (tensor->count > 1 ? n : 0) * nt_type_stored(tensor->type);
}

/* --- forward, anything goes ------------------------------------------------------------------- */

/* Scratch memory: whether a band met an index that points elsewhere, [sample][row of the input]. */
static bool is_scattered(const nt_call *call, int64_t sample) {
    int64_t rows = call->in[X].type.shape.dim[1];
    return memchr(call->scratch.shared + sample * rows, true, (size_t)rows);
}

/* Job: some channels of one sample, if it is to be scattered. */
static void scatter_job(const void *context, int job, int worker) {
    const nt_call *call = context;
    nt_shape in = call->in[X].type.shape, out = call->out[0].type.shape;
    nt_pool_part part = nt_pool_part_of(out, job);
    const float *x = call->in[X].f + sample_of(&call->in[X], part.sample) + part.first;
    const int32_t *index =
        call->in[INDICES].i + sample_of(&call->in[INDICES], part.sample) + part.first;
    float *y = call->out[0].f + sample_of(&call->out[0], part.sample) + part.first;
    int64_t pixels = nt_shape_pixels(out), channels = out.dim[0];
    bool outside[NT_POOL_LANES] = {false};
    (void)worker;
    if (!is_scattered(call, part.sample))
        return;
    nt_pool_part_zero(part, out, call->out[0].f);
    for (int64_t p = 0; p < nt_shape_pixels(in); p++, x += channels, index += channels)
        for (int64_t c = 0; c < part.count; c++) {
            if (index[c] >= 0 && index[c] < pixels)
                y[index[c] * channels + c] = x[c];
            else
                outside[c] = true;
        }
    for (int64_t c = 0; c < part.count; c++)
        if (outside[c])
            y[c] = NAN;
}

/* --- forward, windows side by side ------------------------------------------------------------ */

/* Whether no two windows meet, so that each row of them makes rows of the output of its own. */
static bool side_by_side(const max_unpool_attrs *a) {
    for (int d = 0; d < 2; d++)
        if (stride_of(a, d) != a->kernel[d] || a->pad[d] != 0)
            return false;
    return true;
}

/* The window's elements: x where the index says so, else zero. Returns whether an index pointed
 * elsewhere. */
typedef struct window {
    int64_t first, rows, columns; /* first: its first place in the output */
    int64_t width, channels;      /* of the output */
} window;

NT_INLINE bool fill_window(const window *w, const float *restrict x, const int32_t *restrict index,
                           int64_t count, float *restrict y) {
    int32_t found[NT_POOL_LANES] = {0}, missing = 0;
    for (int64_t r = 0; r < w->rows; r++)
        for (int64_t s = 0; s < w->columns; s++) {
            int32_t place = (int32_t)(w->first + r * w->width + s);
            float *to = y + place * w->channels;
            for (int64_t c = 0; c < count; c++) {
                float value = x[c];
                to[c] = index[c] == place ? value : 0;
                found[c] |= index[c] == place;
            }
        }
    for (int64_t c = 0; c < count; c++)
        missing |= !found[c];
    return missing;
}

/* Job: the rows of one sample's output that one row of windows makes, and the last one what is left
 * below. */
NT_VECTORISED(band_job, (const void *context, int job, int worker), (context, job, worker)) {
    const nt_call *call = context;
    const max_unpool_attrs *a = call->attrs;
    nt_shape in = call->in[X].type.shape, out = call->out[0].type.shape;
    int64_t sample = job / in.dim[1], i = job % in.dim[1], channels = out.dim[0];
    int64_t top = i * a->kernel[0], bottom = i + 1 < in.dim[1] ? top + a->kernel[0] : out.dim[1];
    int64_t row_start = i * in.dim[2] * channels;
    const float *x = call->in[X].f + sample_of(&call->in[X], sample) + row_start;
    const int32_t *index = call->in[INDICES].i + sample_of(&call->in[INDICES], sample) + row_start;
    float *y = call->out[0].f + sample_of(&call->out[0], sample);
    bool elsewhere = false;
    (void)worker;
    for (int32_t j = 0; j < in.dim[2]; j++, x += channels, index += channels) {
        int64_t left = (int64_t)j * a->kernel[1], right = left + a->kernel[1];
        window w = {.first = top * out.dim[2] + left,
                    .rows = top + a->kernel[0] < bottom ? a->kernel[0] : bottom - top,
                    .columns = (right < out.dim[2] ? right : out.dim[2]) - left,
                    .width = out.dim[2],
                    .channels = channels};
        for (int64_t c = 0; c < channels; c += NT_POOL_LANES)
            elsewhere |=
                fill_window(&w, x + c, index + c,
                            c + NT_POOL_LANES < channels ? NT_POOL_LANES : channels - c, y + c);
    }
    int64_t covered = (int64_t)in.dim[2] * a->kernel[1], windows = top + a->kernel[0];
    for (int64_t r = top; r < bottom; r++) {
        int64_t from = r >= windows ? 0 : covered < out.dim[2] ? covered : out.dim[2];
        memset(y + (r * out.dim[2] + from) * channels, 0,
               (size_t)((out.dim[2] - from) * channels) * sizeof *y);
    }
    ((bool *)call->scratch.shared)[job] = elsewhere;
}

static nt_need need(const nt_call *call) {
    return (nt_need){.shared = (size_t)(call->out[0].count * call->in[X].type.shape.dim[1])};
}

static void forward(const nt_call *call) {
    int bands = call->out[0].count * call->in[X].type.shape.dim[1];
    if (side_by_side(call->attrs))
        nt_parallel(bands, band_job, call);
    else
        memset(call->scratch.shared, true, (size_t)bands);
    if (memchr(call->scratch.shared, true, (size_t)bands))
        nt_parallel(nt_pool_parts(&call->out[0]), scatter_job, call);
}

/* --- backward --------------------------------------------------------------------------------- */

/* What the elements of one sample's row get from sample n of the output. */
NT_VECTORISED(gather,
              (const int32_t *restrict index, const float *restrict dy, nt_shape out,
               int64_t places, bool add, float *restrict dx),
              (index, dy, out, places, add, dx)) {
    int64_t pixels = nt_shape_pixels(out), channels = out.dim[0];
    for (int64_t p = 0; p < places; p++, index += channels, dx += channels)
        for (int64_t c = 0; c < channels; c++) {
            bool within = index[c] >= 0 && index[c] < pixels;
            float grad = within ? dy[index[c] * channels + c] : 0;
            dx[c] = add ? dx[c] + grad : grad;
        }
}

/* Job: one row of one sample of the input, which may stand for all of the output's. */
static void backward_job(const void *context, int job, int worker) {
    const nt_grad_call *call = context;
    const nt_tensor *dx = &call->in_grad[X], *dy = &call->out_grad[0];
    nt_shape in = dx->type.shape;
    int64_t sample = job / in.dim[1], row = (int64_t)in.dim[2] * in.dim[0];
    int64_t start = job % in.dim[1] * row;
    (void)worker;
    for (int64_t n = sample; n < dy->count; n += dx->count)
        gather(call->in[INDICES].i + sample_of(&call->in[INDICES], n) + start,
               dy->f + sample_of(dy, n), dy->type.shape, in.dim[2], n != sample,
               dx->f + sample_of(dx, sample) + start);
}

static void backward(const nt_grad_call *call) {
    const nt_tensor *dx = &call->in_grad[X];
    if (dx->data)
        nt_parallel(dx->count * dx->type.shape.dim[1], backward_job, call);
    if (call->in_count > LIKE)
        nt_elementwise_zero(&call->in_grad[LIKE]);
}

const nt_op nt_op_max_unpool = {
    .kind = {.name = "max_unpool",
             .doc = "puts each element back where a max_pool took it from",
             .fields = fields,
             .size = sizeof(max_unpool_attrs)},
    .traits = NT_OP_CHANNELWISE | NT_OP_LIKE,
    .min_inputs = 2,
    .max_inputs = 3,
    .infer = infer,
    .need = need,
    .forward = forward,
    .backward = backward,
    .grad_reads_in = 1u << INDICES,
    .cases =
        (const nt_op_case[]){{"kernel=2", "5x4x3 5x4x3", "5x8x6"},
                             {"kernel=2", "5x4x3 5x4x3 3x9x7", "5x9x7"},
                             {"kernel=[3,2]", "300x2x2 300x2x2 1x5x3", "300x5x3"},
                             {"kernel=2 stride=3 pad=1", "3x3x3 3x3x3 3x6x7", "3x6x7"},
                             {"kernel=[2,3] stride=[3,3] pad=[1,0]", "70x2x3 70x2x3", "70x3x9"},
                             {"kernel=1", "4x1x1 4x1x1", "4x1x1"},
                             {0}},
};
