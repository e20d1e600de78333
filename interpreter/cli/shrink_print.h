/* What `shrink` says: what the smaller network wins, and how it compares. */
#ifndef NT_SHRINK_PRINT_H
#define NT_SHRINK_PRINT_H

#include "compare.h"
#include "options.h"
#include "shrink_channels.h"
#include "shrink_won.h"
#include "text.h"

#define NT_SHRINK_GRAPH "graph.yaml"
#define NT_SHRINK_WEIGHTS "weights.safetensors"
#define NT_SHRINK_JSON "shrink.json"

typedef struct nt_shrink_options {
    const char *weights, *map, *extra, *remove, *from, *out, *data;
    int32_t split, limit, batch, rounds, repeat, seed, conv, threads;
    int32_t retrain; /* epochs; 0: none */
    double tolerance, margin, retrain_rate;
    nt_reals mean, deviation;
    bool fold_batch_norm, json, quiet;
} nt_shrink_options;

typedef struct nt_shrink_answer {
    const char *network;
    const char *from;   /* the run's cases; NULL: there are none */
    const char *images; /* the data; NULL: random */
    int32_t edits;
    nt_shrink_channels channels;
    nt_difference difference;
    nt_shrink_won won;
    const nt_shrink_metric *retrained; /* NULL: the smaller network was not */
} nt_shrink_answer;

/* As --json prints it. NT_NO_MEMORY or NT_OK. */
nt_status nt_shrink_format(const nt_shrink_answer *answer, const nt_shrink_options *options,
                           nt_text *text);

nt_status nt_shrink_print(const nt_shrink_answer *answer, const nt_shrink_options *options);

#endif
