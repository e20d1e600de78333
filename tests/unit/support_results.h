/* A run's results that are made up, with everything that there can be in them. */
#ifndef SUPPORT_RESULTS_H
#define SUPPORT_RESULTS_H

#include "results.h"
#include "support_base.h"

#define MADE_DIGEST "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

enum { MADE_SEEDS = 2, MADE_CASES = 3 };

typedef struct made_noise {
    double deviation;
    int64_t seed;
    bool whole;
    const char *shape;
} made_noise;

/* Room for what nt_results points to. */
typedef struct made_results {
    nt_results results;
    nt_finding baseline[MADE_SEEDS], findings[MADE_CASES][MADE_SEEDS];
    nt_case_result cases[MADE_CASES];
    nt_group_result groups[2];
    nt_layer_result layers[2];
    nt_option set[1], options[4];
} made_results;

void make_results(made_results *m, nt_metric metric);

#endif
