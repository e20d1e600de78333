/* Reading: the store's list of results first, then the outcomes that it names. Outcomes never
 * change once they are saved, so that a run which goes on meanwhile does no harm. */
#include "run_results_private.h"

#include "alloc.h"
#include "results_file.h"
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- the list --------------------------------------------------------------------------------- */

typedef struct listing {
    nt_run_results *results;
    nt_error *error;
} listing;

/* Makes one of nt_store_each_result's a row, or a baseline. */
/* How measuring was to end early, and how it did. */
static bool read_decision(nt_finding *finding, const nt_store_result *result, nt_arena *arena) {
    for (int i = 0; nt_decide_names[i]; i++)
        if (strcmp(result->decide, nt_decide_names[i]) == 0)
            finding->decide = (nt_decide)i;
    finding->outcome.total = result->samples;
    finding->decision = result->decision ? nt_arena_string(arena, result->decision) : NULL;
    return !result->decision || finding->decision;
}

static nt_status add_row(void *context, const nt_store_result *result) {
    listing *list = context;
    nt_run_results *results = list->results;
    nt_arena *arena = &results->arena;
    nt_run_row row = {.group = nt_arena_string(arena, result->group),
                      .name = nt_arena_string(arena, result->name),
                      .split = nt_arena_string(arena, result->split),
                      .edit = nt_arena_string(arena, result->edit),
                      .finding.seed = result->seed};
    bool baseline = strcmp(result->group, NT_BASELINE) == 0;
    nt_run_row **rows = baseline ? &results->baselines : &results->rows;
    size_t *count = baseline ? &results->baseline_count : &results->row_count;
    size_t *capacity = baseline ? &results->baseline_capacity : &results->row_capacity;
    if (result->failure)
        row.finding.failure = nt_arena_string(arena, result->failure);
    else
        snprintf(row.finding.key, sizeof row.finding.key, "%s", result->key);
    if (result->numerics)
        row.finding.numerics = nt_arena_string(arena, result->numerics);
    if (result->decide && !read_decision(&row.finding, result, arena))
        return nt_run_no_memory(list->results, list->error);
    if (!row.group || !row.name || !row.split || !row.edit ||
        (result->failure && !row.finding.failure) || (result->numerics && !row.finding.numerics) ||
        !nt_grow((void **)rows, capacity, *count, sizeof row))
        return nt_run_no_memory(results, list->error);
    (*rows)[(*count)++] = row;
    return NT_OK;
}

/* --- the folder ------------------------------------------------------------------------------- */

/* Whether results.json is of the samples whose outcomes the store lists: a run in this folder may
 * have been begun since, on others. */
static bool same_samples(const nt_run_results *results) {
    const nt_samples *samples = &results->recorded->samples;
    return samples->index_count == results->index_count &&
           (results->index_count == 0 ||
            memcmp(samples->indexes, results->indexes,
                   (size_t)results->index_count * sizeof *results->indexes) == 0);
}

/* The margin, the metric and the patients of the run's own results.json. */
static nt_status read_setup(nt_run_results *results, const char *path, const double *given,
                            nt_error *error) {
    NT_TRY(nt_results_read(path, &results->recorded, error));
    const nt_setup *setup = &results->recorded->setup;
    results->margin = given ? *given : setup->margin;
    results->scoring.metric = setup->metric;
    results->metric_known = true;
    if (same_samples(results)) {
        results->patients = results->recorded->samples.patients;
        results->patient_count = results->recorded->samples.patient_count;
    }
    return NT_OK;
}

/* What results.json says of a row that the store does not know. */
static void take_recorded(const nt_results *recorded, nt_run_row *row) {
    for (int32_t g = 0; g < recorded->group_count; g++) {
        const nt_group_result *group = &recorded->groups[g];
        bool baseline = strcmp(row->group, NT_BASELINE) == 0;
        const nt_finding *findings = baseline ? group->own_baseline : NULL;
        if (strcmp(group->name, baseline ? row->name : row->group) != 0)
            continue;
        row->retraining = group->retraining.from ? &group->retraining : NULL;
        for (int32_t c = 0; !baseline && c < group->case_count; c++)
            if (strcmp(group->cases[c].name, row->name) == 0) {
                row->cut = group->cases[c].cut;
                findings = group->cases[c].findings;
            }
        for (int32_t s = 0; findings && s < recorded->seed_count; s++)
            if (findings[s].seed == row->finding.seed)
                row->finding.epoch_seconds = findings[s].epoch_seconds;
    }
}

static nt_status find_setup(nt_run_results *results, const double *given, nt_error *error) {
    results->margin = given ? *given : NT_USUAL_MARGIN;
    const char *path = nt_arena_printf(&results->arena, "%s/" NT_RESULTS_JSON, results->folder);
    if (!path)
        return nt_run_no_memory(results, error);
    if (access(path, F_OK) == 0 || errno != ENOENT)
        return read_setup(results, path, given, error);
    results->margin_assumed = !given;
    return NT_OK;
}

static nt_status open_folder(nt_run_results *results, nt_error *error) {
    struct stat info;
    bool found = stat(results->folder, &info) == 0;
    if (found && S_ISDIR(info.st_mode))
        return nt_store_open_to_read(results->folder, &results->store, error);
    nt_error_in(error, NT_INVALID, results->folder, -1, "%s",
                found ? "is not a folder" : strerror(errno));
    nt_error_hint(error, "give the folder of a suite that was run");
    return NT_INVALID;
}

static nt_status check_any(nt_run_results *results, nt_error *error) {
    int64_t complete;
    if (results->baseline_count + results->row_count > 0)
        return NT_OK;
    NT_TRY(nt_store_count_complete(results->store, &complete, error));
    nt_error_in(error, NT_INVALID, results->folder, -1,
                "lists no results yet; %lld outcomes are measured", (long long)complete);
    nt_error_hint(error, "a run lists them after each seed and when it is interrupted; if it was "
                         "killed, give its command again");
    return NT_INVALID;
}

static nt_status read_folder(nt_run_results *results, const double *margin, nt_error *error) {
    NT_TRY(open_folder(results, error));
    NT_TRY(nt_store_each_result(results->store, add_row, &(listing){results, error}, error));
    NT_TRY(nt_store_samples(results->store, &results->arena, &results->indexes,
                            &results->index_count, error));
    NT_TRY(check_any(results, error));
    NT_TRY(find_setup(results, margin, error));
    NT_TRY(nt_run_read_outcomes(results, error));
    for (size_t i = 0; results->recorded && i < results->row_count; i++)
        take_recorded(results->recorded, &results->rows[i]);
    for (size_t i = 0; results->recorded && i < results->baseline_count; i++)
        take_recorded(results->recorded, &results->baselines[i]);
    for (size_t i = 0; i < results->row_count; i++)
        results->several_seeds = results->several_seeds ||
                                 results->rows[i].finding.seed != results->rows[0].finding.seed;
    NT_TRY(nt_run_judge(results, error));
    if (results->several_seeds)
        NT_TRY(nt_run_judge_recipes(results, error));
    return nt_run_place_controls(results, error);
}

nt_status nt_run_results_read(const char *folder, const double *margin, nt_run_results **ret,
                              nt_error *error) {
    nt_run_results *results = nt_alloc_zero(sizeof *results);
    if (!results)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory reading %s", folder);
    nt_arena_init(&results->arena);
    results->folder = folder;
    nt_status status = read_folder(results, margin, error);
    if (status == NT_OK)
        *ret = results;
    else
        nt_run_results_free(results);
    return status;
}
