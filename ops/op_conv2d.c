/* Convolution, as networks mean it: y[k] = bias[k] + sum over c, r, s of weight[k][c][r][s] *
 * x[c][…], a cross-correlation. Initial values are those of PyTorch: Kaiming's normal ones as
 * torchvision draws them for ResNet (He et al., "Delving deep into rectifiers", ICCV 2015), or
 * Conv2d's own uniform ones. */
#include "attrs.h"
#include "conv_call.h"
#include "conv_choose.h"
#include "op_check.h"
#include <math.h>
#include <stdio.h>

enum { MOST = 1 << 16 };

static const char *const inits[] = {
    [NT_KAIMING_NORMAL] = "kaiming_normal", [NT_KAIMING_UNIFORM] = "uniform", NULL};

#define AT(member) offsetof(nt_conv2d_attrs, member)

static const nt_field fields[] = {
    {"channels", NT_INT, AT(channels), NULL, 1, 1 << 20, .doc = "output channels"},
    {"kernel", NT_PAIR, AT(kernel), NULL, 1, MOST, .doc = "its rows and columns"},
    {"stride", NT_PAIR, AT(stride), "1", 1, MOST, .doc = "pixels from one place to the next"},
    {"pad", NT_PAIR, AT(pad), "0", 0, MOST, .doc = "zeros around the input, on each side"},
    {"dilation", NT_PAIR, AT(dilation), "1", 1, MOST, .doc = "pixels from one tap to the next"},
    {"groups", NT_INT, AT(groups), "1", 1, 1 << 20,
     .doc = "parts of the channels that don't see each other"},
    {"bias", NT_BOOL, AT(bias), "true", .doc = "whether a value is added to each output channel"},
    {"init", NT_CHOICE, AT(init), "kaiming_normal", .choices = inits,
     .doc = "how the weight is drawn: kaiming_normal (fan out, for relu) or PyTorch's uniform"},
    {0},
};

static bool check(const nt_conv2d_attrs *a, const nt_type *in, char why[NT_WHY]) {
    int32_t channels = in->shape.dim[0];
    char text[NT_SHAPE_TEXT];
    if (!nt_check_map(in, why))
        return false;
    if (a->channels % a->groups != 0) {
        snprintf(why, NT_WHY, "channels %d can't be divided into %d groups", a->channels,
                 a->groups);
        return false;
    }
    if (channels % a->groups != 0) {
        snprintf(why, NT_WHY, "the input's %d channels can't be divided into %d groups", channels,
                 a->groups);
        return false;
    }
    for (int d = 0; d < 2; d++)
        if (nt_window_places(in->shape.dim[1 + d], a->kernel[d], a->stride[d], a->pad[d],
                             a->dilation[d], false) == 0) {
            nt_shape padded = in->shape;
            padded.dim[1] += 2 * a->pad[0];
            padded.dim[2] += 2 * a->pad[1];
            snprintf(why, NT_WHY, "kernel %dx%d%s is larger than the padded input %s", a->kernel[0],
                     a->kernel[1], a->dilation[0] > 1 || a->dilation[1] > 1 ? ", dilated," : "",
                     nt_shape_format(padded, text));
            return false;
        }
    return true;
}

static int infer(const void *attrs, const nt_type *in, int in_count, nt_type *ret_out,
                 char why[NT_WHY]) {
    const nt_conv2d_attrs *a = attrs;
    (void)in_count;
    if (!check(a, &in[0], why))
        return 0;
    ret_out[0] = in[0];
    ret_out[0].shape.dim[0] = a->channels;
    for (int d = 0; d < 2; d++)
        ret_out[0].shape.dim[1 + d] = nt_window_places(
            in[0].shape.dim[1 + d], a->kernel[d], a->stride[d], a->pad[d], a->dilation[d], false);
    return 1;
}

static int params(const void *attrs, const nt_type *in, nt_param *ret_params) {
    const nt_conv2d_attrs *a = attrs;
    int32_t per_group = in[0].shape.dim[0] / a->groups;
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
    const nt_conv2d_attrs *a = attrs;
    int64_t depth = (int64_t)in[0].shape.dim[0] / a->groups * a->kernel[0] * a->kernel[1];
    return nt_shape_elements(out[0].shape) * depth;
}

static nt_conv_shape shape_of(const nt_conv2d_attrs *a, const nt_tensor *x, const nt_tensor *y) {
    return (nt_conv_shape){
        .samples = x->count,
        .channels = x->type.shape.dim[0],
        .height = x->type.shape.dim[1],
        .width = x->type.shape.dim[2],
        .out_channels = y->type.shape.dim[0],
        .out_height = y->type.shape.dim[1],
        .out_width = y->type.shape.dim[2],
        .kernel = {a->kernel[0], a->kernel[1]},
        .stride = {a->stride[0], a->stride[1]},
        .pad = {a->pad[0], a->pad[1]},
        .dilation = {a->dilation[0], a->dilation[1]},
        .groups = a->groups,
    };
}

static nt_need need(const nt_call *call) {
    nt_conv_shape shape = shape_of(call->attrs, &call->in[0], &call->out[0]);
    return nt_conv_call_need(&shape);
}

static void forward(const nt_call *call) {
    nt_conv_shape shape = shape_of(call->attrs, &call->in[0], &call->out[0]);
    nt_conv_call_forward(call, &shape);
}

static nt_need grad_need(const nt_grad_call *call) {
    nt_conv_shape shape = shape_of(call->attrs, &call->in[0], &call->out_grad[0]);
    return nt_conv_call_grad_need(call, &shape);
}

static void backward(const nt_grad_call *call) {
    nt_conv_shape shape = shape_of(call->attrs, &call->in[0], &call->out_grad[0]);
    nt_conv_call_backward(call, &shape);
}

static const char *algorithm(const void *attrs, const nt_type *in, const nt_type *out, bool grad) {
    static const char *const names[] = {[NT_DIRECT_ALGORITHM] = "direct",
                                        [NT_SINGLE_ALGORITHM] = "single tap",
                                        [NT_TOEPLITZ_ALGORITHM] = "toeplitz",
                                        [NT_WINOGRAD_ALGORITHM] = "winograd"};
    const nt_tensor x = {.type = in[0], .count = 1}, y = {.type = out[0], .count = 1};
    nt_conv_shape shape = shape_of(attrs, &x, &y);
    return names[nt_conv_choose(&shape, grad ? NT_DATA_PASS : NT_FORWARD_PASS)];
}

const nt_op nt_op_conv2d = {
    .name = "conv2d",
    .doc = "two-dimensional convolution",
    .fields = fields,
    .attrs_size = sizeof(nt_conv2d_attrs),
    .min_inputs = 1,
    .max_inputs = 1,
    .infer = infer,
    .params = params,
    .multiply_adds = multiply_adds,
    .algorithm = algorithm,
    .need = need,
    .grad_need = grad_need,
    .forward = forward,
    .backward = backward,
    .grad_reads_in = 1u << 0 | 1u << 1,
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
