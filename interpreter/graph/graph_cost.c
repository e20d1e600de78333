/* The sum over the nodes of what their ops say. */
#include "graph_cost.h"

static void add_node(const nt_graph *graph, const nt_node *node, nt_graph_cost *cost) {
    nt_type in[NT_MAX_INPUTS + NT_MAX_PARAMS];
    if (node->op->traits & NT_OP_SOURCE)
        return;
    cost->nodes++;
    if (!node->varies || !node->op->multiply_adds)
        return;
    for (int32_t j = 0; j < node->in_count; j++)
        in[j] = *nt_graph_type(graph, node->in[j]);
    int64_t counted = node->op->multiply_adds(node->attrs, in, node->out);
    cost->multiply_adds += counted;
    cost->executed += node->op->executed ? node->op->executed(node->attrs, in, node->out) : counted;
}

nt_graph_cost nt_graph_cost_of(const nt_graph *graph) {
    nt_graph_cost cost = {0};
    for (int32_t i = 0; i < nt_graph_size(graph); i++)
        add_node(graph, nt_graph_node(graph, i), &cost);
    return cost;
}
