/* Writing structs as their tables say. Members stand in the table's order. What is written can be
 * read: a line is written as reading accepts one (json_table_value.c). */
#include "json_table.h"

#include "json_out.h"
#include "results.h"
#include <string.h>

bool nt_json_member_in(const nt_json_member *member, unsigned variant) {
    return member->in == 0 || (member->in & variant) != 0;
}

static const void *pointer_at(const void *at) {
    const void *pointer;
    memcpy(&pointer, at, sizeof pointer);
    return pointer;
}

/* Adds a member and takes its value; NULL, with the object freed, when memory is out. */
static json_t *set_member(json_t *object, const char *key, json_t *value) {
    if (object && value && json_object_set_new(object, key, value) == 0)
        return object;
    if (!object)
        json_decref(value);
    json_decref(object);
    return NULL;
}

/* --- maps ------------------------------------------------------------------------------------- */

static json_t *scalar(nt_scalar value) {
    switch (value.kind) {
    case NT_SCALAR_BOOL:
        return json_boolean(value.truth);
    case NT_SCALAR_INT:
        return json_integer(value.integer);
    case NT_SCALAR_REAL:
        return nt_json_real(value.real);
    case NT_SCALAR_TEXT:
        return nt_json_text(value.text);
    default:
        return json_null();
    }
}

static json_t *map(const nt_option *options, int32_t count) {
    json_t *object = json_object();
    for (int32_t i = 0; object && i < count; i++) {
        json_t *value = options[i].list ? json_array() : scalar(options[i].items[0]);
        for (int32_t k = 0; options[i].list && k < options[i].count; k++)
            value = nt_json_append(value, scalar(options[i].items[k]));
        object = set_member(object, options[i].name, value);
    }
    return object;
}

/* --- members ---------------------------------------------------------------------------------- */

static json_t *single(const nt_json_member *member, nt_json_type type, const void *at) {
    switch (type) {
    case NT_JSON_CONST:
        return json_integer((json_int_t)member->min);
    case NT_JSON_TEXT:
    case NT_JSON_DIGEST:
        return nt_json_text(pointer_at(at));
    case NT_JSON_LINE:
        return nt_json_line(pointer_at(at));
    case NT_JSON_INT:
        return json_integer(*(const int32_t *)at);
    case NT_JSON_LONG:
        return json_integer(*(const int64_t *)at);
    case NT_JSON_REAL:
        return nt_json_real(*(const double *)at);
    case NT_JSON_BOOL:
        return json_boolean(*(const bool *)at);
    case NT_JSON_CHOICE:
        return json_string(member->choices[*(const int32_t *)at]);
    default:
        return NULL;
    }
}

/* How far apart the items of a list of single values are. */
static size_t stride_of(nt_json_type type) {
    return type == NT_JSON_INT ? sizeof(int32_t) : sizeof(const char *);
}

static json_t *list(const nt_json_member *member, const char *items, int32_t count) {
    json_t *array = json_array();
    size_t stride = member->table ? member->table->size : stride_of(member->items);
    for (int32_t i = 0; array && i < count; i++, items += stride)
        array = nt_json_append(array, member->table ? nt_json_table_write(member->table, items)
                                                    : single(member, member->items, items));
    return array;
}

static json_t *value_of(const nt_json_member *member, const void *record) {
    const char *at = (const char *)record + member->offset;
    const void *more = (const char *)record + member->more;
    switch (member->type) {
    case NT_JSON_OBJECT:
        return nt_json_table_write(member->table, at);
    case NT_JSON_LIST:
        return list(member, pointer_at(at), *(const int32_t *)more);
    case NT_JSON_MAP:
        return map(pointer_at(at), *(const int32_t *)more);
    default:
        return single(member, member->type, at);
    }
}

static bool is_empty(const json_t *value) {
    return json_is_false(value) || json_is_null(value) ||
           (json_is_integer(value) && json_integer_value(value) == 0) ||
           (json_is_real(value) && json_real_value(value) == 0) ||
           (json_is_object(value) && json_object_size(value) == 0) ||
           (json_is_array(value) && json_array_size(value) == 0);
}

static json_t *add_fields(const nt_json_member *member, const void *record, json_t *object) {
    const nt_field *fields = pointer_at((const char *)record + member->offset);
    const void *options = pointer_at((const char *)record + member->more);
    if (!fields)
        return object;
    json_t *more = nt_json_fields(fields, options);
    bool ok = more && json_object_update(object, more) == 0;
    json_decref(more);
    if (ok)
        return object;
    json_decref(object);
    return NULL;
}

/* The first of an optional choice is that there is none. */
static bool is_first_choice(const nt_json_member *m, const json_t *value) {
    return m->type == NT_JSON_CHOICE && strcmp(json_string_value(value), m->choices[0]) == 0;
}

json_t *nt_json_table_write(const nt_json_table *table, const void *record) {
    unsigned variant = table->variants ? table->variant_of(record) : 0;
    json_t *object = json_object();
    for (const nt_json_member *m = table->members; object && m->name; m++) {
        if (!nt_json_member_in(m, variant))
            continue;
        if (m->type == NT_JSON_FIELDS) {
            object = add_fields(m, record, object);
            continue;
        }
        json_t *value = value_of(m, record);
        if (m->optional && value && (is_empty(value) || is_first_choice(m, value)))
            json_decref(value);
        else
            object = set_member(object, m->name, value);
    }
    return object;
}
