/* Fully connected layer: y = weight x + bias, over a vector; of maps, at each place over its
 * channels, as a 1x1 convolution. PyTorch's initial values. */
#include "attrs.h"
#include "conv_call.h"
#include "op_check.h"
#include <math.h>

static const nt_field fields[] = {
    {"features", NT_INT, offsetof(nt_linear_attrs, features), NULL, 1, 1 << 20,
     .doc = "length of the output"},
    {"bias", NT_BOOL, offsetof(nt_linear_attrs, bias), "true",
     .doc = "whether a value is added to each output"},
    {0},
};

static int infer(const void *attrs, const nt_type *in, int in_count, nt_type *ret_out,
                 char why[NT_WHY]) {
    const nt_linear_attrs *a = attrs;
    (void)in_count;
    if (!nt_check_channels(&in[NT_CONV_X], why))
        return 0;
    ret_out[NT_CONV_Y] = in[NT_CONV_X];
    ret_out[NT_CONV_Y].shape.dim[0] = a->features;
    return 1;
}

static int params(const void *attrs, const nt_type *in, nt_param *ret_params) {
    const nt_linear_attrs *a = attrs;
    int32_t length = in[NT_CONV_X].shape.dim[0];
    double scale = 1 / sqrt(length);
    ret_params[0] = (nt_param){
        .name = "weight",
        .type = nt_type_param(nt_shape_of(2, (int32_t[]){a->features, length})),
        .init = NT_INIT_UNIFORM,
        .scale = scale,
    };
    ret_params[0].type.layout = NT_KERNEL;
    ret_params[1] = (nt_param){
        .name = "bias",
        .type = nt_type_param(nt_shape_of(1, &a->features)),
        .init = NT_INIT_UNIFORM,
        .scale = scale,
    };
    return a->bias ? 2 : 1;
}

static int64_t multiply_adds(const void *attrs, const nt_type *in, const nt_type *out) {
    (void)attrs;
    return in[NT_CONV_X].shape.dim[0] * nt_shape_elements(out[NT_CONV_Y].shape);
}

static nt_conv_shape shape_of(const nt_tensor *x, const nt_tensor *y) {
    const int32_t *in = x->type.shape.dim, *out = y->type.shape.dim; /* a vector: 1x1 maps */
    return (nt_conv_shape){
        .samples = x->count,
        .channels = in[0],
        .height = in[1],
        .width = in[2],
        .out_channels = out[0],
        .out_height = out[1],
        .out_width = out[2],
        .kernel = {1, 1},
        .stride = {1, 1},
        .dilation = {1, 1},
        .groups = 1,
    };
}

static nt_need need(const nt_call *call) {
    nt_conv_shape shape = shape_of(&call->in[NT_CONV_X], &call->out[NT_CONV_Y]);
    return nt_conv_call_need(call, nt_conv_forward_need(&shape));
}

static void forward(const nt_call *call) {
    nt_conv_shape shape = shape_of(&call->in[NT_CONV_X], &call->out[NT_CONV_Y]);
    nt_conv_call_forward(call, &shape);
}

static nt_need grad_need(const nt_grad_call *call) {
    nt_conv_shape shape = shape_of(&call->in[NT_CONV_X], &call->out_grad[NT_CONV_Y]);
    return nt_conv_call_grad_need(call, &shape);
}

static void backward(const nt_grad_call *call) {
    nt_conv_shape shape = shape_of(&call->in[NT_CONV_X], &call->out_grad[NT_CONV_Y]);
    nt_conv_call_backward(call, &shape);
}

static bool keeps_zero(const void *attrs) {
    return !((const nt_linear_attrs *)attrs)->bias;
}

const nt_op nt_op_linear = {
    .kind = {.name = "linear",
             .doc = "fully connected layer; of maps, at each place over the channels",
             .fields = fields,
             .size = sizeof(nt_linear_attrs)},
    .min_inputs = 1,
    .max_inputs = 1,
    .infer = infer,
    .params = params,
    .multiply_adds = multiply_adds,
    .keeps_zero = keeps_zero,
    .need = need,
    .grad_need = grad_need,
    .forward = forward,
    .backward = backward,
    .grad_reads_in = 1u << NT_CONV_X | 1u << NT_CONV_WEIGHT,
    .cases = (const nt_op_case[]){{"features=10", "37", "10"},
                                  {"features=35 bias=false", "600", "35"},
                                  {"features=1", "1", "1"},
                                  {"features=40", "24x7x3", "40x7x3"},
                                  {"features=7 bias=false", "70x9x5", "7x9x5"},
                                  {0}},
};
