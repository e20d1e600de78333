/* The calibration graph is a copy of the network in which every batch normalisation is in training
 * with a momentum of 1: its outputs that would be the next running statistics are the batch's own,
 * and become outputs of the graph, named by the node that they came from. */
#include "calibration.h"

#include "alloc.h"
#include "attrs.h"
#include <stdio.h>

void nt_calibrated_names(int32_t node, char ret_mean[NT_CALIBRATED_NAME],
                         char ret_variance[NT_CALIBRATED_NAME]) {
    snprintf(ret_mean, NT_CALIBRATED_NAME, "recalibrated mean %d", node);
    snprintf(ret_variance, NT_CALIBRATED_NAME, "recalibrated variance %d", node);
}

/* With a momentum of 1 the next running statistics are this batch's. */
static nt_status observe(void *context, const nt_graph *from, int32_t i, nt_graph *to, nt_value *in,
                         nt_value *ret_out, bool *ret_replaced) {
    nt_value *seen = context;
    const nt_node *node = nt_graph_node(from, i);
    char why[NT_WHY];
    if (node->op->traits & NT_OP_TRAINING) {
        ret_out[0] = in[0];
        *ret_replaced = true;
    }
    if (node->op != &nt_op_batch_norm)
        return NT_OK;
    nt_batch_norm_attrs attrs = *(const nt_batch_norm_attrs *)node->attrs;
    attrs.statistics = NT_STATISTICS_TRAIN;
    attrs.momentum = 1;
    NT_TRY(nt_graph_add_raw(to, node->op, &attrs, in, node->data_count, node->in_count, node->name,
                            ret_out, why));
    seen[i] = ret_out[0];
    *ret_replaced = true;
    return NT_OK;
}

static nt_status add_outputs(const nt_value *seen, int32_t count, nt_graph *to) {
    char mean[NT_CALIBRATED_NAME], variance[NT_CALIBRATED_NAME];
    for (int32_t i = 0; i < count; i++) {
        if (seen[i].node < 0)
            continue;
        nt_calibrated_names(i, mean, variance);
        NT_TRY(nt_graph_add_output(to, mean, (nt_value){seen[i].node, NT_BN_NEXT_MEAN}));
        NT_TRY(nt_graph_add_output(to, variance, (nt_value){seen[i].node, NT_BN_NEXT_VARIANCE}));
    }
    return NT_OK;
}

nt_status nt_calibration_graph(const nt_graph *from, nt_graph **ret) {
    int32_t count = nt_graph_size(from);
    size_t size = (size_t)count * sizeof(nt_value);
    nt_value *seen = nt_alloc(size);
    nt_graph *to = nt_graph_new();
    nt_status status = seen && to ? NT_OK : NT_NO_MEMORY;
    for (int32_t i = 0; status == NT_OK && i < count; i++)
        seen[i] = (nt_value){.node = -1};
    if (status == NT_OK)
        status = nt_graph_rewrite_into(from, observe, seen, to, NULL);
    if (status == NT_OK)
        status = add_outputs(seen, count, to);
    nt_free(seen, size);
    if (status != NT_OK) {
        nt_graph_free(to);
        return status;
    }
    *ret = to;
    return NT_OK;
}

double nt_calibration_factor(const nt_graph *graph, nt_value output, int32_t batch) {
    const nt_node *node = nt_graph_node(graph, output.node);
    if (output.output != NT_BN_NEXT_VARIANCE || nt_graph_type(graph, node->in[NT_BN_X])->batched)
        return 1;
    double one = (double)nt_shape_pixels(nt_graph_type(graph, node->in[NT_BN_X])->shape);
    double all = one * batch;
    double biased = one > 1 ? (one - 1) / one : 1;
    return all > 1 ? biased * all / (all - 1) : biased;
}
