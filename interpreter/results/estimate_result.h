/* What a run guessed of its layers without ablating them (estimator.h), and how well each guess
 * ranks them as measured costs do. */
#ifndef NT_ESTIMATE_RESULT_H
#define NT_ESTIMATE_RESULT_H

#include "arena.h"
#include "status.h"
#include "text.h"

/* Of one layer. */
typedef struct nt_estimate_value {
    const char *layer;
    double value; /* NaN: nothing can be said of it */
} nt_estimate_value;

/* Against one group whose cases each edit one layer, each another. */
typedef struct nt_estimate_rank {
    const char *group;
    int32_t layers; /* that have both, a value and a measured cost */
    double tau;     /* Kendall's tau-b of the two; NaN: one of them is the same for all layers */
} nt_estimate_rank;

/* Of one estimator with one seed's weights. */
typedef struct nt_estimate_result {
    const char *by, *doc, *after; /* its name, what it says of a layer, who described it or "" */
    int32_t seed;
    const char *split; /* of the images that it looked at; NULL: it looks at none */
    int32_t images;
    const char *numerics; /* how it was computed */
    nt_estimate_value *values;
    int32_t value_count;
    const nt_estimate_rank *ranks; /* in the groups' order */
    int32_t rank_count;
} nt_estimate_result;

enum { NT_FEWEST_RANKED = 3 }; /* fewer layers rank nothing */

#define NT_ESTIMATES_CSV "estimates.csv"

typedef struct nt_results nt_results;

/* Ranks all estimates against all groups that they can be held against. A case that is a cut, or
 * has no number with the estimate's seed, is left out. NT_NO_MEMORY or NT_OK. */
nt_status nt_estimates_rank(nt_results *results);

/* The measured cost of the layer in the group, the loss of the metric, with seed number s; NaN:
 * there is none. */
double nt_estimate_cost(const nt_results *results, int32_t group, int32_t s, const char *layer);

/* The mean over the seeds of an estimator's tau against a group, of those that have one; NaN. */
double nt_estimate_mean_tau(const nt_results *results, const char *by, const char *group);

/* A row a layer: estimator, seed, layer, value; then the cost in each group that ranks it. */
void nt_estimates_csv(const nt_results *results, nt_text *csv);

#endif
