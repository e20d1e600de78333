/* The outcomes of a run's rows, and each case's compared with its baseline's. */
#include "run_results_private.h"

#include "comparison.h"
#include "outcome.h"
#include <string.h>

typedef struct reading {
    nt_run_results *results;
    unsigned char **outcomes; /* of each baseline that is complete */
    unsigned char *other;     /* the same of the case at hand, */
    unsigned char *like;      /* and of its baseline, where that has other numerics */
    int32_t bytes;            /* of a sample's outcome; 0: none was looked at */
    nt_error *error;
} reading;

/* Outcomes are of the kind that the run's metric says; where it says none, the first one does. All
 * are of one size, by which there is room for them. */
static nt_status check_bytes(reading *r, const nt_run_row *row, int32_t bytes) {
    nt_run_results *results = r->results;
    nt_scoring *scoring = &results->scoring;
    if (!results->metric_known)
        scoring->metric = nt_metric_usual(bytes == 1 ? NT_TARGET_CLASS : NT_TARGET_MASK);
    results->metric_known = true;
    if (r->bytes == 0 && nt_scoring_from_bytes(bytes, scoring->metric, scoring))
        r->bytes = bytes;
    if (r->bytes == bytes && bytes > 0)
        return NT_OK;
    return nt_error_in(r->error, NT_INVALID, results->folder, -1,
                       "an outcome of '%s' takes %d bytes, which is not one of the metric '%s'",
                       row->name, bytes, nt_metric_names[scoring->metric]);
}

/* Whether all of a row's outcome is there: otherwise its failure says why not. *ret_samples: how
 * many there are or should be. */
static nt_status find_outcome(reading *r, nt_run_row *row, bool *ret, int32_t *ret_samples) {
    nt_finding *finding = &row->finding;
    nt_measured found = {0};
    *ret = !finding->failure;
    if (finding->failure)
        return NT_OK;
    NT_TRY(nt_store_find(r->results->store, finding->key, finding->numerics, &found, r->error));
    NT_TRY(check_bytes(r, row, found.sample_bytes));
    *ret_samples = finding->decide == NT_DECIDE_NOT ? found.samples : finding->outcome.total;
    *ret = found.done >= *ret_samples;
    if (*ret)
        return NT_OK;
    finding->unfinished = true;
    finding->failure = nt_arena_printf(&r->results->arena, "measured in part: %d of %d images",
                                       found.done, *ret_samples);
    return finding->failure ? NT_OK : nt_run_no_memory(r->results, r->error);
}

/* Reads a row's outcome; one without numbers is its failure. */
static nt_status read_outcome(reading *r, nt_run_row *row, int32_t samples,
                              unsigned char *ret_outcomes) {
    const nt_run_results *results = r->results;
    nt_finding *finding = &row->finding;
    NT_TRY(nt_outcome_read(results->store, finding->key, finding->numerics, results->scoring,
                           samples, &finding->outcome, ret_outcomes, r->error));
    if (finding->outcome.failed == 0)
        return NT_OK;
    const nt_samples *known = results->recorded ? &results->recorded->samples : NULL;
    int32_t i = finding->outcome.failure;
    bool placed = i >= 0 && results->index_count >= samples;
    const char *name = known && i >= 0 && i < known->name_count ? known->names[i] : NULL;
    finding->failure =
        nt_outcome_failure(placed ? results->indexes[i] : i, name, &r->results->arena);
    return finding->failure ? NT_OK : nt_run_no_memory(r->results, r->error);
}

static nt_status read_baselines(reading *r) {
    nt_run_results *results = r->results;
    int32_t samples = 0, most = 0;
    r->outcomes = NT_ARENA_ARRAY(&results->arena, unsigned char *, results->baseline_count + 1);
    if (!r->outcomes)
        return nt_run_no_memory(results, r->error);
    for (size_t i = 0; i < results->baseline_count; i++) {
        nt_run_row *row = &results->baselines[i];
        bool whole;
        NT_TRY(find_outcome(r, row, &whole, &samples));
        if (!whole)
            continue;
        size_t size = (size_t)samples * (size_t)nt_score_bytes(results->scoring);
        if (!(r->outcomes[i] = nt_arena_alloc(&results->arena, size)))
            return nt_run_no_memory(results, r->error);
        NT_TRY(read_outcome(r, row, samples, r->outcomes[i]));
        most = samples > most ? samples : most;
    }
    size_t largest = (size_t)most * (size_t)nt_score_bytes(results->scoring) + 1;
    r->other = nt_arena_alloc(&results->arena, largest);
    r->like = nt_arena_alloc(&results->arena, largest);
    return r->other && r->like ? NT_OK : nt_run_no_memory(results, r->error);
}

