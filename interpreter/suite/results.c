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

/* The layers that are edited in one way: "zero a b", or "zero a and 3 more". */
static void add_kind(const nt_results *results, const nt_case *item, nt_edit_kind kind,
                     int32_t most, nt_text *text) {
    int32_t count = 0;
    const nt_edit *edit = NULL;
    for (int32_t i = 0; i < item->count; i++) {
        if (item->edits[i].kind != kind)
            continue;
        edit = &item->edits[i];
        if (count++ == 0)
            nt_text_printf(text, "%s%s", text->length ? ", " : "", nt_edit_names[kind]);
        if (most == 0 || count <= most)
            nt_text_printf(text, " %s", results->network->layers[item->layers[i]].name);
    }
    if (most > 0 && count > most)
        nt_text_printf(text, " and %d more", count - most);
    if (edit && kind == NT_EDIT_NOISE)
        nt_text_printf(text, " (deviation %g, seed %lld)", edit->deviation, (long long)edit->seed);
    if (edit && kind == NT_EDIT_RERANDOMISE)
        nt_text_printf(text, " (seed %lld)", (long long)edit->seed);
}

const char *nt_case_words(const nt_results *results, const nt_case *item, int32_t most,
                          nt_arena *arena) {
    nt_text text;
    nt_text_init(&text);
    for (int kind = 0; nt_edit_names[kind]; kind++)
        add_kind(results, item, (nt_edit_kind)kind, most, &text);
    const char *copy = text.failed || !text.bytes ? NULL : nt_arena_string(arena, text.bytes);
    nt_text_finish(&text);
    return copy;
}

