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

/* Counts each parameter where it is first read; `seen`: by number of the graph's values. */
static int64_t weights_of(const nt_graph *graph, const nt_node *node, bool *seen) {
    nt_type in[NT_MAX_INPUTS];
    nt_param params[NT_MAX_PARAMS];
    int64_t count = 0;
    int32_t at = node->data_count;
    if (!node->varies || !node->op->params)
        return 0;
    for (int32_t j = 0; j < node->data_count; j++)
        in[j] = *nt_graph_type(graph, node->in[j]);
    int param_count = node->op->params(node->attrs, in, params);
    for (int p = 0; p < param_count && at < node->in_count; p++) {
        if (params[p].role == NT_COUNTER)
            continue;
        bool *known = &seen[nt_graph_value_number(graph, node->in[at])];
        if (params[p].role == NT_WEIGHT && !*known)
            count += nt_shape_elements(nt_graph_type(graph, node->in[at])->shape);
        *known = true;
        at++;
    }
    return count;
}

nt_status nt_graph_weights(const nt_graph *graph, int64_t *ret) {
    size_t size = (size_t)nt_graph_value_count(graph) * sizeof(bool);
    bool *seen = nt_alloc_zero(size);
    if (!seen)
        return NT_NO_MEMORY;
    *ret = 0;
    for (int32_t i = 0; i < nt_graph_size(graph); i++)
        *ret += weights_of(graph, nt_graph_node(graph, i), seen);
    nt_free(seen, size);
    return NT_OK;
}
