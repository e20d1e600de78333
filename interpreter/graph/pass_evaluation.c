/* What evaluation means: an op that only acts in training (dropout) stands for its input, batch
 * normalisation uses the statistics that the options say, and convolutions take the direct
 * algorithm where the options ask for it. */
#include "attrs.h"
#include "passes.h"

static nt_status evaluate(void *context, const nt_graph *from, int32_t i, nt_graph *to,
                          const nt_value *in, nt_value *ret_out, bool *ret_replaced) {
    const nt_pass_options *options = context;
    const nt_node *node = nt_graph_node(from, i);
    char why[NT_WHY];
    if (node->op->traits & NT_OP_TRAINING) {
        ret_out[0] = in[0];
        *ret_replaced = true;
    } else if (node->op == &nt_op_batch_norm) {
        nt_batch_norm_attrs attrs = *(const nt_batch_norm_attrs *)node->attrs;
        attrs.statistics =
            options->norm == NT_NORM_BATCH ? NT_STATISTICS_BATCH : NT_STATISTICS_RUNNING;
        NT_TRY(nt_graph_add_raw(to, node->op, &attrs, in, node->data_count, node->in_count,
                                node->name, ret_out, why));
        *ret_replaced = true;
    } else if (node->op == &nt_op_conv2d && options->conv == NT_CONV_DIRECT) {
        nt_conv2d_attrs attrs = *(const nt_conv2d_attrs *)node->attrs;
        attrs.algorithm = NT_CONV_DIRECT;
        NT_TRY(nt_graph_add_raw(to, node->op, &attrs, in, node->data_count, node->in_count,
                                node->name, ret_out, why));
        *ret_replaced = true;
    }
    return NT_OK;
}

nt_status nt_pass_evaluation(const nt_graph *from, const nt_pass_options *options, nt_graph **ret) {
    return nt_graph_rewrite(from, evaluate, (void *)(uintptr_t)options, ret);
}
