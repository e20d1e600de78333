/* Reading: the store's list of results first, then the outcomes that it names. Outcomes never
 * change once they are saved, so that a run which goes on meanwhile does no harm. */
#include "run_results.h"

#include "alloc.h"
#include "file.h"
#include "outcome.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static nt_status no_memory(const nt_run_results *results, nt_error *error) {
    return nt_error_say(error, NT_NO_MEMORY, "out of memory reading %s", results->folder);
}

/* --- the list --------------------------------------------------------------------------------- */

typedef struct listing {
    nt_run_results *results;
    nt_error *error;
} listing;

/* Makes one of nt_store_each_result's a row, or a baseline. */
static nt_status add_row(void *context, const nt_store_result *result) {
    listing *list = context;
    nt_run_results *results = list->results;
    nt_arena *arena = &results->arena;
    nt_run_row row = {.group = nt_arena_string(arena, result->group),
                      .name = nt_arena_string(arena, result->name),
                      .split = nt_arena_string(arena, result->split),
                      .edit = nt_arena_string(arena, result->edit),
                      .seed = result->seed};
    bool baseline = strcmp(result->group, NT_BASELINE) == 0;
    nt_run_row **rows = baseline ? &results->baselines : &results->rows;
    size_t *count = baseline ? &results->baseline_count : &results->row_count;
    size_t *capacity = baseline ? &results->baseline_capacity : &results->row_capacity;
    if (result->failure)
        row.finding.failure = nt_arena_string(arena, result->failure);
    else
        snprintf(row.finding.key, sizeof row.finding.key, "%s", result->key);
    if (!row.group || !row.name || !row.split || !row.edit ||
        (result->failure && !row.finding.failure) ||
        !nt_grow((void **)rows, capacity, *count, sizeof row))
        return no_memory(results, list->error);
    (*rows)[(*count)++] = row;
    return NT_OK;
}

/* --- groups and cases ------------------------------------------------------------------------- */

/* Sorts whose rows belong together; within these, they stay in their order. */
static int compare_groups(const void *a, const void *b) {
    const nt_run_row *x = *(nt_run_row *const *)a, *y = *(nt_run_row *const *)b;
    int order = strcmp(x->group, y->group);
    if (order == 0)
        order = strcmp(x->split, y->split);
    return order != 0 ? order : (x > y) - (x < y);
}

static int compare_cases(const void *a, const void *b) {
    const nt_run_row *x = *(nt_run_row *const *)a, *y = *(nt_run_row *const *)b;
    int order = (x->group_start > y->group_start) - (x->group_start < y->group_start);
    if (order == 0)
        order = strcmp(x->name, y->name);
    return order != 0 ? order : (x > y) - (x < y);
}

static int compare_families(const void *a, const void *b) {
    const nt_run_row *x = *(nt_run_row *const *)a, *y = *(nt_run_row *const *)b;
    int order = (x->group_start > y->group_start) - (x->group_start < y->group_start);
    if (order == 0)
        order = (x->seed > y->seed) - (x->seed < y->seed);
    return order != 0 ? order : (x > y) - (x < y);
}

static void find_starts(const nt_run_results *results, nt_run_row **sorted) {
    size_t count = results->row_count;
    qsort(sorted, count, sizeof *sorted, compare_groups);
    for (size_t i = 0; i < count; i++) {
        const nt_run_row *last = i > 0 ? sorted[i - 1] : NULL;
        bool same = last && strcmp(last->group, sorted[i]->group) == 0 &&
                    strcmp(last->split, sorted[i]->split) == 0;
        sorted[i]->group_start = same ? last->group_start : (int32_t)(sorted[i] - results->rows);
    }
    qsort(sorted, count, sizeof *sorted, compare_cases);
    for (size_t i = 0; i < count; i++) {
        const nt_run_row *last = i > 0 ? sorted[i - 1] : NULL;
        bool same = last && last->group_start == sorted[i]->group_start &&
                    strcmp(last->name, sorted[i]->name) == 0;
        sorted[i]->case_start = same ? last->case_start : (int32_t)(sorted[i] - results->rows);
    }
}

/* Judges the cases of each group with each seed together. */
static nt_status judge_all(const nt_run_results *results, nt_run_row **sorted,
                           nt_finding **findings) {
    size_t count = results->row_count, first = 0;
    qsort(sorted, count, sizeof *sorted, compare_families);
    for (size_t i = 0; i < count; i++)
        findings[i] = &sorted[i]->finding;
    for (size_t i = 1; i <= count; i++) {
        if (i < count && sorted[i]->group_start == sorted[first]->group_start &&
            sorted[i]->seed == sorted[first]->seed)
            continue;
        NT_TRY(nt_findings_judge(findings + first, (int32_t)(i - first)));
        first = i;
    }
    return NT_OK;
}