/* A retrained group has its own. */
static const nt_run_row *find_baseline(const nt_run_results *results, const nt_run_row *row) {
    const nt_run_row *found = NULL;
    for (size_t i = 0; i < results->baseline_count; i++) {
        const nt_run_row *at = &results->baselines[i];
        bool own = strcmp(at->name, row->group) == 0;
        if (at->finding.seed == row->finding.seed && strcmp(at->split, row->split) == 0 &&
            (own || (!found && strcmp(at->name, NT_BASELINE) == 0)))
            found = at;
    }
    return found;
}

/* The baseline's outcomes with the numerics of the case; *ret NULL: the store lacks some. */
static nt_status find_like(reading *r, const nt_run_row *row, const unsigned char **ret) {
    const nt_run_results *results = r->results;
    const nt_finding *baseline = &row->baseline->finding;
    const char *numerics = row->finding.numerics;
    nt_measured found;
    nt_outcome ignored;
    *ret = r->outcomes[row->baseline - results->baselines];
    if (strcmp(baseline->numerics, numerics) == 0)
        return NT_OK;
    NT_TRY(nt_store_find(results->store, baseline->key, numerics, &found, r->error));
    *ret = NULL;
    if (found.samples != baseline->outcome.total || found.done < found.samples)
        return NT_OK;
    NT_TRY(nt_outcome_read(results->store, baseline->key, numerics, results->scoring, found.samples,
                           &ignored, r->like, r->error));
    *ret = r->like;
    return NT_OK;
}

static nt_status compare_row(reading *r, nt_run_row *row, const unsigned char *baseline,
                             int32_t samples) {
    const nt_run_results *results = r->results;
    nt_finding *finding = &row->finding;
    NT_TRY(read_outcome(r, row, samples, r->other));
    if (finding->failure)
        return NT_OK;
    const nt_comparison with = {.scoring = results->scoring,
                                .samples = samples,
                                .all = row->baseline->finding.outcome.total,
                                .baseline = baseline,
                                .patients =
                                    samples == results->patient_count ? results->patients : NULL,
                                .margin = results->margin};
    return nt_finding_compare(finding, &with, r->other) == NT_OK
               ? NT_OK
               : nt_run_no_memory(results, r->error);
}

/* Compares one case with its baseline, if both are complete. */
static nt_status read_row(reading *r, nt_run_row *row) {
    const nt_run_results *results = r->results;
    const unsigned char *baseline = NULL;
    int32_t samples = 0;
    bool whole;
    row->baseline = find_baseline(results, row);
    NT_TRY(find_outcome(r, row, &whole, &samples));
    if (!whole)
        return NT_OK;
    if (row->baseline && !row->baseline->finding.failure) {
        int32_t all = row->baseline->finding.outcome.total;
        if (samples > all || (samples < all && row->finding.decide == NT_DECIDE_NOT))
            return nt_error_in(r->error, NT_INVALID, results->folder, -1,
                               "'%s' was measured on %d samples, its baseline on %d", row->name,
                               samples, all);
        NT_TRY(find_like(r, row, &baseline));
    }
    if (baseline)
        return compare_row(r, row, baseline, samples);
    row->finding.failure = "its baseline isn't measured";
    row->finding.unfinished = true;
    return NT_OK;
}

nt_status nt_run_read_outcomes(nt_run_results *results, nt_error *error) {
    reading r = {.results = results, .error = error};
    NT_TRY(read_baselines(&r));
    for (size_t i = 0; i < results->row_count; i++)
        NT_TRY(read_row(&r, &results->rows[i]));
    return NT_OK;
}
