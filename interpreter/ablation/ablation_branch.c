/* One branch of a concatenation is zero, and the others are left: the long connection of a U-Net
 * goes without what else reads its map. */
#include "edit.h"

#include <stdio.h>
#include <string.h>

typedef struct options {
    int32_t input;
} options;

static const nt_field fields[] = {
    {"input", NT_INT, offsetof(options, input), NULL, 1, NT_MAX_INPUTS,
     .doc = "which of its inputs, from 1"},
    {0},
};

static bool is_concatenation(const nt_graph *graph, const nt_node *node) {
    (void)graph;
    return node->op == &nt_op_concat && !node->grad;
}

static nt_status edit(const nt_editing *e, nt_value *ret) {
    const nt_node *node = e->node;
    int at = ((const options *)e->edit->options)->input - 1;
    nt_value inputs[NT_MAX_INPUTS];
    if (at >= node->in_count) {
        snprintf(e->why, NT_WHY, "'%s' has %d inputs, so there is no input %d", node->name,
                 node->in_count, at + 1);
        return NT_INVALID;
    }
    memcpy(inputs, e->in, (size_t)node->in_count * sizeof *inputs);
    NT_TRY(nt_graph_add_constant(e->to, nt_graph_type(e->from, node->in[at])->shape, 0, NULL,
                                 node->name, &inputs[at]));
    return nt_graph_add_raw(e->to, node->op, node->attrs, inputs, node->data_count, node->in_count,
                            node->name, ret, e->why);
}

const nt_ablation nt_ablation_branch = {
    .kind = {"branch", "one of its inputs is zero", fields, sizeof(options)},
    .layers = "concatenations, or the block that holds one",
    .fits = is_concatenation,
    .unfit = "is no concatenation, so it has no branches",
    .in_block = "concatenation",
    .block_unfit = "holds no concatenation, so it has no branches",
    .edit = edit,
};