/* --- outcomes --------------------------------------------------------------------------------- */

typedef struct reading {
    nt_run_results *results;
    unsigned char **outcomes; /* of each baseline that is complete */
    unsigned char *other;     /* the same of the case at hand */
    nt_error *error;
} reading;

/* Outcomes are of the kind that the run's metric says; where it says none, the first one does. */
static nt_status check_bytes(reading *r, const nt_run_row *row, int32_t bytes) {
    nt_run_results *results = r->results;
    nt_scoring *scoring = &results->scoring;
    if (!results->metric_known)
        scoring->metric = nt_metric_usual(bytes == 1 ? NT_TARGET_CLASS : NT_TARGET_MASK);
    results->metric_known = true;
    if (nt_scoring_from_bytes(bytes, scoring->metric, scoring))
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
    NT_TRY(nt_store_find(r->results->store, finding->key, &found, r->error));
    NT_TRY(check_bytes(r, row, found.sample_bytes));
    *ret_samples = found.samples;
    *ret = found.shards == nt_shard_count(found.samples);
    if (*ret)
        return NT_OK;
    finding->unfinished = true;
    finding->failure = nt_arena_printf(&r->results->arena, "measured in part: %d of %d shards",
                                       found.shards, nt_shard_count(found.samples));
    return finding->failure ? NT_OK : no_memory(r->results, r->error);
}

static nt_status read_baselines(reading *r) {
    nt_run_results *results = r->results;
    int32_t samples = 0, most = 0;
    r->outcomes = NT_ARENA_ARRAY(&results->arena, unsigned char *, results->baseline_count + 1);
    if (!r->outcomes)
        return no_memory(results, r->error);
    for (size_t i = 0; i < results->baseline_count; i++) {
        nt_run_row *row = &results->baselines[i];
        bool whole;
        NT_TRY(find_outcome(r, row, &whole, &samples));
        if (!whole)
            continue;
        size_t size = (size_t)samples * (size_t)nt_score_bytes(results->scoring);
        if (!(r->outcomes[i] = nt_arena_alloc(&results->arena, size)))
            return no_memory(results, r->error);
        NT_TRY(nt_outcome_read(results->store, row->finding.key, results->scoring, samples,
                               &row->finding.outcome, r->outcomes[i], r->error));
        most = samples > most ? samples : most;
    }
    r->other = nt_arena_alloc(&results->arena,
                              (size_t)most * (size_t)nt_score_bytes(results->scoring) + 1);
    return r->other ? NT_OK : no_memory(results, r->error);
}

static const nt_run_row *find_baseline(const nt_run_results *results, const nt_run_row *row) {
    for (size_t i = 0; i < results->baseline_count; i++)
        if (results->baselines[i].seed == row->seed &&
            strcmp(results->baselines[i].split, row->split) == 0)
            return &results->baselines[i];
    return NULL;
}

/* Compares one case with its baseline, if both are complete. */
static nt_status read_row(reading *r, nt_run_row *row) {
    const nt_run_results *results = r->results;
    nt_finding *finding = &row->finding;
    int32_t samples = 0;
    bool whole;
    row->baseline = find_baseline(results, row);
    NT_TRY(find_outcome(r, row, &whole, &samples));
    if (!whole)
        return NT_OK;
    if (!row->baseline || row->baseline->finding.failure) {
        finding->failure = "its baseline isn't measured";
        finding->unfinished = true;
        return NT_OK;
    }
    const nt_outcome *baseline = &row->baseline->finding.outcome;
    if (samples != baseline->total)
        return nt_error_in(r->error, NT_INVALID, results->folder, -1,
                           "'%s' was measured on %d samples, its baseline on %d", row->name,
                           samples, baseline->total);
    NT_TRY(nt_outcome_read(results->store, finding->key, results->scoring, samples,
                           &finding->outcome, r->other, r->error));
    const nt_comparison with = {.scoring = results->scoring,
                                .samples = samples,
                                .baseline = r->outcomes[row->baseline - results->baselines],
                                .patients =
                                    samples == results->sample_count ? results->patients : NULL,
                                .margin = results->margin};
    return nt_finding_compare(finding, &with, r->other) == NT_OK ? NT_OK
                                                                 : no_memory(results, r->error);
}

