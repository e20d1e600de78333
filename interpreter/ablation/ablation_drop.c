/* A sum loses its residual branch, and its other input is left: Veit et al., "Residual networks
 * behave like ensembles of relatively shallow networks", NIPS 2016. */
#include "edit.h"

#include "alloc.h"
#include "attrs.h"
#include "fork.h"
#include <stdio.h>

/* Whether a layer with a kernel stands between the sum and the fork of its operands. */
static bool joins_layers(const nt_graph *graph, int32_t sum, nt_fork_mark *marks) {
    for (int32_t i = nt_fork_of(graph, sum, marks) + 1; i < sum; i++)
        if (marks[i].sides && nt_node_has_kernel(graph, nt_graph_node(graph, i)))
            return true;
    return false;
}

/* A sum that only shifts by a constant, or joins what activations made of one map, has no branch.
 */
static bool is_sum(const nt_graph *graph, const nt_node *node) {
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
    bool joins = !marks || joins_layers(graph, sum, marks); /* without memory the edit will fail */
    nt_free(marks, size);
    return joins;
}

/* Whether node `below` depends on node `above`. */
static bool depends(const nt_graph *graph, int32_t below, int32_t above, bool *ret_no_memory) {
    bool *reached = nt_alloc_zero((size_t)below + 1);
    if (!reached) {
        *ret_no_memory = true;
        return false;
    }
    reached[below] = true;
    for (int32_t i = below; i > above; i--)
        for (int32_t j = 0; reached[i] && j < nt_graph_node(graph, i)->in_count; j++)
            reached[nt_graph_node(graph, i)->in[j].node] = true;
    bool result = below > above && reached[above];
    nt_free(reached, (size_t)below + 1);
    return result;
}

/* The sum's input that its other inputs are computed from: the identity path; -1: none is. */
static int identity_of(const nt_graph *graph, const nt_node *sum, bool *ret_no_memory) {
    for (int32_t k = 0; k < sum->in_count; k++) {
        bool all = true;
        for (int32_t j = 0; j < sum->in_count; j++)
            all =
                all && (j == k || depends(graph, sum->in[j].node, sum->in[k].node, ret_no_memory));
        if (all)
            return k;
    }
    return -1;
}

static nt_status edit(const nt_editing *e, nt_value *ret) {
    bool no_memory = false;
    int identity = identity_of(e->from, e->node, &no_memory);
    if (no_memory)
        return NT_NO_MEMORY;
    if (identity < 0) {
        snprintf(e->why, NT_WHY, "'%s' has no identity path, so its branch can't be dropped",
                 e->node->name);
        return NT_INVALID;
    }
    nt_type path = *nt_graph_type(e->from, e->node->in[identity]);
    if (!nt_shape_equal(path.shape, e->node->out[0].shape)) {
        snprintf(e->why, NT_WHY,
                 "the identity path of '%s' has another shape than the sum, so its branch can't be "
                 "dropped",
                 e->node->name);
        return NT_INVALID;
    }
    *ret = e->in[identity];
    return NT_OK;
}

const nt_ablation nt_ablation_drop = {
    .kind = {"drop", "its residual branch is gone", nt_no_fields, 0},
    .layers = "sums, or the block that holds one",
    .fits = is_sum,
    .unfit = "is no sum of a branch with a layer, so there is none to drop",
    .in_block = "sum",
    .block_unfit = "holds no sum of a branch with a layer, so there is none to drop",
    .edit = edit,
};
