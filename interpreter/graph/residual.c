/* The operands' fork (fork.h) is the identity where it is one of them; otherwise the operand that
 * is the shortest from there on is a projection. */
#include "residual.h"

#include "alloc.h"
#include "attrs.h"
#include "fork.h"
#include "network.h"

/* Whether a layer with a kernel stands between the sum and the fork of its operands. */
static bool joins_layers(const nt_graph *graph, int32_t sum, nt_fork_mark *marks) {
    for (int32_t i = nt_fork_of(graph, sum, marks) + 1; i < sum; i++)
        if (marks[i].sides && nt_node_has_kernel(graph, nt_graph_node(graph, i)))
            return true;
    return false;
}

bool nt_residual_is_sum(const nt_graph *graph, const nt_node *node) {
    int32_t sum = nt_graph_size(graph);
    if (node->op != &nt_op_add || node->grad)
        return false;
    for (int32_t k = 0; k < node->data_count; k++)
        if (nt_graph_node(graph, node->in[k].node)->op == &nt_op_constant)
            return false;
    while (nt_graph_node(graph, --sum) != node)
        ;
    size_t size = (size_t)(sum + 1) * sizeof(nt_fork_mark);
    nt_fork_mark *marks = nt_alloc(size);
    bool joins = !marks || joins_layers(graph, sum, marks);
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
    int32_t least = INT32_MAX;
    int found = -1;
    for (int k = 0; k < node->data_count; k++) {
        if (node->in[k].node == fork)
            return -1;
        int32_t length = nt_fork_length(marks, fork, sum, k);
        found = length < least ? k : length == least ? -1 : found;
        least = length < least ? length : least;
    }
    return found;
}

nt_status nt_residual_short(const nt_graph *graph, int32_t sum, nt_short *ret, int *ret_operand) {
    const nt_node *node = nt_graph_node(graph, sum);
    size_t size = (size_t)(sum + 1) * sizeof(nt_fork_mark);
    nt_fork_mark *marks = nt_alloc(size);
    if (!marks)
        return NT_NO_MEMORY;
    nt_short found = NT_SHORT_NONE;
    int32_t fork = node->data_count <= NT_FORK_SIDES ? nt_fork_of(graph, sum, marks) : -1;
    int operand = fork < 0 ? -1 : identity_of(node, fork);
    if (operand >= 0) {
        found = NT_SHORT_IDENTITY;
    } else if (fork >= 0) {
        operand = projection_of(node, marks, fork, sum);
        found = operand >= 0 ? NT_SHORT_PROJECTION : NT_SHORT_NONE;
    }
    nt_free(marks, size);
    *ret = found;
    if (found != NT_SHORT_NONE)
        *ret_operand = operand;
    return NT_OK;
}
