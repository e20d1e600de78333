/* Maps as one vector, in the order that PyTorch flattens them in: all places of the first channel,
 * then of the second, and so on. Maps are held channels last, so this moves every element. */
#include "op_check.h"
#include "parallel.h"
#include <stdio.h>

static int infer(const void *attrs, const nt_type *in, int in_count, nt_type *ret_out,
                 char why[NT_WHY]) {
    (void)attrs, (void)in_count;
    if (!nt_check_channels(&in[0], why))
        return 0;
    int64_t elements = nt_shape_elements(in[0].shape);
    if (elements > INT32_MAX) {
        snprintf(why, NT_WHY, "the input has too many elements for one vector");
        return 0;
    }
    ret_out[0] = in[0];
    ret_out[0].shape = nt_shape_of(1, (int32_t[]){(int32_t)elements});
    return 1;
}

/* Job: one sample. */
static void forward_job(const void *context, int job, int worker) {
    const nt_call *call = context;
    nt_shape shape = call->in[0].type.shape;
    int64_t channels = nt_shape_channels(shape), pixels = nt_shape_pixels(shape);
    const float *x = call->in[0].f + job * channels * pixels;
    float *y = call->out[0].f + job * channels * pixels;
    (void)worker;
    for (int64_t c = 0; c < channels; c++)
        for (int64_t p = 0; p < pixels; p++)
            y[c * pixels + p] = x[p * channels + c];
}

static void forward(const nt_call *call) {
    nt_parallel(call->in[0].count, forward_job, call);
}

static void backward_job(const void *context, int job, int worker) {
    const nt_grad_call *call = context;
    nt_shape shape = call->in_grad[0].type.shape;
    int64_t channels = nt_shape_channels(shape), pixels = nt_shape_pixels(shape);
    const float *dy = call->out_grad[0].f + job * channels * pixels;
    float *dx = call->in_grad[0].f + job * channels * pixels;
    (void)worker;
    for (int64_t p = 0; p < pixels; p++)
        for (int64_t c = 0; c < channels; c++)
            dx[p * channels + c] = dy[c * pixels + p];
}

static void backward(const nt_grad_call *call) {
    nt_parallel(call->in_grad[0].count, backward_job, call);
}

const nt_op nt_op_flatten = {
    .kind = {.name = "flatten",
             .doc = "maps as one vector: channels, rows, columns",
             .fields = nt_no_fields},
    .min_inputs = 1,
    .max_inputs = 1,
    .infer = infer,
    .keeps_zero = nt_keeps_zero,
    .forward = forward,
    .backward = backward,
    .cases =
        (const nt_op_case[]){{"", "5x7x3", "105"}, {"", "18x1x1", "18"}, {"", "11", "11"}, {0}},
};
