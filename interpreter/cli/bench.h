/* What `bench` measures and what it prints, apart from how it measures. */
#ifndef NT_BENCH_H
#define NT_BENCH_H

#include "attrs.h"
#include "json_out.h"
#include "op_library.h"
#include "ready.h"
#include "torch_peer.h"
#include "train_step.h"
#include "turns.h"

/* What the second side does otherwise. */
typedef enum nt_bench_compare {
    NT_COMPARE_NOTHING,
    NT_COMPARE_ALGORITHM, /* all convolutions are direct */
    NT_COMPARE_PORTIONS   /* every node takes the batch whole */
} nt_bench_compare;

typedef struct nt_bench_options {
    const char *peer, *peer_args;
    int32_t peer_memory; /* nt_peer_memory */
    int32_t batch, repeat, rounds, threads, conv, compare;
    bool train, json, wide;
} nt_bench_options;

/* One way to run the network: an evaluation's graph, or a training step. */
typedef struct nt_bench_side {
    int32_t conv;   /* NT_CONV_… */
    size_t cache;   /* that portions should fit; 0: none */
    nt_ready ready; /* of an evaluation */
    nt_recipe recipe;
    nt_train_step step;
    nt_timing whole;    /* of whole steps */
    nt_profile profile; /* of the nodes of the same steps */
} nt_bench_side;

/* One turn of each: seconds of the fastest step. */
typedef struct nt_bench_round {
    double ours;
    nt_torch_round torch;
} nt_bench_round;

/* One network, ready to run again and again. */
typedef struct nt_bench {
    const nt_bench_options *options;
    nt_arena arena;
    nt_network *network;
    nt_weights *weights;
    float *images;
    int32_t *labels;
    size_t images_size, labels_size;
    nt_bench_side sides[2]; /* the second for a comparison */
    int side_count;
    const char *kernels[NT_OPS_KERNELS]; /* of matrix products; */
    double peaks[NT_OPS_KERNELS];        /* with the vectors of each, GFLOP/s; 0: not known */
    int kernel_count;
    double peak;         /* the greatest of them */
    double watching;     /* seconds of the first side's step that go by in watching it, about */
    nt_torch_peer *peer; /* NULL: there is none */
    nt_bench_round *rounds;
    int32_t round_count;
} nt_bench;

static inline const nt_graph *nt_bench_graph(const nt_bench *b, const nt_bench_side *at) {
    return b->options->train ? at->step.graph->graph : at->ready.graph;
}

static inline const nt_plan *nt_bench_plan(const nt_bench *b, const nt_bench_side *at) {
    return b->options->train ? at->step.plan : at->ready.plan;
}

nt_status nt_bench_print(const nt_bench *b);

/* The comparison with PyTorch: rates, and our rate over PyTorch's. Both only if there is a peer. */
void nt_bench_add_peer(const nt_bench *b, nt_text *text);
json_t *nt_bench_peer_json(const nt_bench *b); /* NULL too when out of memory */

#endif
