/* Which convolutions decompose features, which stand on a short connection, and which layers matter
 * to no output.
 *
 * A convolution is a feature-decomposition layer (fd) when it changes the number of channels. It is
 * on a shortcut when it stands on the short side of an addition: walk back from each operand to the
 * fork, the latest node that all operands come from; the operand with the most convolutions on the
 * way is the long side, and convolutions that only lie on other sides are shortcuts. */
#include "alloc.h"
#include "attrs.h"
#include "network.h"
#include <string.h>

bool nt_node_has_kernel(const nt_graph *graph, const nt_node *node) {
    return node->data_count == 1 && node->in_count > NT_CONV_WEIGHT && !node->grad &&
           nt_graph_type(graph, node->in[NT_CONV_WEIGHT])->layout == NT_KERNEL;
}

static bool is_convolution(const nt_graph *graph, int32_t i) {
    const nt_node *node = nt_graph_node(graph, i);
    return nt_node_has_kernel(graph, node) &&
           nt_graph_type(graph, node->in[NT_CONV_WEIGHT])->shape.rank == 4;
}

static bool decomposes(const nt_graph *graph, int32_t i) {
    const nt_node *node = nt_graph_node(graph, i);
    return nt_graph_type(graph, node->in[NT_CONV_X])->shape.dim[0] != node->out[0].shape.dim[0];
}

/* What a walk back from an addition finds of each node before it. */
typedef struct mark {
    uint64_t sides;  /* bit k: operand k comes from here */
    int32_t longest; /* the most convolutions on a way from here to the addition, itself included */
} mark;

enum { SIDES = 64 };

/* Marks the nodes between the fork and the addition `sum`; nodes before the fork are left out.
 * Returns the fork, or -1 when the operands have nothing in common. */
static int32_t walk_back(const nt_graph *graph, int32_t sum, mark *marks) {
    const nt_node *node = nt_graph_node(graph, sum);
    memset(marks, 0, (size_t)sum * sizeof *marks);
    uint64_t all = 0;
    for (int32_t k = 0; k < node->data_count && k < SIDES; k++) {
        marks[node->in[k].node].sides |= UINT64_C(1) << k;
        all |= UINT64_C(1) << k;
    }
    for (int32_t i = sum; i-- > 0;) {
        if (marks[i].sides == 0)
            continue;
        if (marks[i].sides == all)
            return i;
        marks[i].longest += is_convolution(graph, i);
        const nt_node *from = nt_graph_node(graph, i);
        for (int32_t j = 0; j < from->data_count; j++) {
            mark *to = &marks[from->in[j].node];
            to->sides |= marks[i].sides;
            if (to->longest < marks[i].longest)
                to->longest = marks[i].longest;
        }
    }
    return -1;
}

/* The most convolutions on any way from operand `side` down to the fork. */
static int32_t side_length(const mark *marks, int32_t fork, int32_t sum, int side) {
    int32_t length = 0;
    for (int32_t i = fork + 1; i < sum; i++)
        if (marks[i].sides == UINT64_C(1) << side && marks[i].longest > length)
            length = marks[i].longest;
    return length;
}

static void mark_shortcuts(const nt_graph *graph, int32_t sum, mark *marks, bool *shortcut) {
    int32_t fork = walk_back(graph, sum, marks);
    int32_t sides = nt_graph_node(graph, sum)->data_count, lengths[SIDES], longest = 0;
    if (sides > SIDES)
        return;
    for (int32_t k = 0; k < sides; k++) {
        lengths[k] = side_length(marks, fork, sum, k);
        if (lengths[k] > longest)
            longest = lengths[k];
    }
    for (int32_t k = 0; k < sides; k++)
        for (int32_t i = fork + 1; lengths[k] < longest && i < sum; i++)
            if (marks[i].sides == UINT64_C(1) << k && is_convolution(graph, i))
                shortcut[i] = true;
}

nt_status nt_network_seal(nt_network *network) {
    const nt_graph *graph = network->graph;
    size_t count = (size_t)nt_graph_size(graph) + 1;
    mark *marks = nt_alloc(count * sizeof *marks);
    bool *shortcut = nt_alloc_zero(count), *live = nt_alloc_zero(count);
    bool *measured = nt_alloc_zero(count);
    nt_status status = marks && shortcut && live && measured ? NT_OK : NT_NO_MEMORY;
    if (status == NT_OK) {
        nt_graph_mark_live(graph, nt_graph_output_count(graph), live);
        nt_graph_mark_live(graph, 1, measured);
    }
    for (int32_t i = 0; status == NT_OK && i < nt_graph_size(graph); i++)
        if (nt_graph_node(graph, i)->op == &nt_op_add)
            mark_shortcuts(graph, i, marks, shortcut);
    for (size_t l = 0; status == NT_OK && l < network->layer_count; l++) {
        nt_layer *layer = &network->layers[l];
        layer->convolution = is_convolution(graph, layer->value.node);
        layer->sum = nt_graph_node(graph, layer->value.node)->op == &nt_op_add;
        layer->dead = !live[layer->value.node];
        layer->auxiliary = live[layer->value.node] && !measured[layer->value.node];
        layer->fd = layer->convolution && decomposes(graph, layer->value.node);
        layer->shortcut = layer->convolution && shortcut[layer->value.node];
    }
    nt_free(marks, count * sizeof *marks);
    nt_free(shortcut, count);
    nt_free(live, count);
    nt_free(measured, count);
    return status;
}
