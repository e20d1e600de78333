/* Zeros go through: what an op makes of zeros alone is zeros, if it says so (nt_op.keeps_zero), and
 * so is a product of zeros with what does not depend on the input. Such a node is replaced by the
 * constant 0 of its shape, so that cases are one node that zero one or the other of several layers
 * in a row.
 *
 * It comes before batch normalisations are folded, and the bits are the same: one that is folded
 * into a convolution of zeros makes (0 - mean) scale + shift of them, as does one that reads the
 * constant. But zeros lose their signs, which no sum, product or comparison shows. Products with
 * what depends on the input stay, since it may not be finite for some image. */
#include "attrs.h"
#include "passes.h"

static nt_status replace(void *context, const nt_graph *from, int32_t i, nt_graph *to, nt_value *in,
                         nt_value *ret_out, bool *ret_replaced) {
    const nt_node *node = nt_graph_node(from, i);
    int32_t zeros = 0, fixed = 0;
    (void)context;
    if (node->grad || node->out_count != 1 || !node->op->keeps_zero ||
        !node->op->keeps_zero(node->attrs))
        return NT_OK;
    for (int32_t j = 0; j < node->data_count; j++) {
        zeros += nt_graph_is_zero(to, in[j]);
        fixed += !nt_graph_node(to, in[j].node)->varies;
    }
    bool product = node->op == &nt_op_mul && zeros > 0 && fixed == node->data_count;
    if (zeros < node->data_count && !product)
        return NT_OK;
    *ret_replaced = true;
    return nt_graph_add_constant(to, node->out[0].shape, 0, NULL, node->name, ret_out);
}

static nt_status run(const nt_graph *from, const nt_pass_options *options, nt_graph **ret) {
    (void)options;
    return nt_graph_rewrite(from, replace, NULL, ret);
}

const nt_pass nt_pass_zeros = {
    .kind = {.name = "zeros",
             .doc = "put a constant in place of what is made of zeros alone",
             .fields = nt_no_fields},
    .phases = NT_IN_EVALUATION,
    .run = run,
};
