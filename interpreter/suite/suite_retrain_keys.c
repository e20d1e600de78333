/* `retrain:` of a group: how each of its cases is trained on before it is measured. It says in what
 * that differs from `train:`, so it is read when that is known. */
#include "suite_file_private.h"

#include "json_schema.h"
#include <stdlib.h>
#include <string.h>

/* --- where it begins -------------------------------------------------------------------------- */

const char *nt_retrain_from(const nt_retrain *retrain, nt_arena *arena) {
    if (retrain->from <= 0)
        return retrain->from < 0 ? "trained" : "initial";
    return nt_arena_printf(arena, "epoch %d", retrain->from);
}

/* "trained", "initial" or "epoch 5". */
static bool read_words(const char *text, int32_t *ret) {
    static const char epoch[] = "epoch ";
    char *end;
    *ret = strcmp(text, "trained") == 0 ? NT_FROM_TRAINED : 0;
    if (strcmp(text, "trained") == 0 || strcmp(text, "initial") == 0)
        return true;
    if (strncmp(text, epoch, sizeof epoch - 1) != 0)
        return false;
    text += sizeof epoch - 1;
    long number = strtol(text, &end, 10);
    *ret = (int32_t)number;
    return end > text && !*end && text[0] != '+' && number >= 0 && number <= 1000000;
}

static nt_status read_from(nt_suite_loader *l, const nt_suite_key *key, const nt_yaml *node,
                           void *record) {
    nt_retrain *retrain = record;
    const char *text;
    NT_TRY(nt_read_text(&l->reader, node, key->field.name, &text));
    if (!read_words(text, &retrain->from))
        return nt_reader_say(&l->reader, node,
                             "retraining goes on from 'trained', 'initial' or 'epoch N', not '%s'",
                             text);
    retrain->from_location = nt_reader_location(&l->reader, node);
    return NT_OK;
}

static json_t *from_schema(void) {
    return nt_schema_text("{'anyOf': [{'enum': ['trained', 'initial']},"
                          " {'type': 'string', 'pattern': '^epoch [0-9]+$'}]}");
}

static void write_from(nt_suite_writer *w, const nt_suite_key *key, const void *record) {
    const char *from = nt_retrain_from(record, w->arena);
    nt_suite_begin_line(w, key->field.name);
    nt_text_printf(w->text, " %s\n", from ? from : "");
    w->text->failed = w->text->failed || !from;
}

static const nt_suite_key own_keys[] = {
    {{.name = "from",
      .fallback = "trained",
      .doc = "which weights each case is an edit of: trained, initial (from before training) or "
             "epoch N, which 'snapshots' keeps"},
     .read = read_from,
     .schema = from_schema,
     .write = write_from},
    {.field = {0}},
};

/* --- the recipe ------------------------------------------------------------------------------- */

/* What it says of the fields; the others stay as they are. */
static nt_status read_fields(nt_suite_loader *l, const nt_yaml *map, nt_recipe *recipe) {
    nt_status status = NT_OK;
    for (const nt_field *field = nt_suite_train_fields; field->name; field++) {
        const nt_yaml *node = nt_yaml_get(map, field->name);
        const char *text;
        char why[NT_FIELD_WHY];
        if (!node)
            continue;
        nt_status read = nt_read_text(&l->reader, node, field->name, &text);
        if (read == NT_OK && !nt_field_set_text(field, recipe, l->reader.arena, text, why))
            read = nt_reader_say(&l->reader, node, "%s %s", field->name, why);
        status = nt_suite_worse(status, read);
    }
    return status;
}

static nt_status list_names(nt_suite_loader *l, const char *const **ret) {
    size_t count = 0, most = 1;
    for (const nt_field *field = nt_suite_train_fields; field->name; field++)
        most++;
    for (const nt_suite_key *key = nt_suite_recipe_keys; key->field.name; key++)
        most++;
    const char **names = NT_ARENA_ARRAY(l->reader.arena, const char *, most + 1);
    if (!names)
        return nt_reader_no_memory(&l->reader);
    names[count++] = own_keys[0].field.name;
    for (const nt_field *field = nt_suite_train_fields; field->name; field++)
        names[count++] = field->name;
    for (const nt_suite_key *key = nt_suite_recipe_keys; key->field.name; key++)
        names[count++] = key->field.name;
    *ret = names;
    return NT_OK;
}

/* A schedule that was read for other epochs. */
static nt_status check_schedule(nt_suite_loader *l, const nt_yaml *map, const nt_recipe *recipe) {
    char why[NT_SCHEDULE_WHY];
    if (!recipe->schedule->fits ||
        recipe->schedule->fits(recipe->schedule_options, recipe->epochs, why))
        return NT_OK;
    nt_reader_say(&l->reader, map, "the schedule '%s' does not fit %d epochs: %s",
                  recipe->schedule->kind.name, recipe->epochs, why);
    nt_error_hint(l->reader.error, "give another under 'schedule'");
    return NT_INVALID;
}

