/* `estimate:` of a suite: what is guessed of layers without ablating them, from which images. A
 * list of estimators is short for a map with that under `of`. */
#include "suite_file_private.h"

#include "estimator.h"
#include "json_out.h"
#include <string.h>

static const char *const splits[] = {"train", "test", "held_out", NULL}; /* as nt_split */

static const nt_field fields[] = {
    {"images", NT_INT, offsetof(nt_suite_estimate, images), "1000", 1, 2147483647,
     .doc = "how many to look at, of each class or patient a share drawn with the seed"},
    {"split", NT_CHOICE, offsetof(nt_suite_estimate, split), "train", .choices = splits,
     .doc = "which part of the data they are of"},
    {0},
};

/* Each once, in the order of the table. */
static nt_status take(nt_suite_loader *l, const nt_yaml *node, const char *const *names, int count,
                      nt_suite_estimate *ret) {
    int known = 0;
    while (nt_estimators[known])
        known++;
    const nt_estimator **by = NT_ARENA_ARRAY(l->reader.arena, const nt_estimator *, known + 1);
    bool *asked = NT_ARENA_ARRAY(l->reader.arena, bool, known + 1);
    if (!by || !asked)
        return nt_reader_no_memory(&l->reader);
    for (int i = 0; i < count; i++) {
        const nt_kind *kind;
        NT_TRY(nt_suite_find(l, node->kind == NT_YAML_LIST ? node->items[i] : node, "estimator",
                             names[i], nt_estimators, NULL, &kind));
        for (int k = 0; k < known; k++)
            asked[k] = asked[k] || nt_estimators[k] == kind;
    }
    ret->count = 0;
    for (int k = 0; k < known; k++)
        if (asked[k])
            by[ret->count++] = (const nt_estimator *)nt_estimators[k];
    ret->by = by;
    return NT_OK;
}

static nt_status read_of(nt_suite_loader *l, const nt_suite_key *key, const nt_yaml *node,
                         void *record) {
    const char *const *names;
    int count;
    NT_TRY(nt_read_texts(&l->reader, node, key->field.name, &names, &count));
    return take(l, node, names, count, record);
}

static json_t *of_schema(void) {
    json_t *names = json_array();
    for (const nt_kind *const *kind = nt_estimators; *kind; kind++)
        json_array_append_new(names, json_string((*kind)->name));
    json_t *one = json_pack("{s:o}", "enum", names);
    json_t *list = json_pack("{s:s, s:O}", "type", "array", "items", one);
    return json_pack("{s:[o, o]}", "anyOf", one, list);
}

static void write_of(nt_suite_writer *w, const nt_suite_key *key, const void *record) {
    const nt_suite_estimate *estimate = record;
    nt_suite_begin_line(w, key->field.name);
    for (int32_t i = 0; i < estimate->count; i++)
        nt_text_printf(w->text, "%s%s", i ? ", " : " [", estimate->by[i]->kind.name);
    nt_text_add(w->text, "]\n");
}

/* The record is the nt_suite_estimate. */
static const nt_suite_key keys[] = {
    {{.name = "of", .doc = "the estimators"},
     .required = true,
     .read = read_of,
     .schema = of_schema,
     .write = write_of},
    {.field = {0}},
};

json_t *nt_suite_estimate_schema(void) {
    json_t *map = nt_suite_schema_of(fields, keys), *of = of_schema();
    return json_pack("{s:[o, o]}", "anyOf", map, of);
}

void nt_suite_write_estimate(nt_suite_writer *w, const nt_suite_key *key, const void *suite) {
    const nt_suite_estimate *estimate = &((const nt_suite *)suite)->estimate;
    if (estimate->count == 0)
        return;
    nt_suite_begin_line(w, key->field.name);
    nt_text_add(w->text, "\n");
    w->indent += 2;
    nt_suite_write_keys(w, keys, estimate);
    nt_suite_write_fields(w, fields, estimate);
    w->indent -= 2;
}

nt_status nt_suite_read_estimate(nt_suite_loader *l, const nt_suite_key *key, const nt_yaml *node,
                                 void *record) {
    nt_suite_estimate *estimate = &((nt_suite *)record)->estimate;
    const char *const *own;
    if (node->kind != NT_YAML_MAP) {
        if (!nt_fields_default(fields, estimate, l->reader.arena))
            return nt_reader_no_memory(&l->reader);
        return read_of(l, key, node, estimate);
    }
    NT_TRY(nt_suite_names(l, keys, NULL, &own));
    nt_status status =
        nt_read_fields(&l->reader, node, node, key->field.name, "key", fields, own, estimate);
    return nt_suite_worse(status, nt_suite_read_keys(l, node, keys, "'estimate'", estimate));
}
