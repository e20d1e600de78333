/* Transposed convolution: each input pixel lays its multiple of the kernel over the output, where
 * overlapping ones add up. It is the gradient of a convolution to its data, and is computed as
 * that: "the convolution" below is the one whose input has this op's output's type, and whose
 * output has its input's. They share their weight, [input channels][output channels per group]
 * [rows][columns] as PyTorch's ConvTranspose2d has it.
 *
 * Initial values are those that PyTorch draws for a weight of this shape: its fan out, which
 * kaiming_normal takes, counts the input channels. */
#include "conv_call.h"
#include "conv_patch.h"
#include "op_check.h"
#include "parallel.h"
#include "vectorise.h"
#include <math.h>
#include <stdio.h>

#define AT(member) offsetof(nt_conv_transpose2d_attrs, conv.member)

static const nt_field fields[] = {
    {"channels", NT_INT, AT(channels), NULL, 1, 1 << 20, .doc = "output channels"},
    {"kernel", NT_PAIR, AT(kernel), NULL, 1, 1 << 16, .doc = "its rows and columns"},
    {"stride", NT_PAIR, AT(stride), "1", 1, 1 << 16,
     .doc = "output pixels from one input pixel's kernel to the next"},
    {"pad", NT_PAIR, AT(pad), "0", 0, 1 << 16, .doc = "pixels cut off the output, on each side"},
    {"output_pad", NT_PAIR, offsetof(nt_conv_transpose2d_attrs, output_pad), "0", 0, 1 << 16,
     .doc = "rows and columns more at the end of the output; fewer than the stride"},
    {"dilation", NT_PAIR, AT(dilation), "1", 1, 1 << 16, .doc = "pixels from one tap to the next"},
    {"groups", NT_INT, AT(groups), "1", 1, 1 << 20,
     .doc = "parts of the channels that don't see each other"},
    {"bias", NT_BOOL, AT(bias), "true", .doc = "whether a value is added to each output channel"},
    {"init", NT_CHOICE, AT(init), "kaiming_normal", .choices = nt_conv2d_inits,
     .doc = "how the weight is drawn: kaiming_normal (fan out, for relu) or PyTorch's uniform"},
    {"algorithm", NT_CHOICE, AT(algorithm), "fastest", .choices = nt_conv2d_algorithms,
     .doc = "direct: every product of the definition; fastest: also those that need fewer"},
    {0},
};

/* --- types ------------------------------------------------------------------------------------ */

/* Rows (d = 0) or columns (d = 1) of the output. */
static int64_t size_of(const nt_conv_transpose2d_attrs *a, int d, int32_t size) {
    const nt_conv2d_attrs *conv = &a->conv;
    return (size - 1) * (int64_t)conv->stride[d] - 2 * (int64_t)conv->pad[d] +
           (int64_t)conv->dilation[d] * (conv->kernel[d] - 1) + 1 + a->output_pad[d];
}

static bool check_groups(const nt_conv2d_attrs *conv, int32_t channels, char why[NT_WHY]) {
    if (conv->channels % conv->groups != 0)
        snprintf(why, NT_WHY, "channels %d can't be divided into %d groups", conv->channels,
                 conv->groups);
    else if (channels % conv->groups != 0)
        snprintf(why, NT_WHY, "the input's %d channels can't be divided into %d groups", channels,
                 conv->groups);
    else
        return true;
    return false;
}

static bool check_size(const nt_conv_transpose2d_attrs *a, nt_shape in, char why[NT_WHY]) {
    char text[NT_SHAPE_TEXT];
    for (int d = 0; d < 2; d++) {
        int64_t size = size_of(a, d, in.dim[1 + d]);
        if (a->output_pad[d] >= a->conv.stride[d]) {
            snprintf(why, NT_WHY, "output_pad %d is not less than stride %d", a->output_pad[d],
                     a->conv.stride[d]);
            return false;
        }
        if (size < 1) {
            snprintf(why, NT_WHY, "pad %dx%d leaves nothing of the output of %s", a->conv.pad[0],
                     a->conv.pad[1], nt_shape_format(in, text));
            return false;
        }
        if (size > INT32_MAX) {
            snprintf(why, NT_WHY, "the output of %s would be too large", nt_shape_format(in, text));
            return false;
        }
    }
    return true;
}

