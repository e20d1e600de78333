/* One value everywhere; with an input, a vector of channels, that vector's value in each place of
 * its channel, plus the constant. It is what a convolution leaves whose kernel is zero. */
#include "attrs.h"
#include "columns.h"
#include "op_check.h"
#include "parallel.h"
#include <stdio.h>

static const nt_field fields[] = {
    {"shape", NT_INTS, offsetof(nt_constant_attrs, shape), NULL, 1, INT32_MAX,
     .doc = "channels, rows, columns"},
    {"value", NT_REAL, offsetof(nt_constant_attrs, value), "0", .doc = "of each element"},
    {0},
};

static int infer(const void *attrs, const nt_type *in, int in_count, nt_type *ret_out,
                 char why[NT_WHY]) {
    const nt_constant_attrs *a = attrs;
    char text[NT_SHAPE_TEXT];
    nt_shape shape;
    if (!nt_check_dims(&a->shape, &shape, why))
        return 0;
    ret_out[0] = nt_type_param(shape);
    if (in_count == 0)
        return 1;
    if (!nt_check_float(&in[0], why))
        return 0;
    if ((shape.rank != 1 && shape.rank != 3) || in[0].shape.rank != 1 ||
        in[0].shape.dim[0] != shape.dim[0]) {
        snprintf(why, NT_WHY, "takes a vector of its %d channels, not %s", shape.dim[0],
                 nt_shape_format(in[0].shape, text));
        return 0;
    }
    ret_out[0].batched = in[0].batched;
    return 1;
}

/* One job a sample. */
static void forward_job(const void *context, int job, int worker) {
    const nt_call *call = context;
    const nt_constant_attrs *a = call->attrs;
    const nt_type *type = &call->out[0].type;
    (void)worker;
    int64_t channels = nt_shape_channels(type->shape), total = nt_shape_elements(type->shape);
    const float *vector = call->in_count ? call->in[0].f + job * channels : NULL;
    float *y = call->out[0].f + job * total, value = (float)a->value;
    for (int64_t i = 0; i < total; i += channels)
        for (int64_t c = 0; c < channels; c++)
            y[i + c] = vector ? vector[c] + value : value;
}

static void forward(const nt_call *call) {
    nt_parallel(call->out[0].count, forward_job, call);
}

static nt_need grad_need(const nt_grad_call *call) {
    if (call->in_count == 0)
        return (nt_need){0};
    const nt_shape *shape = &call->out[0].type.shape;
    int64_t channels = nt_shape_channels(*shape);
    return (nt_need){.shared = nt_columns_bytes(nt_shape_pixels(*shape), channels) +
                               (size_t)channels * sizeof(double)};
}

static void backward(const nt_grad_call *call) {
    if (call->in_count == 0 || !call->in_grad[0].data)
        return;
    nt_shape shape = call->out_grad[0].type.shape;
    int64_t channels = nt_shape_channels(shape), pixels = nt_shape_pixels(shape);
    double *sum = (double *)call->scratch.shared, *work = sum + channels;
    for (int32_t n = 0; n < call->out_grad[0].count; n++) {
        nt_columns_sum(call->out_grad[0].f + n * pixels * channels, pixels, channels, work, sum);
        for (int64_t c = 0; c < channels; c++)
            call->in_grad[0].f[n * channels + c] = (float)sum[c];
    }
}

static bool keeps_zero(const void *attrs) {
    return ((const nt_constant_attrs *)attrs)->value == 0;
}

const nt_op nt_op_constant = {
    .kind = {.name = "constant",
             .doc = "one value everywhere, or one for each channel",
             .fields = fields,
             .size = sizeof(nt_constant_attrs)},
    .max_inputs = 1,
    .infer = infer,
    .keeps_zero = keeps_zero,
    .grad_need = grad_need,
    .forward = forward,
    .backward = backward,
    .cases = (const nt_op_case[]){{"shape=[5,3,4] value=0.25", "", "5x3x4"},
                                  {"shape=[5,3,4]", "5", "5x3x4"},
                                  {"shape=[7] value=-2", "7", "7"},
                                  {"shape=[] value=3", "", "scalar"},
                                  {0}},
};
