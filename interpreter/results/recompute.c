/* The outcomes go into a store of no file; from there on everything is what a run's end does. Of
 * results.json nothing is kept that follows from them. */
#include "recompute.h"

#include "beneath.h"
#include "packed.h"
#include "recipe_finding.h"
#include "results_compare.h"
#include "results_file.h"
#include <math.h>
#include <string.h>

enum { LARGEST_FILE = 1 << 30, SHOWN = 120 };

/* --- forgetting ------------------------------------------------------------------------------- */

/* A failure follows from what was done, and stays, and so do the time that retraining took and
 * where measuring ended. */
static void forget_finding(nt_finding *finding, nt_metric metric) {
    if (finding->failure)
        return;
    *finding = (nt_finding){.seed = finding->seed,
                            .epoch_seconds = finding->epoch_seconds,
                            .decide = finding->decide,
                            .decision = finding->decision,
                            .outcome = {.metric = metric, .total = finding->outcome.total}};
}

static void forget(nt_results *results) {
    nt_metric metric = results->setup.metric;
    for (int32_t s = 0; s < results->seed_count; s++)
        forget_finding(&results->baseline[s], metric);
    for (int32_t i = 0; i < results->estimate_count; i++)
        results->estimates[i].rank_count = 0;
    for (int32_t g = 0; g < results->group_count; g++) {
        nt_group_result *group = &results->groups[g];
        for (int32_t s = 0; s < group->own_baseline_count; s++)
            forget_finding(&group->own_baseline[s], metric);
        group->tau = group->tau_not_trivial = (double)NAN;
        group->control = (nt_control){.of = group->control.of, .p = (double)NAN};
        for (int32_t c = 0; c < group->case_count; c++) {
            group->cases[c].value = group->cases[c].change = (nt_spread){0};
            group->cases[c].recipe = (nt_recipe_finding){0};
            for (int32_t s = 0; s < results->seed_count; s++)
                forget_finding(&group->cases[c].findings[s], metric);
        }
    }
}

/* --- computing -------------------------------------------------------------------------------- */

static nt_status compute(nt_results *results, nt_store *store, nt_error *error) {
    nt_scoring scoring = nt_results_scoring(results);
    for (int32_t s = 0; s < results->seed_count; s++)
        NT_TRY(nt_results_compare(results, store, scoring, s, error));
    NT_TRY(nt_results_find_recipes(results, store, scoring, error));
    return nt_results_judge(results) == NT_OK
               ? NT_OK
               : nt_error_say(error, NT_NO_MEMORY, "out of memory judging cases");
}

/* Fits the results what is packed? */
static nt_status check(const nt_packed *packed, const nt_results *results, const char *path,
                       nt_error *error) {
    nt_scoring scoring = nt_results_scoring(results);
    int32_t classes = scoring.target == NT_TARGET_MASK ? scoring.classes : 0;
    if (packed->metric != scoring.metric || packed->classes != classes)
        return nt_error_in(error, NT_INVALID, path, -1, "is of another run than results.json");
    return NT_OK;
}

/* Computes the results anew from the packed outcomes at `path`. */
static nt_status compute_anew(nt_results *results, const char *path, nt_error *error) {
    nt_arena *arena = &results->arena;
    nt_store *store = NULL;
    nt_packed packed;
    NT_TRY(nt_packed_read(path, arena, &packed, error));
    NT_TRY(check(&packed, results, path, error));
    forget(results);
    NT_TRY(nt_packed_assign(&packed, path, results, error));
    NT_TRY(nt_store_open_in_memory(&store, error));
    nt_status status = nt_packed_restore(&packed, store, error);
    if (status == NT_OK)
        status = compute(results, store, error);
    nt_store_close(store);
    return status;
}

/* --- comparing -------------------------------------------------------------------------------- */

static int shown(const char *line) {
    size_t length = strcspn(line, "\n");
    return length < SHOWN ? (int)length : SHOWN;
}

/* The first line that differs. */
static nt_status compare(const char *path, const nt_text *follows, nt_error *error) {
    nt_bytes file;
    NT_TRY(nt_beneath_read(NULL, path, LARGEST_FILE, &file, error));
    const char *said = (const char *)file.bytes, *ours = follows->bytes;
    nt_status status = NT_OK;
    if (file.size != follows->length || memcmp(said, ours, file.size) != 0) {
        size_t at = 0, line = 0, number = 1;
        while (at < file.size && at < follows->length && said[at] == ours[at])
            if (said[at++] == '\n') {
                line = at;
                number++;
            }
        status = nt_error_in(error, NT_FAILED, path, -1,
                             "line %zu says '%.*s', from the outcomes follows '%.*s'", number,
                             shown(said + line), said + line, shown(ours + line), ours + line);
    }
    nt_bytes_finish(&file);
    return status;
}

static nt_status compare_both(const nt_results *results, const char *run, nt_error *error) {
    nt_arena arena;
    nt_text csv, json;
    nt_arena_init(&arena);
    nt_text_init(&csv);
    nt_text_init(&json);
    const char *csv_path = nt_arena_printf(&arena, "%s/" NT_RESULTS_CSV, run);
    const char *json_path = nt_arena_printf(&arena, "%s/" NT_RESULTS_JSON, run);
    nt_status status = nt_results_format(results, &csv, &json);
    if (status != NT_OK || !csv_path || !json_path)
        status = nt_error_say(error, NT_NO_MEMORY, "out of memory comparing %s", run);
    if (status == NT_OK)
        status = compare(csv_path, &csv, error);
    if (status == NT_OK)
        status = compare(json_path, &json, error);
    nt_text_finish(&csv);
    nt_text_finish(&json);
    nt_arena_finish(&arena);
    return status;
}

/* --- all -------------------------------------------------------------------------------------- */

static int32_t count_outcomes(const nt_results *results) {
    int32_t count = results->seed_count;
    for (int32_t g = 0; g < results->group_count; g++)
        count += results->groups[g].case_count * results->seed_count +
                 results->groups[g].own_baseline_count;
    return count - nt_results_failures(results);
}

nt_status nt_results_recompute(const char *run, int32_t *ret_outcomes, nt_error *error) {
    nt_arena arena;
    nt_results *results = NULL;
    nt_arena_init(&arena);
    const char *json = nt_arena_printf(&arena, "%s/" NT_RESULTS_JSON, run);
    const char *packed = nt_arena_printf(&arena, "%s/" NT_PACKED_NAME, run);
    nt_status status = json && packed ? nt_results_read(json, &results, error)
                                      : nt_error_say(error, NT_NO_MEMORY, "out of memory");
    if (status == NT_OK)
        status = compute_anew(results, packed, error);
    if (status == NT_OK)
        status = compare_both(results, run, error);
    if (status == NT_OK)
        *ret_outcomes = count_outcomes(results);
    nt_results_free(results);
    nt_arena_finish(&arena);
    return status;
}
