/* Maps of another size, as PyTorch's interpolate computes them: each pixel is its nearest
 * neighbour's, or is interpolated between the four pixels around it, by rows and by columns
 * (resample.h). A row of the output is two rows of the input put together, and then of that its
 * columns; the gradient gathers the same way back, from the rows of the output that a row of the
 * input is part of.
 *
 * Only the rows and columns of a second input count: no gradient passes to it. */
#include "elementwise.h"
#include "op_check.h"
#include "parallel.h"
#include "resample.h"
#include "vectorise.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { NEAREST, BILINEAR, MOST = 1 << 16 };

typedef struct resize_attrs {
    int32_t size[2]; /* 0: not given */
    nt_reals scale;  /* none: not given */
    int32_t mode;
    bool align_corners;
} resize_attrs;

static const char *const modes[] = {[NEAREST] = "nearest", [BILINEAR] = "bilinear", NULL};

static const nt_field fields[] = {
    {"size", NT_PAIR, offsetof(resize_attrs, size), "0", 0, MOST,
     .doc = "rows and columns of the output; 0: as `scale` or a second input says"},
    {"scale", NT_REALS, offsetof(resize_attrs, scale), "[]", 0.0001, MOST,
     .doc = "how many times as large the output is: a number, or one for rows, one for columns"},
    {"mode", NT_CHOICE, offsetof(resize_attrs, mode), "nearest", .choices = modes,
     .doc = "nearest: the nearest pixel's value; bilinear: between the four around"},
    {"align_corners", NT_BOOL, offsetof(resize_attrs, align_corners), "false",
     .doc = "bilinear: whether the corners' centres stay where they are, not the edges"},
    {0},
};

/* --- types ------------------------------------------------------------------------------------ */

static double scale_of(const resize_attrs *a, int d) {
    return a->scale.count ? a->scale.items[a->scale.count > 1 ? d : 0] : 0;
}

static bool check(const resize_attrs *a, const nt_type *in, int in_count, char why[NT_WHY]) {
    int given = (a->size[0] || a->size[1]) + (a->scale.count > 0) + (in_count > 1);
    if (given != 1)
        snprintf(why, NT_WHY, "takes one of size, scale and a second input, not %s",
                 given ? "several" : "none");
    else if (a->scale.count > 2)
        snprintf(why, NT_WHY, "scale has %d numbers; it takes 1 or 2", a->scale.count);
    else if (a->align_corners && a->mode == NEAREST)
        snprintf(why, NT_WHY, "align_corners is for mode bilinear");
    else
        return nt_check_map(&in[0], why) && (in_count == 1 || nt_check_map(&in[1], why));
    return false;
}

static int infer(const void *attrs, const nt_type *in, int in_count, nt_type *ret_out,
                 char why[NT_WHY]) {
    const resize_attrs *a = attrs;
    char text[NT_SHAPE_TEXT];
    if (!check(a, in, in_count, why))
        return 0;
    ret_out[0] = in[0];
    for (int d = 0; d < 2; d++) {
        double size = in_count > 1     ? in[1].shape.dim[1 + d]
                      : a->scale.count ? floor(in[0].shape.dim[1 + d] * scale_of(a, d))
                                       : a->size[d];
        if (!(size >= 1 && size <= INT32_MAX)) {
            snprintf(why, NT_WHY, "%s would have %s %s", nt_shape_format(in[0].shape, text),
                     size < 1 ? "no" : "too many", d == 0 ? "rows" : "columns");
            return 0;
        }
        ret_out[0].shape.dim[1 + d] = (int32_t)size;
    }
    return 1;
}

/* --- calls ------------------------------------------------------------------------------------ */

/* What jobs work on: from the input's maps to the output's, or for the gradient the other way. */
typedef struct work {
    const float *from;
    float *to;
    nt_axis rows, columns;
    int64_t channels;
    const nt_scratch *scratch;
} work;

static nt_axis_spec spec_of(const resize_attrs *a, nt_shape in, nt_shape out, int d) {
    return (nt_axis_spec){
        .in = in.dim[1 + d],
        .out = out.dim[1 + d],
        .scale = scale_of(a, d),
        .nearest = a->mode == NEAREST,
        .corners = a->align_corners,
    };
}

/* The tables of both axes, and for each worker one line as wide as what is read. */
static nt_need need_of(const resize_attrs *a, nt_shape in, nt_shape out, int32_t width) {
    nt_axis_spec rows = spec_of(a, in, out, 0), columns = spec_of(a, in, out, 1);
    size_t line = (size_t)width * (size_t)in.dim[0] * sizeof(float);
    return (nt_need){.shared = nt_axis_bytes(&rows) + nt_axis_bytes(&columns),
                     .per_worker = (line + 63) / 64 * 64};
}

static work work_of(const resize_attrs *a, nt_shape in, nt_shape out, const nt_scratch *scratch) {
    nt_axis_spec rows = spec_of(a, in, out, 0), columns = spec_of(a, in, out, 1);
    return (work){.rows = nt_axis_make(&rows, scratch->shared),
                  .columns = nt_axis_make(&columns, scratch->shared + nt_axis_bytes(&rows)),
                  .channels = in.dim[0],
                  .scratch = scratch};
}

/* y = a * (1 - share) + b * share */
NT_INLINE void blend(const float *restrict a, const float *restrict b, float share, int64_t count,
                     float *restrict y) {
    float rest = 1 - share;
    for (int64_t i = 0; i < count; i++)
        y[i] = a[i] * rest + b[i] * share;
}

