/* One case over all seeds, held against the baselines: what is concluded of the recipe that trained
 * them (crossed.h). */
#ifndef NT_RECIPE_FINDING_H
#define NT_RECIPE_FINDING_H

#include "results.h"
#include "score.h"
#include "store.h"

/* Where outcomes are, and what they are. */
typedef struct nt_recipe_source {
    nt_store *store;
    nt_scoring scoring;
    int32_t samples;
    const int32_t *patients; /* of each sample; NULL: each is its own */
    double margin;
} nt_recipe_source;

/* A case with one seed, and the baseline of that seed. */
typedef struct nt_recipe_pair {
    const nt_finding *finding, *baseline;
} nt_recipe_pair;

/* Reads the outcomes of those that did not fail, and that were to be measured whole (seeds that end
 * where they please have no samples in common), and fills in all but what is adjusted. The store's
 * errors, or NT_NO_MEMORY. */
nt_status nt_recipe_find(const nt_recipe_source *source, const nt_recipe_pair *pairs, int32_t count,
                         nt_recipe_finding *ret, nt_error *error);

/* Of all cases of a run, once each is compared with its baseline with every seed. With one seed
 * there is nothing to do. */
nt_status nt_results_find_recipes(nt_results *results, nt_store *store, nt_scoring scoring,
                                  nt_error *error);

#endif
