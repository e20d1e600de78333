/* The operands' fork (fork.h) is the identity where it is one of them; otherwise the operand that
 * is the shortest from there on is a projection. */
#include "residual.h"

#include "alloc.h"
#include "attrs.h"
#include "network.h"

/* Whether it is an addition that may join a layer. */
static bool may_join(const nt_graph *graph, const nt_node *node) {
    if (node->op != &nt_op_add || node->grad)
        return false;
    for (int32_t k = 0; k < node->data_count; k++)
        if (nt_graph_node(graph, node->in[k].node)->op == &nt_op_constant)
            return false;
    return true;
}

bool nt_residual_is_marked_sum(const nt_graph *graph, int32_t sum, int32_t fork,
                               const nt_fork_mark *marks) {
    if (!may_join(graph, nt_graph_node(graph, sum)))
        return false;
    for (int32_t i = fork + 1; i < sum; i++)
        if (nt_fork_sides(marks, sum, i) && nt_node_has_kernel(graph, nt_graph_node(graph, i)))
            return true;
    return false;
}

/* The number of a node: values are numbered in the order of nodes. */
static int32_t number_of(const nt_graph *graph, const nt_node *node) {
    int32_t low = 0, high = nt_graph_size(graph) - 1;
    while (low < high) {
        int32_t middle = low + (high - low + 1) / 2;
        if (nt_graph_node(graph, middle)->first_value <= node->first_value)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

bool nt_residual_is_sum(const nt_graph *graph, const nt_node *node) {
    if (!may_join(graph, node))
        return false;
    int32_t sum = number_of(graph, node);
    size_t size = (size_t)(sum + 1) * sizeof(nt_fork_mark);
    nt_fork_mark *marks = nt_alloc_zero(size);
    bool joins =
        !marks || nt_residual_is_marked_sum(graph, sum, nt_fork_of(graph, sum, marks), marks);
    nt_free(marks, size);
    return joins;
}

/* The one operand that is the fork; -1: none is, or several are. */
static int identity_of(const nt_node *node, int32_t fork) {
    int found = -1;
    for (int k = 0; k < node->data_count; k++) {
        if (node->in[k].node != fork)
            continue;
        if (found >= 0)
            return -1;
        found = k;
    }
    return found;
}

/* The one operand that is shorter than all others; -1: there is none. */
static int projection_of(const nt_node *node, const nt_fork_mark *marks, int32_t fork,
                         int32_t sum) {
    int32_t least = INT32_MAX, lengths[NT_FORK_SIDES];
    int found = -1;
    nt_fork_lengths(marks, fork, sum, lengths);
    for (int k = 0; k < node->data_count; k++) {
        if (node->in[k].node == fork)
            return -1;
        found = lengths[k] < least ? k : lengths[k] == least ? -1 : found;
        least = lengths[k] < least ? lengths[k] : least;
    }
    return found;
}

nt_short nt_residual_marked_short(const nt_graph *graph, int32_t sum, int32_t fork,
                                  const nt_fork_mark *marks, int *ret_operand) {
    const nt_node *node = nt_graph_node(graph, sum);
    if (fork < 0 || node->data_count > NT_FORK_SIDES)
        return NT_SHORT_NONE;
    nt_short found = NT_SHORT_IDENTITY;
    int operand = identity_of(node, fork);
    if (operand < 0) {
        found = NT_SHORT_PROJECTION;
        operand = projection_of(node, marks, fork, sum);
    }
    if (operand < 0)
        return NT_SHORT_NONE;
    *ret_operand = operand;
    return found;
}

nt_status nt_residual_short(const nt_graph *graph, int32_t sum, nt_short *ret, int *ret_operand) {
    size_t size = (size_t)(sum + 1) * sizeof(nt_fork_mark);
    nt_fork_mark *marks = nt_alloc_zero(size);
    if (!marks)
        return NT_NO_MEMORY;
    int32_t fork = nt_fork_of(graph, sum, marks);
    *ret = nt_residual_marked_short(graph, sum, fork, marks, ret_operand);
    nt_free(marks, size);
    return NT_OK;
}
