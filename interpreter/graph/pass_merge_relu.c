/* A relu of what a relu made is that itself, bit for bit: max(x, 0) is not negative, and a NaN or a
 * negative zero goes through both alike. So it is with every op that is idempotent. Networks are
 * not written so, but cases are made so: where the residual branch of a unit is gone, its relu
 * stands on that of the unit before. */
#include "passes.h"

static nt_status merge(void *context, const nt_graph *from, int32_t i, nt_graph *to, nt_value *in,
                       nt_value *ret_out, bool *ret_replaced) {
    const nt_node *node = nt_graph_node(from, i);
    (void)context;
    if (node->grad || !(node->op->traits & NT_OP_IDEMPOTENT))
        return NT_OK;
    const nt_node *before = nt_graph_node(to, in[0].node);
    if (before->grad || before->op != node->op ||
        !nt_fields_equal(node->op->kind.fields, before->attrs, node->attrs))
        return NT_OK;
    ret_out[0] = in[0];
    *ret_replaced = true;
    return NT_OK;
}

static nt_status run(const nt_graph *from, const nt_pass_options *options, nt_graph **ret) {
    (void)options;
    return nt_graph_rewrite(from, merge, NULL, ret);
}

const nt_pass nt_pass_merge_relu = {
    .kind = {.name = "merge_relu",
             .doc = "drop a relu of a relu, and its like",
             .fields = nt_no_fields},
    .phases = NT_IN_EVALUATION,
    .run = run,
};
