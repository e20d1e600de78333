/* Batch-norm folding: a batch normalisation with running statistics directly after a convolution or
 * a linear layer becomes part of its kernel and bias,
 *
 *     w' = w γ / √(σ² + ε),    b' = β + (b − μ) γ / √(σ² + ε),
 *
 * which are nodes that don't depend on the input and so are computed once. It is done whoever else
 * reads the convolution's output: the decision depends on the pair alone, so that a network gives
 * the same bits evaluated by itself or beside others. */
#include "attrs.h"
#include "passes.h"
#include <string.h>

static bool foldable(const nt_node *norm, const nt_node *before) {
    if (norm->op != &nt_op_batch_norm ||
        ((const nt_batch_norm_attrs *)norm->attrs)->statistics != NT_STATISTICS_RUNNING)
        return false;
    return before->op == &nt_op_conv2d || before->op == &nt_op_conv_transpose2d ||
           before->op == &nt_op_linear;
}

/* Attributes of any of these ops. */
typedef union layer_attrs {
    nt_conv2d_attrs conv;
    nt_conv_transpose2d_attrs transpose;
    nt_linear_attrs linear;
} layer_attrs;

/* The node's attributes with its bias switched on: what holds the folded shift. */
static void with_bias(const nt_node *node, layer_attrs *ret, bool *ret_had_bias) {
    bool *bias = node->op == &nt_op_conv2d             ? &ret->conv.bias
                 : node->op == &nt_op_conv_transpose2d ? &ret->transpose.conv.bias
                                                       : &ret->linear.bias;
    memcpy(ret, node->attrs, node->op->kind.size);
    *ret_had_bias = *bias;
    *bias = true;
}

static nt_status fold(void *context, const nt_graph *from, int32_t i, nt_graph *to, nt_value *in,
                      nt_value *ret_out, bool *ret_replaced) {
    (void)context;
    const nt_node *norm = nt_graph_node(from, i);
    if (norm->op != &nt_op_batch_norm)
        return NT_OK;
    const nt_node *before = nt_graph_node(to, in[NT_BN_X].node);
    if (!foldable(norm, before))
        return NT_OK;
    char why[NT_WHY];
    layer_attrs attrs;
    nt_fold_attrs fold_attrs = {.eps = ((const nt_batch_norm_attrs *)norm->attrs)->eps,
                                .transposed = before->op == &nt_op_conv_transpose2d};
    with_bias(before, &attrs, &fold_attrs.has_bias);

    nt_value parts[6], folded;
    int count = 0;
    parts[count++] = before->in[NT_CONV_WEIGHT];
    if (fold_attrs.has_bias)
        parts[count++] = before->in[NT_CONV_BIAS];
    for (int p = NT_BN_WEIGHT; p <= NT_BN_RUNNING_VARIANCE; p++)
        parts[count++] = in[p];
    NT_TRY(nt_graph_add_raw(to, &nt_op_fold_batch_norm, &fold_attrs, parts, count, count,
                            norm->name, &folded, why));

    nt_value inputs[3] = {
        before->in[NT_CONV_X], folded, {.node = folded.node, .output = NT_FOLD_BIAS}};
    NT_TRY(nt_graph_add_raw(to, before->op, &attrs, inputs, 1, 3, before->name, ret_out, why));
    *ret_replaced = true;
    return NT_OK;
}

static nt_status run(const nt_graph *from, const nt_pass_options *options, nt_graph **ret) {
    (void)options;
    return nt_graph_rewrite(from, fold, NULL, ret);
}

const nt_pass nt_pass_fold_batch_norm = {
    .kind = {.name = "fold_batch_norm",
             .doc = "fold running statistics into the kernel before them",
             .fields = nt_no_fields},
    .phases = NT_IN_EVALUATION,
    .run = run,
};
