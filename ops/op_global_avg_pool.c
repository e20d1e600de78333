/* The mean of each channel over all places: maps become a vector, and no flatten need follow. */
#include "columns.h"
#include "op_check.h"
#include "parallel.h"
#include <string.h>

enum { LANES = 256 /* channels summed at a time */ };

static int infer(const void *attrs, const nt_type *in, int in_count, nt_type *ret_out,
                 char why[NT_WHY]) {
    (void)attrs, (void)in_count;
    if (!nt_check_map(&in[0], why))
        return 0;
    ret_out[0] = in[0];
    ret_out[0].shape = nt_shape_of(1, in[0].shape.dim);
    return 1;
}

/* Job: one sample. */
static void forward_job(const void *context, int job, int worker) {
    const nt_call *call = context;
    nt_shape shape = call->in[0].type.shape;
    int64_t channels = nt_shape_channels(shape), pixels = nt_shape_pixels(shape);
    const float *x = call->in[0].f + job * channels * pixels;
    float *y = call->out[0].f + job * channels;
    (void)worker;
    for (int64_t first = 0; first < channels; first += LANES) {
        int64_t count = first + LANES < channels ? LANES : channels - first;
        double sum[LANES] = {0};
        nt_columns_add(x + first, pixels, channels, count, sum);
        for (int64_t c = 0; c < count; c++)
            y[first + c] = (float)(sum[c] / (double)pixels);
    }
}

static void forward(const nt_call *call) {
    nt_parallel(call->in[0].count, forward_job, call);
}

/* Job: one sample, whose pixels all get the same. */
static void backward_job(const void *context, int job, int worker) {
    const nt_grad_call *call = context;
    nt_shape shape = call->in_grad[0].type.shape;
    int64_t channels = nt_shape_channels(shape), pixels = nt_shape_pixels(shape);
    const float *dy = call->out_grad[0].f + job * channels;
    float *dx = call->in_grad[0].f + job * channels * pixels;
    (void)worker;
    for (int64_t c = 0; c < channels; c++)
        dx[c] = dy[c] / (float)pixels;
    for (int64_t p = 1; p < pixels; p++)
        memcpy(dx + p * channels, dx, (size_t)channels * sizeof *dx);
}

static void backward(const nt_grad_call *call) {
    nt_parallel(call->in_grad[0].count, backward_job, call);
}

const nt_op nt_op_global_avg_pool = {
    .kind = {.name = "global_avg_pool",
             .doc = "the mean of each channel, as a vector",
             .fields = nt_no_fields},
    .traits = NT_OP_CHANNELWISE,
    .min_inputs = 1,
    .max_inputs = 1,
    .infer = infer,
    .keeps_zero = nt_keeps_zero,
    .forward = forward,
    .backward = backward,
    .cases =
        (const nt_op_case[]){{"", "5x7x3", "5"}, {"", "70x1x1", "70"}, {"", "300x3x3", "300"}, {0}},
};
