/* What the files of this folder share; nobody else includes it. */
#ifndef NT_ESTIMATE_PRIVATE_H
#define NT_ESTIMATE_PRIVATE_H

#include "estimate.h"

/* A layer that is looked at, and where what is seen of it comes out of the graph. */
typedef struct nt_probe {
    const nt_layer *layer;
    bool unit;
    const nt_tensor *kernel, *scale; /* NULL: it has none */
    int32_t product[NT_PRODUCTS];    /* outputs of the graph; -1: not asked for */
    int32_t gradient;
    int32_t channels;
    int64_t pixels;
} nt_probe;

/* What the estimators ask for together. */
typedef struct nt_estimate_needs {
    unsigned layers, units; /* bits of products */
    bool gradient, answers;
} nt_estimate_needs;

/* Lists the layers: with a kernel, and the residual units, in the network's order, without those
 * that the first output doesn't depend on. NT_NO_MEMORY or NT_OK. */
nt_status nt_probes_list(const nt_estimating *estimating, nt_arena *arena, nt_probe **ret,
                         int32_t *ret_count);

/* The network in evaluation, with outputs for what is asked for; fills in where. `target` is an
 * input of it where a gradient is asked for. The caller's to free. */
#define NT_ESTIMATE_TARGET "target"
nt_status nt_estimate_graph(const nt_estimating *estimating, const nt_estimate_needs *needs,
                            nt_probe *probes, int32_t count, nt_graph **ret, nt_error *error);

/* The network in evaluation, its output first, then that of each unit among the probes without its
 * branch: ret_outputs has their positions, -1 where it can't be dropped. The caller's to free. */
nt_status nt_answers_graph(const nt_estimating *estimating, const nt_probe *probes, int32_t count,
                           nt_graph **ret, int32_t *ret_outputs, nt_error *error);

#endif
