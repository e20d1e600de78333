/* `evaluate:` of a suite: on what, how and by which metric cases are measured. */
#include "suite_file_private.h"

#include "json_out.h"
#include <string.h>

static const char *const splits[] = {"train", "test", "held_out", NULL}; /* as nt_split */

static const nt_field fields[] = {
    {"split", NT_CHOICE, offsetof(nt_suite_evaluate, split), "test", .choices = splits,
     .doc = "which part of the data"},
    {"batch", NT_INT, offsetof(nt_suite_evaluate, batch), "256", 1, 65536, .doc = "images a step"},
    {"limit", NT_INT, offsetof(nt_suite_evaluate, limit), "0", 0, 2147483647,
     .doc = "only so many images: of each class or patient a share, always the same; 0: all"},
    {"first", NT_INT, offsetof(nt_suite_evaluate, first), "0", 0, 2147483647,
     .doc = "only the first so many images, in place of 'limit'; 0: all"},
    {"batch_norm", NT_CHOICE, offsetof(nt_suite_evaluate, batch_norm), "running",
     .choices = nt_norm_names, .doc = "which statistics batch normalisation uses"},
    {"calibration", NT_INT, offsetof(nt_suite_evaluate, calibration), "5000", 1, 2147483647,
     .doc = "training images, of each class or patient a share drawn with the seed, for mean "
            "outputs and recalibrated statistics; of the latter whole batches"},
    {0},
};

/* The first one decides the verdicts; outcomes say all of them. */
static nt_status read_metrics(nt_suite_loader *l, const nt_suite_key *key, const nt_yaml *node,
                              void *record) {
    nt_suite_evaluate *evaluate = record;
    const char *const *names;
    int count;
    NT_TRY(nt_read_texts(&l->reader, node, key->field.name, &names, &count));
    for (int i = 0; i < count; i++) {
        int metric = 0;
        while (nt_metric_names[metric] && strcmp(names[i], nt_metric_names[metric]) != 0)
            metric++;
        if (!nt_metric_names[metric])
            return nt_suite_no_such(l, node, "metric", names[i],
                                    nt_nearest(names[i], nt_metric_names));
        if (i == 0)
            evaluate->metric = (nt_metric)metric;
    }
    evaluate->has_metric = count > 0;
    return NT_OK;
}

static json_t *metrics_schema(void) {
    json_t *metric = json_pack("{s:o}", "enum", nt_json_names(nt_metric_names));
    json_t *list = json_pack("{s:s, s:O}", "type", "array", "items", metric);
    return json_pack("{s:[o, o]}", "anyOf", metric, list);
}

static void write_metrics(nt_suite_writer *w, const nt_suite_key *key, const void *record) {
    (void)record;
    nt_suite_begin_line(w, key->field.name);
    nt_text_printf(w->text, " [%s]\n", nt_metric_names[w->resolved->metric]);
}

/* The record is the nt_suite_evaluate. */
static const nt_suite_key keys[] = {
    {{.name = "metrics", .doc = "the first decides the verdicts"},
     .read = read_metrics,
     .schema = metrics_schema,
     .write = write_metrics},
    {.field = {0}},
};

json_t *nt_suite_evaluate_schema(void) {
    return nt_suite_schema_of(fields, keys);
}

void nt_suite_write_evaluate(nt_suite_writer *w, const nt_suite_key *key, const void *suite) {
    const nt_suite_evaluate *evaluate = &((const nt_suite *)suite)->evaluate;
    nt_suite_begin_line(w, key->field.name);
    nt_text_add(w->text, "\n");
    w->indent += 2;
    nt_suite_write_fields(w, fields, evaluate);
    nt_suite_write_keys(w, keys, evaluate);
    w->indent -= 2;
}

bool nt_suite_default_evaluate(nt_suite *suite) {
    return nt_fields_default(fields, &suite->evaluate, &suite->arena);
}

nt_status nt_suite_read_evaluate(nt_suite_loader *l, const nt_suite_key *key, const nt_yaml *map,
                                 void *record) {
    nt_suite_evaluate *evaluate = &((nt_suite *)record)->evaluate;
    const char *const *own;
    NT_TRY(nt_read_map(&l->reader, map, key->field.name));
    NT_TRY(nt_suite_names(l, keys, NULL, &own));
    nt_status status =
        nt_read_fields(&l->reader, map, map, key->field.name, "key", fields, own, evaluate);
    if (status == NT_OK && evaluate->limit > 0 && evaluate->first > 0)
        status = nt_reader_say(&l->reader, nt_yaml_get(map, "first"),
                               "'first' and 'limit' don't go together; set one of them to 0");
    return nt_suite_worse(status, nt_suite_read_keys(l, map, keys, NULL, evaluate));
}
