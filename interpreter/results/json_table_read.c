/* Reading structs as their tables say: objects, lists and maps. The first thing that is wrong ends
 * it. */
#include "json_table_private.h"

#include "alloc.h"
#include "results.h"
#include <string.h>

/* --- lists and maps --------------------------------------------------------------------------- */

static size_t stride_of(const nt_json_member *member) {
    return member->table                  ? member->table->size
           : member->items == NT_JSON_INT ? sizeof(int32_t)
                                          : sizeof(const char *);
}

/* The room grows with the items that turned out to be some: a list of a million zeros where records
 * are wanted takes that of one. */
static nt_status read_items(const nt_json_reading *r, const nt_json_place *place,
                            const nt_json_member *member, const json_t *value, void **items,
                            size_t *capacity) {
    size_t count = json_array_size(value), stride = stride_of(member);
    const nt_json_member item = {.name = member->name, .choices = member->choices};
    for (size_t i = 0; i < count; i++) {
        const nt_json_place within = {place, NULL, i};
        const json_t *one = json_array_get(value, i);
        if (!nt_grow(items, capacity, i, stride))
            return nt_json_no_memory(r);
        char *at = (char *)*items + i * stride;
        memset(at, 0, stride);
        NT_TRY(member->table ? nt_json_table_read(r, member->table, one, &within, at)
                             : nt_json_read_single(r, &within, &item, member->items, one, at));
    }
    return NT_OK;
}

static nt_status read_list(const nt_json_reading *r, const nt_json_place *place,
                           const nt_json_member *member, const json_t *value, void *record) {
    size_t count = json_array_size(value), stride = stride_of(member), capacity = 0;
    void *items = NULL;
    if (!json_is_array(value))
        return nt_json_wrong(r, place, "a list", value);
    if (count > INT32_MAX || !nt_json_in_range(member, (double)count))
        return nt_json_say(r, place, "has %zu items", count);
    nt_status status = read_items(r, place, member, value, &items, &capacity);
    void *kept =
        status == NT_OK && count > 0 ? nt_arena_copy(r->arena, items, count * stride) : NULL;
    nt_free(items, capacity * stride);
    NT_TRY(status);
    if (count > 0 && !kept)
        return nt_json_no_memory(r);
    memcpy((char *)record + member->offset, &kept, sizeof kept);
    *(int32_t *)((char *)record + member->more) = (int32_t)count;
    return NT_OK;
}

static nt_status read_scalar(const nt_json_reading *r, const nt_json_place *place,
                             const json_t *value, nt_scalar *ret) {
    switch (json_typeof(value)) {
    case JSON_TRUE:
    case JSON_FALSE:
        *ret = (nt_scalar){.kind = NT_SCALAR_BOOL, .truth = json_is_true(value)};
        return NT_OK;
    case JSON_INTEGER:
        *ret = (nt_scalar){.kind = NT_SCALAR_INT, .integer = json_integer_value(value)};
        return NT_OK;
    case JSON_REAL:
        *ret = (nt_scalar){.kind = NT_SCALAR_REAL, .real = json_real_value(value)};
        return NT_OK;
    default:
        ret->kind = NT_SCALAR_TEXT;
        return nt_json_read_text(r, place, NT_JSON_TEXT, value, &ret->text);
    }
}

static nt_status read_option(const nt_json_reading *r, const nt_json_place *place,
                             nt_json_type items, const json_t *value, nt_option *ret) {
    bool list = items != NT_JSON_TEXT && json_is_array(value);
    size_t count = list ? json_array_size(value) : 1;
    nt_scalar *scalars = NT_ARENA_ARRAY(r->arena, nt_scalar, count + 1);
    ret->name = nt_arena_string(r->arena, place->key);
    if (!scalars || !ret->name || count > INT32_MAX)
        return nt_json_no_memory(r);
    for (size_t i = 0; list && i < count; i++) {
        const nt_json_place within = {place, NULL, i};
        NT_TRY(read_scalar(r, &within, json_array_get(value, i), &scalars[i]));
    }
    if (!list && items == NT_JSON_TEXT && !json_is_string(value))
        return nt_json_wrong(r, place, "a text", value);
    if (!list)
        NT_TRY(read_scalar(r, place, value, scalars));
    ret->items = scalars;
    ret->count = (int32_t)count;
    ret->list = list;
    return NT_OK;
}

static nt_status read_map(const nt_json_reading *r, const nt_json_place *place,
                          const nt_json_member *member, const json_t *value, void *record) {
    if (!json_is_object(value))
        return nt_json_wrong(r, place, "an object", value);
    nt_option *options = NT_ARENA_ARRAY(r->arena, nt_option, json_object_size(value) + 1);
    int32_t count = 0;
    const char *key;
    json_t *item;
    if (!options)
        return nt_json_no_memory(r);
    json_object_foreach((json_t *)(uintptr_t)value, key, item) {
        const nt_json_place within = {place, key, 0};
        NT_TRY(read_option(r, &within, member->items, item, &options[count++]));
    }
    memcpy((char *)record + member->offset, &options, sizeof options);
    *(int32_t *)((char *)record + member->more) = count;
    return NT_OK;
}

/* --- objects ---------------------------------------------------------------------------------- */

