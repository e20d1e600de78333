/* Keeping transformed kernels: a convolution whose algorithm multiplies by another form of its
 * kernel, and whose kernel does not depend on the graph's inputs, takes that form from a node that
 * is computed once, when the weights are bound. */
#include "attrs.h"
#include "passes.h"

static nt_status keep(void *context, const nt_graph *from, int32_t i, nt_graph *to, nt_value *in,
                      nt_value *ret_out, bool *ret_replaced) {
    const nt_node *node = nt_graph_node(from, i);
    nt_fused_conv2d_attrs attrs = {.kept = true};
    (void)context;
    if (node->grad || (node->op != &nt_op_conv2d && node->op != &nt_op_fused_conv2d))
        return NT_OK;
    if (node->op == &nt_op_conv2d)
        attrs.conv = *(const nt_conv2d_attrs *)node->attrs;
    else
        attrs = *(const nt_fused_conv2d_attrs *)node->attrs;
    const nt_type *x = nt_graph_type(to, in[0]);
    int32_t at = 1 + attrs.plus; /* of the kernel */
    if (nt_graph_node(to, in[at].node)->varies || !x->batched || !nt_conv2d_keeps(&attrs.conv, x))
        return NT_OK;

    nt_value inputs[4];
    char why[NT_WHY];
    nt_keep_kernel_attrs kept = {.conv = attrs.conv, .map = {x->shape.dim[1], x->shape.dim[2]}};
    for (int32_t j = 0; j < node->in_count; j++)
        inputs[j] = in[j];
    NT_TRY(nt_graph_add_raw(to, &nt_op_keep_kernel, &kept, &in[at], 1, 1, node->name, &inputs[at],
                            why));
    attrs.kept = true;
    NT_TRY(nt_graph_add_raw(to, &nt_op_fused_conv2d, &attrs, inputs, node->in_count, node->in_count,
                            node->name, ret_out, why));
    *ret_replaced = true;
    return NT_OK;
}

static nt_status run(const nt_graph *from, const nt_pass_options *options, nt_graph **ret) {
    (void)options;
    return nt_graph_rewrite(from, keep, NULL, ret);
}

const nt_pass nt_pass_keep_kernels = {
    .kind = {.name = "keep_kernels",
             .doc = "transform kernels once, not with every batch",
             .fields = nt_no_fields},
    .phases = NT_IN_EVALUATION,
    .run = run,
};
