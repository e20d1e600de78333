/* The graph: nodes that are values of pure functions of other nodes.
 *
 * Nodes are interned: adding a node that equals one already there (same op, same attributes, same
 * inputs) returns that one, so common subexpressions are computed once however the graph was put
 * together. Names are for people and take no part. A node's inputs always precede it, so that the
 * order of the nodes is an order in which they can run, and a cycle can't be written down.
 *
 * A graph is never changed where somebody may look at it: nodes are only appended, and a pass
 * builds a new graph (nt_graph_rewrite). A graph owns its nodes, attributes and names. */
#ifndef NT_GRAPH_H
#define NT_GRAPH_H

#include "arena.h"
#include "diagnostic.h"
#include "op.h"

/* One output of one node. */
typedef struct nt_value {
    int32_t node, output;
} nt_value;

/* What a gradient node knows of the forward node that it belongs to. It runs op->backward; its
 * inputs are those inputs of the forward node that backward reads, those outputs that it reads, and
 * the gradients of the outputs that have one; its outputs are the gradients of the inputs. */
typedef struct nt_grad {
    const nt_type *in, *out; /* the forward node's types */
    int32_t in_count, out_count;
    uint32_t out_grads; /* bit k: output k has a gradient */
} nt_grad;

typedef struct nt_node {
    const nt_op *op;
    const void *attrs;
    const nt_value *in;
    const nt_type *out;
    int32_t in_count, data_count, out_count; /* data inputs come first, then parameters */
    const nt_grad *grad;                     /* NULL: the op itself runs, not its gradient */
    int32_t first_value; /* its outputs' numbers among all values of the graph start here */
    bool varies;         /* depends on an input of the graph; otherwise it is computed once */
    const char *name;    /* "layer1.0.conv1", or "" */
    uint64_t hash;
} nt_node;

typedef struct nt_output {
    const char *name;
    nt_value value;
} nt_output;

typedef struct nt_graph nt_graph;

nt_graph *nt_graph_new(void); /* NULL when out of memory */
void nt_graph_free(nt_graph *graph);

int32_t nt_graph_size(const nt_graph *graph);
const nt_node *nt_graph_node(const nt_graph *graph, int32_t node);
int32_t nt_graph_value_count(const nt_graph *graph); /* outputs of all nodes together */
int32_t nt_graph_value_number(const nt_graph *graph,
                              nt_value value); /* below that; in node order */
const nt_type *nt_graph_type(const nt_graph *graph, nt_value value);

/* How many numbers of a whole batch the node gathers before it goes on (op.h); mostly none. */
int64_t nt_graph_gathered(const nt_graph *graph, const nt_node *node);
nt_arena *nt_graph_arena(nt_graph *graph); /* for attributes that a new node will have */

int32_t nt_graph_output_count(const nt_graph *graph);
const nt_output *nt_graph_output(const nt_graph *graph, int32_t i);
nt_status nt_graph_add_output(nt_graph *graph, const char *name, nt_value value);

/* Adds `op` over the data inputs `in` and creates the parameters that it asks for, named
 * `name`.weight and so on. Attributes and name are copied. NT_INVALID with `why` when the inputs
 * don't fit the op. */
nt_status nt_graph_add(nt_graph *graph, const nt_op *op, const void *attrs, const nt_value *in,
                       int in_count, const char *name, nt_value *ret, char why[NT_WHY]);

/* The same with all inputs given, parameters included: for passes. */
nt_status nt_graph_add_raw(nt_graph *graph, const nt_op *op, const void *attrs, const nt_value *in,
                           int data_count, int in_count, const char *name, nt_value *ret,
                           char why[NT_WHY]);

/* The gradient of node `of`, given that of its outputs (node -1: none, so zero). Its output i is
 * the gradient of the node's input i. NT_INVALID when no gradient passes the op. */
nt_status nt_graph_add_gradient(nt_graph *graph, int32_t of, const nt_value *out_grads,
                                int32_t *ret);

/* Sources. An input is what a run is fed; a parameter is bound to the weights by name. */
nt_status nt_graph_add_input(nt_graph *graph, const char *name, nt_type type, nt_value *ret);
nt_status nt_graph_add_param(nt_graph *graph, const char *name, nt_type type, nt_value *ret);

/* `value` everywhere, or one value per channel where `channels` is given: what is left of a kernel
 * of zeros. `channels` may be NULL. */
nt_status nt_graph_add_constant(nt_graph *graph, nt_shape shape, double value,
                                const nt_value *channels, const char *name, nt_value *ret);

bool nt_graph_is_zero(const nt_graph *graph, nt_value value); /* the constant 0 everywhere */

/* Per value, by number: of how many inputs of nodes, and outputs of the graph, it is the value. */
void nt_graph_count_readers(const nt_graph *graph, int32_t *ret_readers);

/* live[i]: one of the first `outputs` outputs needs node i. `live` has room for all nodes. */
void nt_graph_mark_live(const nt_graph *graph, int32_t outputs, bool *ret_live);

/* The same for one value. */
void nt_graph_mark_ancestors(const nt_graph *graph, nt_value value, bool *ret_live);

/* dependent[i]: a path of values leads from an input of the graph to node i. Unlike `varies` this
 * leaves out what only random numbers change. Of an edited network's output it says whether
 * anything of the image still gets there. */
void nt_graph_mark_dependent(const nt_graph *graph, bool *ret_dependent);

/* --- rewriting -------------------------------------------------------------------------------- */

/* Copies what the outputs of `from` need into a new graph, node by node in order; the rest is dead
 * and stays behind. For each node `rule` may put something else in its place: it gets the node and
 * its inputs as they are in `to`, writes the value that stands for each of the node's outputs to
 * ret_out and sets *ret_replaced, or leaves both alone to have the node copied, with the inputs as
 * they are when it returns. */
typedef nt_status (*nt_rewrite_rule)(void *context, const nt_graph *from, int32_t node,
                                     nt_graph *to, nt_value *in, nt_value *ret_out,
                                     bool *ret_replaced);

nt_status nt_graph_rewrite(const nt_graph *from, nt_rewrite_rule rule, void *context,
                           nt_graph **ret);

/* The same into a graph that is there: what it has already is not made again. `main`, unless it is
 * NULL, says that only the first output is wanted, and what it is called. */
nt_status nt_graph_rewrite_into(const nt_graph *from, nt_rewrite_rule rule, void *context,
                                nt_graph *to, const char *main);

/* The graph of the first output alone: what a network is measured by. */
nt_status nt_graph_main(const nt_graph *from, nt_graph **ret);

/* --- looking ---------------------------------------------------------------------------------- */

/* One line a node, then the outputs; equal graphs give equal texts:
 *
 *     %0 = input x: 3x8x8
 *     %1 = param conv1.weight: 4x3x3x3
 *     %2 = conv2d(%0, %1) channels=4 kernel=3: 4x6x6 # conv1
 *     out = %2
 */
void nt_graph_dump(const nt_graph *graph, nt_text *text);

/* Checks that every node is what its op says: inputs precede it, types follow from them, attributes
 * are in place. Returns NULL, or what is wrong (in the graph's arena). */
const char *nt_graph_flaw(nt_graph *graph);

#endif