nt_status nt_results_store(const nt_results *results, nt_store *store, nt_error *error) {
    const nt_suite *suite = results->suite;
    const char *split = nt_split_name((nt_split)suite->evaluate.split);
    nt_arena arena;
    size_t count = 0, most = (size_t)suite->seed_count;
    for (int g = 0; g < suite->group_count; g++)
        most += (size_t)results->groups[g].cases.count * (size_t)suite->seed_count;
    nt_arena_init(&arena);
    nt_store_result *rows = NT_ARENA_ARRAY(&arena, nt_store_result, most);
    bool ok = rows != NULL;
    for (int s = 0; ok && s < suite->seed_count; s++)
        rows[count++] = (nt_store_result){.group = "baseline",
                                          .name = "baseline",
                                          .seed = suite->seeds[s],
                                          .split = split,
                                          .edit = "",
                                          .key = results->baseline_keys[s]};
    for (int g = 0; ok && g < suite->group_count; g++)
        for (int32_t c = 0; ok && c < results->groups[g].cases.count; c++) {
            const nt_case *item = &results->groups[g].cases.items[c];
            const char *words = nt_case_words(results, item, 0, &arena);
            ok = words != NULL;
            for (int s = 0; ok && s < suite->seed_count; s++) {
                const nt_finding *finding = &results->groups[g].findings[c * suite->seed_count + s];
                rows[count++] = (nt_store_result){.group = suite->groups[g].name,
                                                  .name = item->name,
                                                  .seed = suite->seeds[s],
                                                  .split = split,
                                                  .edit = words,
                                                  .key = finding->failure ? NULL : finding->key,
                                                  .failure = finding->failure};
            }
        }
    nt_status status = ok ? nt_store_put_results(store, rows, count, error)
                          : nt_error_say(error, NT_NO_MEMORY, "out of memory storing results");
    nt_arena_finish(&arena);
    return status;
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

static void add_number(nt_text *csv, const char *format, double value) {
    nt_text_add(csv, ",");
    if (!isnan(value))
        nt_text_printf(csv, format, value);
}

static void add_finding(nt_text *csv, const nt_finding *f) {
    if (f->failure) {
        nt_text_add(csv, ",accuracy,,,,,,,,,,,,,,");
        add_quoted(csv, f->failure);
        nt_text_add(csv, "\n");
        return;
    }
    nt_text_printf(csv, ",accuracy,%.6f,%.6f", nt_accuracy(f->outcome), f->change);
    add_number(csv, "%.6f", f->interval.low);
    add_number(csv, "%.6f", f->interval.high);
    nt_text_printf(csv, ",%d,%d,%lld,%lld", f->outcome.correct, f->outcome.total,
                   (long long)f->paired.lost, (long long)f->paired.gained);
    add_number(csv, "%.6g", f->p);
    add_number(csv, "%.6g", f->p_holm);
    add_number(csv, "%.6g", f->margin.inside);
    add_number(csv, "%.6g", f->margin.outside);
    nt_text_printf(csv, ",%s,\n", nt_verdict_name(f->verdict));
}

static void add_baseline(nt_text *csv, int32_t seed, nt_outcome outcome) {
    nt_text_printf(csv, "baseline,baseline,,%d,accuracy,%.6f,,,,%d,%d,,,,,,,,\n", seed,
                   nt_accuracy(outcome), outcome.correct, outcome.total);
}

static void format_csv(const nt_results *results, nt_text *csv, nt_arena *arena) {
    const nt_suite *suite = results->suite;
    nt_text_add(csv, "group,case,edit,seed,metric,value,change,low,high,correct,total,lost,gained,"
                     "p,p_holm,inside,outside,verdict,failure\n");
    for (int s = 0; s < suite->seed_count; s++)
        add_baseline(csv, suite->seeds[s], results->baseline[s]);
    for (int g = 0; g < suite->group_count; g++)
        for (int32_t c = 0; c < results->groups[g].cases.count; c++) {
            const nt_case *item = &results->groups[g].cases.items[c];
            const char *words = nt_case_words(results, item, 0, arena);
            for (int s = 0; s < suite->seed_count; s++) {
                add_quoted(csv, suite->groups[g].name);
                nt_text_add(csv, ",");
                add_quoted(csv, item->name);
                nt_text_add(csv, ",");
                add_quoted(csv, words ? words : "");
                nt_text_printf(csv, ",%d", suite->seeds[s]);
                add_finding(csv, &results->groups[g].findings[c * suite->seed_count + s]);
            }
            csv->failed = csv->failed || !words;
        }
}

/* --- JSON ------------------------------------------------------------------------------------- */

static json_t *json_outcome(int32_t seed, nt_outcome outcome) {
    return json_pack("{s:i, s:s, s:o, s:i, s:i, s:o}", "seed", (int)seed, "metric", "accuracy",
                     "value", nt_json_real(nt_accuracy(outcome)), "correct", (int)outcome.correct,
                     "total", (int)outcome.total, "loss", nt_json_real(nt_mean_loss(outcome)));
}

static json_t *json_baseline(const nt_results *results) {
    json_t *list = json_array();
    for (int s = 0; s < results->suite->seed_count; s++)
        list = nt_json_append(list, json_outcome(results->suite->seeds[s], results->baseline[s]));
    return list;
}

static json_t *json_finding(int32_t seed, const nt_finding *f) {
    if (f->failure)
        return json_pack("{s:i, s:s}", "seed", (int)seed, "failure", f->failure);
    json_t *object = json_outcome(seed, f->outcome);
    json_t *more = json_pack(
        "{s:o, s:[o, o], s:I, s:I, s:o, s:o, s:o, s:o, s:s}", "change", nt_json_real(f->change),
        "interval", nt_json_real(f->interval.low), nt_json_real(f->interval.high), "lost",
        (json_int_t)f->paired.lost, "gained", (json_int_t)f->paired.gained, "p", nt_json_real(f->p),
        "p_holm", nt_json_real(f->p_holm), "inside", nt_json_real(f->margin.inside), "outside",
        nt_json_real(f->margin.outside), "verdict", nt_verdict_name(f->verdict));
    if (object && more && json_object_update(object, more) == 0) {
        json_decref(more);
        return object;
    }
    json_decref(object);
    json_decref(more);
    return NULL;
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
            findings, json_finding(results->suite->seeds[s], &group->findings[c * seeds + s]));
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
        "{s:s, s:o, s:s, s:s, s:i, s:i, s:i, s:s, s:i, s:s, s:s?, s:s?, s:o, s:o}", "graph",
        suite->graph, "set", set, "data", suite->data.kind->name, "split",
        nt_split_name((nt_split)suite->evaluate.split), "samples", (int)results->baseline[0].total,
        "held_out", (int)suite->data.hold_out, "batch", (int)suite->evaluate.batch, "batch_norm",
        norms[suite->evaluate.batch_norm], "calibration", (int)suite->evaluate.calibration, "conv",
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

json_t *nt_results_json(const nt_results *results) {
    json_t *groups = json_array();
    for (int g = 0; g < results->suite->group_count; g++)
        groups = nt_json_append(groups, json_group(results, g));
    return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o}", "suite", results->suite->name, "network",
                     results->network->name, "setup", json_setup(results), "provenance",
                     json_provenance(results), "baseline", json_baseline(results), "groups",
                     groups);
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
