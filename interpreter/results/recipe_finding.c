/* A seed's outcomes become paired changes, sample by sample; crossed.h does the rest. */
#include "recipe_finding.h"

#include "alloc.h"
#include "comparison.h"
#include "outcome.h"
#include <math.h>

static nt_status read_changes(const nt_recipe_source *source, const nt_recipe_pair *pair,
                              unsigned char *outcomes, double *ret, nt_error *error) {
    size_t size = (size_t)source->samples * (size_t)nt_score_bytes(source->scoring);
    const nt_comparison with = {
        .scoring = source->scoring, .samples = source->samples, .baseline = outcomes};
    nt_outcome ignored;
    NT_TRY(nt_outcome_read(source->store, pair->baseline->key, pair->finding->numerics,
                           source->scoring, source->samples, &ignored, outcomes, error));
    NT_TRY(nt_outcome_read(source->store, pair->finding->key, pair->finding->numerics,
                           source->scoring, source->samples, &ignored, outcomes + size, error));
    nt_comparison_changes(&with, outcomes + size, ret);
    return NT_OK;
}

static nt_status conclude(const nt_recipe_source *source, const double *const *changes,
                          int32_t seeds, nt_recipe_finding *ret) {
    const nt_crossed_data data = {.changes = changes,
                                  .seeds = seeds,
                                  .samples = source->samples,
                                  .clusters = source->patients,
                                  .margin = source->margin,
                                  .alpha = NT_ALPHA,
                                  .draws = NT_CROSSED_DRAWS};
    NT_TRY(nt_crossed_init(&ret->recipe, &data));
    ret->judgement =
        (nt_judgement){.within_95 = nt_crossed_interval(&ret->recipe, 1 - NT_ALPHA),
                       .within_90 = nt_crossed_interval(&ret->recipe, 1 - 2 * NT_ALPHA),
                       .p = nt_crossed_p(&ret->recipe),
                       .margin = nt_crossed_margin(&ret->recipe, source->margin)};
    return NT_OK;
}

nt_status nt_recipe_find(const nt_recipe_source *source, const nt_recipe_pair *pairs, int32_t count,
                         nt_recipe_finding *ret, nt_error *error) {
    nt_arena arena;
    nt_arena_init(&arena);
    size_t samples = (size_t)source->samples;
    unsigned char *outcomes =
        nt_arena_alloc(&arena, 2 * samples * (size_t)nt_score_bytes(source->scoring));
    const double **changes = NT_ARENA_ARRAY(&arena, const double *, count + 1);
    double *numbers = NT_ARENA_ARRAY(&arena, double, samples *(size_t)count + 1);
    nt_status status = outcomes && changes && numbers ? NT_OK : NT_NO_MEMORY;
    int32_t seeds = 0;
    for (int32_t i = 0; status == NT_OK && i < count; i++) {
        if (pairs[i].finding->failure || pairs[i].finding->decide != NT_DECIDE_NOT)
            continue;
        double *own = numbers + samples * (size_t)seeds;
        changes[seeds++] = own;
        status = read_changes(source, &pairs[i], outcomes, own, error);
    }
    if (status == NT_OK)
        status = conclude(source, changes, seeds, ret);
    if (status == NT_NO_MEMORY)
        nt_error_say(error, status, "out of memory comparing seeds");
    nt_arena_finish(&arena);
    return status;
}

nt_status nt_results_find_recipes(nt_results *results, nt_store *store, nt_scoring scoring,
                                  nt_error *error) {
    const nt_recipe_source source = {.store = store,
                                     .scoring = scoring,
                                     .samples = results->setup.samples,
                                     .patients = results->samples.patients,
                                     .margin = results->setup.margin};
    int32_t seeds = results->seed_count;
    nt_arena arena;
    if (seeds < 2)
        return NT_OK;
    nt_arena_init(&arena);
    nt_recipe_pair *pairs = NT_ARENA_ARRAY(&arena, nt_recipe_pair, seeds);
    nt_status status = pairs ? NT_OK : nt_error_say(error, NT_NO_MEMORY, "out of memory");
    for (int32_t g = 0; g < results->group_count; g++)
        for (int32_t c = 0; status == NT_OK && c < results->groups[g].case_count; c++) {
            nt_case_result *item = &results->groups[g].cases[c];
            for (int32_t s = 0; s < seeds; s++)
                pairs[s] = (nt_recipe_pair){
                    &item->findings[s], &nt_group_result_baseline(results, &results->groups[g])[s]};
            status = nt_recipe_find(&source, pairs, seeds, &item->recipe, error);
        }
    nt_arena_finish(&arena);
    return status;
}
