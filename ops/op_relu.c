/* Rectified linear unit: max(x, 0), element by element. */
#include "activation.h"
#include "elementwise.h"
#include "op_check.h"
#include "vectorise.h"

static int32_t activation(const void *attrs, double ret_numbers[2]) {
    (void)attrs, (void)ret_numbers;
    return NT_RELU;
}

static void forward(const nt_call *call) {
    nt_activation_forward(call, activation);
}

NT_VECTORISED(backward_range, (const void *context, int64_t from, int64_t to),
              (context, from, to)) {
    const nt_grad_call *call = context;
    const float *y = call->out[0].f, *dy = call->out_grad[0].f;
    float *dx = call->in_grad[0].f;
    NT_SIMD
    for (int64_t i = from; i < to; i++) {
        float grad = dy[i]; /* read whatever y is: a load that depends on it is no vector's */
        dx[i] = y[i] > 0 ? grad : 0;
    }
}

static void backward(const nt_grad_call *call) {
    nt_elementwise(nt_tensor_total(&call->out_grad[0]), backward_range, call);
}

const nt_op nt_op_relu = {
    .kind = {.name = "relu", .doc = "max(x, 0)", .fields = nt_no_fields},
    .traits = NT_OP_IN_PLACE | NT_OP_GRAD_IN_PLACE | NT_OP_IDEMPOTENT | NT_OP_CHANNELWISE,
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
            {"", "5x7x3", "5x7x3"}, {"", "130", "130"}, {"", "3x80x90", "3x80x90"}, {0}},
};
