/* What `shrink` says: what the smaller network takes, and how it compares. */
#ifndef NT_SHRINK_PRINT_H
#define NT_SHRINK_PRINT_H

#include "compare.h"
#include "network.h"
#include "options.h"

#define NT_SHRINK_GRAPH "graph.yaml"
#define NT_SHRINK_WEIGHTS "weights.safetensors"

typedef struct nt_shrink_options {
    const char *weights, *map, *extra, *remove, *from, *out, *data;
    int32_t split, limit, batch, conv, threads;
    double tolerance;
    nt_reals mean, deviation;
    bool fold_batch_norm, json, quiet;
} nt_shrink_options;

/* Multiply-adds are of one image; memory is that of a run, weights not counted, of one image and of
 * a batch. */
typedef struct nt_shrink_cost {
    int64_t layers, parameters, multiply_adds, executed;
    size_t memory, batch_memory;
} nt_shrink_cost;

typedef struct nt_shrink_answer {
    const char *network;
    const char *from;   /* the run's case; NULL: there is none */
    const char *images; /* the data; NULL: random */
    int32_t edits;
    nt_difference difference;
    nt_shrink_cost before, after;
} nt_shrink_answer;

/* Of what the first output needs. */
nt_status nt_shrink_cost_of(const nt_network *network, const nt_shrink_options *options,
                            nt_shrink_cost *ret, nt_error *error);

nt_status nt_shrink_print(const nt_shrink_answer *answer, const nt_shrink_options *options);

#endif
