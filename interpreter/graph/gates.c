/* Gates of squeeze and excitation (Hu et al., "Squeeze-and-excitation networks", CVPR 2018): a map
 * is averaged to one place, which goes through a chain of layers, and the chain's end multiplies a
 * map channel by channel. A chain is followed upward by each node's first input that isn't a
 * constant. */
#include "alloc.h"
#include "attrs.h"
#include "network.h"

static bool has_one_place(const nt_node *node) {
    return nt_shape_pixels(node->out[0].shape) == 1;
}

static bool is_average(const nt_node *node) {
    return node->op == &nt_op_global_avg_pool || node->op == &nt_op_adaptive_avg_pool;
}

/* The node before it on the chain; -1: the chain begins here. */
static int32_t find_before(const nt_graph *graph, const nt_node *node) {
    for (int32_t j = 0; j < node->data_count; j++)
        if (nt_graph_node(graph, node->in[j].node)->op != &nt_op_constant)
            return node->in[j].node;
    return -1;
}

/* Whether the chain that ends here begins with an average. */
static bool comes_from_average(const nt_graph *graph, const nt_node *node) {
    while (has_one_place(node) && !is_average(node)) {
        int32_t before = find_before(graph, node);
        if (before < 0)
            return false;
        node = nt_graph_node(graph, before);
    }
    return has_one_place(node);
}

/* Whether it is a factor of a product with something else. */
static bool is_factor(const nt_graph *graph, const nt_node *node) {
    for (int32_t i = 0; i < nt_graph_size(graph); i++) {
        const nt_node *product = nt_graph_node(graph, i);
        if (product->op == &nt_op_mul && !product->grad &&
            (nt_graph_node(graph, product->in[0].node) == node) !=
                (nt_graph_node(graph, product->in[1].node) == node))
            return true;
    }
    return false;
}

static bool may_be_gate(const nt_node *node) {
    return !node->grad && node->data_count > 0 && has_one_place(node) && !is_average(node);
}

bool nt_node_is_gate(const nt_graph *graph, const nt_node *node) {
    return may_be_gate(node) && comes_from_average(graph, node) && is_factor(graph, node);
}

/* What the two questions above are answered with, for all nodes at once: in the order of nodes each
 * follows from those before it. */
typedef struct knowledge {
    bool *averaged, *factor;
} knowledge;

static void learn(const nt_graph *graph, knowledge *of) {
    for (int32_t i = 0; i < nt_graph_size(graph); i++) {
        const nt_node *node = nt_graph_node(graph, i);
        int32_t before = find_before(graph, node);
        of->averaged[i] =
            has_one_place(node) && (is_average(node) || (before >= 0 && of->averaged[before]));
        if (node->op == &nt_op_mul && !node->grad && node->in[0].node != node->in[1].node)
            of->factor[node->in[0].node] = of->factor[node->in[1].node] = true;
    }
}

nt_status nt_graph_mark_gates(const nt_graph *graph, bool *ret_marked) {
    size_t size = (size_t)nt_graph_size(graph) + 1;
    knowledge of = {nt_alloc_zero(size), nt_alloc_zero(size)};
    nt_status status = of.averaged && of.factor ? NT_OK : NT_NO_MEMORY;
    if (status == NT_OK)
        learn(graph, &of);
    for (int32_t i = nt_graph_size(graph); status == NT_OK && i-- > 0;) {
        const nt_node *node = nt_graph_node(graph, i);
        bool gate = may_be_gate(node) && of.averaged[i] && of.factor[i];
        ret_marked[i] = ret_marked[i] || gate;
        int32_t before = ret_marked[i] ? find_before(graph, node) : -1;
        if (before >= 0 && !is_average(nt_graph_node(graph, before)))
            ret_marked[before] = true;
    }
    nt_free(of.averaged, size);
    nt_free(of.factor, size);
    return status;
}
