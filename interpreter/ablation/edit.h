/* Ablations as edits of the graph. Edited graphs are put into one that many cases share: what they
 * have in common is there once, since equal nodes are one node. */
#ifndef NT_EDIT_H
#define NT_EDIT_H

#include "ablation.h"
#include "derived.h"

/* Puts the outputs of `from`, edited, into `to`; `main` as in nt_graph_rewrite_into. A node's own
 * edit goes before those that reach it. NT_INVALID with `why` where an edit can't be made:
 * "'layer2.0.add' has no short connection: …". */
nt_status nt_edit_into(const nt_graph *from, const nt_edit *edits, int count, nt_graph *to,
                       const char *main, nt_derived_list *derived, char why[NT_WHY]);

/* Whether the edits are a cut: the first output no longer depends on any input of the network,
 * since every path to it passes through a constant. So the network says the same of all images.
 * NT_INVALID with `why` as above. */
nt_status nt_edit_cuts(const nt_graph *from, const nt_edit *edits, int count, bool *ret,
                       char why[NT_WHY]);

/* By node, then by the kinds' order, then by their options: below, at or above 0. */
int nt_edit_compare(const nt_edit *a, const nt_edit *b);

/* --- for the kinds ---------------------------------------------------------------------------- */

struct nt_editing {
    const nt_edit *edit;
    int32_t origin; /* of the edit (nt_ablation.reach); its node where its kind reaches no others */
    const nt_editing *next; /* another edit of the node, to be made after this one; NULL: none */
    nt_ablation_memo *memo;
    const nt_graph *from;
    int32_t at; /* the edit's node, or one that it reaches */
    const nt_node *node;
    nt_graph *to;
    const nt_value *in; /* the node's inputs in `to` */
    nt_derived_list *derived;
    char *why; /* NT_WHY bytes */
};

/* A constant: the node's mean output per channel over the calibration images. The whole edit of a
 * kind that wants no more. */
nt_status nt_editing_mean(const nt_editing *editing, nt_value *ret);

/* The node with another kernel, which the kind's `derive` fills, and so for each edit of it. */
nt_status nt_editing_kernel(const nt_editing *editing, nt_value *ret);

/* The node with other parameters, which `derive` fills: bit j of `which` is its input j. */
nt_status nt_editing_params(const nt_editing *editing, uint32_t which, nt_value *ret);

#endif
