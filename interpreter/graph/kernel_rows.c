#include "kernel_rows.h"

#include <string.h>

bool nt_has_kernel_rows(const nt_node *node) {
    return !node->grad && (node->op == &nt_op_conv2d || node->op == &nt_op_conv_transpose2d ||
                           node->op == &nt_op_linear);
}

nt_conv2d_attrs nt_kernel_conv(const nt_node *node) {
    if (node->op == &nt_op_linear)
        return (nt_conv2d_attrs){.kernel = {1, 1},
                                 .stride = {1, 1},
                                 .dilation = {1, 1},
                                 .groups = 1,
                                 .channels = ((const nt_linear_attrs *)node->attrs)->features};
    return *(const nt_conv2d_attrs *)node->attrs; /* a transposed one's begin with it */
}

bool *nt_kernel_bias(const nt_op *op, void *attrs) {
    return op == &nt_op_linear ? &((nt_linear_attrs *)attrs)->bias
                               : &((nt_conv2d_attrs *)attrs)->bias;
}

void nt_kernel_resize(const nt_op *op, void *attrs, int32_t channels, int32_t groups) {
    if (op == &nt_op_linear) {
        ((nt_linear_attrs *)attrs)->features = channels;
        return;
    }
    ((nt_conv2d_attrs *)attrs)->channels = channels;
    ((nt_conv2d_attrs *)attrs)->groups = groups;
}

/* Where a channel has no tap but zeros for another, it says nothing to it. */
static nt_status find_links(nt_kernel_rows *k, nt_arena *arena) {
    int32_t in_each = nt_kernel_in_per_group(k);
    bool *links = NT_ARENA_ARRAY(arena, bool, (int64_t)k->out *in_each), all = true;
    if (!links)
        return NT_NO_MEMORY;
    for (int32_t o = 0; o < k->out; o++)
        for (int32_t i = 0; i < in_each; i++) {
            bool *link = &links[(int64_t)o * in_each + i];
            for (int32_t t = 0; t < nt_kernel_taps(k) && !*link; t++)
                *link = k->rows[nt_kernel_place(k, o, i, t)] != 0;
            all = all && *link;
        }
    k->links = all ? NULL : links;
    return NT_OK;
}

nt_status nt_kernel_rows_init(nt_kernel_rows *k, const nt_node *node, const nt_tensor *kernel,
                              nt_arena *arena) {
    nt_conv2d_attrs conv = nt_kernel_conv(node);
    nt_shape shape = kernel->type.shape;
    bool transposed = node->op == &nt_op_conv_transpose2d;
    *k = (nt_kernel_rows){.rows = NT_ARENA_ARRAY(arena, float, nt_shape_elements(shape)),
                          .groups = conv.groups,
                          .size = {conv.kernel[0], conv.kernel[1]},
                          .transposed = transposed};
    k->out = transposed ? shape.dim[1] * conv.groups : shape.dim[0];
    k->in = transposed ? shape.dim[0] : shape.dim[1] * conv.groups;
    if (!k->rows)
        return NT_NO_MEMORY;
    nt_tensor_to_rows(kernel->type, kernel->f, k->rows);
    return find_links(k, arena);
}

float *nt_kernel_part(const nt_kernel_rows *k, const int32_t *outs, int32_t out_count,
                      const int32_t *ins, int32_t in_count, nt_arena *arena) {
    int32_t in_each = nt_kernel_in_per_group(k), taps = nt_kernel_taps(k);
    nt_kernel_rows part = *k;
    part.out = out_count;
    part.in = in_count;
    part.groups = k->groups == 1 ? 1 : in_count / in_each;
    part.rows =
        NT_ARENA_ARRAY(arena, float, (int64_t)out_count *nt_kernel_in_per_group(&part) * taps);
    for (int32_t o = 0; part.rows && o < out_count; o++)
        for (int32_t i = 0; i < nt_kernel_in_per_group(&part); i++) {
            int32_t from = k->groups == 1 ? ins[i] : i;
            memcpy(&part.rows[nt_kernel_place(&part, o, i, 0)],
                   &k->rows[nt_kernel_place(k, outs[o], from, 0)], (size_t)taps * sizeof(float));
        }
    return part.rows;
}
