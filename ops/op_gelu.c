/* Gaussian error linear unit: x times the probability of less than x in the normal distribution,
 * element by element; or, with approximate=tanh, x (1 + tanh u) / 2 where
 * u = √(2/π) (x + 0.044715 x³).
 * Hendrycks, Gimpel: "Gaussian error linear units", 2016 (arXiv 1606.08415). */
#include "activation.h"
#include "elementwise.h"
#include "normal.h"
#include "op_check.h"
#include "vectorise.h"

enum { NONE, TANH };

static const char *const approximations[] = {[NONE] = "none", [TANH] = "tanh", NULL};

typedef struct gelu_attrs {
    int32_t approximate;
} gelu_attrs;

static const nt_field fields[] = {
    {"approximate", NT_CHOICE, offsetof(gelu_attrs, approximate), "none", .choices = approximations,
     .doc = "none: the normal distribution itself; tanh: a formula near it"},
    {0},
};

static int32_t activation(const void *attrs, double ret_numbers[2]) {
    (void)ret_numbers;
    return ((const gelu_attrs *)attrs)->approximate == TANH ? NT_GELU_TANH : NT_GELU;
}

static void forward(const nt_call *call) {
    nt_activation_forward(call, activation);
}

/* x P(x), and P' is the density. */
NT_VECTORISED(backward_range, (const void *context, int64_t from, int64_t to),
              (context, from, to)) {
    const nt_grad_call *call = context;
    const float *x = call->in[0].f, *dy = call->out_grad[0].f;
    float *dx = call->in_grad[0].f;
    NT_SIMD
    for (int64_t i = from; i < to; i++)
        dx[i] = dy[i] * (nt_normal_below(x[i]) + x[i] * nt_normal_density(x[i]));
}

/* x s(2 u) with the logistic function s, whose derivative is s (1 - s). */
NT_VECTORISED(backward_tanh_range, (const void *context, int64_t from, int64_t to),
              (context, from, to)) {
    const nt_grad_call *call = context;
    const float *x = call->in[0].f, *dy = call->out_grad[0].f;
    float *dx = call->in_grad[0].f;
    NT_SIMD
    for (int64_t i = from; i < to; i++) {
        float square = x[i] * x[i];
        float share = nt_logistic(1.59576912f * (x[i] + 0.044715f * (square * x[i])));
        float slope = 1.59576912f * (1 + 0.134145f * square);
        dx[i] = dy[i] * (share + x[i] * (share * (1 - share)) * slope);
    }
}

static void backward(const nt_grad_call *call) {
    bool tanh = ((const gelu_attrs *)call->attrs)->approximate == TANH;
    nt_elementwise(nt_tensor_total(&call->out_grad[0]), tanh ? backward_tanh_range : backward_range,
                   call);
}

const nt_op nt_op_gelu = {
    .kind = {.name = "gelu",
             .doc = "x times the normal distribution's probability of less than x",
             .fields = fields,
             .size = sizeof(gelu_attrs)},
    .traits = NT_OP_IN_PLACE | NT_OP_GRAD_IN_PLACE | NT_OP_CHANNELWISE,
    .min_inputs = 1,
    .max_inputs = 1,
    .infer = nt_activation_infer,
    .activation = activation,
    .keeps_zero = nt_keeps_zero,
    .forward = forward,
    .backward = backward,
    .grad_reads_in = 1u << 0,
    .cases = (const nt_op_case[]){{"", "5x7x3", "5x7x3"},
                                  {"approximate=tanh", "130", "130"},
                                  {"", "3x41x31", "3x41x31"},
                                  {"approximate=tanh", "4x9x9", "4x9x9"},
                                  {0}},
};
