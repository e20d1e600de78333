/* Graph passes: each builds a new graph that computes the same. One file each, pass_NAME.c, which
 * exports one `const nt_pass nt_pass_NAME`; graph/meson.build lists them in the order in which they
 * run. */
#ifndef NT_PASSES_H
#define NT_PASSES_H

#include "graph.h"
#include "kind.h"

/* What a graph is made ready for. */
typedef enum nt_phase {
    NT_PHASE_EVALUATION,
    NT_PHASE_FORWARD,  /* training, before the loss and the gradients are appended */
    NT_PHASE_GRADIENTS /* training, with them */
} nt_phase;

/* Which statistics a batch normalisation uses outside training. */
typedef enum nt_norm {
    NT_NORM_RUNNING,
    NT_NORM_BATCH,
    NT_NORM_RECALIBRATED /* see calibration.h */
} nt_norm;

extern const char *const nt_norm_names[]; /* "running", "batch", "recalibrated"; NULL ends it */

typedef struct nt_pass_options {
    nt_phase phase;
    nt_norm norm; /* of NT_PHASE_EVALUATION */
    int32_t conv; /* NT_CONV_DIRECT: all convolutions take it; NT_CONV_FASTEST: as each says */
    /* Of NT_PHASE_FORWARD: whether a batch normalisation keeps its running statistics and takes
     * them, as in evaluation; it is told by the name of its running mean. NULL: none does. */
    bool (*keeps)(const void *context, const char *running_mean);
    const void *keeps_context;
    bool plain; /* only what the phase means, no optimisation: the oracle for the others */
} nt_pass_options;

/* Bits of a pass's phases. */
enum {
    NT_IN_EVALUATION = 1 << NT_PHASE_EVALUATION,
    NT_IN_FORWARD = 1 << NT_PHASE_FORWARD,
    NT_IN_GRADIENTS = 1 << NT_PHASE_GRADIENTS
};

typedef struct nt_pass {
    nt_kind kind;     /* without a record */
    unsigned phases;  /* in which it runs */
    unsigned meaning; /* of these, where it is part of what is meant: it runs even with `plain` */
    bool (*wanted)(const nt_pass_options *options); /* NULL: always */
    nt_status (*run)(const nt_graph *from, const nt_pass_options *options, nt_graph **ret);
} nt_pass;

extern const nt_kind *const nt_passes[];

static inline const nt_pass *nt_pass_find(const char *name) { /* NULL: no such one */
    return (const nt_pass *)nt_kind_find(nt_passes, NULL, name);
}

/* The graph that the phase runs, verified after every pass. */
nt_status nt_passes_run(const nt_graph *from, const nt_pass_options *options, nt_graph **ret,
                        nt_error *error);

#endif