static int infer(const void *attrs, const nt_type *in, int in_count, nt_type *ret_out,
                 char why[NT_WHY]) {
    const nt_conv_transpose2d_attrs *a = attrs;
    (void)in_count;
    if (!nt_check_map(&in[NT_CONV_X], why) ||
        !check_groups(&a->conv, in[NT_CONV_X].shape.dim[0], why) ||
        !check_size(a, in[NT_CONV_X].shape, why))
        return 0;
    ret_out[NT_CONV_Y] = in[NT_CONV_X];
    ret_out[NT_CONV_Y].shape.dim[0] = a->conv.channels;
    for (int d = 0; d < 2; d++)
        ret_out[NT_CONV_Y].shape.dim[1 + d] =
            (int32_t)size_of(a, d, in[NT_CONV_X].shape.dim[1 + d]);
    return 1;
}

static int params(const void *attrs, const nt_type *in, nt_param *ret_params) {
    const nt_conv2d_attrs *conv = &((const nt_conv_transpose2d_attrs *)attrs)->conv;
    int32_t channels = in[NT_CONV_X].shape.dim[0], per_group = conv->channels / conv->groups;
    double taps = (double)conv->kernel[0] * conv->kernel[1];
    double uniform = 1 / sqrt(per_group * taps);
    bool normal = conv->init == NT_KAIMING_NORMAL;
    nt_param weight = {
        .name = "weight",
        .type = nt_type_param(
            nt_shape_of(4, (int32_t[]){channels, per_group, conv->kernel[0], conv->kernel[1]})),
        .init = normal ? NT_INIT_NORMAL : NT_INIT_UNIFORM,
        .scale = normal ? sqrt(2 / (channels * taps)) : uniform,
    };
    weight.type.layout = NT_KERNEL;
    weight.type.groups = conv->groups;
    ret_params[0] = weight;
    ret_params[1] = (nt_param){
        .name = "bias",
        .type = nt_type_param(nt_shape_of(1, &conv->channels)),
        .init = NT_INIT_UNIFORM,
        .scale = uniform,
    };
    return conv->bias ? 2 : 1;
}

/* --- cost ------------------------------------------------------------------------------------- */

static nt_conv_shape convolution(const void *attrs, const nt_tensor *x, const nt_tensor *y) {
    nt_conv_shape shape = nt_conv2d_shape(&((const nt_conv_transpose2d_attrs *)attrs)->conv, y, x);
    shape.samples = x->count;
    return shape;
}

static nt_conv_shape of_one(const void *attrs, const nt_type *in, const nt_type *out) {
    const nt_tensor x = {.type = *in, .count = 1}, y = {.type = *out, .count = 1};
    return convolution(attrs, &x, &y);
}

static int64_t multiply_adds(const void *attrs, const nt_type *in, const nt_type *out) {
    const nt_conv2d_attrs *conv = &((const nt_conv_transpose2d_attrs *)attrs)->conv;
    (void)out;
    return nt_shape_elements(in[NT_CONV_X].shape) * (conv->channels / conv->groups) *
           conv->kernel[0] * conv->kernel[1];
}

static int64_t executed(const void *attrs, const nt_type *in, const nt_type *out) {
    nt_conv_shape shape = of_one(attrs, in, out);
    return nt_conv_executed(&shape, NT_DATA_PASS);
}

static const char *algorithm(const void *attrs, const nt_type *in, const nt_type *out, bool grad) {
    nt_conv_shape shape = of_one(attrs, in, out);
    if (!grad && nt_patch_fits(&shape))
        return "patches";
    return nt_conv_call_algorithm(&shape, grad ? NT_FORWARD_PASS : NT_DATA_PASS);
}

/* --- calls ------------------------------------------------------------------------------------ */

static nt_need need(const nt_call *call) {
    nt_conv_shape shape = convolution(call->attrs, &call->in[NT_CONV_X], &call->out[NT_CONV_Y]);
    nt_conv_need data =
        nt_patch_fits(&shape) ? nt_patch_data_need(&shape) : nt_conv_data_need(&shape);
    return (nt_need){.shared = data.shared, .per_worker = data.per_worker};
}

/* Job: one row of one sample's output. */
NT_VECTORISED(bias_job, (const void *context, int job, int worker), (context, job, worker)) {
    const nt_call *call = context;
    const int32_t *dim = call->out[NT_CONV_Y].type.shape.dim;
    const float *restrict bias = call->in[NT_CONV_BIAS].f;
    float *restrict y = call->out[NT_CONV_Y].f + (int64_t)job * dim[2] * dim[0];
    (void)worker;
    for (int32_t pixel = 0; pixel < dim[2]; pixel++, y += dim[0])
        for (int32_t c = 0; c < dim[0]; c++)
            y[c] += bias[c];
}