/* Job: one row of one sample's output. */
NT_VECTORISED(forward_job, (const void *context, int job, int worker), (context, job, worker)) {
    const work *w = context;
    int64_t channels = w->channels, length = w->columns.in * channels;
    int32_t o = job % w->rows.out;
    const float *row =
        w->from + ((int64_t)(job / w->rows.out) * w->rows.in + w->rows.at[o]) * length;
    float *y = w->to + (int64_t)job * w->columns.out * channels;
    if (w->rows.share[o] > 0) {
        float *line = nt_scratch_of(w->scratch, worker);
        blend(row, row + length, w->rows.share[o], length, line);
        row = line;
    }
    for (int32_t j = 0; j < w->columns.out; j++, y += channels) {
        const float *x = row + w->columns.at[j] * channels;
        if (w->columns.share[j] > 0)
            blend(x, x + channels, w->columns.share[j], channels, y);
        else
            memcpy(y, x, (size_t)channels * sizeof *y);
    }
}

static nt_need need(const nt_call *call) {
    nt_shape in = call->in[0].type.shape, out = call->out[0].type.shape;
    return need_of(call->attrs, in, out, in.dim[2]);
}

static void forward(const nt_call *call) {
    nt_shape in = call->in[0].type.shape, out = call->out[0].type.shape;
    work w = work_of(call->attrs, in, out, &call->scratch);
    w.from = call->in[0].f;
    w.to = call->out[0].f;
    nt_parallel(call->out[0].count * out.dim[1], forward_job, &w);
}

/* sum = (or with `add`, +=) a * a_part + b * b_part */
NT_INLINE void take_two(const float *restrict a, float a_part, const float *restrict b,
                        float b_part, int64_t count, bool add, float *restrict sum) {
    if (add)
        for (int64_t i = 0; i < count; i++)
            sum[i] += a[i] * a_part + b[i] * b_part;
    else
        for (int64_t i = 0; i < count; i++)
            sum[i] = a[i] * a_part + b[i] * b_part;
}

/* What place i of an axis is part of, `length` floats at each output of the axis: in pairs, after a
 * first one if their number is odd. */
NT_INLINE void gather(const nt_axis *axis, int32_t i, const float *restrict from, int64_t length,
                      float *restrict sum) {
    nt_axis_range range = nt_axis_outputs(axis, i);
    int32_t o = range.from;
    while (o < range.to && nt_axis_part(axis, i, o) <= 0)
        o++;
    bool any = (range.to - o) % 2 != 0;
    if (o == range.to)
        memset(sum, 0, (size_t)length * sizeof *sum);
    if (any) {
        float part = nt_axis_part(axis, i, o);
        for (int64_t e = 0; e < length; e++)
            sum[e] = from[o * length + e] * part;
        o++;
    }
    for (; o < range.to; o += 2, any = true)
        take_two(from + o * length, nt_axis_part(axis, i, o), from + (o + 1) * length,
                 nt_axis_part(axis, i, o + 1), length, any, sum);
}

/* Job: one row of one sample's input. */
NT_VECTORISED(backward_job, (const void *context, int job, int worker), (context, job, worker)) {
    const work *w = context;
    int64_t channels = w->channels, length = w->columns.out * channels;
    const float *dy = w->from + (int64_t)(job / w->rows.in) * w->rows.out * length;
    float *dx = w->to + (int64_t)job * w->columns.in * channels;
    float *line = nt_scratch_of(w->scratch, worker);
    gather(&w->rows, job % w->rows.in, dy, length, line);
    for (int32_t j = 0; j < w->columns.in; j++)
        gather(&w->columns, j, line, channels, dx + j * channels);
}

static nt_need grad_need(const nt_grad_call *call) {
    nt_shape in = call->in_grad[0].type.shape, out = call->out_grad[0].type.shape;
    return need_of(call->attrs, in, out, out.dim[2]);
}

static void backward(const nt_grad_call *call) {
    nt_shape in = call->in_grad[0].type.shape, out = call->out_grad[0].type.shape;
    if (call->in_count > 1)
        nt_elementwise_zero(&call->in_grad[1]);
    if (!call->in_grad[0].data)
        return;
    work w = work_of(call->attrs, in, out, &call->scratch);
    w.from = call->out_grad[0].f;
    w.to = call->in_grad[0].f;
    nt_parallel(call->in_grad[0].count * in.dim[1], backward_job, &w);
}

const nt_op nt_op_resize = {
    .kind = {.name = "resize",
             .doc = "maps of another size, by nearest neighbours or interpolation",
             .fields = fields,
             .size = sizeof(resize_attrs)},
    .traits = NT_OP_CHANNELWISE | NT_OP_LIKE,
    .min_inputs = 1,
    .max_inputs = 2,
    .infer = infer,
    .keeps_zero = nt_keeps_zero,
    .need = need,
    .grad_need = grad_need,
    .forward = forward,
    .backward = backward,
    .cases =
        (const nt_op_case[]){{"scale=2", "5x4x3", "5x8x6"},
                             {"scale=[3,1.5]", "17x3x4", "17x9x6"},
                             {"size=[3,10]", "4x7x5", "4x3x10"},
                             {"", "3x5x4 2x8x3", "3x8x3"},
                             {"scale=2 mode=bilinear", "19x4x5", "19x8x10"},
                             {"scale=[2.6,0.4] mode=bilinear", "3x5x9", "3x13x3"},
                             {"size=[9,2] mode=bilinear", "64x4x11", "64x9x2"},
                             {"size=[9,12] mode=bilinear align_corners=true", "6x4x7", "6x9x12"},
                             {"size=1 mode=bilinear align_corners=true", "6x4x7", "6x1x1"},
                             {"scale=1.1 mode=bilinear", "3x5x6", "3x5x6"},
                             {"scale=8 mode=bilinear", "2x1x2", "2x8x16"},
                             {"mode=bilinear", "9x3x4 1x7x4", "9x7x4"},
                             {0}},
};
