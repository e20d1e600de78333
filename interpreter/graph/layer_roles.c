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

static bool decomposes(const nt_graph *graph, const nt_node *node) {
    return nt_graph_type(graph, node->in[NT_CONV_X])->shape.dim[0] != node->out[0].shape.dim[0];
}

/* What is found of each node. */
typedef struct roles {
    const nt_graph *graph;
    nt_fork_mark *marks;
    bool *shortcut, *live, *measured, *gates;
    uint8_t *residual; /* an nt_short, of sums */
} roles;

static void mark_shortcuts(const roles *of, int32_t sum, int32_t fork) {
    int32_t sides = nt_graph_node(of->graph, sum)->data_count, longest = 0;
    int32_t lengths[NT_FORK_SIDES];
    if (sides > NT_FORK_SIDES)
        return;
    nt_fork_lengths(of->marks, fork, sum, lengths);
    for (int32_t k = 0; k < sides; k++)
        if (lengths[k] > longest)
            longest = lengths[k];
    uint64_t shorter = 0;
    for (int32_t k = 0; k < sides; k++)
        if (lengths[k] < longest)
            shorter |= UINT64_C(1) << k;
    for (int32_t i = fork + 1; shorter && i < sum; i++) {
        uint64_t from = nt_fork_sides(of->marks, sum, i);
        if (from & shorter && (from & (from - 1)) == 0)
            of->shortcut[i] = true;
    }
}

/* The walk back from each sum is what may be long: sums that all reach back to one node look at
 * each pair of nodes. */
static nt_status mark_sums(const roles *of, nt_budget *budget) {
    enum { NODES_A_STEP = 4 };
    int operand;
    for (int32_t i = 0; i < nt_graph_size(of->graph); i++) {
        if (nt_graph_node(of->graph, i)->op != &nt_op_add)
            continue;
        int32_t fork = nt_fork_of(of->graph, i, of->marks);
        if (!nt_budget_take_steps(budget, 1 + (i - fork) / NODES_A_STEP))
            return NT_NO_MEMORY;
        mark_shortcuts(of, i, fork);
        if (nt_residual_is_marked_sum(of->graph, i, fork, of->marks))
            of->residual[i] =
                (uint8_t)nt_residual_marked_short(of->graph, i, fork, of->marks, &operand);
    }
    return NT_OK;
}

static void tell(const roles *of, nt_layer *layer) {
    int32_t i = layer->value.node;
    const nt_node *node = nt_graph_node(of->graph, i);
    layer->convolution = nt_node_is_convolution(of->graph, node);
    layer->sum = node->op == &nt_op_add;
    layer->dead = !of->live[i];
    layer->auxiliary = of->live[i] && !of->measured[i];
    layer->fd = layer->convolution && decomposes(of->graph, node);
    layer->shortcut = layer->convolution && of->shortcut[i];
    layer->gate = of->gates[i];
    layer->residual = (nt_short)of->residual[i];
}

nt_status nt_network_seal(nt_network *network) {
    const nt_graph *graph = network->graph;
    size_t count = (size_t)nt_graph_size(graph) + 1;
    roles of = {.graph = graph,
                .marks = nt_alloc_zero(count * sizeof *of.marks),
                .shortcut = nt_alloc_zero(count),
                .live = nt_alloc_zero(count),
                .measured = nt_alloc_zero(count),
                .gates = nt_alloc_zero(count),
                .residual = nt_alloc_zero(count)};
    bool room = of.marks && of.shortcut && of.live && of.measured && of.gates && of.residual;
    nt_status status = room ? nt_graph_mark_gates(graph, of.gates) : NT_NO_MEMORY;
    if (status == NT_OK) {
        nt_graph_mark_live(graph, nt_graph_output_count(graph), of.live);
        nt_graph_mark_live(graph, 1, of.measured);
        status = mark_sums(&of, network->arena.budget);
    }
    for (size_t l = 0; status == NT_OK && l < network->layer_count; l++)
        tell(&of, &network->layers[l]);
    nt_free(of.marks, count * sizeof *of.marks);
    nt_free(of.shortcut, count);
    nt_free(of.live, count);
    nt_free(of.measured, count);
    nt_free(of.gates, count);
    nt_free(of.residual, count);
    return status;
}
