/* The results as CSV (for spreadsheets and scripts: a row an outcome) and as JSON (the same, with
 * all that the numbers follow from). */
#include "results.h"

#include "alloc.h"
#include "attrs.h"
#include "file.h"
#include "json_out.h"
#include <math.h>
#include <string.h>

void nt_results_free(nt_results *results) {
    if (!results)
        return;
    for (int g = 0; results->groups && g < results->suite->group_count; g++)
        nt_cases_finish(&results->groups[g].cases);
    nt_network_free(results->network);
    nt_arena_finish(&results->arena);
    nt_free(results, sizeof *results);
}

/* The layers that are edited in one way: "zero a b". */
static void add_kind(const nt_results *results, const nt_case *item, nt_edit_kind kind,
                     nt_text *text) {
    int32_t count = 0;
    const nt_edit *edit = NULL;
    for (int32_t i = 0; i < item->count; i++) {
        if (item->edits[i].kind != kind)
            continue;
        edit = &item->edits[i];
        if (count++ == 0)
            nt_text_printf(text, "%s%s", text->length ? ", " : "", nt_edit_names[kind]);
        nt_text_printf(text, " %s", results->network->layers[item->layers[i]].name);
    }
    if (edit && kind == NT_EDIT_NOISE)
        nt_text_printf(text, " (deviation %g, seed %lld)", edit->deviation, (long long)edit->seed);
    if (edit && kind == NT_EDIT_RERANDOMISE)
        nt_text_printf(text, " (seed %lld)", (long long)edit->seed);
}

const char *nt_case_words(const nt_results *results, const nt_case *item, nt_arena *arena) {
    nt_text text;
    nt_text_init(&text);
    for (int kind = 0; nt_edit_names[kind]; kind++)
        add_kind(results, item, (nt_edit_kind)kind, &text);
    const char *copy = text.failed || !text.bytes ? NULL : nt_arena_string(arena, text.bytes);
    nt_text_finish(&text);
    return copy;
}

/* --- the store -------------------------------------------------------------------------------- */

typedef struct listing {
    nt_arena arena;
    nt_store *store;
    nt_store_result *rows;
    size_t count;
    nt_error *error;
} listing;

/* Lists what has failed or of which a shard is saved. */
static nt_status list_row(listing *list, nt_store_result row) {
    nt_measured found = {0};
    if (!row.failure)
        NT_TRY(nt_store_find(list->store, row.key, &found, list->error));
    if (row.failure || found.shards > 0)
        list->rows[list->count++] = row;
    return NT_OK;
}

static nt_status list_case(listing *list, const nt_results *results, int g, int32_t c) {
    const nt_suite *suite = results->suite;
    const nt_group_result *group = &results->groups[g];
    const char *words = nt_case_words(results, &group->cases.items[c], &list->arena);
    if (!words)
        return nt_error_say(list->error, NT_NO_MEMORY, "out of memory storing results");
    for (int s = 0; s < suite->seed_count; s++) {
        const nt_finding *finding = &group->findings[c * suite->seed_count + s];
        NT_TRY(list_row(list,
                        (nt_store_result){.group = group->group->name,
                                          .name = group->cases.items[c].name,
                                          .seed = suite->seeds[s],
                                          .split = nt_split_name((nt_split)suite->evaluate.split),
                                          .edit = words,
                                          .key = finding->failure ? NULL : finding->key,
                                          .failure = finding->failure}));
    }
    return NT_OK;
}

static nt_status list_all(listing *list, const nt_results *results) {
    const nt_suite *suite = results->suite;
    size_t most = 1;
    for (int g = 0; g < suite->group_count; g++)
        most += (size_t)results->groups[g].cases.count;
    list->rows = NT_ARENA_ARRAY(&list->arena, nt_store_result, most * (size_t)suite->seed_count);
    if (!list->rows)
        return nt_error_say(list->error, NT_NO_MEMORY, "out of memory storing results");
    for (int s = 0; s < suite->seed_count; s++)
        NT_TRY(list_row(list,
                        (nt_store_result){.group = NT_BASELINE,
                                          .name = NT_BASELINE,
                                          .seed = suite->seeds[s],
                                          .split = nt_split_name((nt_split)suite->evaluate.split),
                                          .edit = "",
                                          .key = results->baseline_keys[s]}));
    for (int g = 0; g < suite->group_count; g++)
        for (int32_t c = 0; c < results->groups[g].cases.count; c++)
            NT_TRY(list_case(list, results, g, c));
    return NT_OK;
}

