/* A tensor of the network's state, bound to the weights by its name. */
#include "attrs.h"
#include "op_check.h"
#include <stdio.h>

static const char *const layouts[] = {"plain", "kernel", NULL};
static const char *const dtypes[] = {"f32", "i32", NULL};

static const nt_field fields[] = {
    {"name", NT_STRING, offsetof(nt_param_attrs, name), NULL, .doc = "its name among the weights"},
    {"shape", NT_INTS, offsetof(nt_param_attrs, shape), NULL, 1, INT32_MAX,
     .doc = "as PyTorch writes it"},
    {"layout", NT_CHOICE, offsetof(nt_param_attrs, layout), "plain", .choices = layouts,
     .doc = "how it is held in memory"},
    {"groups", NT_INT, offsetof(nt_param_attrs, groups), "1", 1, INT32_MAX,
     .doc = "of a kernel: groups of its output channels"},
    {"dtype", NT_CHOICE, offsetof(nt_param_attrs, dtype), "f32", .choices = dtypes,
     .doc = "type of its elements"},
    {0},
};

static int infer(const void *attrs, const nt_type *in, int in_count, nt_type *ret_out,
                 char why[NT_WHY]) {
    const nt_param_attrs *a = attrs;
    nt_shape shape;
    (void)in, (void)in_count;
    if (!nt_check_dims(&a->shape, &shape, why))
        return 0;
    if (a->layout == NT_KERNEL && shape.rank != 2 && shape.rank != 4) {
        snprintf(why, NT_WHY, "a kernel has 2 or 4 dimensions, not %d", shape.rank);
        return 0;
    }
    if (shape.dim[0] % a->groups != 0) {
        snprintf(why, NT_WHY, "channels %d can't be divided into %d groups", shape.dim[0],
                 a->groups);
        return 0;
    }
    ret_out[0] = (nt_type){.shape = shape,
                           .dtype = (nt_dtype)a->dtype,
                           .layout = (nt_layout)a->layout,
                           .groups = a->groups};
    return 1;
}

const nt_op nt_op_param = {
    .kind = {.name = "param",
             .doc = "a tensor of the network's weights",
             .fields = fields,
             .size = sizeof(nt_param_attrs)},
    .traits = NT_OP_INTERNAL | NT_OP_SOURCE,
    .infer = infer,
    .cases = (const nt_op_case[]){{"name=w shape=[8,3,3,3] layout=kernel", "", "8x3x3x3"},
                                  {"name=b shape=[8]", "", "8"},
                                  {0}},
};
