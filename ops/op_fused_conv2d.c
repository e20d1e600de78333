/* A convolution together with what follows it in the graph:
 *
 *     y = activation(conv2d(x) + bias + plus)    plus and activation where the attributes say so
 *
 * Inputs: x, the map `plus` if there is one, the kernel (the weight, or with `kept` what
 * keep_kernel made of it), the bias if there is one. Outputs are those of the conv2d. The bits are
 * those of the separate ops. For evaluation: no gradient passes. */
#include "attrs.h"
#include "conv_call.h"
#include <stdio.h>

#define AT(member) offsetof(nt_fused_conv2d_attrs, conv.member)

static const nt_field fields[] = {
    NT_CONV2D_FIELDS(AT),
    {"plus", NT_BOOL, offsetof(nt_fused_conv2d_attrs, plus), "false",
     .doc = "whether the second input is a map to be added"},
    {"activation", NT_CHOICE, offsetof(nt_fused_conv2d_attrs, activation), "none",
     .choices = nt_activation_names, .doc = "what is done to each element then"},
    {"a", NT_REAL, offsetof(nt_fused_conv2d_attrs, numbers[0]), "0",
     .doc = "the activation's first number"},
    {"b", NT_REAL, offsetof(nt_fused_conv2d_attrs, numbers[1]), "0",
     .doc = "the activation's second number"},
    {"kept", NT_BOOL, offsetof(nt_fused_conv2d_attrs, kept), "false",
     .doc = "whether the kernel is in the form in which it is multiplied by"},
    {0},
};

static int infer(const void *attrs, const nt_type *in, int in_count, nt_type *ret_out,
                 char why[NT_WHY]) {
    const nt_fused_conv2d_attrs *a = attrs;
    int wanted = 2 + a->plus + a->conv.bias;
    if (in_count != wanted) {
        snprintf(why, NT_WHY, "takes %d inputs, not %d", wanted, in_count);
        return 0;
    }
    int count = nt_conv2d_infer(&a->conv, in, ret_out, why);
    if (count == 0)
        return 0;
    if (a->plus && !nt_type_equal(in[1], ret_out[NT_CONV_Y])) {
        snprintf(why, NT_WHY, "takes a map to add that is like its output");
        return 0;
    }
    const nt_type *kernel = &in[1 + a->plus];
    if (a->kept ? kernel->shape.rank != 1 : kernel->layout != NT_KERNEL) {
        snprintf(why, NT_WHY, "takes its kernel %s", a->kept ? "transformed" : "as it is");
        return 0;
    }
    return count;
}

static int64_t multiply_adds(const void *attrs, const nt_type *in, const nt_type *out) {
    return nt_conv2d_multiply_adds(&((const nt_fused_conv2d_attrs *)attrs)->conv, in, out);
}

static int64_t executed(const void *attrs, const nt_type *in, const nt_type *out) {
    return nt_conv2d_executed(&((const nt_fused_conv2d_attrs *)attrs)->conv, in, out);
}

static const char *algorithm(const void *attrs, const nt_type *in, const nt_type *out, bool grad) {
    return nt_conv2d_algorithm(&((const nt_fused_conv2d_attrs *)attrs)->conv, in, out, grad);
}

static nt_conv_shape shape_of(const nt_call *call) {
    const nt_fused_conv2d_attrs *a = call->attrs;
    return nt_conv2d_shape(&a->conv, &call->in[NT_CONV_X], &call->out[NT_CONV_Y]);
}

static nt_conv_need need_of(const nt_call *call, const nt_conv_shape *shape) {
    const nt_fused_conv2d_attrs *a = call->attrs;
    return a->kept ? nt_conv_forward_kept_need(shape) : nt_conv_forward_need(shape);
}

static nt_need need(const nt_call *call) {
    nt_conv_shape shape = shape_of(call);
    return nt_conv_call_need(call, need_of(call, &shape));
}

static void forward(const nt_call *call) {
    const nt_fused_conv2d_attrs *a = call->attrs;
    const nt_tensor *kernel = &call->in[1 + a->plus];
    const nt_conv_shape shape = shape_of(call);
    const nt_conv_memory memory = nt_conv_call_memory(&call->scratch);
    nt_moments moments;
    const nt_epilogue epilogue = {.bias = a->conv.bias ? kernel[1].f : NULL,
                                  .plus = a->plus ? call->in[1].f : NULL,
                                  .activation = nt_activation_of(a->activation, a->numbers),
                                  .moments =
                                      nt_conv_call_moments(call, need_of(call, &shape), &moments)};
    (a->kept ? nt_conv_forward_kept : nt_conv_forward)(&shape, call->in[NT_CONV_X].f, kernel->f,
                                                       &epilogue, call->out[NT_CONV_Y].f, &memory);
    if (epilogue.moments)
        nt_moments_finish(epilogue.moments, call->out[NT_CONV_MOMENTS].f);
}

const nt_op nt_op_fused_conv2d = {
    .kind = {.name = "fused_conv2d",
             .doc = "a convolution, and the sum and activation that follow it",
             .fields = fields,
             .size = sizeof(nt_fused_conv2d_attrs)},
    .traits = NT_OP_INTERNAL,
    .min_inputs = 2,
    .max_inputs = 4,
    .infer = infer,
    .multiply_adds = multiply_adds,
    .executed = executed,
    .algorithm = algorithm,
    .need = need,
    .forward = forward,
    .cases =
        (const nt_op_case[]){
            {"channels=19 kernel=3 pad=1 activation=relu", "18x5x6 19x18x3x3 19", "19x5x6"},
            {"channels=16 kernel=3 pad=1 plus=true activation=relu", "8x9x7 16x9x7 16x8x3x3 16",
             "16x9x7"},
            {"channels=16 kernel=3 pad=1 plus=true bias=false", "32x2x2 16x2x2 16x32x3x3",
             "16x2x2"},
            {"channels=24 kernel=1 stride=2 plus=true", "20x5x5 24x3x3 24x20x1x1 24", "24x3x3"},
            {"channels=33 kernel=3 stride=2 pad=1 plus=true activation=relu",
             "17x8x7 33x4x4 33x17x3x3 33", "33x4x4"},
            {"channels=20 kernel=3 pad=1 plus=true activation=clamp a=-20 b=20",
             "8x8x8 20x8x8 20x8x3x3 20", "20x8x8"},
            {"channels=21 kernel=1 activation=silu", "8x5x5 21x8x1x1 21", "21x5x5"},
            {0}},
};
