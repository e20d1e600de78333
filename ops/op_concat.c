/* Its inputs one after the other along the channels. In memory, where channels lie innermost, each
 * pixel of the output is those of the inputs in turn. An input that is not batched is part of each
 * sample. */
#include "copy_rows.h"
#include "integers.h"
#include "op_check.h"
#include "parallel.h"
#include <stdio.h>

enum { JOB = 1 << 14 }; /* about so many elements */

static int infer(const void *attrs, const nt_type *in, int in_count, nt_type *ret_out,
                 char why[NT_WHY]) {
    char text[NT_SHAPE_TEXT], first[NT_SHAPE_TEXT];
    int64_t channels = 0;
    (void)attrs;
    ret_out[0] = in[0];
    for (int i = 0; i < in_count; i++) {
        nt_shape alike = in[0].shape;
        if (!nt_check_channels(&in[i], why))
            return 0;
        alike.dim[0] = in[i].shape.dim[0];
        if (!nt_shape_equal(in[i].shape, alike)) {
            snprintf(why, NT_WHY, "input %d is %s, but the first is %s: only channels may differ",
                     i + 1, nt_shape_format(in[i].shape, text),
                     nt_shape_format(in[0].shape, first));
            return 0;
        }
        channels += in[i].shape.dim[0];
        ret_out[0].batched |= in[i].batched;
    }
    if (channels > INT32_MAX) {
        snprintf(why, NT_WHY, "has too many channels");
        return 0;
    }
    ret_out[0].shape.dim[0] = (int32_t)channels;
    return 1;
}

/* Some pixels of one sample of the output, or of all samples for those inputs that aren't batched.
 */
typedef struct part {
    int64_t sample, pixel, count;
} part;

static int64_t pixels_of_job(nt_shape out) {
    return out.dim[0] < JOB ? JOB / out.dim[0] : 1;
}

static int parts_of(nt_shape out) {
    int64_t each = pixels_of_job(out);
    return (int)nt_ceil_div(nt_shape_pixels(out), each);
}

static part part_of(nt_shape out, int job) {
    part p = {.sample = job / parts_of(out), .pixel = job % parts_of(out) * pixels_of_job(out)};
    int64_t left = nt_shape_pixels(out) - p.pixel;
    p.count = left < pixels_of_job(out) ? left : pixels_of_job(out);
    return p;
}

static void forward_job(const void *context, int job, int worker) {
    const nt_call *call = context;
    nt_shape out = call->out[0].type.shape;
    part p = part_of(out, job);
    int64_t pixels = nt_shape_pixels(out);
    float *y = call->out[0].f + (p.sample * pixels + p.pixel) * out.dim[0];
    (void)worker;
    for (int i = 0; i < call->in_count; i++) {
        int64_t channels = call->in[i].type.shape.dim[0];
        int64_t sample = call->in[i].count > 1 ? p.sample : 0;
        nt_copy_rows(call->in[i].f + (sample * pixels + p.pixel) * channels, channels, channels,
                     p.count, y, out.dim[0]);
        y += channels;
    }
}

static void forward(const nt_call *call) {
    nt_parallel(call->out[0].count * parts_of(call->out[0].type.shape), forward_job, call);
}

/* The gradient to an input that all samples share: the sum over them. */
static void sum_samples(const nt_tensor *dy, const part *p, int64_t first, const nt_tensor *dx) {
    int64_t channels = dx->type.shape.dim[0], pitch = dy->type.shape.dim[0];
    int64_t sample = nt_type_stored(dy->type);
    for (int64_t i = p->pixel; i < p->pixel + p->count; i++)
        for (int64_t c = 0; c < channels; c++) {
            double sum = 0;
            for (int64_t n = 0; n < dy->count; n++)
                sum += (double)dy->f[n * sample + i * pitch + first + c];
            dx->f[i * channels + c] = (float)sum;
        }
}

/* Shared inputs are left to the jobs of the first sample. */
static void backward_job(const void *context, int job, int worker) {
    const nt_grad_call *call = context;
    const nt_tensor *dy = &call->out_grad[0];
    nt_shape out = dy->type.shape;
    part p = part_of(out, job);
    int64_t first = 0, pixel = p.sample * nt_shape_pixels(out) + p.pixel;
    (void)worker;
    for (int i = 0; i < call->in_count; i++) {
        const nt_tensor *dx = &call->in_grad[i];
        int64_t channels = dx->type.shape.dim[0];
        if (dx->data && dx->count == dy->count)
            nt_copy_rows(dy->f + pixel * out.dim[0] + first, out.dim[0], channels, p.count,
                         dx->f + pixel * channels, channels);
        else if (dx->data && p.sample == 0)
            sum_samples(dy, &p, first, dx);
        first += channels;
    }
}

static void backward(const nt_grad_call *call) {
    const nt_tensor *dy = &call->out_grad[0];
    nt_parallel(dy->count * parts_of(dy->type.shape), backward_job, call);
}

const nt_op nt_op_concat = {
    .kind = {.name = "concat",
             .doc = "its inputs one after the other, along the channels",
             .fields = nt_no_fields},
    .traits = NT_OP_JOINS,
    .min_inputs = 2,
    .max_inputs = NT_MAX_INPUTS,
    .infer = infer,
    .keeps_zero = nt_keeps_zero,
    .forward = forward,
    .backward = backward,
    .cases = (const nt_op_case[]){{"", "5x7x3 9x7x3", "14x7x3"},
                                  {"", "130 1 37", "168"},
                                  {"", "64x20x15 1x20x15", "65x20x15"},
                                  {"", "2x3x4 1x3x4 1x3x4 7x3x4", "11x3x4"},
                                  {0}},
};
