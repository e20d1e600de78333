/* The graph of one training step: the network with batch normalisation in training mode, the loss,
 * and the gradient of every weight, all outputs of one graph. */
#ifndef NT_STEP_GRAPH_H
#define NT_STEP_GRAPH_H

#include "network.h"
#include "recipe.h"

/* An output of the graph that belongs to a tensor of the network's state. */
typedef struct nt_bound {
    int32_t output; /* position among the graph's outputs */
    size_t state;   /* position among the network's states */
    double rate;    /* its share of the learning rate (param_rates.h) */
} nt_bound;

typedef struct nt_step_graph {
    nt_arena arena;
    nt_graph *graph;
    int32_t loss, logits; /* positions among the graph's outputs */
    int32_t ignored;      /* the target that no term of the loss counts; -1: none */
    nt_bound *grads;      /* one for each weight that the loss depends on */
    int32_t grad_count;
    nt_bound *updates; /* the next values of running statistics */
    int32_t update_count;
    const double *rates; /* of each state of the network (param_rates.h) */
} nt_step_graph;

#define NT_TARGET "target" /* the input that is fed with the classes */

/* The network's first output is the logits. NT_INVALID when the loss does not fit the outputs. */
nt_status nt_step_graph_new(const nt_network *network, const nt_recipe *recipe, nt_step_graph **ret,
                            nt_error *error);
void nt_step_graph_free(nt_step_graph *step); /* takes NULL */

#endif
