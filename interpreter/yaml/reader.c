/* Values of the schema's types out of YAML nodes, expressions evaluated first. A value that depends
 * on a name whose own definition was in error is unknown: it is counted in `unknown`, and nothing
 * more is said of it, since the cause has been reported. */
#include "reader.h"

#include "budget.h"
#include "foreign_words.h"
#include "visible.h"

#include <string.h>

enum { STEPS_A_FIELD = 4 };

static bool is_among(const char *word, const char *const *names) {
    for (; names && *names; names++)
        if (strcmp(word, *names) == 0)
            return true;
    return false;
}

nt_status nt_read_keys(const nt_reader *reader, const nt_yaml *map, const char *what,
                       const char *const *allowed) {
    nt_status status = NT_OK;
    NT_TRY(nt_reader_charge(reader, map, map->count));
    for (int32_t i = 0; i < map->count; i++) {
        const nt_yaml *key = map->entries[i].key;
        if (is_among(key->text, allowed))
            continue;
        status = nt_reader_say(reader, key, "%s has no key '%.60s'", what, key->text);
        nt_error_suggest(reader->error, key->text, allowed);
    }
    return status;
}

bool nt_read_means(const nt_yaml *map, const char *key, const char *const *allowed) {
    int unknown = 0; /* of more than are reported none is looked at */
    for (int32_t i = 0; map->kind == NT_YAML_MAP && i < map->count; i++) {
        const char *word = map->entries[i].key->text;
        if (is_among(word, allowed) || ++unknown > NT_ERROR_LIMIT)
            continue;
        const char *near = nt_nearest(word, allowed);
        if (near && strcmp(near, key) == 0)
            return true;
    }
    return false;
}

/* --- scalars ---------------------------------------------------------------------------------- */

nt_status nt_check_line(const nt_reader *reader, const nt_yaml *node, const char *what,
                        const char *text, size_t most) {
    size_t length = strlen(text);
    if (length > most)
        return nt_reader_say(reader, node, "%s has %zu bytes, more than %zu", what, length, most);
    for (size_t at = 0; at < length;) {
        nt_glyph c = nt_visible_next(text + at, length - at);
        if (c.point == '\n' || c.point == '\r')
            return nt_reader_say(reader, node, "%s has a line break; it must be one line", what);
        if (!c.visible)
            return nt_reader_say(reader, node, "%s has a character that can't be shown, U+%04X",
                                 what, c.point);
        at += c.bytes;
    }
    return NT_OK;
}

nt_status nt_read_line(nt_reader *reader, const nt_yaml *node, const char *what, const char **ret) {
    const char *text;
    NT_TRY(nt_read_text(reader, node, what, &text));
    NT_TRY(nt_check_line(reader, node, what, text, NT_MOST_LINE));
    *ret = text;
    return NT_OK;
}

/* A word as it was written; what an expression gives, as text. */
nt_status nt_read_text(nt_reader *reader, const nt_yaml *node, const char *what, const char **ret) {
    if (node->kind != NT_YAML_SCALAR && node->text)
        return *ret = node->text, NT_OK;
    NT_TRY(nt_read_single(reader, node, what));
    NT_TRY(nt_reader_charge_text(reader, node));
    const char *text = node->text;
    if (reader->sandbox && nt_expression_in(text)) {
        nt_scalar scalar;
        NT_TRY(nt_read_scalar(reader, node, what, &scalar));
        text = scalar.kind == NT_SCALAR_UNKNOWN ? "" : nt_scalar_text(scalar, reader->arena);
        if (!text)
            return nt_reader_no_memory(reader);
    }
    *ret = text;
    return NT_OK;
}

/* What a field says of a value, unless there is no room left to keep one. */
static nt_status say_wrong(const nt_reader *reader, const nt_yaml *node, const char *what,
                           const char *why) {
    const nt_budget *budget = reader->arena->budget;
    if (budget && budget->passed != NT_BUDGET_KEPT)
        return nt_reader_no_memory(reader);
    return nt_reader_say(reader, node, "%s %s", what, why);
}

/* Reads one value as a field of the given type. */
static nt_status read_as(nt_reader *reader, const nt_yaml *node, const char *what,
                         const nt_field *field, void *record) {
    const char *text;
    char why[NT_FIELD_WHY];
    int unknown = reader->unknown;
    NT_TRY(nt_read_text(reader, node, what, &text));
    if (reader->unknown > unknown ||
        nt_field_set(field, record, reader->arena, &text, 1, false, why))
        return NT_OK;
    return say_wrong(reader, node, what, why);
}

nt_status nt_read_integer(nt_reader *reader, const nt_yaml *node, const char *what, int64_t min,
                          int64_t max, int64_t *ret) {
    int32_t value = (int32_t)min;
    NT_TRY(read_as(reader, node, what,
                   &(nt_field){.name = "", .type = NT_INT, .min = (double)min, .max = (double)max},
                   &value));
    *ret = value;
    return NT_OK;
}