/* --- the folder ------------------------------------------------------------------------------- */

/* What results.json says of the samples, as far as it does: which belong together. */
static nt_status read_samples(nt_run_results *results, const json_t *samples) {
    const json_t *patients = json_object_get(samples, "patients");
    size_t count = json_array_size(patients);
    int32_t *patient_list = NT_ARENA_ARRAY(&results->arena, int32_t, count + 1);
    if (!patient_list)
        return NT_NO_MEMORY;
    for (size_t i = 0; i < count; i++)
        patient_list[i] = (int32_t)json_integer_value(json_array_get(patients, i));
    results->sample_count = (int32_t)count;
    results->patients = count > 0 ? patient_list : NULL;
    return NT_OK;
}

/* The margin, the metric and the samples of the run's own results.json. */
static nt_status read_setup(nt_run_results *results, const char *path, bool margin_given,
                            nt_error *error) {
    enum { LARGEST = 1 << 30 };
    nt_bytes file;
    json_error_t why;
    NT_TRY(nt_file_read(path, LARGEST, &file, error));
    json_t *root = json_loadb((const char *)file.bytes, file.size, 0, &why);
    const json_t *setup = json_object_get(root, "setup");
    const json_t *margin = json_object_get(setup, "margin");
    const char *metric = json_string_value(json_object_get(setup, "metric"));
    double value = json_is_number(margin) ? json_number_value(margin) : -1;
    bool is_json = root != NULL;
    for (int m = 0; metric && nt_metric_names[m]; m++)
        if (strcmp(metric, nt_metric_names[m]) == 0) {
            results->scoring.metric = (nt_metric)m;
            results->metric_known = true;
        }
    nt_status status = read_samples(results, json_object_get(root, "samples"));
    json_decref(root);
    nt_bytes_finish(&file);
    if (status != NT_OK)
        return no_memory(results, error);
    if (margin_given)
        return NT_OK;
    if (value >= 0 && value <= 1) {
        results->margin = value;
        return NT_OK;
    }
    nt_error_in(error, NT_INVALID, path, -1, "does not say the run's margin%s%s",
                is_json ? "" : ": ", is_json ? "" : why.text);
    nt_error_hint(error, "give --margin, or the run's command again, which writes the file anew");
    return NT_INVALID;
}

static nt_status find_setup(nt_run_results *results, const double *given, nt_error *error) {
    results->margin = given ? *given : NT_USUAL_MARGIN;
    const char *path = nt_arena_printf(&results->arena, "%s/results.json", results->folder);
    if (!path)
        return no_memory(results, error);
    if (access(path, F_OK) == 0 || errno != ENOENT)
        return read_setup(results, path, given != NULL, error);
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

static nt_status judge(nt_run_results *results, nt_error *error) {
    size_t size = results->row_count * sizeof(void *) + 1;
    nt_run_row **sorted = nt_alloc(size);
    nt_finding **findings = nt_alloc(size);
    nt_status status = sorted && findings ? NT_OK : NT_NO_MEMORY;
    for (size_t i = 0; status == NT_OK && i < results->row_count; i++)
        sorted[i] = &results->rows[i];
    if (status == NT_OK) {
        find_starts(results, sorted);
        status = judge_all(results, sorted, findings);
    }
    nt_free(sorted, size);
    nt_free(findings, size);
    return status == NT_OK ? NT_OK : no_memory(results, error);
}

static nt_status read_folder(nt_run_results *results, const double *margin, nt_error *error) {
    reading r = {.results = results, .error = error};
    NT_TRY(open_folder(results, error));
    NT_TRY(nt_store_each_result(results->store, add_row, &(listing){results, error}, error));
    NT_TRY(check_any(results, error));
    NT_TRY(find_setup(results, margin, error));
    NT_TRY(read_baselines(&r));
    for (size_t i = 0; i < results->row_count; i++) {
        NT_TRY(read_row(&r, &results->rows[i]));
        results->several_seeds =
            results->several_seeds || results->rows[i].seed != results->rows[0].seed;
    }
    return judge(results, error);
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

void nt_run_results_free(nt_run_results *results) {
    if (!results)
        return;
    nt_store_close(results->store);
    nt_free(results->baselines, results->baseline_capacity * sizeof *results->baselines);
    nt_free(results->rows, results->row_capacity * sizeof *results->rows);
    nt_arena_finish(&results->arena);
    nt_free(results, sizeof *results);
}
