/* Ablations, each an edit of the graph. Edited graphs are put into one that many cases share: what
 * they have in common is there once, since equal nodes are one node. */
#ifndef NT_EDIT_H
#define NT_EDIT_H

#include "graph.h"

typedef enum nt_edit_kind {
    NT_EDIT_ZERO,        /* the kernel is zero: what is left is the bias, or zero */
    NT_EDIT_MEAN,        /* the output is replaced by its mean per channel over a calibration set */
    NT_EDIT_REINIT,      /* the kernel has the values that training began with */
    NT_EDIT_RERANDOMISE, /* the kernel has fresh values, drawn as initial ones are */
    NT_EDIT_NOISE,       /* Gaussian noise is added to the kernel */
    NT_EDIT_DROP         /* of a sum: the residual branch is gone, and its other input is left (Veit
                          * et al., "Residual networks behave like ensembles of relatively shallow
                          * networks", NIPS 2016) */
} nt_edit_kind;

/* "zero", "mean", "reinit", "rerandomise", "noise", "drop"; NULL ends the list. */
extern const char *const nt_edit_names[];

typedef struct nt_edit {
    int32_t node;
    nt_edit_kind kind;
    double deviation; /* of noise, relative to that of the kernel's elements */
    int64_t seed;     /* of rerandomise and noise */
} nt_edit;

/* Whether the node has one data input and a kernel (or a matrix) that can be zeroed: a convolution
 * or a linear layer, whatever its op is called. Its inputs are then the data, the kernel and
 * perhaps a bias. */
bool nt_node_has_kernel(const nt_graph *graph, const nt_node *node);

/* Whether an edit of this kind makes sense of the node: a sum for NT_EDIT_DROP, otherwise what has
 * a kernel. */
bool nt_edit_fits(const nt_graph *graph, const nt_node *node, nt_edit_kind kind);

/* A tensor that an edit wants beside the network's own, as a parameter of the edited graph. */
typedef struct nt_derived {
    const char *name;   /* "layer1.0.conv1.weight noise 0.1 7" */
    const char *source; /* the tensor that it comes from: "layer1.0.conv1.weight"; of a mean, "" */
    nt_value value;     /* of a mean: what is averaged, in the graph that is edited */
    nt_type type;
    nt_edit edit;
} nt_derived;

/* Grows as edits ask for more; each name once. Texts belong to the graph that was edited into. */
typedef struct nt_derived_list {
    nt_derived *items;
    size_t count, capacity;
} nt_derived_list;

void nt_derived_list_finish(nt_derived_list *list);

/* Puts the outputs of `from`, edited, into `to`; `main` as in nt_graph_rewrite_into. NT_INVALID
 * with `why` where an edit can't be made: "layer2.0.add has no identity path". */
nt_status nt_edit_into(const nt_graph *from, const nt_edit *edits, int count, nt_graph *to,
                       const char *main, nt_derived_list *derived, char why[NT_WHY]);

#endif
