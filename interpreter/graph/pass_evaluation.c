/* What evaluation means: an op that only acts in training (dropout) stands for its input, batch
 * normalisation uses the statistics that the options say, and convolutions take the direct
 * algorithm where the options ask for it. Recalibrated statistics are parameters of their own, one
 * pair for each normalisation in the graph. */
#include "attrs.h"
#include "calibration.h"
#include "passes.h"
#include <string.h>

static nt_status choose_statistics(const nt_pass_options *options, const nt_node *node, int32_t i,
                                   nt_graph *to, const nt_value *in, nt_value *ret_out) {
    nt_value inputs[NT_MAX_PARAMS + 1];
    char why[NT_WHY], mean[NT_CALIBRATED_NAME], variance[NT_CALIBRATED_NAME];
    nt_batch_norm_attrs attrs = *(const nt_batch_norm_attrs *)node->attrs;
    attrs.statistics = options->norm == NT_NORM_BATCH ? NT_STATISTICS_BATCH : NT_STATISTICS_RUNNING;
    memcpy(inputs, in, (size_t)node->in_count * sizeof *in);
    if (options->norm == NT_NORM_RECALIBRATED) {
        nt_type type = *nt_graph_type(to, in[NT_BN_RUNNING_MEAN]);
        nt_calibrated_names(i, mean, variance);
        NT_TRY(nt_graph_add_param(to, mean, type, &inputs[NT_BN_RUNNING_MEAN]));
        NT_TRY(nt_graph_add_param(to, variance, type, &inputs[NT_BN_RUNNING_VARIANCE]));
    }
    return nt_graph_add_raw(to, node->op, &attrs, inputs, node->data_count, node->in_count,
                            node->name, ret_out, why);
}

/* Either op's attributes begin with those of a conv2d. */
static nt_status choose_direct(const nt_node *node, nt_graph *to, const nt_value *in,
                               nt_value *ret_out) {
    nt_conv_transpose2d_attrs attrs;
    char why[NT_WHY];
    memcpy(&attrs, node->attrs, node->op->kind.size);
    attrs.conv.algorithm = NT_CONV_DIRECT;
    return nt_graph_add_raw(to, node->op, &attrs, in, node->data_count, node->in_count, node->name,
                            ret_out, why);
}

/* Of a graph that finds recalibrated statistics, which stays as it is, all its outputs with it. */
static bool calibrates(const nt_node *node) {
    return ((const nt_batch_norm_attrs *)node->attrs)->statistics == NT_STATISTICS_TRAIN;
}

static nt_status evaluate(void *context, const nt_graph *from, int32_t i, nt_graph *to,
                          nt_value *in, nt_value *ret_out, bool *ret_replaced) {
    const nt_pass_options *options = context;
    const nt_node *node = nt_graph_node(from, i);
    if (node->op->traits & NT_OP_TRAINING) {
        ret_out[0] = in[0];
        *ret_replaced = true;
    } else if (node->op == &nt_op_batch_norm && !calibrates(node)) {
        NT_TRY(choose_statistics(options, node, i, to, in, ret_out));
        *ret_replaced = true;
    } else if ((node->op == &nt_op_conv2d || node->op == &nt_op_conv_transpose2d) &&
               options->conv == NT_CONV_DIRECT) {
        NT_TRY(choose_direct(node, to, in, ret_out));
        *ret_replaced = true;
    }
    return NT_OK;
}

nt_status nt_pass_evaluation(const nt_graph *from, const nt_pass_options *options, nt_graph **ret) {
    return nt_graph_rewrite(from, evaluate, (void *)(uintptr_t)options, ret);
}
