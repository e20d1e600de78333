/* What a graph takes, counted. */
#ifndef NT_GRAPH_COST_H
#define NT_GRAPH_COST_H

#include "graph.h"

/* Multiply-adds are those of one sample; nodes that don't depend on the sample have none. */
typedef struct nt_graph_cost {
    int64_t nodes;         /* that compute */
    int64_t multiply_adds; /* as the literature counts them */
    int64_t executed;      /* as the chosen algorithms execute them */
} nt_graph_cost;

/* Of a graph after the passes, which choose. */
nt_graph_cost nt_graph_cost_of(const nt_graph *graph);

/* How many trained numbers the nodes that depend on the sample read. NT_NO_MEMORY or NT_OK. */
nt_status nt_graph_weights(const nt_graph *graph, int64_t *ret);

/* Of one step of training, with its gradients: again of one sample. NT_NO_MEMORY or NT_OK. */
nt_status nt_graph_step_cost(const nt_graph *graph, nt_graph_cost *ret);

#endif
