/* Fusing the sums for a batch's statistics into the convolution before the normalisation: it hands
 * on the mean and variance of what it makes, taken while that is in a cache, and the normalisation
 * need not read all of it once more to find them.
 *
 * For training, after the gradients are appended: theirs are those of the separate ops. Whoever
 * else reads the convolution's output still does. The bits are the same. */
#include "alloc.h"
#include "attrs.h"
#include "passes.h"

#include <string.h>

typedef struct fusion {
    const bool *sums; /* per node of the old graph: it is a convolution that hands them on */
} fusion;

static bool finds_statistics(const nt_node *node) {
    if (node->grad || node->op != &nt_op_batch_norm)
        return false;
    int32_t statistics = ((const nt_batch_norm_attrs *)node->attrs)->statistics;
    return statistics == NT_STATISTICS_TRAIN || statistics == NT_STATISTICS_BATCH;
}

static bool is_convolution(const nt_node *node) {
    return !node->grad && (node->op == &nt_op_conv2d || node->op == &nt_op_fused_conv2d);
}

/* The values that stand for all outputs of a node. */
static void put_all(const nt_node *node, nt_value first, nt_value *ret_out) {
    for (int32_t k = 0; k < node->out_count; k++)
        ret_out[k] = (nt_value){.node = first.node, .output = k};
}

/* Either op's attributes begin with those of a conv2d. */
static nt_status hand_on(const nt_node *node, nt_graph *to, const nt_value *in, nt_value *ret_out) {
    nt_fused_conv2d_attrs attrs;
    char why[NT_WHY];
    nt_value conv;
    memcpy(&attrs, node->attrs, node->op->kind.size);
    attrs.conv.moments = true;
    NT_TRY(nt_graph_add_raw(to, node->op, &attrs, in, node->data_count, node->in_count, node->name,
                            &conv, why));
    put_all(node, conv, ret_out);
    return NT_OK;
}

static nt_status take_over(const nt_node *node, nt_graph *to, const nt_value *in,
                           nt_value *ret_out) {
    char why[NT_WHY];
    nt_value inputs[NT_BN_MOMENTS + 1], norm;
    nt_batch_norm_attrs attrs = *(const nt_batch_norm_attrs *)node->attrs;
    attrs.statistics = NT_STATISTICS_SUMMED;
    memcpy(inputs, in, NT_BN_MOMENTS * sizeof *inputs);
    inputs[NT_BN_MOMENTS] = (nt_value){.node = in[NT_BN_X].node, .output = NT_CONV_MOMENTS};
    NT_TRY(nt_graph_add_raw(to, node->op, &attrs, inputs, node->data_count, NT_BN_MOMENTS + 1,
                            node->name, &norm, why));
    put_all(node, norm, ret_out);
    return NT_OK;
}

static nt_status fuse(void *context, const nt_graph *from, int32_t i, nt_graph *to, nt_value *in,
                      nt_value *ret_out, bool *ret_replaced) {
    const fusion *f = context;
    const nt_node *node = nt_graph_node(from, i);
    if (f->sums[i]) {
        *ret_replaced = true;
        return hand_on(node, to, in, ret_out);
    }
    if (finds_statistics(node) && f->sums[node->in[NT_BN_X].node]) {
        *ret_replaced = true;
        return take_over(node, to, in, ret_out);
    }
    return NT_OK;
}

static nt_status run(const nt_graph *from, const nt_pass_options *options, nt_graph **ret) {
    size_t size = (size_t)nt_graph_size(from);
    bool *sums = nt_alloc_zero(size);
    (void)options;
    if (!sums)
        return NT_NO_MEMORY;
    for (int32_t i = 0; i < nt_graph_size(from); i++) {
        const nt_node *node = nt_graph_node(from, i);
        if (finds_statistics(node) && is_convolution(nt_graph_node(from, node->in[NT_BN_X].node)))
            sums[node->in[NT_BN_X].node] = true;
    }
    nt_status status = nt_graph_rewrite(from, fuse, &(fusion){sums}, ret);
    nt_free(sums, size);
    return status;
}

const nt_pass nt_pass_fuse_sums = {
    .kind = {.name = "fuse_sums",
             .doc = "let a convolution find its batch's statistics",
             .fields = nt_no_fields},
    .phases = NT_IN_EVALUATION | NT_IN_GRADIENTS,
    .run = run,
};
