/* What evaluation means: an op that only acts in training (dropout) stands for its input, and batch
 * normalisation uses the statistics that the options say. Recalibrated statistics are parameters of
 * their own, one pair for each normalisation in the graph. */
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
    }
    return NT_OK;
}

static nt_status run(const nt_graph *from, const nt_pass_options *options, nt_graph **ret) {
    return nt_graph_rewrite(from, evaluate, (void *)(uintptr_t)options, ret);
}

const nt_pass nt_pass_evaluation = {
    .kind = {.name = "evaluation",
             .doc = "drop what only training needs, choose batch normalisation's statistics",
             .fields = nt_no_fields},
    .phases = NT_IN_EVALUATION,
    .meaning = NT_IN_EVALUATION,
    .run = run,
};
