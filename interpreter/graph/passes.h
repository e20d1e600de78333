/* Graph passes: each builds a new graph that computes the same. One file each, pass_NAME.c; the
 * tables in passes.c list them in the order in which they run. */
#ifndef NT_PASSES_H
#define NT_PASSES_H

#include "graph.h"

/* Which statistics a batch normalisation uses outside training. */
typedef enum nt_norm {
    NT_NORM_RUNNING,
    NT_NORM_BATCH,
    NT_NORM_RECALIBRATED /* see calibration.h */
} nt_norm;

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
extern const nt_pass nt_training_passes[];

/* The graph that evaluation runs, verified after every pass. */
nt_status nt_passes_run(const nt_graph *from, const nt_pass_options *options, nt_graph **ret,
                        nt_error *error);

/* The graph that training runs, from one that has the gradients. */
nt_status nt_training_passes_run(const nt_graph *from, const nt_pass_options *options,
                                 nt_graph **ret, nt_error *error);

nt_status nt_pass_evaluation(const nt_graph *, const nt_pass_options *, nt_graph **);
nt_status nt_pass_fold_batch_norm(const nt_graph *, const nt_pass_options *, nt_graph **);
nt_status nt_pass_fuse_end(const nt_graph *, const nt_pass_options *, nt_graph **);
nt_status nt_pass_keep_kernels(const nt_graph *, const nt_pass_options *, nt_graph **);
nt_status nt_pass_dead(const nt_graph *, const nt_pass_options *, nt_graph **);

nt_status nt_pass_recompute(const nt_graph *, const nt_pass_options *, nt_graph **);
nt_status nt_pass_fuse_sums(const nt_graph *, const nt_pass_options *, nt_graph **);

#endif
