/* Which convolutions decompose features, which stand on a short connection, and which layers matter
 * to no output.
 *
 * A convolution is a feature-decomposition layer (fd) when it changes the number of channels. It is
 * on a shortcut when it stands on the short side of an addition: of the ways back from each operand
 * to their fork (fork.h) that with the most convolutions is the long side, and convolutions that
 * only lie on other sides are shortcuts. */
#include "alloc.h"
#include "attrs.h"
#include "fork.h"
#include "network.h"
#include "residual.h"

static bool decomposes(const nt_graph *graph, const nt_node *node) {
    return nt_graph_type(graph, node->in[NT_CONV_X])->shape.dim[0] != node->out[0].shape.dim[0];
}

static void mark_shortcuts(const nt_graph *graph, int32_t sum, nt_fork_mark *marks,
                           bool *shortcut) {
    int32_t fork = nt_fork_of(graph, sum, marks);
    int32_t sides = nt_graph_node(graph, sum)->data_count, lengths[NT_FORK_SIDES], longest = 0;
    if (sides > NT_FORK_SIDES)
        return;
    for (int32_t k = 0; k < sides; k++) {
        lengths[k] = nt_fork_length(marks, fork, sum, k);
        if (lengths[k] > longest)
            longest = lengths[k];
    }
    for (int32_t k = 0; k < sides; k++)
        for (int32_t i = fork + 1; lengths[k] < longest && i < sum; i++)
            if (marks[i].sides == UINT64_C(1) << k)
                shortcut[i] = true;
}

nt_status nt_network_seal(nt_network *network) {
    const nt_graph *graph = network->graph;
    size_t count = (size_t)nt_graph_size(graph) + 1;
    nt_fork_mark *marks = nt_alloc(count * sizeof *marks);
    bool *shortcut = nt_alloc_zero(count), *live = nt_alloc_zero(count);
    bool *measured = nt_alloc_zero(count), *gates = nt_alloc_zero(count);
    nt_status status = marks && shortcut && live && measured && gates ? NT_OK : NT_NO_MEMORY;
    if (status == NT_OK) {
        nt_graph_mark_gates(graph, gates);
        nt_graph_mark_live(graph, nt_graph_output_count(graph), live);
        nt_graph_mark_live(graph, 1, measured);
    }
    for (int32_t i = 0; status == NT_OK && i < nt_graph_size(graph); i++)
        if (nt_graph_node(graph, i)->op == &nt_op_add)
            mark_shortcuts(graph, i, marks, shortcut);
    for (size_t l = 0; status == NT_OK && l < network->layer_count; l++) {
        nt_layer *layer = &network->layers[l];
        int operand;
        const nt_node *node = nt_graph_node(graph, layer->value.node);
        layer->convolution = nt_node_is_convolution(graph, node);
        layer->sum = node->op == &nt_op_add;
        layer->dead = !live[layer->value.node];
        layer->auxiliary = live[layer->value.node] && !measured[layer->value.node];
        layer->fd = layer->convolution && decomposes(graph, node);
        layer->shortcut = layer->convolution && shortcut[layer->value.node];
        layer->gate = gates[layer->value.node];
        if (layer->sum && nt_residual_is_sum(graph, node))
            status = nt_residual_short(graph, layer->value.node, &layer->residual, &operand);
    }
    nt_free(marks, count * sizeof *marks);
    nt_free(shortcut, count);
    nt_free(live, count);
    nt_free(measured, count);
    nt_free(gates, count);
    return status;
}
