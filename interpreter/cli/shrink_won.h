/* What a smaller network wins over the one that it was made of: what it takes, how fast it is, both
 * timed in turns, and what it costs of the metric. */
#ifndef NT_SHRINK_WON_H
#define NT_SHRINK_WON_H

#include "evaluation.h"
#include "finding.h"
#include "turns.h"

/* Of what the first output needs. Multiply-adds are of one image; memory is that of a run, weights
 * not counted, of one image and of a batch. */
typedef struct nt_shrink_cost {
    int64_t layers, parameters, multiply_adds, executed;
    size_t memory, batch_memory;
    nt_turns_spread latency; /* seconds of one image, */
    nt_turns_spread rate;    /* and images a second, in batches; of the rounds */
} nt_shrink_cost;

typedef struct nt_shrink_metric {
    const char *split;
    nt_metric metric;
    int32_t images;
    double margin, before;
    nt_finding finding; /* of the smaller network against the other, judged alone */
} nt_shrink_metric;

typedef struct nt_shrink_won {
    nt_shrink_cost before, after;
    int32_t rounds;                          /* 0: nothing was timed */
    nt_turns_spread latency_left, rate_left; /* after over before, of each round */
    bool has_metric;
    nt_shrink_metric metric;
} nt_shrink_won;

typedef struct nt_shrink_side {
    const nt_network *network;
    const nt_weights *weights;
} nt_shrink_side;

typedef struct nt_shrink_timing {
    int32_t batch, rounds, repeat, conv;
    const float *images; /* a batch of them, NHWC */
    const nt_progress *progress;
} nt_shrink_timing;

/* Costs and speeds of the two, the smaller one second. */
nt_status nt_shrink_time(const nt_shrink_side sides[2], const nt_shrink_timing *timing,
                         nt_shrink_won *ret, nt_error *error);

/* The metric of both on all samples of the loader, compared sample by sample as cases are. */
nt_status nt_shrink_measure(const nt_shrink_side sides[2], const nt_loader *loader,
                            const nt_evaluation *evaluation, double margin, nt_shrink_metric *ret,
                            nt_error *error);

#endif