static void forward(const nt_call *call) {
    nt_conv_shape shape = convolution(call->attrs, &call->in[NT_CONV_X], &call->out[NT_CONV_Y]);
    nt_conv_memory memory = nt_conv_call_memory(&call->scratch);
    const float *x = call->in[NT_CONV_X].f, *weight = call->in[NT_CONV_WEIGHT].f;
    const float *bias = call->in_count > NT_CONV_BIAS ? call->in[NT_CONV_BIAS].f : NULL;
    if (nt_patch_fits(&shape)) {
        nt_patch_data(&shape, x, weight, bias, call->out[NT_CONV_Y].f, &memory);
        return;
    }
    nt_conv_data(&shape, x, weight, call->out[NT_CONV_Y].f, &memory);
    if (bias)
        nt_parallel(shape.samples * shape.height, bias_job, call);
}

static nt_need grad_need(const nt_grad_call *call) {
    nt_conv_shape shape =
        convolution(call->attrs, &call->in[NT_CONV_X], &call->out_grad[NT_CONV_Y]);
    nt_conv_need data = nt_conv_forward_need(&shape), weight = nt_conv_weight_need(&shape);
    nt_need need = {.shared = data.shared, .per_worker = data.per_worker};
    nt_need_enlarge(&need, weight.shared, weight.per_worker);
    if (call->in_count > NT_CONV_BIAS)
        nt_need_enlarge(&need, nt_conv_call_bias_need(&call->out_grad[NT_CONV_Y]).shared, 0);
    return need;
}

/* The three gradients use the scratch memory one after the other. */
static void backward(const nt_grad_call *call) {
    nt_conv_shape shape =
        convolution(call->attrs, &call->in[NT_CONV_X], &call->out_grad[NT_CONV_Y]);
    nt_conv_memory memory = nt_conv_call_memory(&call->scratch);
    const float *dy = call->out_grad[NT_CONV_Y].f;
    if (call->in_grad[NT_CONV_X].data)
        nt_conv_forward(&shape, dy, call->in[NT_CONV_WEIGHT].f, &(nt_epilogue){0},
                        call->in_grad[NT_CONV_X].f, &memory);
    if (call->in_grad[NT_CONV_WEIGHT].data)
        nt_conv_weight(&shape, dy, call->in[NT_CONV_X].f, call->in_grad[NT_CONV_WEIGHT].f, &memory);
    if (call->in_count > NT_CONV_BIAS && call->in_grad[NT_CONV_BIAS].data)
        nt_conv_call_bias(&call->out_grad[NT_CONV_Y], call->in_grad[NT_CONV_BIAS].f,
                          &call->scratch);
}

static bool keeps_zero(const void *attrs) {
    return !((const nt_conv_transpose2d_attrs *)attrs)->conv.bias;
}

const nt_op nt_op_conv_transpose2d = {
    .kind = {.name = "conv_transpose2d",
             .doc = "two-dimensional transposed convolution",
             .fields = fields,
             .size = sizeof(nt_conv_transpose2d_attrs)},
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
            {"channels=8 kernel=2 stride=2", "5x4x3", "8x8x6"},
            {"channels=32 kernel=2 stride=2 bias=false", "33x5x7", "32x10x14"},
            {"channels=19 kernel=[3,2] stride=[3,2]", "17x7x9", "19x21x18"},
            {"channels=5 kernel=3 pad=1", "6x7x9", "5x7x9"},
            {"channels=18 kernel=3 pad=1", "20x2x2", "18x2x2"},
            {"channels=6 kernel=3 stride=2 pad=1 output_pad=1", "9x4x5", "6x8x10"},
            {"channels=3 kernel=4 stride=2 pad=1 bias=false", "18x5x4", "3x10x8"},
            {"channels=2 kernel=2 stride=3 output_pad=[2,0]", "4x3x2", "2x10x5"},
            {"channels=20 kernel=1", "7x3x5", "20x3x5"},
            {"channels=4 kernel=3 dilation=2 pad=2", "5x6x7", "4x6x7"},
            {"channels=12 kernel=3 stride=2 groups=3", "6x4x3", "12x9x7"},
            {"channels=34 kernel=2 stride=2 groups=2", "4x3x4", "34x6x8"},
            {"channels=6 kernel=3 pad=1 groups=6", "6x5x4", "6x5x4"},
            {"channels=7 kernel=[1,5] pad=[0,2] stride=[2,1] init=uniform", "3x4x9", "7x7x9"},
            {"channels=3 kernel=6 stride=[4,2] pad=[1,4]", "2x3x4", "3x12x4"},
            {"channels=5 kernel=8 stride=8", "20x1x1", "5x8x8"},
            {"channels=8 kernel=2 stride=2", "3x26x34", "8x52x68"},
            {"channels=3 kernel=2 stride=2", "40x24x20", "3x48x40"},
            {"channels=150 kernel=2 stride=2", "300x2x3", "150x4x6"},
            {0}},
};
