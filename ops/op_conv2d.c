/* Convolution, as networks mean it: y[k] = bias[k] + sum over c, r, s of weight[k][c][r][s] *
 * x[c][…], a cross-correlation. Initial values are those of PyTorch: Kaiming's normal ones as
 * torchvision draws them for ResNet (He et al., "Delving deep into rectifiers", ICCV 2015), or
 * Conv2d's own uniform ones. */
#include "attrs.h"
#include "conv_call.h"
#include <math.h>

#define AT(member) offsetof(nt_conv2d_attrs, member)

static const nt_field fields[] = {NT_CONV2D_FIELDS(AT), {0}};

static int infer(const void *attrs, const nt_type *in, int in_count, nt_type *ret_out,
                 char why[NT_WHY]) {
    (void)in_count;
    return nt_conv2d_infer(attrs, in, ret_out, why);
}

static int params(const void *attrs, const nt_type *in, nt_param *ret_params) {
    const nt_conv2d_attrs *a = attrs;
    int32_t per_group = in[NT_CONV_X].shape.dim[0] / a->groups;
    double taps = (double)a->kernel[0] * a->kernel[1];
    double uniform = 1 / sqrt(per_group * taps);
    bool normal = a->init == NT_KAIMING_NORMAL;
    nt_param weight = {
        .name = "weight",
        .type = nt_type_param(
            nt_shape_of(4, (int32_t[]){a->channels, per_group, a->kernel[0], a->kernel[1]})),
        .init = normal ? NT_INIT_NORMAL : NT_INIT_UNIFORM,
        .scale = normal ? sqrt(2 / (a->channels * taps)) : uniform,
    };
    weight.type.layout = NT_KERNEL;
    weight.type.groups = a->groups;
    ret_params[0] = weight;
    ret_params[1] = (nt_param){
        .name = "bias",
        .type = nt_type_param(nt_shape_of(1, &a->channels)),
        .init = NT_INIT_UNIFORM,
        .scale = uniform,
    };
    return a->bias ? 2 : 1;
}

static int64_t multiply_adds(const void *attrs, const nt_type *in, const nt_type *out) {
    return nt_conv2d_multiply_adds(attrs, in, out);
}

static int64_t executed(const void *attrs, const nt_type *in, const nt_type *out) {
    return nt_conv2d_executed(attrs, in, out);
}

static const char *algorithm(const void *attrs, const nt_type *in, const nt_type *out, bool grad) {
    return nt_conv2d_algorithm(attrs, in, out, grad);
}

static nt_need need(const nt_call *call) {
    nt_conv_shape shape = nt_conv2d_shape(call->attrs, &call->in[NT_CONV_X], &call->out[NT_CONV_Y]);
    return nt_conv_call_need(call, nt_conv_forward_need(&shape));
}

static void forward(const nt_call *call) {
    nt_conv_shape shape = nt_conv2d_shape(call->attrs, &call->in[NT_CONV_X], &call->out[NT_CONV_Y]);
    nt_conv_call_forward(call, &shape);
}

static nt_need grad_need(const nt_grad_call *call) {
    nt_conv_shape shape =
        nt_conv2d_shape(call->attrs, &call->in[NT_CONV_X], &call->out_grad[NT_CONV_Y]);
    return nt_conv_call_grad_need(call, &shape);
}

static void backward(const nt_grad_call *call) {
    nt_conv_shape shape =
        nt_conv2d_shape(call->attrs, &call->in[NT_CONV_X], &call->out_grad[NT_CONV_Y]);
    nt_conv_call_backward(call, &shape);
}

static bool keeps_zero(const void *attrs) {
    return !((const nt_conv2d_attrs *)attrs)->bias;
}

const nt_op nt_op_conv2d = {
    .kind = {.name = "conv2d",
             .doc = "two-dimensional convolution",
             .fields = fields,
             .size = sizeof(nt_conv2d_attrs)},
    .min_inputs = 1,
    .max_inputs = 1,
    .infer = infer,
    .params = params,
    .multiply_adds = multiply_adds,
    .executed = executed,
    .algorithm = algorithm,
    .keeps_zero = keeps_zero,
    .need = need,
    .grad_need = grad_need,
    .forward = forward,
    .backward = backward,
    .grad_reads_in = 1u << NT_CONV_X | 1u << NT_CONV_WEIGHT,
    .cases =
        (const nt_op_case[]){
            {"channels=8 kernel=3 pad=1", "3x9x7", "8x9x7"},
            {"channels=19 kernel=3 pad=1 bias=false", "18x5x6", "19x5x6"},
            {"channels=33 kernel=3 pad=1 stride=2", "17x8x7", "33x4x4"},
            {"channels=6 kernel=7 pad=3 stride=2", "3x11x12", "6x6x6"},
            {"channels=24 kernel=1", "20x4x5", "24x4x5"},
            {"channels=24 kernel=1 stride=2", "20x5x5", "24x3x3"},
            {"channels=20 kernel=3 pad=1", "40x1x1", "20x1x1"},
            {"channels=16 kernel=3 pad=1", "300x2x2", "16x2x2"},
            {"channels=5 kernel=3 pad=2 dilation=2", "4x7x8", "5x7x8"},
            {"channels=5 kernel=3 pad=4 dilation=4 stride=2", "4x9x6", "5x5x3"},
            {"channels=12 kernel=3 pad=1 groups=3", "6x6x5", "12x6x5"},
            {"channels=34 kernel=3 stride=2 groups=2", "4x7x6", "34x3x2"},
            {"channels=6 kernel=3 pad=1 groups=6", "6x5x4", "6x5x4"},
            {"channels=7 kernel=[1,5] pad=[0,2]", "3x4x9", "7x4x9"},
            {"channels=4 kernel=[3,2] stride=[3,1] pad=[2,0] dilation=[1,3] init=uniform", "5x6x8",
             "4x3x5"},
            {"channels=3 kernel=2 stride=5", "2x9x8", "3x2x2"},
            {"channels=270 kernel=1", "7x1x2", "270x1x2"},
            {"channels=4 kernel=3 pad=1", "2x48x40", "4x48x40"},
            {0}},
};