nt_status nt_read_real(nt_reader *reader, const nt_yaml *node, const char *what, double *ret) {
    double value = 0;
    NT_TRY(read_as(reader, node, what, &(nt_field){.name = "", .type = NT_REAL}, &value));
    *ret = value;
    return NT_OK;
}

nt_status nt_read_bool(nt_reader *reader, const nt_yaml *node, const char *what, bool *ret) {
    bool value = false;
    NT_TRY(read_as(reader, node, what, &(nt_field){.name = "", .type = NT_BOOL}, &value));
    *ret = value;
    return NT_OK;
}

nt_status nt_read_texts(nt_reader *reader, const nt_yaml *node, const char *what,
                        const char *const **ret, int *ret_count) {
    NT_TRY(nt_read_tree(reader, node, what, &node));
    bool list = node->kind == NT_YAML_LIST;
    if (node->kind == NT_YAML_MAP)
        return nt_reader_say(reader, node, "%s must be a value or a list of them, not a map", what);
    int count = list ? node->count : 1;
    NT_TRY(nt_reader_charge(reader, node, count));
    const char **texts = NT_ARENA_ARRAY(reader->arena, const char *, count + 1);
    if (!texts)
        return nt_reader_no_memory(reader);
    nt_status status = NT_OK;
    for (int i = 0; i < count; i++) {
        nt_status one = nt_read_text(reader, list ? node->items[i] : node, what, &texts[i]);
        status = one != NT_OK ? one : status;
    }
    NT_TRY(status);
    *ret = texts;
    *ret_count = count;
    return NT_OK;
}

/* --- records ---------------------------------------------------------------------------------- */

/* Suggests among the fields' names and `also`. */
static nt_status say_no_field(nt_reader *reader, const nt_yaml *key, const char *what,
                              const char *noun, const nt_field *fields, const char *const *also) {
    nt_reader_say(reader, key, "%s has no %s '%.60s'", what, noun, key->text);
    if (reader->error->dropped > 0)
        return NT_INVALID;
    const char *near = nt_field_nearest(fields, key->text);
    if (strcmp(noun, "attribute") == 0 && nt_foreign_attribute(key->text, fields, reader->error))
        return NT_INVALID;
    if (near)
        nt_error_hint(reader->error, "did you mean '%s'?", near);
    else if (also)
        nt_error_suggest(reader->error, key->text, also);
    return NT_INVALID;
}

/* One label as "name=number". */
static nt_status read_label(nt_reader *reader, const nt_yaml *key, const nt_yaml *value,
                            const char *what, const char **ret) {
    const char *text;
    NT_TRY(nt_read_text(reader, value, what, &text));
    *ret = nt_arena_printf(reader->arena, "%s=%s", key->text, text);
    if (!*ret)
        return nt_reader_no_memory(reader);
    if (nt_label_is(*ret))
        return NT_OK;
    if (nt_label_is(nt_arena_printf(reader->arena, "%s=%s", text, key->text))) {
        nt_reader_say(reader, key, "%s must be names with their numbers; this is a number", what);
        nt_error_hint(reader->error, "write '%s: %s'", text, key->text);
        return NT_INVALID;
    }
    if (key->text[strcspn(key->text, " ,;=")])
        return nt_reader_say(reader, key,
                             "%s: a name has no blank, comma, semicolon or equals sign", what);
    return nt_reader_say(reader, value, "%s: '%s' must have its number in the masks, not '%.40s'",
                         what, key->text, text);
}

/* Item i of a list: "name=number", or a name, whose number is its place. */
static nt_status read_listed_label(nt_reader *reader, const nt_yaml *item, int32_t i,
                                   const char *what, const char **ret) {
    const char *text;
    if (item->kind == NT_YAML_MAP && item->count == 1)
        return read_label(reader, item->entries[0].key, item->entries[0].value, what, ret);
    NT_TRY(nt_read_text(reader, item, what, &text));
    bool whole = strchr(text, '=') || text[strspn(text, "0123456789")] == '\0';
    *ret = whole ? text : nt_arena_printf(reader->arena, "%s=%d", text, (int)i);
    if (!*ret)
        return nt_reader_no_memory(reader);
    if (nt_label_is(*ret))
        return NT_OK;
    return nt_reader_say(reader, item, "%s: '%.40s' is neither a name nor name=number", what, text);
}

/* The labels of a map, of a list of maps of one each, or of a list of names alone, whose numbers
 * are their places, from 0; all as "name=number". */
