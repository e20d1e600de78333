/* Elements below min become min, then those above max become max. The gradient is that of what
 * stays, the limits included. */
#include "activation.h"
#include "elementwise.h"
#include "op_check.h"
#include "vectorise.h"
#include <stdio.h>

typedef struct clamp_attrs {
    double min, max;
} clamp_attrs;

static const nt_field fields[] = {
    {"min", NT_REAL, offsetof(clamp_attrs, min), "-1e+308", .doc = "the least; by default none"},
    {"max", NT_REAL, offsetof(clamp_attrs, max), "1e+308", .doc = "the greatest; by default none"},
    {0},
};

static int infer(const void *attrs, const nt_type *in, int in_count, nt_type *ret_out,
                 char why[NT_WHY]) {
    const clamp_attrs *a = attrs;
    if (a->min > a->max) {
        snprintf(why, NT_WHY, "min %g is above max %g", a->min, a->max);
        return 0;
    }
    return nt_activation_infer(attrs, in, in_count, ret_out, why);
}

static int32_t activation(const void *attrs, double ret_numbers[2]) {
    const clamp_attrs *a = attrs;
    ret_numbers[0] = a->min;
    ret_numbers[1] = a->max;
    return NT_CLAMP;
}

static void forward(const nt_call *call) {
    nt_activation_forward(call, activation);
}

NT_VECTORISED(backward_range, (const void *context, int64_t from, int64_t to),
              (context, from, to)) {
    const nt_grad_call *call = context;
    double limits[2];
    nt_activation clamp = nt_activation_of(activation(call->attrs, limits), limits);
    const float *x = call->in[0].f, *dy = call->out_grad[0].f;
    float *dx = call->in_grad[0].f;
    NT_SIMD
    for (int64_t i = from; i < to; i++) {
        float grad = dy[i];
        dx[i] = ((x[i] >= clamp.a) & (x[i] <= clamp.b)) ? grad : 0;
    }
}

static void backward(const nt_grad_call *call) {
    nt_elementwise(nt_tensor_total(&call->out_grad[0]), backward_range, call);
}

static bool keeps_zero(const void *attrs) {
    const clamp_attrs *a = attrs;
    return a->min <= 0 && a->max >= 0;
}

const nt_op nt_op_clamp = {
    .kind = {.name = "clamp",
             .doc = "x, but at least min and at most max",
             .fields = fields,
             .size = sizeof(clamp_attrs)},
    .traits = NT_OP_IN_PLACE | NT_OP_GRAD_IN_PLACE | NT_OP_IDEMPOTENT | NT_OP_CHANNELWISE,
    .min_inputs = 1,
    .max_inputs = 1,
    .infer = infer,
    .activation = activation,
    .keeps_zero = keeps_zero,
    .forward = forward,
    .backward = backward,
    .grad_reads_in = 1u << 0,
    .cases = (const nt_op_case[]){{"min=-0.5 max=1", "5x7x3", "5x7x3"},
                                  {"min=0.2", "130", "130"},
                                  {"max=0.7", "3x41x31", "3x41x31"},
                                  {"", "6", "6"},
                                  {0}},
};
