/* Where the options ask for it, every convolution takes the direct algorithm: no Winograd, no other
 * short cut. */
#include "attrs.h"
#include "passes.h"
#include <string.h>

static bool wanted(const nt_pass_options *options) {
    return options->conv == NT_CONV_DIRECT;
}

/* Either op's attributes begin with those of a conv2d. */
static nt_status choose_direct(void *context, const nt_graph *from, int32_t i, nt_graph *to,
                               nt_value *in, nt_value *ret_out, bool *ret_replaced) {
    const nt_node *node = nt_graph_node(from, i);
    nt_conv_transpose2d_attrs attrs;
    char why[NT_WHY];
    (void)context;
    if (node->op != &nt_op_conv2d && node->op != &nt_op_conv_transpose2d)
        return NT_OK;
    memcpy(&attrs, node->attrs, node->op->kind.size);
    attrs.conv.algorithm = NT_CONV_DIRECT;
    *ret_replaced = true;
    return nt_graph_add_raw(to, node->op, &attrs, in, node->data_count, node->in_count, node->name,
                            ret_out, why);
}

static nt_status run(const nt_graph *from, const nt_pass_options *options, nt_graph **ret) {
    (void)options;
    return nt_graph_rewrite(from, choose_direct, NULL, ret);
}

const nt_pass nt_pass_direct = {
    .kind = {.name = "direct",
             .doc = "let all convolutions take the direct algorithm, if that is asked for",
             .fields = nt_no_fields},
    .phases = NT_IN_EVALUATION | NT_IN_FORWARD,
    .meaning = NT_IN_EVALUATION | NT_IN_FORWARD,
    .wanted = wanted,
    .run = run,
};