/* Of given weights there is no recipe to go by. */
static nt_status read_recipe(nt_suite_loader *l, const nt_yaml *map, nt_retrain *retrain) {
    const nt_recipe *base = l->suite->recipe;
    const char *what = base ? NULL : "retrain, beside given weights,";
    nt_status status = NT_OK;
    retrain->recipe = base ? *base : (nt_recipe){.conv = l->suite->conv};
    retrain->recipe.snapshots = NULL;
    retrain->recipe.snapshot_count = 0;
    if (!base)
        for (const nt_field *field = nt_suite_train_fields; field->name; field++) {
            char why[NT_FIELD_WHY];
            if (field->fallback)
                nt_field_set_text(field, &retrain->recipe, l->reader.arena, field->fallback, why);
            else if (!nt_yaml_get(map, field->name))
                status = nt_suite_worse(status, nt_suite_lacks(l, map, what, field->name));
        }
    status = nt_suite_worse(status, read_fields(l, map, &retrain->recipe));
    status = nt_suite_worse(
        status, nt_suite_read_keys(l, map, nt_suite_recipe_keys, what, &retrain->recipe));
    if (status == NT_OK)
        status = nt_suite_check_shards(l, map, &retrain->recipe);
    return status == NT_OK ? check_schedule(l, map, &retrain->recipe) : status;
}

static nt_status read_retrain(nt_suite_loader *l, const nt_yaml *map, nt_group *group) {
    const char *const *names = NULL;
    nt_retrain *retrain = NT_ARENA_NEW(l->reader.arena, nt_retrain);
    if (!retrain)
        return nt_reader_no_memory(&l->reader);
    *retrain =
        (nt_retrain){.from = NT_FROM_TRAINED, .location = nt_reader_location(&l->reader, map)};
    NT_TRY(nt_read_map(&l->reader, map, "retrain"));
    NT_TRY(list_names(l, &names));
    nt_status status = nt_read_keys(&l->reader, map, "retrain", names);
    status = nt_suite_worse(status, nt_suite_read_in_turn(l, map, own_keys, retrain));
    status = nt_suite_worse(status, read_recipe(l, map, retrain));
    if (status == NT_OK && group->decide > NT_DECIDE_NOT)
        status = nt_reader_say(&l->reader, map,
                               "a case that is retrained is measured whole; leave out 'decide'");
    group->retrain = retrain;
    return status;
}

nt_status nt_suite_keep_retrain(nt_suite_loader *l, const nt_suite_key *key, const nt_yaml *map,
                                void *record) {
    nt_group *group = record;
    (void)l, (void)key;
    group->retrain_node = map;
    return NT_OK;
}

nt_status nt_suite_read_retrains(nt_suite_loader *l) {
    nt_status status = NT_OK;
    for (int g = 0; g < l->suite->group_count; g++) {
        nt_group *group = &l->suite->groups[g];
        if (group->retrain_node)
            status = nt_suite_worse(status, read_retrain(l, group->retrain_node, group));
    }
    return status;
}

/* --- writing, schema -------------------------------------------------------------------------- */

void nt_suite_write_retrain(nt_suite_writer *w, const nt_suite_key *key, const void *record) {
    const nt_retrain *retrain = ((const nt_group *)record)->retrain;
    if (!retrain)
        return;
    nt_suite_begin_line(w, key->field.name);
    nt_text_add(w->text, "\n");
    w->indent += 2;
    nt_suite_write_keys(w, own_keys, retrain);
    nt_suite_write_fields(w, nt_suite_train_fields, &retrain->recipe);
    nt_suite_write_keys(w, nt_suite_recipe_keys, &retrain->recipe);
    w->indent -= 2;
}

/* As `train:`, but that all may be left out. */
json_t *nt_suite_retrain_schema(void) {
    json_t *schema = nt_suite_schema_of(nt_suite_train_fields, nt_suite_recipe_keys);
    json_t *properties = json_object_get(schema, "properties");
    json_t *own = nt_suite_schema_of_keys(own_keys);
    bool ok = properties && own && json_object_update(properties, own) == 0;
    json_decref(own);
    json_object_del(schema, "required");
    for (const nt_field *field = nt_suite_train_fields; ok && field->name; field++)
        json_object_del(json_object_get(properties, field->name), "default");
    if (ok)
        return schema;
    json_decref(schema);
    return NULL;
}
