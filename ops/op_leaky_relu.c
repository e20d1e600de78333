/* Leaky rectified linear unit: x above zero, slope · x below, element by element.
 * Maas, Hannun, Ng: "Rectifier nonlinearities improve neural network acoustic models", 2013. */
#include "activation.h"
#include "elementwise.h"
#include "op_check.h"
#include "vectorise.h"

typedef struct leaky_relu_attrs {
    double slope;
} leaky_relu_attrs;

static const nt_field fields[] = {
    {"slope", NT_REAL, offsetof(leaky_relu_attrs, slope), "0.01", 0, 1, .doc = "factor below zero"},
    {0},
};

static int32_t activation(const void *attrs, double ret_numbers[2]) {
    ret_numbers[0] = ((const leaky_relu_attrs *)attrs)->slope;
    return NT_LEAKY_RELU;
}

static void forward(const nt_call *call) {
    nt_activation_forward(call, activation);
}

NT_VECTORISED(backward_range, (const void *context, int64_t from, int64_t to),
              (context, from, to)) {
    const nt_grad_call *call = context;
    float slope = (float)((const leaky_relu_attrs *)call->attrs)->slope;
    const float *y = call->out[0].f, *dy = call->out_grad[0].f;
    float *dx = call->in_grad[0].f;
    NT_SIMD
    for (int64_t i = from; i < to; i++) {
        float grad = dy[i];
        dx[i] = y[i] > 0 ? grad : slope * grad; /* y is positive where x is */
    }
}

static void backward(const nt_grad_call *call) {
    nt_elementwise(nt_tensor_total(&call->out_grad[0]), backward_range, call);
}

const nt_op nt_op_leaky_relu = {
    .kind = {.name = "leaky_relu",
             .doc = "x above zero, a share of it below",
             .fields = fields,
             .size = sizeof(leaky_relu_attrs)},
    .traits = NT_OP_IN_PLACE | NT_OP_GRAD_IN_PLACE | NT_OP_CHANNELWISE,
    .min_inputs = 1,
    .max_inputs = 1,
    .infer = nt_activation_infer,
    .activation = activation,
    .keeps_zero = nt_keeps_zero,
    .forward = forward,
    .backward = backward,
    .grad_reads_out = 1u << 0,
    .cases = (const nt_op_case[]){{"", "5x7x3", "5x7x3"}, {"slope=0.2", "130", "130"}, {0}},
};
