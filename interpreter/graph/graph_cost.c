/* The sum over the nodes of what their ops say. */
#include "graph_cost.h"

#include "alloc.h"

/* The gradient of an input, or of a kernel, is a product of the forward node's size. */
static void add_gradient(const nt_node *node, const int32_t *readers, nt_graph_cost *cost) {
    const nt_grad *grad = node->grad;
    int32_t wanted = 0;
    for (int32_t i = 0; i < node->out_count && i < 2; i++)
        wanted += readers[node->first_value + i] > 0;
    int64_t counted = node->op->multiply_adds(node->attrs, grad->in, grad->out);
    cost->multiply_adds += wanted * counted;
    cost->executed +=
        wanted *
        (node->op->executed ? node->op->executed(node->attrs, grad->in, grad->out) : counted);
}

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

nt_status nt_graph_step_cost(const nt_graph *graph, nt_graph_cost *ret) {
    size_t size = (size_t)nt_graph_value_count(graph) * sizeof(int32_t);
    int32_t *readers = nt_alloc(size);
    *ret = (nt_graph_cost){0};
    if (!readers)
        return NT_NO_MEMORY;
    nt_graph_count_readers(graph, readers);
    for (int32_t i = 0; i < nt_graph_size(graph); i++) {
        const nt_node *node = nt_graph_node(graph, i);
        if (!node->grad)
            add_node(graph, node, ret);
        else if (node->op->multiply_adds)
            add_gradient(node, readers, ret);
    }
    nt_free(readers, size);
    return NT_OK;
}

nt_graph_cost nt_graph_cost_of(const nt_graph *graph) {
    nt_graph_cost cost = {0};
    for (int32_t i = 0; i < nt_graph_size(graph); i++)
        add_node(graph, nt_graph_node(graph, i), &cost);
    return cost;
}
