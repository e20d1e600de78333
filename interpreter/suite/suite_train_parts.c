/* Of a recipe: `frozen`, `rates` and `snapshots`. */
#include "suite_train_parts.h"

#include "json_schema.h"
#include "yaml_out.h"
#include <stdlib.h>
#include <string.h>

enum { MOST_PATTERNS = 1000, LONGEST_PATTERN = 400 };

/* --- what is not trained as the rest is ------------------------------------------------------- */

static nt_status read_named(nt_suite_loader *l, const nt_yaml *node, const char *what,
                            nt_named_rate *ret) {
    ret->location = nt_reader_location(&l->reader, node);
    NT_TRY(nt_read_text(&l->reader, node, what, &ret->pattern));
    if (strlen(ret->pattern) > LONGEST_PATTERN)
        return nt_reader_say(&l->reader, node, "%s holds a pattern of more than %d characters",
                             what, LONGEST_PATTERN);
    return ret->pattern[0] ? NT_OK
                           : nt_reader_say(&l->reader, node, "%s holds an empty pattern", what);
}

/* Each is held against the name of each parameter. */
static nt_status check_count(nt_suite_loader *l, const nt_yaml *node, const char *what) {
    if (node->count <= MOST_PATTERNS)
        return NT_OK;
    nt_reader_say(&l->reader, node, "'%s' has %d patterns; at most %d are allowed", what,
                  (int)node->count, MOST_PATTERNS);
    nt_error_hint(l->reader.error, "one pattern may mean many layers, as in layer2.*");
    return NT_INVALID;
}

nt_status nt_suite_read_frozen(nt_suite_loader *l, const nt_suite_key *key, const nt_yaml *list,
                               void *record) {
    nt_recipe *recipe = record;
    NT_TRY(nt_read_list(&l->reader, list, key->field.name));
    NT_TRY(check_count(l, list, key->field.name));
    nt_named_rate *frozen = NT_ARENA_ARRAY(l->reader.arena, nt_named_rate, list->count);
    if (!frozen)
        return nt_reader_no_memory(&l->reader);
    for (int32_t i = 0; i < list->count; i++)
        NT_TRY(read_named(l, list->items[i], key->field.name, &frozen[i]));
    recipe->frozen = frozen;
    recipe->frozen_count = list->count;
    return NT_OK;
}

static nt_status read_rate(nt_suite_loader *l, const nt_yaml_entry *entry, nt_named_rate *ret) {
    NT_TRY(read_named(l, entry->key, "rates", ret));
    NT_TRY(nt_read_real(&l->reader, entry->value, ret->pattern, &ret->rate));
    if (ret->rate > 0 && ret->rate <= 1e6)
        return NT_OK;
    nt_reader_say(&l->reader, entry->value,
                  "a share of the learning rate must be above 0 and at most 1e6, not %g",
                  ret->rate);
    if (ret->rate == 0)
        nt_error_hint(l->reader.error, "what is not to be trained belongs under 'frozen'");
    return NT_INVALID;
}

nt_status nt_suite_read_rates(nt_suite_loader *l, const nt_suite_key *key, const nt_yaml *map,
                              void *record) {
    nt_recipe *recipe = record;
    NT_TRY(nt_read_map(&l->reader, map, key->field.name));
    NT_TRY(check_count(l, map, key->field.name));
    nt_named_rate *rates = NT_ARENA_ARRAY(l->reader.arena, nt_named_rate, map->count);
    if (!rates)
        return nt_reader_no_memory(&l->reader);
    for (int32_t i = 0; i < map->count; i++)
        NT_TRY(read_rate(l, &map->entries[i], &rates[i]));
    recipe->rates = rates;
    recipe->rate_count = map->count;
    return NT_OK;
}

json_t *nt_suite_frozen_schema(void) {
    return nt_schema_text("{'type': 'array', 'items': {'type': 'string', 'minLength': 1}}");
}

json_t *nt_suite_rates_schema(void) {
    return nt_schema_text("{'type': 'object', 'additionalProperties':"
                          " {'type': 'number', 'exclusiveMinimum': 0, 'maximum': 1e6}}");
}

