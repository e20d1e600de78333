/* All cases as one graph: the edits of one network, one output each. What cases have in common is
 * there once, since equal nodes are one node. */
#ifndef NT_CASE_GRAPH_H
#define NT_CASE_GRAPH_H

#include "edit.h"
#include "network.h"

/* What a case does to the network; no edit at all is the baseline. */
typedef struct nt_edits {
    const nt_edit *items;
    int32_t count;
} nt_edits;

/* Whether one of them needs this (NT_NEEDS_...). */
bool nt_edits_need(const nt_edits *edits, unsigned need);

/* The order in which cases stand in a graph: by their edits, so that those that share edits and
 * layers stand side by side; below, at or above 0. */
int nt_edits_compare(const nt_edits *a, const nt_edits *b);

typedef struct nt_case_graph {
    nt_graph *graph;         /* as edited: the passes have not seen it */
    nt_derived_list derived; /* the tensors that it wants beside the network's */
    int32_t *case_of;        /* per output of the graph: which of the cases given */
    int32_t count;
} nt_case_graph;

/* The outputs stand in the order in which depth-first execution needs the least memory: a case that
 * edits an earlier layer comes first, and of two that begin alike the one that goes on editing; the
 * baseline is last. So what the cases share up to their edits is kept no longer than the next case
 * needs it. NT_INVALID with `why` if one of them can't be made. */
nt_status nt_case_graph_init(nt_case_graph *cases, const nt_network *network, const nt_edits *edits,
                             int32_t count, char why[NT_WHY]);
void nt_case_graph_finish(nt_case_graph *cases);

#endif
