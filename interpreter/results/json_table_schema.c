/* The JSON Schema (draft-07) of what a table describes. Closed where the table is; what only
 * several values together tell, such as that there is a result for each seed, it leaves out. */
#include "json_table.h"

#include "json_out.h"
#include "json_schema.h"
#include <math.h>

static const char option_schema[] = "{'anyOf': [{'type': ['string', 'number', 'boolean']},"
                                    " {'type': 'array', 'items': {'type': 'integer'}}]}";
static const char any_schema[] =
    "{'anyOf': [{'type': ['string', 'number', 'boolean']},"
    " {'type': 'array', 'items': {'type': ['string', 'number', 'boolean']}}]}";
/* Adds a member and takes both; NULL when either is, or memory is out. */
static json_t *with(json_t *schema, const char *key, json_t *value) {
    if (schema && value && json_object_set_new(schema, key, value) == 0)
        return schema;
    if (!schema)
        json_decref(value);
    json_decref(schema);
    return NULL;
}

static json_t *typed(const char *type, bool nullable) {
    return nullable ? json_pack("{s:[s, s]}", "type", type, "null")
                    : json_pack("{s:s}", "type", type);
}

static json_t *number(const nt_json_member *member, const char *type, bool nullable) {
    json_t *schema = typed(type, nullable);
    if (member->min == 0 && member->max == 0)
        return schema;
    schema = with(schema, "minimum", json_integer((json_int_t)member->min));
    return with(schema, "maximum", json_integer((json_int_t)member->max));
}

static json_t *single(const nt_json_member *member, nt_json_type type) {
    switch (type) {
    case NT_JSON_CONST:
        return json_pack("{s:i}", "const", (int)member->min);
    case NT_JSON_LINE:
        return json_pack("{s:s, s:s}", "type", "string", "pattern", "^[^\\u0000-\\u001f]*$");
    case NT_JSON_DIGEST:
        return json_pack("{s:s, s:s}", "type", "string", "pattern", "^[0-9a-f]{64}$");
    case NT_JSON_INT:
        return number(member, "integer", false);
    case NT_JSON_LONG:
        return json_pack("{s:s, s:i}", "type", "integer", "minimum", 0);
    case NT_JSON_REAL:
        return number(member, "number", member->nullable);
    case NT_JSON_BOOL:
        return typed("boolean", false);
    case NT_JSON_CHOICE:
        return json_pack("{s:o}", "enum", nt_json_names(member->choices));
    default:
        return typed("string", member->nullable);
    }
}

static json_t *list(const nt_json_member *member) {
    json_t *items = member->table ? nt_json_table_schema(member->table)
                                  : single(&(nt_json_member){0}, member->items);
    json_t *schema = with(typed("array", false), "items", items);
    return member->min > 0 ? with(schema, "minItems", json_integer((json_int_t)member->min))
                           : schema;
}

static json_t *map(const nt_json_member *member) {
    json_t *value =
        member->items == NT_JSON_TEXT ? typed("string", false) : nt_schema_text(any_schema);
    return with(typed("object", false), "additionalProperties", value);
}

static json_t *member_schema(const nt_json_member *member) {
    json_t *schema = member->type == NT_JSON_OBJECT ? nt_json_table_schema(member->table)
                     : member->type == NT_JSON_LIST ? list(member)
                     : member->type == NT_JSON_MAP  ? map(member)
                                                    : single(member, member->type);
    return with(schema, "description", json_string(member->doc));
}

static json_t *variant_schema(const nt_json_table *table, unsigned variant) {
    json_t *properties = json_object(), *required = json_array(), *others = json_false();
    for (const nt_json_member *m = table->members; m->name; m++) {
        if (!nt_json_member_in(m, variant))
            continue;
        if (m->type == NT_JSON_FIELDS)
            others = nt_schema_text(option_schema);
        else
            properties = with(properties, m->name, member_schema(m));
        if (m->type != NT_JSON_FIELDS && !m->optional)
            required = nt_json_append(required, json_string(m->name));
    }
    return json_pack("{s:s, s:o, s:o, s:o}", "type", "object", "properties", properties, "required",
                     required, "additionalProperties", others);
}

json_t *nt_json_table_schema(const nt_json_table *table) {
    if (table->variants == 0)
        return variant_schema(table, 0);
    json_t *forms = json_array();
    for (unsigned bit = 1; bit <= table->variants; bit <<= 1)
        if (table->variants & bit)
            forms = nt_json_append(forms, variant_schema(table, bit));
    return json_pack("{s:o}", "anyOf", forms);
}