/* What a group retrains otherwise than `train:` says must be said, even that it is nothing. */
void nt_suite_write_frozen(nt_suite_writer *w, const nt_suite_key *key, const void *record) {
    const nt_recipe *recipe = record, *base = w->suite->recipe;
    if (recipe->frozen_count == 0 && (recipe == base || !base || base->frozen_count == 0))
        return;
    nt_suite_begin_line(w, key->field.name);
    nt_text_add(w->text, " [");
    for (int32_t i = 0; i < recipe->frozen_count; i++) {
        nt_text_add(w->text, i ? ", " : "");
        nt_yaml_add_quoted(w->text, recipe->frozen[i].pattern, false);
    }
    nt_text_add(w->text, "]\n");
}

void nt_suite_write_rates(nt_suite_writer *w, const nt_suite_key *key, const void *record) {
    const nt_recipe *recipe = record, *base = w->suite->recipe;
    if (recipe->rate_count == 0 && (recipe == base || !base || base->rate_count == 0))
        return;
    nt_suite_begin_line(w, key->field.name);
    nt_text_add(w->text, " {");
    for (int32_t i = 0; i < recipe->rate_count; i++) {
        nt_text_add(w->text, i ? ", " : "");
        nt_yaml_add_key(w->text, recipe->rates[i].pattern);
        nt_text_add(w->text, ": ");
        nt_yaml_add_real(w->text, recipe->rates[i].rate, w->arena);
    }
    nt_text_add(w->text, "}\n");
}

/* --- snapshots -------------------------------------------------------------------------------- */

static int compare_epochs(const void *a, const void *b) {
    return *(const int32_t *)a - *(const int32_t *)b;
}

/* An epoch, or `end`. */
static nt_status read_epoch(nt_suite_loader *l, const nt_yaml *node, int32_t epochs, int32_t *ret) {
    int64_t epoch = epochs;
    const char *text;
    NT_TRY(nt_read_text(&l->reader, node, "an epoch", &text));
    if (strcmp(text, "end") != 0)
        NT_TRY(nt_read_integer(&l->reader, node, "an epoch", 0, INT32_MAX, &epoch));
    if (epochs > 0 && epoch > epochs)
        return nt_reader_say(&l->reader, node, "training ends after epoch %d, before %d", epochs,
                             (int)epoch);
    *ret = (int32_t)epoch;
    return NT_OK;
}

nt_status nt_suite_read_snapshots(nt_suite_loader *l, const nt_suite_key *key, const nt_yaml *list,
                                  void *record) {
    nt_recipe *recipe = record;
    NT_TRY(nt_read_list(&l->reader, list, key->field.name));
    int32_t *epochs = NT_ARENA_ARRAY(l->reader.arena, int32_t, list->count + 1), count = 0;
    if (!epochs)
        return nt_reader_no_memory(&l->reader);
    for (int32_t i = 0; i < list->count; i++)
        NT_TRY(read_epoch(l, list->items[i], recipe->epochs, &epochs[i]));
    qsort(epochs, (size_t)list->count, sizeof *epochs, compare_epochs);
    for (int32_t i = 0; i < list->count; i++)
        if (count == 0 || epochs[count - 1] != epochs[i])
            epochs[count++] = epochs[i];
    recipe->snapshots = epochs;
    recipe->snapshot_count = count;
    return NT_OK;
}

json_t *nt_suite_snapshots_schema(void) {
    return nt_schema_text("{'type': 'array', 'items': {'anyOf': ["
                          "{'type': 'integer', 'minimum': 0}, {'const': 'end'}]}}");
}

void nt_suite_write_snapshots(nt_suite_writer *w, const nt_suite_key *key, const void *record) {
    const nt_recipe *recipe = record;
    if (recipe->snapshot_count == 0)
        return;
    nt_suite_begin_line(w, key->field.name);
    for (int32_t i = 0; i < recipe->snapshot_count; i++)
        if (recipe->snapshots[i] == recipe->epochs)
            nt_text_printf(w->text, "%send", i ? ", " : " [");
        else
            nt_text_printf(w->text, "%s%d", i ? ", " : " [", recipe->snapshots[i]);
    nt_text_add(w->text, "]\n");
}
