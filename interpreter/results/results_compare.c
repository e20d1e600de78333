/* The outcomes of one seed, read from the store, and each case's held against the baseline's: that
 * of the same numerics, whichever the baseline itself is shown with. */
#include "results_compare.h"

#include "comparison.h"
#include "outcome.h"
#include <string.h>

typedef struct comparing {
    nt_store *store;
    nt_comparison with;
    nt_finding *shown;    /* the baseline */
    const char *numerics; /* of the baseline's outcomes in hand; NULL: there are none yet */
    unsigned char *baseline, *outcomes;
    nt_error *error;
} comparing;

static nt_status read_baseline(comparing *c, const char *numerics) {
    nt_outcome ignored;
    if (c->numerics && strcmp(c->numerics, numerics) == 0)
        return NT_OK;
    c->numerics = numerics;
    return nt_outcome_read(c->store, c->shown->key, numerics, c->with.scoring, c->with.samples,
                           &ignored, c->baseline, c->error);
}

static nt_status no_memory(nt_error *error) {
    return nt_error_say(error, NT_NO_MEMORY, "out of memory comparing cases");
}

static nt_status compare_one(comparing *c, nt_finding *finding) {
    if (finding->failure)
        return NT_OK;
    NT_TRY(read_baseline(c, finding->numerics));
    nt_comparison with = c->with;
    with.samples = finding->outcome.total;
    NT_TRY(nt_outcome_read(c->store, finding->key, finding->numerics, with.scoring, with.samples,
                           &finding->outcome, c->outcomes, c->error));
    return nt_finding_compare(finding, &with, c->outcomes) == NT_OK ? NT_OK : no_memory(c->error);
}

/* From here on cases are compared with this one. */
static nt_status take_baseline(comparing *c, nt_finding *baseline) {
    c->shown = baseline;
    c->numerics = NULL;
    return nt_outcome_read(c->store, baseline->key, baseline->numerics, c->with.scoring,
                           c->with.samples, &baseline->outcome, c->outcomes, c->error);
}

static nt_status compare_group(comparing *c, nt_results *results, nt_group_result *group,
                               int32_t s) {
    nt_finding *baseline = &nt_group_result_baseline(results, group)[s];
    if (baseline != c->shown)
        NT_TRY(take_baseline(c, baseline));
    for (int32_t k = 0; k < group->case_count; k++)
        NT_TRY(compare_one(c, &group->cases[k].findings[s]));
    return NT_OK;
}

nt_status nt_results_compare(nt_results *results, nt_store *store, nt_scoring scoring, int32_t s,
                             nt_error *error) {
    nt_arena arena;
    nt_arena_init(&arena);
    int32_t samples = results->setup.samples;
    size_t size = (size_t)samples * (size_t)nt_score_bytes(scoring);
    comparing c = {.store = store,
                   .baseline = nt_arena_alloc(&arena, size),
                   .outcomes = nt_arena_alloc(&arena, size),
                   .error = error};
    c.with = (nt_comparison){.scoring = scoring,
                             .samples = samples,
                             .all = samples,
                             .baseline = c.baseline,
                             .patients = results->samples.patients,
                             .margin = results->setup.margin};
    nt_status status = c.baseline && c.outcomes ? NT_OK : no_memory(error);
    if (status == NT_OK)
        status = take_baseline(&c, &results->baseline[s]);
    for (int32_t g = 0; status == NT_OK && g < results->group_count; g++)
        status = compare_group(&c, results, &results->groups[g], s);
    nt_arena_finish(&arena);
    return status;
}
