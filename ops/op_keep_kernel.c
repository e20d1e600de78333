/* The kernel of a convolution in the form that its algorithm multiplies by: Winograd's transform of
 * it, for one. Its value is a vector that means nothing to anybody but fused_conv2d with `kept`. It
 * depends on the weight alone, so that while the weights stand still it is computed once. */
#include "attrs.h"
#include "conv_call.h"
#include <stdio.h>

#define AT(member) offsetof(nt_keep_kernel_attrs, conv.member)

static const nt_field fields[] = {
    NT_CONV2D_FIELDS(AT),
    {"map", NT_PAIR, offsetof(nt_keep_kernel_attrs, map), NULL, 1, 1 << 20,
     .doc = "rows and columns of the convolution's input"},
    {0},
};

/* The convolution of one sample, from the attributes and the type of its weight. */
static bool shape_of(const nt_keep_kernel_attrs *a, const nt_type *weight, nt_conv_shape *ret,
                     char why[NT_WHY]) {
    int32_t per_group = weight->shape.rank == 4 ? weight->shape.dim[1] : 0;
    nt_tensor x = {.count = 1}, y = {.count = 1};
    x.type = nt_type_param(
        nt_shape_of(3, (int32_t[]){per_group * a->conv.groups, a->map[0], a->map[1]}));
    x.type.batched = true;
    if (weight->layout != NT_KERNEL || per_group == 0) {
        snprintf(why, NT_WHY, "takes the kernel of a convolution");
        return false;
    }
    nt_type out[2];
    if (nt_conv2d_infer(&a->conv, &x.type, out, why) == 0)
        return false;
    y.type = out[0];
    *ret = nt_conv2d_shape(&a->conv, &x, &y);
    return true;
}

static int infer(const void *attrs, const nt_type *in, int in_count, nt_type *ret_out,
                 char why[NT_WHY]) {
    nt_conv_shape shape;
    (void)in_count;
    if (!shape_of(attrs, &in[0], &shape, why))
        return 0;
    size_t floats = nt_conv_kept_floats(&shape);
    if (floats == 0 || floats > INT32_MAX) {
        snprintf(why, NT_WHY, "has nothing to keep: this convolution takes the weight as it is");
        return 0;
    }
    ret_out[0] = nt_type_param(nt_shape_of(1, (int32_t[]){(int32_t)floats}));
    return 1;
}

static void forward(const nt_call *call) {
    nt_conv_shape shape;
    char why[NT_WHY];
    if (shape_of(call->attrs, &call->in[0].type, &shape, why)) /* as inferred */
        nt_conv_keep(&shape, call->in[0].f, call->out[0].f);
}

const nt_op nt_op_keep_kernel = {
    .kind = {.name = "keep_kernel",
             .doc = "a convolution's kernel in the form that its algorithm multiplies by",
             .fields = fields,
             .size = sizeof(nt_keep_kernel_attrs)},
    .traits = NT_OP_INTERNAL,
    .min_inputs = 1,
    .max_inputs = 1,
    .infer = infer,
    .forward = forward,
};