nt_status nt_results_store(const nt_results *results, nt_store *store, nt_error *error) {
    listing list = {.store = store, .error = error};
    nt_arena_init(&list.arena);
    nt_status status = list_all(&list, results);
    if (status == NT_OK && list.count > 0)
        status = nt_store_put_results(store, list.rows, list.count, error);
    nt_arena_finish(&list.arena);
    return status;
}

/* --- CSV -------------------------------------------------------------------------------------- */

static void format_csv(const nt_results *results, nt_text *csv, nt_arena *arena) {
    const nt_suite *suite = results->suite;
    nt_findings_csv_header(csv);
    for (int s = 0; s < suite->seed_count; s++)
        nt_baseline_csv(suite->seeds[s], &(nt_finding){.outcome = results->baseline[s]}, csv);
    for (int g = 0; g < suite->group_count; g++)
        for (int32_t c = 0; c < results->groups[g].cases.count; c++) {
            const nt_case *item = &results->groups[g].cases.items[c];
            const char *words = nt_case_words(results, item, arena);
            for (int s = 0; words && s < suite->seed_count; s++)
                nt_finding_csv(suite->groups[g].name, item->name, words, suite->seeds[s],
                               &results->groups[g].findings[c * suite->seed_count + s], csv);
            csv->failed = csv->failed || !words;
        }
}

/* --- JSON ------------------------------------------------------------------------------------- */

static json_t *json_baseline(const nt_results *results) {
    json_t *list = json_array();
    for (int s = 0; s < results->suite->seed_count; s++)
        list =
            nt_json_append(list, nt_baseline_json(results->suite->seeds[s],
                                                  &(nt_finding){.outcome = results->baseline[s]}));
    return list;
}

static json_t *json_edits(const nt_results *results, const nt_case *item) {
    json_t *list = json_array();
    for (int32_t i = 0; i < item->count; i++) {
        const nt_edit *edit = &item->edits[i];
        bool drawn = edit->kind == NT_EDIT_NOISE || edit->kind == NT_EDIT_RERANDOMISE;
        list = nt_json_append(
            list, json_pack("{s:s, s:s, s:o*, s:o*}", "layer",
                            results->network->layers[item->layers[i]].name, "kind",
                            nt_edit_names[edit->kind], "deviation",
                            edit->kind == NT_EDIT_NOISE ? nt_json_real(edit->deviation) : NULL,
                            "seed", drawn ? json_integer(edit->seed) : NULL));
    }
    return list;
}

static json_t *json_case(const nt_results *results, const nt_group_result *group, int32_t c) {
    const nt_case *item = &group->cases.items[c];
    int seeds = results->suite->seed_count;
    nt_spread spread = nt_case_spread(results, group, c);
    json_t *findings = json_array();
    for (int s = 0; s < seeds; s++)
        findings = nt_json_append(
            findings, nt_finding_json(results->suite->seeds[s], &group->findings[c * seeds + s]));
    return json_pack("{s:s, s:o, s:o, s:{s:o, s:o}}", "case", item->name, "edits",
                     json_edits(results, item), "results", findings, "change", "mean",
                     nt_json_real(spread.mean), "deviation", nt_json_real(spread.deviation));
}

static json_t *json_scalar(nt_scalar scalar) {
    switch (scalar.kind) {
    case NT_SCALAR_BOOL:
        return json_boolean(scalar.truth);
    case NT_SCALAR_INT:
        return json_integer(scalar.integer);
    case NT_SCALAR_REAL:
        return nt_json_real(scalar.real);
    case NT_SCALAR_TEXT:
        return json_string(scalar.text);
    default:
        return json_null();
    }
}

static json_t *json_option(const nt_hook_option *option) {
    if (!option->list)
        return json_scalar(option->items[0]);
    json_t *list = json_array();
    for (int i = 0; i < option->count; i++)
        list = nt_json_append(list, json_scalar(option->items[i]));
    return list;
}

/* Adds a member and takes its value; NULL, with the object freed, when memory is out. */
static json_t *set_member(json_t *object, const char *key, json_t *value) {
    if (object && value && json_object_set_new(object, key, value) == 0)
        return object;
    json_decref(object);
    return NULL;
}

static json_t *json_options(const nt_group *group) {
    json_t *options = json_object();
    for (int i = 0; i < group->option_count && options; i++)
        options = set_member(options, group->options[i].name, json_option(&group->options[i]));
    return options;
}

