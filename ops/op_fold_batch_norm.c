/* A batch normalisation with running statistics, folded into the layer before it:
 *
 *     weight' = weight * gamma / sqrt(variance + eps)             for each output channel
 *     bias'   = (bias - mean) * gamma / sqrt(variance + eps) + beta
 *
 * The kernel of a transposed convolution has its output channels second, those of a group in each
 * of the group's rows. Inputs: weight (a kernel), the layer's bias if it has one, gamma, beta,
 * mean, variance. For evaluation: no gradient passes. */
#include "attrs.h"
#include "integers.h"
#include "op_check.h"
#include "parallel.h"
#include <math.h>
#include <stdio.h>

static const nt_field fields[] = {
    {"eps", NT_REAL, offsetof(nt_fold_attrs, eps), "1e-05", 1e-30, 1,
     .doc = "added to the variance"},
    {"has_bias", NT_BOOL, offsetof(nt_fold_attrs, has_bias), "false",
     .doc = "whether the second input is the layer's bias"},
    {"transposed", NT_BOOL, offsetof(nt_fold_attrs, transposed), "false",
     .doc = "whether the layer is a transposed convolution"},
    {0},
};

static int32_t channels_of(const nt_fold_attrs *a, const nt_type *weight) {
    return a->transposed ? weight->shape.dim[1] * weight->groups : weight->shape.dim[0];
}

static int infer(const void *attrs, const nt_type *in, int in_count, nt_type *ret_out,
                 char why[NT_WHY]) {
    const nt_fold_attrs *a = attrs;
    if (in[0].layout != NT_KERNEL || in[0].batched) {
        snprintf(why, NT_WHY, "takes a kernel first");
        return 0;
    }
    if (in_count != 5 + a->has_bias) {
        snprintf(why, NT_WHY, "takes %d inputs, not %d", 5 + a->has_bias, in_count);
        return 0;
    }
    int32_t channels = channels_of(a, &in[0]);
    ret_out[NT_FOLD_WEIGHT] = in[0];
    ret_out[NT_FOLD_BIAS] = nt_type_param(nt_shape_of(1, &channels));
    for (int i = 1; i < in_count; i++)
        if (!nt_type_equal(in[i], ret_out[NT_FOLD_BIAS])) {
            snprintf(why, NT_WHY, "takes vectors of %d channels", channels);
            return 0;
        }
    return 2;
}

static double scale_of(const nt_call *call, int64_t channel) {
    const nt_fold_attrs *a = call->attrs;
    const nt_tensor *gamma = call->in + 1 + a->has_bias;
    return (double)gamma[0].f[channel] / sqrt((double)gamma[3].f[channel] + a->eps);
}

/* Job: one panel of the kernel's first dimension, of one group. */
static void weight_job(const void *context, int job, int worker) {
    const nt_call *call = context;
    const nt_type *type = &call->in[0].type;
    (void)worker;
    int64_t per_group = type->shape.dim[0] / type->groups;
    int64_t panels = nt_ceil_div(per_group, NT_PANEL);
    int64_t group = job / panels, lane = job % panels * NT_PANEL;
    int64_t total = nt_shape_pixels(type->shape) * NT_PANEL;
    const float *from = call->in[0].f + job * total;
    float *to = call->out[NT_FOLD_WEIGHT].f + job * total, scale[NT_PANEL];
    for (int64_t j = 0; j < NT_PANEL; j++)
        scale[j] = lane + j < per_group ? (float)scale_of(call, group * per_group + lane + j) : 0;
    for (int64_t i = 0; i < total; i += NT_PANEL)
        for (int64_t j = 0; j < NT_PANEL; j++)
            to[i + j] = from[i + j] * scale[j];
}

/* The same, where its second dimension is scaled. */
static void transposed_job(const void *context, int job, int worker) {
    const nt_call *call = context;
    const nt_type *type = &call->in[0].type;
    (void)worker;
    int64_t panels = (type->shape.dim[0] / type->groups + NT_PANEL - 1) / NT_PANEL;
    int64_t channels = type->shape.dim[1], total = nt_shape_pixels(type->shape);
    const float *from = call->in[0].f + job * total * NT_PANEL;
    float *to = call->out[NT_FOLD_WEIGHT].f + job * total * NT_PANEL;
    for (int64_t c = 0; c < channels; c++) {
        float scale = (float)scale_of(call, job / panels * channels + c);
        for (int64_t i = c; i < total; i += channels)
            for (int64_t j = i * NT_PANEL; j < (i + 1) * NT_PANEL; j++)
                to[j] = from[j] * scale;
    }
}

static void forward(const nt_call *call) {
    const nt_fold_attrs *a = call->attrs;
    const nt_type *type = &call->in[0].type;
    const nt_tensor *gamma = call->in + 1 + a->has_bias;
    if (call->out[NT_FOLD_WEIGHT].data) {
        int64_t panel = nt_shape_pixels(type->shape) * NT_PANEL;
        nt_parallel((int)(nt_type_stored(*type) / panel),
                    a->transposed ? transposed_job : weight_job, call);
    }
    for (int32_t k = 0; call->out[NT_FOLD_BIAS].data && k < channels_of(a, type); k++) {
        double bias = a->has_bias ? (double)call->in[1].f[k] : 0;
        call->out[NT_FOLD_BIAS].f[k] =
            (float)((bias - (double)gamma[2].f[k]) * scale_of(call, k) + (double)gamma[1].f[k]);
    }
}

const nt_op nt_op_fold_batch_norm = {
    .kind = {.name = "fold_batch_norm",
             .doc = "the weights of a layer with the batch normalisation after it folded in",
             .fields = fields,
             .size = sizeof(nt_fold_attrs)},
    .traits = NT_OP_INTERNAL,
    .min_inputs = 5,
    .max_inputs = 6,
    .infer = infer,
    .forward = forward,
    .cases = (const nt_op_case[]){{"", "34x4x3x3 34 34 34 34", "34x4x3x3"},
                                  {"has_bias=true eps=0.01", "19x3x1x2 19 19 19 19 19", "19x3x1x2"},
                                  {"has_bias=true", "16x5 16 16 16 16 16", "16x5"},
                                  {"transposed=true", "34x4x3x3 8 8 8 8", "34x4x3x3"},
                                  {"has_bias=true transposed=true", "5x18x2x1 18 18 18 18 18",
                                   "5x18x2x1"},
                                  {0}},
};
