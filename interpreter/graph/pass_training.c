/* What training means: batch normalisation works on the batch's own statistics and gives the next
 * running ones, unless it keeps what it has (passes.h). */
#include "attrs.h"
#include "passes.h"

static nt_status train(void *context, const nt_graph *from, int32_t i, nt_graph *to, nt_value *in,
                       nt_value *ret_out, bool *ret_replaced) {
    const nt_node *node = nt_graph_node(from, i);
    char why[NT_WHY];
    const nt_pass_options *options = context;
    if (node->op != &nt_op_batch_norm)
        return NT_OK;
    if (options->keeps &&
        options->keeps(options->keeps_context,
                       nt_graph_node(from, node->in[NT_BN_RUNNING_MEAN].node)->name))
        return NT_OK;
    nt_batch_norm_attrs attrs = *(const nt_batch_norm_attrs *)node->attrs;
    attrs.statistics = NT_STATISTICS_TRAIN;
    *ret_replaced = true;
    return nt_graph_add_raw(to, node->op, &attrs, in, node->data_count, node->in_count, node->name,
                            ret_out, why);
}

static nt_status run(const nt_graph *from, const nt_pass_options *options, nt_graph **ret) {
    nt_pass_options copy = *options;
    return nt_graph_rewrite(from, train, &copy, ret);
}

const nt_pass nt_pass_training = {
    .kind =
        {.name = "training",
         .doc = "let batch normalisation use its batch's statistics and give the next running ones",
         .fields = nt_no_fields},
    .phases = NT_IN_FORWARD,
    .meaning = NT_IN_FORWARD,
    .run = run,
};
