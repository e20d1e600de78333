/* min(max(x + 3, 0), 6) / 6, element by element.
 * Howard et al.: "Searching for MobileNetV3", ICCV 2019. */
#include "activation.h"
#include "elementwise.h"
#include "op_check.h"
#include "vectorise.h"

static int32_t activation(const void *attrs, double ret_numbers[2]) {
    (void)attrs, (void)ret_numbers;
    return NT_HARD_SIGMOID;
}

static void forward(const nt_call *call) {
    nt_activation_forward(call, activation);
}

NT_VECTORISED(backward_range, (const void *context, int64_t from, int64_t to),
              (context, from, to)) {
    const nt_grad_call *call = context;
    const float *x = call->in[0].f, *dy = call->out_grad[0].f;
    float *dx = call->in_grad[0].f;
    NT_SIMD
    for (int64_t i = from; i < to; i++) {
        float grad = dy[i] / 6;
        dx[i] = ((x[i] > -3) & (x[i] < 3)) ? grad : 0;
    }
}

static void backward(const nt_grad_call *call) {
    nt_elementwise(nt_tensor_total(&call->out_grad[0]), backward_range, call);
}

const nt_op nt_op_hardsigmoid = {
    .kind = {.name = "hardsigmoid", .doc = "min(max(x + 3, 0), 6) / 6", .fields = nt_no_fields},
    .traits = NT_OP_IN_PLACE | NT_OP_GRAD_IN_PLACE | NT_OP_CHANNELWISE,
    .min_inputs = 1,
    .max_inputs = 1,
    .infer = nt_activation_infer,
    .activation = activation,
    .forward = forward,
    .backward = backward,
    .grad_reads_in = 1u << 0,
    .cases =
        (const nt_op_case[]){
            {"", "5x7x3", "5x7x3"}, {"", "130", "130"}, {"", "3x41x31", "3x41x31"}, {0}},
};
