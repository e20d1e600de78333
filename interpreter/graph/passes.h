/* Graph passes: each builds a new graph that computes the same. One file each, pass_NAME.c; the
 * table in passes.c lists them in the order in which they run. */
#ifndef NT_PASSES_H
#define NT_PASSES_H

#include "graph.h"

/* Which statistics a batch normalisation uses outside training. */
typedef enum nt_norm { NT_NORM_RUNNING, NT_NORM_BATCH } nt_norm;

typedef struct nt_pass_options {
    nt_norm norm;
    int32_t conv; /* NT_CONV_DIRECT: all convolutions take it; NT_CONV_FASTEST: as each says */
    bool plain;   /* only what evaluation means, no optimisation: the oracle for the others */
} nt_pass_options;

typedef struct nt_pass {
    const char *name, *doc;
    bool meaning; /* part of what evaluation means; runs even with `plain` */
    nt_status (*run)(const nt_graph *from, const nt_pass_options *options, nt_graph **ret);
} nt_pass;

extern const nt_pass nt_passes[]; /* name NULL ends the table */

/* The graph that evaluation runs, verified after every pass. */
nt_status nt_passes_run(const nt_graph *from, const nt_pass_options *options, nt_graph **ret,
                        nt_error *error);

nt_status nt_pass_evaluation(const nt_graph *, const nt_pass_options *, nt_graph **);
nt_status nt_pass_fold_batch_norm(const nt_graph *, const nt_pass_options *, nt_graph **);
nt_status nt_pass_fuse_end(const nt_graph *, const nt_pass_options *, nt_graph **);
nt_status nt_pass_keep_kernels(const nt_graph *, const nt_pass_options *, nt_graph **);
nt_status nt_pass_dead(const nt_graph *, const nt_pass_options *, nt_graph **);

/* --- ablation --------------------------------------------------------------------------------- */

/* Whether the node has one data input and a kernel (or a matrix) that can be zeroed: a convolution
 * or a linear layer, whatever its op is called. Its inputs are then the data, the kernel and
 * perhaps a bias. */
bool nt_node_has_kernel(const nt_graph *graph, const nt_node *node);

/* The network's graph with the kernels of these convolutions (and matrices of linear layers)
 * replaced by zeros: each becomes a constant, its bias or zero, over the shape of its output.
 * NT_INVALID when one has no kernel. */
nt_status nt_edit_zero(const nt_graph *from, const int32_t *nodes, int count, nt_graph **ret);

#endif
