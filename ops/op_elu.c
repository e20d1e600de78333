/* Exponential linear unit: x above zero, alpha (e^x - 1) below, element by element.
 * Clevert, Unterthiner, Hochreiter: "Fast and accurate deep network learning by exponential linear
 * units", ICLR 2016. */
#include "activation.h"
#include "elementwise.h"
#include "op_check.h"
#include "vectorise.h"

typedef struct elu_attrs {
    double alpha;
} elu_attrs;

static const nt_field fields[] = {
    {"alpha", NT_REAL, offsetof(elu_attrs, alpha), "1", .above = true,
     .doc = "-alpha is the limit far below zero"},
    {0},
};

static int32_t activation(const void *attrs, double ret_numbers[2]) {
    ret_numbers[0] = ((const elu_attrs *)attrs)->alpha;
    return NT_ELU;
}

static void forward(const nt_call *call) {
    nt_activation_forward(call, activation);
}

NT_VECTORISED(backward_range, (const void *context, int64_t from, int64_t to),
              (context, from, to)) {
    const nt_grad_call *call = context;
    float alpha = (float)((const elu_attrs *)call->attrs)->alpha;
    const float *y = call->out[0].f, *dy = call->out_grad[0].f;
    float *dx = call->in_grad[0].f;
    NT_SIMD
    for (int64_t i = from; i < to; i++) {
        float grad = dy[i], below = y[i] + alpha; /* alpha e^x */
        dx[i] = y[i] > 0 ? grad : grad * below;
    }
}

static void backward(const nt_grad_call *call) {
    nt_elementwise(nt_tensor_total(&call->out_grad[0]), backward_range, call);
}

const nt_op nt_op_elu = {
    .kind = {.name = "elu",
             .doc = "x above zero, alpha (exp(x) - 1) below",
             .fields = fields,
             .size = sizeof(elu_attrs)},
    .traits = NT_OP_IN_PLACE | NT_OP_GRAD_IN_PLACE | NT_OP_CHANNELWISE,
    .min_inputs = 1,
    .max_inputs = 1,
    .infer = nt_activation_infer,
    .activation = activation,
    .keeps_zero = nt_keeps_zero,
    .forward = forward,
    .backward = backward,
    .grad_reads_out = 1u << 0,
    .cases =
        (const nt_op_case[]){
            {"", "5x7x3", "5x7x3"}, {"alpha=0.3", "130", "130"}, {"", "3x41x31", "3x41x31"}, {0}},
};