static json_t *json_group(const nt_results *results, int g) {
    const nt_group_result *group = &results->groups[g];
    json_t *cases = json_array();
    double tau;
    if (nt_group_agreement(results, group, &tau) != NT_OK) {
        json_decref(cases);
        return NULL;
    }
    for (int32_t c = 0; c < group->cases.count; c++)
        cases = nt_json_append(cases, json_case(results, group, c));
    return json_pack("{s:s, s:s, s:s, s:s, s:o, s:s, s:o, s:o}", "group", group->group->name,
                     "title", group->group->title, "hook", group->group->hook, "hook_sha256",
                     group->cases.digest, "options", json_options(group->group), "remark",
                     group->cases.remark, "kendall_tau", nt_json_real(tau), "cases", cases);
}

/* What was measured on what, in the suite's own words. */
static json_t *json_setup(const nt_results *results) {
    static const char *const norms[] = {[NT_NORM_RUNNING] = "running",
                                        [NT_NORM_BATCH] = "batch",
                                        [NT_NORM_RECALIBRATED] = "recalibrated"};
    const nt_suite *suite = results->suite;
    json_t *set = json_object();
    for (int i = 0; i < suite->setting_count && set; i++)
        set = set_member(set, suite->settings[i].key, json_string(suite->settings[i].value));
    return json_pack(
        "{s:s, s:o, s:s, s:s, s:s, s:i, s:i, s:i, s:s, s:i, s:s, s:s?, s:s?, s:o, s:o}", "graph",
        suite->graph, "set", set, "data", suite->data.kind->name, "split",
        nt_split_name((nt_split)suite->evaluate.split), "metric",
        nt_metric_names[results->scoring.metric], "samples", (int)results->baseline[0].total,
        "held_out", (int)suite->data.hold_out, "batch", (int)suite->evaluate.batch, "batch_norm",
        norms[suite->evaluate.batch_norm], "calibration", (int)results->calibration, "conv",
        nt_conv2d_algorithms[suite->conv], "weights", suite->weights, "initial", suite->initial,
        "margin", nt_json_real(suite->margin), "alpha", nt_json_real(NT_ALPHA));
}

static json_t *json_provenance(const nt_results *results) {
    const nt_provenance *from = &results->provenance;
    json_t *weights = json_array();
    for (int s = 0; s < results->suite->seed_count; s++)
        weights = nt_json_append(weights, json_string(from->weights[s]));
    return json_pack("{s:s, s:s, s:i, s:s, s:s, s:s, s:o}", "program", from->program, "library",
                     from->library, "threads", from->threads, "suite_sha256", from->suite,
                     "graph_sha256", from->graph, "data_sha256", from->data, "weights_sha256",
                     weights);
}

/* What is known of the samples, in the order of their outcomes in the store. */
static json_t *json_samples(const nt_results *results) {
    json_t *names = results->names ? json_array() : NULL;
    json_t *patients = results->patients ? json_array() : NULL;
    for (int32_t i = 0; names && i < results->baseline[0].total; i++)
        names = nt_json_append(names, json_string(results->names[i]));
    for (int32_t i = 0; patients && i < results->baseline[0].total; i++)
        patients = nt_json_append(patients, json_integer(results->patients[i]));
    return json_pack("{s:o*, s:o*}", "names", names, "patients", patients);
}

json_t *nt_results_json(const nt_results *results) {
    json_t *groups = json_array();
    for (int g = 0; g < results->suite->group_count; g++)
        groups = nt_json_append(groups, json_group(results, g));
    return json_pack("{s:s, s:s, s:o, s:o, s:o*, s:o, s:o}", "suite", results->suite->name,
                     "network", results->network->name, "setup", json_setup(results), "provenance",
                     json_provenance(results), "samples",
                     results->patients || results->names ? json_samples(results) : NULL, "baseline",
                     json_baseline(results), "groups", groups);
}

/* --- files ------------------------------------------------------------------------------------ */

static nt_status write_text(const nt_text *text, const char *folder, const char *name,
                            nt_arena *arena, nt_error *error) {
    const char *path = nt_arena_printf(arena, "%s/%s", folder, name);
    if (!path || text->failed)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory writing %s", name);
    return nt_file_replace(path, text->bytes, text->length, error);
}

nt_status nt_results_write(const nt_results *results, const char *folder, nt_error *error) {
    nt_arena arena;
    nt_text csv, json;
    nt_arena_init(&arena);
    nt_text_init(&csv);
    nt_text_init(&json);
    format_csv(results, &csv, &arena);
    json_t *value = nt_results_json(results);
    nt_json_format(value, &json);
    json_decref(value);
    nt_status status = write_text(&csv, folder, "results.csv", &arena, error);
    if (status == NT_OK)
        status = write_text(&json, folder, "results.json", &arena, error);
    nt_text_finish(&csv);
    nt_text_finish(&json);
    nt_arena_finish(&arena);
    return status;
}
