/* results.json read back, and what its table can't say by itself: that members agree. */
#include "results.h"

#include "alloc.h"
#include "beneath.h"
#include "json_in.h"
#include "results_file.h"
#include "results_table.h"
#include <errno.h>
#include <string.h>

enum { LARGEST_FILE = 1 << 28 };

/* --- what must agree -------------------------------------------------------------------------- */

static nt_status check_finding(const nt_json_reading *r, const nt_json_place *place,
                               const nt_results *results, int32_t s, nt_finding *finding) {
    if (finding->seed != results->baseline[s].seed)
        return nt_json_say(r, place, "is of seed %d, the baseline has %d in this place",
                           finding->seed, results->baseline[s].seed);
    if (finding->failure)
        finding->outcome.metric = results->setup.metric;
    if (finding->outcome.metric != results->setup.metric)
        return nt_json_say(r, place, "is in %s, the run in %s",
                           nt_metric_names[finding->outcome.metric],
                           nt_metric_names[results->setup.metric]);
    return NT_OK;
}

static nt_status check_findings(const nt_json_reading *r, const nt_json_place *place,
                                const nt_results *results, nt_finding *findings, int32_t count) {
    if (count != results->seed_count)
        return nt_json_say(r, place, "has %d items, the baseline %d", count, results->seed_count);
    for (int32_t s = 0; s < count; s++) {
        const nt_json_place within = {place, NULL, (size_t)s};
        NT_TRY(check_finding(r, &within, results, s, &findings[s]));
    }
    return NT_OK;
}

static nt_status check_group(const nt_json_reading *r, const nt_json_place *place,
                             const nt_results *results, nt_group_result *group) {
    const nt_json_place cases = {place, "cases", 0}, baseline = {place, "baseline", 0};
    if (group->own_baseline_count == 0)
        group->own_baseline = NULL;
    else
        NT_TRY(
            check_findings(r, &baseline, results, group->own_baseline, group->own_baseline_count));
    for (int32_t c = 0; c < group->case_count; c++) {
        nt_case_result *item = &group->cases[c];
        const nt_json_place one = {&cases, NULL, (size_t)c}, within = {&one, "results", 0};
        NT_TRY(check_findings(r, &within, results, item->findings, item->finding_count));
        for (int32_t s = 0; s < item->finding_count; s++)
            item->change.count += item->findings[s].failure == NULL;
        item->value.count = item->change.count;
    }
    return NT_OK;
}

static nt_status check_samples(const nt_json_reading *r, const nt_results *results, const char *key,
                               int32_t count) {
    const nt_json_place samples = {NULL, "samples", 0}, place = {&samples, key, 0};
    if (count == 0 || count == results->setup.samples)
        return NT_OK;
    return nt_json_say(r, &place, "has %d items for %d samples", count, results->setup.samples);
}

static nt_status check_indexes(const nt_json_reading *r, const nt_results *results) {
    const nt_json_place samples = {NULL, "samples", 0}, place = {&samples, "indexes", 0};
    const nt_samples *s = &results->samples;
    for (int32_t i = 0; i < s->index_count; i++)
        if (s->indexes[i] < 0)
            return nt_json_say(r, &place, "has the negative number %d", s->indexes[i]);
    return check_samples(r, results, "indexes", s->index_count);
}

static nt_status check_labels(const nt_json_reading *r, const nt_results *results) {
    const nt_json_place samples = {NULL, "samples", 0}, place = {&samples, "labels", 0};
    const nt_samples *s = &results->samples;
    for (int32_t i = 0; i < s->label_count; i++)
        if (s->labels[i] < 0 || s->labels[i] >= results->setup.class_count)
            return nt_json_say(r, &place, "has the number %d of %d classes", s->labels[i],
                               results->setup.class_count);
    return check_samples(r, results, "labels", s->label_count);
}

