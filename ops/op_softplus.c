/* Softplus, ln(1 + e^(beta x)) / beta, element by element; x itself where beta x is above
 * threshold. */
#include "activation.h"
#include "elementwise.h"
#include "exponential.h"
#include "op_check.h"
#include "vectorise.h"

typedef struct softplus_attrs {
    double beta, threshold;
} softplus_attrs;

static const nt_field fields[] = {
    {"beta", NT_REAL, offsetof(softplus_attrs, beta), "1", .above = true, .doc = "factor of x"},
    {"threshold", NT_REAL, offsetof(softplus_attrs, threshold), "20",
     .doc = "of beta x: it is x above"},
    {0},
};

static int32_t activation(const void *attrs, double ret_numbers[2]) {
    const softplus_attrs *a = attrs;
    ret_numbers[0] = a->beta;
    ret_numbers[1] = a->threshold;
    return NT_SOFTPLUS;
}

static void forward(const nt_call *call) {
    nt_activation_forward(call, activation);
}

NT_VECTORISED(backward_range, (const void *context, int64_t from, int64_t to),
              (context, from, to)) {
    const nt_grad_call *call = context;
    double numbers[2];
    nt_activation softplus = nt_activation_of(activation(call->attrs, numbers), numbers);
    const float *x = call->in[0].f, *dy = call->out_grad[0].f;
    float *dx = call->in_grad[0].f;
    NT_SIMD
    for (int64_t i = from; i < to; i++) {
        float grad = dy[i], far = softplus.a * x[i], near = grad * nt_logistic(far);
        dx[i] = far > softplus.b ? grad : near;
    }
}

static void backward(const nt_grad_call *call) {
    nt_elementwise(nt_tensor_total(&call->out_grad[0]), backward_range, call);
}

const nt_op nt_op_softplus = {
    .kind = {.name = "softplus",
             .doc = "ln(1 + exp(beta x)) / beta",
             .fields = fields,
             .size = sizeof(softplus_attrs)},
    .traits = NT_OP_IN_PLACE | NT_OP_GRAD_IN_PLACE | NT_OP_CHANNELWISE,
    .min_inputs = 1,
    .max_inputs = 1,
    .infer = nt_activation_infer,
    .activation = activation,
    .forward = forward,
    .backward = backward,
    .grad_reads_in = 1u << 0,
    .cases = (const nt_op_case[]){{"", "5x7x3", "5x7x3"},
                                  {"beta=2.5 threshold=3", "130", "130"},
                                  {"", "3x41x31", "3x41x31"},
                                  {0}},
};
