/* Ablation as an edit of the graph: a node whose kernel is zero is a constant. */
#include "passes.h"

typedef struct edit {
    const int32_t *nodes;
    int count;
} edit;

bool nt_node_has_kernel(const nt_graph *graph, const nt_node *node) {
    return node->data_count == 1 && node->in_count >= 2 && !node->grad &&
           nt_graph_type(graph, node->in[1])->layout == NT_KERNEL;
}

static nt_status zero(void *context, const nt_graph *from, int32_t i, nt_graph *to,
                      const nt_value *in, nt_value *ret_out, bool *ret_replaced) {
    const edit *wanted = context;
    bool found = false;
    for (int k = 0; k < wanted->count; k++)
        found = found || wanted->nodes[k] == i;
    if (!found)
        return NT_OK;
    const nt_node *node = nt_graph_node(from, i);
    if (!nt_node_has_kernel(from, node))
        return NT_INVALID;
    *ret_replaced = true;
    return nt_graph_add_constant(to, node->out[0].shape, 0, node->in_count > 2 ? &in[2] : NULL,
                                 node->name, ret_out);
}

nt_status nt_edit_zero(const nt_graph *from, const int32_t *nodes, int count, nt_graph **ret) {
    edit wanted = {.nodes = nodes, .count = count};
    return nt_graph_rewrite(from, zero, &wanted, ret);
}
