/* A network as its user sees it: a graph, the layers that it was written as, and the state
 * (weights, running statistics, counters) that it needs. The YAML loader fills one in; commands,
 * hooks and suites read it. A network owns its graph and every text in it. */
#ifndef NT_NETWORK_H
#define NT_NETWORK_H

#include "budget.h"
#include "graph.h"
#include "name_table.h"
#include "residual.h"

/* One node that the user wrote, after expansion. Two layers may share a graph node (equal nodes are
 * one node), never a convolution, since its parameters carry its name. */
typedef struct nt_layer {
    const char *name;        /* "layer1.0.conv1" */
    const char *stage;       /* its outermost block: "layer1"; "" at the top level */
    const char *block;       /* its innermost block: "layer1.0"; "" at the top level */
    const char *kind;        /* that block's definition: "basic"; "" at the top level */
    const char *const *tags; /* NULL-terminated */
    nt_value value;
    int32_t index;    /* position among the layers, from 0 */
    bool convolution; /* nt_node_is_convolution */
    bool sum;         /* of several layers */
    bool fd;          /* a convolution that changes the number of channels: feature decomposition */
    bool dead;        /* no output of the network depends on it */
    bool auxiliary;   /* others do, but not the first, which a network is measured by */
    bool shortcut;    /* a convolution on the short side of an addition */
    bool gate;        /* on the way from an average to the factors that it makes */
    nt_short residual; /* of a residual unit's sum: what its short connection is */
} nt_layer;

/* One tensor of the state. */
typedef struct nt_state {
    const char *name; /* "layer1.0.bn1.running_mean" */
    nt_type type;
    nt_role role;
    nt_init init;
    double scale;
    bool variance;    /* no element may be below 0 */
    bool keeps_zeros; /* an element that is 0 stays so in training */
} nt_state;

typedef struct nt_network {
    nt_arena arena;
    nt_graph *graph; /* its outputs are the network's */
    const char *name;
    const char *doc; /* what its author says of it; "" if nothing */
    nt_layer *layers;
    size_t layer_count, layer_capacity;
    nt_state *states;
    size_t state_count, state_capacity;
    nt_name_table layer_names, state_names; /* → the first position */
    const nt_output *inputs;                /* in the order written */
    int32_t input_count;
} nt_network;

nt_network *nt_network_new(const char *name); /* NULL when out of memory */

/* From now on what the network and its graph hold is drawn from the budget (NULL: from none). */
void nt_network_set_budget(nt_network *network, nt_budget *budget);
void nt_network_free(nt_network *network);

nt_status nt_network_add_input(nt_network *network, const char *name, nt_type type, nt_value *ret);

/* Appends a tensor of state; its name is copied. Layers bring theirs; this is for others, such as
 * what an optimiser remembers. */
nt_status nt_network_add_state(nt_network *network, const nt_state *state);

/* Where a layer stands: copied. */
typedef struct nt_site {
    const char *name, *stage, *block, *kind;
    const char *const *tags;
} nt_site;

/* Appends a layer. NT_INVALID with `why` when the inputs don't fit the op. */
nt_status nt_network_append(nt_network *network, const nt_op *op, const void *attrs,
                            const nt_value *in, int in_count, const nt_site *site, nt_value *ret,
                            char why[NT_WHY]);

/* Whether the node has one data input and a kernel (or a matrix): a convolution or a linear layer,
 * whatever its op is called. Its inputs are then the data, the kernel and perhaps a bias. */
bool nt_node_has_kernel(const nt_graph *graph, const nt_node *node);

bool nt_node_is_convolution(const nt_graph *graph, const nt_node *node); /* has rows and columns */

/* Whether the node makes the factors of squeeze and excitation, one for each channel: gates.c. */
bool nt_node_is_gate(const nt_graph *graph, const nt_node *node);

/* Marks the nodes from behind the average to the factors. `ret_marked`: one for each node, false.
 * NT_NO_MEMORY or NT_OK. */
nt_status nt_graph_mark_gates(const nt_graph *graph, bool *ret_marked);

/* Once all layers and outputs are there: finds `convolution` to `residual`. NT_NO_MEMORY also where
 * the network's budget is spent. */
nt_status nt_network_seal(nt_network *network);

const nt_layer *nt_network_layer(const nt_network *network, const char *name); /* or NULL */
const nt_state *nt_network_state(const nt_network *network, const char *name); /* or NULL */

/* Trained elements (what the literature calls the number of parameters), and one sample's
 * multiply-adds. */
int64_t nt_network_parameters(const nt_network *network);
int64_t nt_network_multiply_adds(const nt_network *network);

/* Of one layer: its trained elements, and multiply-adds. */
int64_t nt_layer_parameters(const nt_network *network, const nt_layer *layer);
int64_t nt_layer_multiply_adds(const nt_network *network, const nt_layer *layer);

#endif