static nt_status read_labels(nt_reader *reader, const nt_yaml *node, const char *what,
                             const char *const **ret, int *ret_count) {
    const char **texts = NT_ARENA_ARRAY(reader->arena, const char *, node->count + 1);
    bool map = node->kind == NT_YAML_MAP;
    nt_status status = NT_OK;
    if (!texts)
        return nt_reader_no_memory(reader);
    for (int32_t i = 0; i < node->count; i++) {
        const nt_yaml *item = map ? node->entries[i].value : node->items[i];
        nt_status one;
        if (map)
            one = read_label(reader, node->entries[i].key, item, what, &texts[i]);
        else
            one = read_listed_label(reader, item, i, what, &texts[i]);
        status = one != NT_OK ? one : status;
    }
    *ret = texts;
    *ret_count = node->count;
    return status;
}

static nt_status read_field(nt_reader *reader, const nt_yaml *node, const char *what,
                            const nt_field *field, void *record) {
    char why[NT_FIELD_WHY];
    const char *const *texts;
    int count, unknown = reader->unknown;
    const char *named = nt_arena_printf(reader->arena, "%s of %s", field->name, what);
    if (!named)
        return nt_reader_no_memory(reader);
    if (field->type == NT_STRING && node->kind != NT_YAML_SCALAR && node->text)
        return nt_field_set(field, record, reader->arena, &node->text, 1, false, why)
                   ? NT_OK
                   : say_wrong(reader, node, named, why);
    NT_TRY(nt_read_tree(reader, node, named, &node));
    bool list = node->kind == NT_YAML_LIST || node->kind == NT_YAML_MAP;
    bool labels = field->type == NT_LABELS && list;
    NT_TRY((labels ? read_labels : nt_read_texts)(reader, node, named, &texts, &count));
    if (reader->unknown > unknown ||
        nt_field_set(field, record, reader->arena, texts, count, list, why))
        return NT_OK;
    return say_wrong(reader, node, named, why);
}

/* Whether a key that no field has was suggested to be `name`: one mistake, one diagnostic. */
static bool is_misspelt(const nt_yaml *map, const nt_field *fields, const char *const *also,
                        const char *name) {
    int unknown = 0; /* of more than are reported none is looked at */
    for (int32_t i = 0; i < map->count; i++) {
        const char *key = map->entries[i].key->text;
        if (nt_field_find(fields, key) || is_among(key, also) || ++unknown > NT_ERROR_LIMIT)
            continue;
        const char *near = nt_field_nearest(fields, key);
        if (near && strcmp(near, name) == 0)
            return true;
    }
    return false;
}

/* Names every field without a default that the map does not give. */
static nt_status check_required(nt_reader *reader, const nt_yaml *map, const nt_yaml *at,
                                const char *what, const nt_field *fields, const char *const *also) {
    nt_text lacking;
    nt_text_init(&lacking);
    for (const nt_field *field = fields; field->name; field++)
        if (!field->hidden && !field->fallback && !nt_yaml_get(map, field->name) &&
            !is_misspelt(map, fields, also, field->name))
            nt_text_printf(&lacking, "%s'%s'", lacking.length ? ", " : "", field->name);
    nt_status status = NT_OK;
    if (lacking.length)
        status = nt_reader_say(reader, at, "%s lacks %s", what, lacking.bytes);
    nt_text_finish(&lacking);
    return status;
}

nt_status nt_read_fields(nt_reader *reader, const nt_yaml *map, const nt_yaml *at, const char *what,
                         const char *noun, const nt_field *fields, const char *const *also,
                         void *record) {
    NT_TRY(nt_read_map(reader, map, what));
    NT_TRY(nt_reader_charge(reader, map, (int64_t)STEPS_A_FIELD * map->count));
    if (!nt_fields_default(fields, record, reader->arena))
        return nt_reader_no_memory(reader);
    nt_status status = check_required(reader, map, at, what, fields, also);
    for (int32_t i = 0; i < map->count; i++) {
        const nt_yaml_entry *entry = &map->entries[i];
        const nt_field *field = nt_field_find(fields, entry->key->text);
        nt_status one = NT_OK;
        if (field)
            one = read_field(reader, entry->value, what, field, record);
        else if (!is_among(entry->key->text, also))
            one = say_no_field(reader, entry->key, what, noun, fields, also);
        status = one != NT_OK ? one : status;
    }
    return status;
}

nt_status nt_read_record(nt_reader *reader, const nt_yaml *map, const nt_yaml *at,
                         const nt_kind *kind, const char *noun, const char *const *also,
                         void **ret) {
    void *record = nt_arena_alloc(reader->arena, kind->size);
    if (!record)
        return nt_reader_no_memory(reader);
    NT_TRY(nt_read_fields(reader, map, at, kind->name, noun, kind->fields, also, record));
    *ret = record;
    return NT_OK;
}
