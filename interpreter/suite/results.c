/* The results as CSV (for spreadsheets and scripts: a row an outcome) and as JSON (the same, with
 * all that the numbers follow from). */
#include "results.h"

#include "alloc.h"
#include "file.h"
#include "json_out.h"
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

const char *nt_case_zeroed(const nt_results *results, const nt_case *item, nt_arena *arena) {
    nt_text text;
    nt_text_init(&text);
    for (int32_t i = 0; i < item->layer_count; i++)
        nt_text_printf(&text, "%s%s", i ? " " : "", results->network->layers[item->layers[i]].name);
    const char *copy = text.failed ? NULL : nt_arena_string(arena, text.bytes);
    nt_text_finish(&text);
    return copy;
}

/* --- CSV (RFC 4180) --------------------------------------------------------------------------- */

static void add_quoted(nt_text *csv, const char *value) {
    if (!strpbrk(value, ",\"\r\n")) {
        nt_text_add(csv, value);
        return;
    }
    nt_text_add(csv, "\"");
    for (; *value; value++)
        nt_text_add_bytes(csv, *value == '"' ? "\"\"" : value, *value == '"' ? 2 : 1);
    nt_text_add(csv, "\"");
}

static void add_row(nt_text *csv, const char *group, const char *name, const char *zeroed,
                    int32_t seed, nt_outcome outcome, nt_outcome baseline) {
    add_quoted(csv, group);
    nt_text_add(csv, ",");
    add_quoted(csv, name);
    nt_text_add(csv, ",");
    add_quoted(csv, zeroed);
    nt_text_printf(csv, ",%d,accuracy,%.6f,%.6f,%d,%d\n", seed, nt_accuracy(outcome),
                   nt_change(outcome, baseline), outcome.correct, outcome.total);
}

static void format_csv(const nt_results *results, nt_text *csv, nt_arena *arena) {
    const nt_suite *suite = results->suite;
    nt_text_add(csv, "group,case,zeroed,seed,metric,value,change,correct,total\n");
    for (int s = 0; s < suite->seed_count; s++)
        add_row(csv, "baseline", "baseline", "", suite->seeds[s], results->baseline[s],
                results->baseline[s]);
    for (int g = 0; g < suite->group_count; g++)
        for (int32_t c = 0; c < results->groups[g].cases.count; c++) {
            const nt_case *item = &results->groups[g].cases.items[c];
            const char *zeroed = nt_case_zeroed(results, item, arena);
            for (int s = 0; s < suite->seed_count; s++)
                add_row(csv, suite->groups[g].name, item->name, zeroed ? zeroed : "",
                        suite->seeds[s], results->groups[g].outcomes[c * suite->seed_count + s],
                        results->baseline[s]);
            csv->failed = csv->failed || !zeroed;
        }
}

/* --- JSON ------------------------------------------------------------------------------------- */

static json_t *json_outcomes(const nt_results *results, const nt_outcome *outcomes) {
    json_t *list = json_array();
    for (int s = 0; s < results->suite->seed_count; s++)
        list = nt_json_append(
            list,
            json_pack("{s:i, s:s, s:o, s:o, s:i, s:i, s:o}", "seed", (int)results->suite->seeds[s],
                      "metric", "accuracy", "value", nt_json_real(nt_accuracy(outcomes[s])),
                      "change", nt_json_real(nt_change(outcomes[s], results->baseline[s])),
                      "correct", (int)outcomes[s].correct, "total", (int)outcomes[s].total, "loss",
                      nt_json_real(outcomes[s].loss)));
    return list;
}

static json_t *json_case(const nt_results *results, const nt_group_result *group, int32_t c) {
    const nt_case *item = &group->cases.items[c];
    json_t *zeroed = json_array();
    for (int32_t i = 0; i < item->layer_count; i++)
        zeroed =
            nt_json_append(zeroed, json_string(results->network->layers[item->layers[i]].name));
    return json_pack("{s:s, s:o, s:o}", "case", item->name, "zeroed", zeroed, "results",
                     json_outcomes(results, &group->outcomes[c * results->suite->seed_count]));
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
    for (int32_t c = 0; c < group->cases.count; c++)
        cases = nt_json_append(cases, json_case(results, group, c));
    return json_pack("{s:s, s:s, s:s, s:s, s:o, s:s, s:o}", "group", group->group->name, "title",
                     group->group->title, "hook", group->group->hook, "hook_sha256",
                     group->cases.digest, "options", json_options(group->group), "remark",
                     group->cases.remark, "cases", cases);
}

/* What was measured on what, in the suite's own words. */
static json_t *json_setup(const nt_results *results) {
    const nt_suite *suite = results->suite;
    json_t *set = json_object();
    for (int i = 0; i < suite->setting_count && set; i++)
        set = set_member(set, suite->settings[i].key, json_string(suite->settings[i].value));
    return json_pack("{s:s, s:o, s:s, s:s, s:i, s:i, s:i, s:s, s:s?, s:o}", "graph", suite->graph,
                     "set", set, "data", suite->data.kind->name, "split",
                     nt_split_name((nt_split)suite->evaluate.split), "samples",
                     (int)results->baseline[0].total, "held_out", (int)suite->data.hold_out,
                     "batch", (int)suite->evaluate.batch, "batch_norm",
                     suite->evaluate.batch_norm == NT_NORM_BATCH ? "batch" : "running", "weights",
                     suite->weights, "margin", nt_json_real(suite->margin));
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

json_t *nt_results_json(const nt_results *results) {
    json_t *groups = json_array();
    for (int g = 0; g < results->suite->group_count; g++)
        groups = nt_json_append(groups, json_group(results, g));
    return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o}", "suite", results->suite->name, "network",
                     results->network->name, "setup", json_setup(results), "provenance",
                     json_provenance(results), "baseline",
                     json_outcomes(results, results->baseline), "groups", groups);
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
