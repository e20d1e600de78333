/* What results.json holds: all that is known of a finished run but its outcomes sample by sample,
 * which are in the store. It names no folder, so that it reads alike on every machine; the files
 * that it names are told apart by their digests. */
#include "results.h"

#include "attrs.h"
#include "json_out.h"
#include "origins.h"
#include <string.h>

/* Without its folder, which is another on each machine; a digest stands beside it. */
static const char *file_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

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
        const nt_kind *kind = &item->edits[i].kind->kind;
        json_t *edit =
            json_pack("{s:s, s:s}", "layer", results->network->layers[item->layers[i]].name, "kind",
                      kind->name);
        json_t *options = nt_json_fields(kind->fields, item->edits[i].options);
        if (!options || json_object_update(edit, options) != 0) {
            json_decref(edit);
            edit = NULL;
        }
        json_decref(options);
        list = nt_json_append(list, edit);
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
                     "title", group->group->title, "hook", file_name(group->group->hook),
                     "hook_sha256", group->cases.digest, "options", json_options(group->group),
                     "remark", group->cases.remark, "kendall_tau", nt_json_real(tau), "cases",
                     cases);
}

static json_t *json_classes(const nt_results *results) {
    json_t *list = json_array();
    for (int32_t i = 0; i < results->class_count; i++)
        list = nt_json_append(list, json_string(results->classes[i]));
    return list;
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
        "{s:s, s:o, s:s, s:o, s:s, s:s, s:i, s:i, s:i, s:s, s:i, s:s, s:s?, s:s?, s:o, s:o}",
        "graph", file_name(suite->graph), "set", set, "data", suite->data.kind->kind.name,
        "classes", json_classes(results), "split", nt_split_name((nt_split)suite->evaluate.split),
        "metric", nt_metric_names[results->scoring.metric], "samples",
        (int)results->baseline[0].total, "held_out", (int)suite->data.hold_out, "batch",
        (int)suite->evaluate.batch, "batch_norm", norms[suite->evaluate.batch_norm], "calibration",
        (int)results->calibration, "conv", nt_conv2d_algorithms[suite->conv], "weights",
        suite->weights ? file_name(suite->weights) : NULL, "initial",
        suite->initial ? file_name(suite->initial) : NULL, "margin", nt_json_real(suite->margin),
        "alpha", nt_json_real(NT_ALPHA));
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

/* The layers as the user wrote them, and what reads what. */
static json_t *json_layer(const nt_origins *origins, const nt_layer *layer) {
    const nt_network *network = origins->network;
    const nt_node *node = nt_graph_node(network->graph, layer->value.node);
    json_t *inputs = json_array();
    for (int32_t i = 0; i < node->data_count; i++) {
        nt_text name;
        nt_text_init(&name);
        nt_origins_add_name(origins, node->in[i], &name);
        inputs = nt_json_append(inputs, name.failed ? NULL : json_string(name.bytes));
        nt_text_finish(&name);
    }
    return json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:I, s:I, s:b, s:b}", "name", layer->name,
                     "op", node->op->kind.name, "stage", layer->stage, "block", layer->block,
                     "inputs", inputs, "output",
                     nt_json_shape(nt_graph_type(network->graph, layer->value)->shape),
                     "parameters", (json_int_t)nt_layer_parameters(network, layer), "multiply_adds",
                     (json_int_t)nt_layer_multiply_adds(network, layer), "fd", layer->fd,
                     "shortcut", layer->shortcut);
}

static json_t *json_layers(const nt_network *network) {
    nt_origins origins;
    if (!nt_origins_init(&origins, network))
        return NULL;
    json_t *list = json_array();
    for (size_t i = 0; i < network->layer_count; i++)
        if (!network->layers[i].dead)
            list = nt_json_append(list, json_layer(&origins, &network->layers[i]));
    nt_origins_finish(&origins);
    return list;
}

json_t *nt_results_json(const nt_results *results) {
    json_t *groups = json_array();
    for (int g = 0; g < results->suite->group_count; g++)
        groups = nt_json_append(groups, json_group(results, g));
    return json_pack("{s:s, s:s, s:o, s:o, s:o*, s:o, s:o, s:o}", "suite", results->suite->name,
                     "network", results->network->name, "setup", json_setup(results), "provenance",
                     json_provenance(results), "samples",
                     results->patients || results->names ? json_samples(results) : NULL, "baseline",
                     json_baseline(results), "groups", groups, "layers",
                     json_layers(results->network));
}