static nt_status check(const nt_json_reading *r, nt_results *results) {
    const nt_json_place baseline = {NULL, "baseline", 0}, groups = {NULL, "groups", 0};
    const nt_json_place provenance = {NULL, "provenance", 0};
    const nt_json_place weights = {&provenance, "weights_sha256", 0};
    NT_TRY(check_findings(r, &baseline, results, results->baseline, results->seed_count));
    if (results->provenance.weight_count != results->seed_count)
        return nt_json_say(r, &weights, "has %d items, the baseline %d",
                           results->provenance.weight_count, results->seed_count);
    NT_TRY(check_indexes(r, results));
    NT_TRY(check_samples(r, results, "names", results->samples.name_count));
    NT_TRY(check_samples(r, results, "patients", results->samples.patient_count));
    NT_TRY(check_labels(r, results));
    for (int32_t g = 0; g < results->group_count; g++) {
        const nt_json_place place = {&groups, NULL, (size_t)g};
        NT_TRY(check_group(r, &place, results, &results->groups[g]));
    }
    for (int32_t g = 0; g < results->group_count; g++) {
        const nt_json_place place = {&groups, NULL, (size_t)g}, control = {&place, "control", 0};
        if (results->groups[g].control.of && !nt_results_controlled(results, g))
            return nt_json_say(r, &control, "is of a case that isn't there");
    }
    return NT_OK;
}

/* --- kinds ------------------------------------------------------------------------------------ */

static bool is_among(const char *name, const char *const *names, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

/* Adds the kinds of a case's edits that there aren't yet; without names, counts all edits. */
static size_t add_kinds(const nt_case_result *item, const char **names, size_t count) {
    for (int32_t i = 0; i < item->edit_count; i++)
        if (!names || !is_among(item->edits[i].kind, names, count)) {
            if (names)
                names[count] = item->edits[i].kind;
            count++;
        }
    return count;
}

static size_t all_kinds(const nt_results *results, const char **names) {
    size_t count = 0;
    for (int32_t g = 0; g < results->group_count; g++)
        for (int32_t c = 0; c < results->groups[g].case_count; c++)
            count = add_kinds(&results->groups[g].cases[c], names, count);
    return count;
}

/* --- the file --------------------------------------------------------------------------------- */

static nt_status read_root(const nt_json_reading *r, const json_t *root, nt_results *results) {
    if (json_is_object(root) && !json_object_get(root, "version"))
        return nt_json_say(r, NULL, "says no version, as the files of older programs");
    NT_TRY(nt_json_table_read(r, &nt_results_table, root, NULL, results));
    NT_TRY(check(r, results));
    const char **kinds =
        NT_ARENA_ARRAY(&results->arena, const char *, all_kinds(results, NULL) + 1);
    if (!kinds)
        return nt_error_say(r->error, NT_NO_MEMORY, "out of memory reading %s", r->path);
    all_kinds(results, kinds);
    results->kinds = kinds;
    return NT_OK;
}

static nt_status read_file(const nt_json_reading *r, nt_results *results) {
    nt_bytes file;
    json_t *root;
    if (!nt_beneath_there(r->path) && errno == ENOENT) {
        nt_error_in(r->error, NT_INVALID, r->path, -1, "isn't there: the run isn't finished");
        nt_error_hint(r->error, "'nontrivial results' shows what there is so far");
        return NT_INVALID;
    }
    NT_TRY(nt_beneath_read(NULL, r->path, LARGEST_FILE, &file, r->error));
    nt_status status = nt_json_load(r->path, 0, file.bytes, file.size, &root, r->error);
    nt_bytes_finish(&file);
    NT_TRY(status);
    status = read_root(r, root, results);
    json_decref(root);
    if (status == NT_INVALID)
        nt_error_hint(r->error, "give the run's command again: what was measured is kept");
    return status;
}

nt_status nt_results_read(const char *path, nt_results **ret, nt_error *error) {
    nt_results *results = nt_results_new();
    if (!results)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory reading %s", path);
    const nt_json_reading r = {.path = path, .arena = &results->arena, .error = error};
    nt_status status = read_file(&r, results);
    if (status == NT_OK)
        *ret = results;
    else
        nt_results_free(results);
    return status;
}