static const nt_json_member *find_member(const nt_json_table *table, unsigned variant,
                                         const char *key) {
    for (const nt_json_member *m = table->members; m->name; m++)
        if (m->type != NT_JSON_FIELDS && nt_json_member_in(m, variant) && strcmp(m->name, key) == 0)
            return m;
    return NULL;
}

/* What any field of those that follow takes. */
enum { SLOT = sizeof(nt_ints) };
_Static_assert(SLOT >= sizeof(int64_t) && SLOT % sizeof(int64_t) == 0, "slots are aligned");

static nt_status read_ints(const nt_json_reading *r, const nt_json_place *place,
                           const json_t *value, nt_ints *ret) {
    size_t count = json_array_size(value);
    int32_t *items = NT_ARENA_ARRAY(r->arena, int32_t, count + 1);
    if (!items || count > INT32_MAX)
        return nt_json_no_memory(r);
    for (size_t i = 0; i < count; i++) {
        const nt_json_place within = {place, NULL, i};
        const json_t *item = json_array_get(value, i);
        json_int_t integer = json_integer_value(item);
        if (!json_is_integer(item) || integer < INT32_MIN || integer > INT32_MAX)
            return nt_json_wrong(r, &within, "an integer of 32 bits", item);
        items[i] = (int32_t)integer;
    }
    *ret = (nt_ints){(int32_t)count, items};
    return NT_OK;
}

/* A field for a member that only its kind knows: its type is what the value's is. A list is of
 * integers. */
static nt_status make_field(const nt_json_reading *r, const nt_json_place *place,
                            const json_t *value, nt_field *field, char *record) {
    nt_scalar scalar;
    field->name = nt_arena_string(r->arena, place->key);
    if (!field->name)
        return nt_json_no_memory(r);
    if (json_is_array(value)) {
        nt_ints list;
        NT_TRY(read_ints(r, place, value, &list));
        field->type = NT_INTS;
        memcpy(record + field->offset, &list, sizeof list);
        return NT_OK;
    }
    NT_TRY(read_scalar(r, place, value, &scalar));
    field->type = scalar.kind == NT_SCALAR_BOOL   ? NT_BOOL
                  : scalar.kind == NT_SCALAR_INT  ? NT_INT64
                  : scalar.kind == NT_SCALAR_REAL ? NT_REAL
                                                  : NT_STRING;
    memcpy(record + field->offset, &scalar.truth,
           field->type == NT_BOOL ? sizeof scalar.truth : sizeof scalar.integer);
    return NT_OK;
}

static nt_status read_fields(const nt_json_reading *r, const nt_json_place *place,
                             const nt_json_table *table, const nt_json_member *member,
                             const json_t *object, void *record) {
    size_t most = json_object_size(object), count = 0;
    nt_field *fields = NT_ARENA_ARRAY(r->arena, nt_field, most + 1);
    char *options = nt_arena_alloc(r->arena, most * SLOT + 1);
    const char *key;
    json_t *value;
    if (!fields || !options)
        return nt_json_no_memory(r);
    json_object_foreach((json_t *)(uintptr_t)object, key, value) {
        const nt_json_place within = {place, key, 0};
        if (find_member(table, 0, key))
            continue;
        fields[count].offset = count * SLOT;
        NT_TRY(make_field(r, &within, value, &fields[count++], options));
    }
    fields = count > 0 ? fields : NULL;
    memcpy((char *)record + member->offset, &fields, sizeof fields);
    memcpy((char *)record + member->more, &options, sizeof options);
    return NT_OK;
}

static nt_status read_member(const nt_json_reading *r, const nt_json_place *place,
                             const nt_json_member *member, const json_t *value, void *record) {
    void *at = (char *)record + member->offset;
    switch (member->type) {
    case NT_JSON_OBJECT:
        return nt_json_table_read(r, member->table, value, place, at);
    case NT_JSON_LIST:
        return read_list(r, place, member, value, record);
    case NT_JSON_MAP:
        return read_map(r, place, member, value, record);
    default:
        return nt_json_read_single(r, place, member, member->type, value, at);
    }
}

static nt_status check_known(const nt_json_reading *r, const nt_json_place *place,
                             const nt_json_table *table, unsigned variant, const json_t *object) {
    const char *key;
    json_t *value;
    for (const nt_json_member *m = table->members; m->name; m++)
        if (m->type == NT_JSON_FIELDS)
            return NT_OK;
    json_object_foreach((json_t *)(uintptr_t)object, key, value) {
        if (!find_member(table, variant, key))
            return nt_json_say(r, place, "%s has no '%.80s'", table->what, key);
    }
    return NT_OK;
}

nt_status nt_json_table_read(const nt_json_reading *r, const nt_json_table *table,
                             const json_t *value, const nt_json_place *place, void *record) {
    if (!json_is_object(value))
        return nt_json_wrong(r, place, table->what, value);
    unsigned variant = table->variants ? table->variant_read(value) : 0;
    NT_TRY(check_known(r, place, table, variant, value));
    for (const nt_json_member *m = table->members; m->name; m++) {
        const nt_json_place within = {place, m->name, 0};
        const json_t *item = json_object_get(value, m->name);
        if (!nt_json_member_in(m, variant))
            continue;
        if (m->type == NT_JSON_FIELDS)
            NT_TRY(read_fields(r, place, table, m, value, record));
        else if (item)
            NT_TRY(read_member(r, &within, m, item, record));
        else if (!m->optional)
            return nt_json_say(r, &within, "is missing");
    }
    return NT_OK;
}
