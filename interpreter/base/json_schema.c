/* JSON Schema from field tables. */
#include "json_schema.h"

#include "json_out.h"

json_t *nt_schema_text(const char *text) {
    nt_text json;
    nt_text_init(&json);
    nt_text_add(&json, text);
    for (char *at = json.bytes; at && *at; at++)
        if (*at == '\'')
            *at = '"';
    json_t *value = json.failed ? NULL : json_loads(json.bytes, JSON_DECODE_ANY, NULL);
    nt_text_finish(&json);
    return value;
}

/* --- fields ----------------------------------------------------------------------------------- */

static json_t *number(const nt_field *field, const char *type) {
    if (field->above)
        return json_pack("{s:s, s:o, s:o*}", "type", type, "exclusiveMinimum",
                         nt_json_real(field->min), "maximum",
                         field->max != 0 ? nt_json_real(field->max) : NULL);
    if (field->min == 0 && field->max == 0)
        return json_pack("{s:s}", "type", type);
    if (field->type != NT_REAL && field->type != NT_REALS)
        return json_pack("{s:s, s:I, s:I}", "type", type, "minimum", (json_int_t)field->min,
                         "maximum", (json_int_t)field->max);
    return json_pack("{s:s, s:o, s:o}", "type", type, "minimum", nt_json_real(field->min),
                     "maximum", nt_json_real(field->max));
}

static json_t *or_expression(json_t *schema, nt_schema_values values) {
    if (values == NT_SCHEMA_PLAIN)
        return schema;
    return json_pack("{s:[o, {s:s}]}", "anyOf", schema, "$ref", "#/definitions/expression");
}

/* One value, or a list of such. */
static json_t *one_or_list(const nt_field *field, const char *type, int least, int most,
                           nt_schema_values values) {
    json_t *list = json_pack("{s:s, s:o}", "type", "array", "items",
                             or_expression(number(field, type), values));
    if (list && most > 0 &&
        (json_object_set_new(list, "minItems", json_integer(least)) != 0 ||
         json_object_set_new(list, "maxItems", json_integer(most)) != 0)) {
        json_decref(list);
        list = NULL;
    }
    return json_pack("{s:[o, o]}", "anyOf", number(field, type), list);
}

static json_t *value_schema(const nt_field *field, nt_schema_values values) {
    switch (field->type) {
    case NT_INT:
    case NT_INT64:
        return number(field, "integer");
    case NT_REAL:
        return number(field, "number");
    case NT_BOOL:
        return json_pack("{s:s}", "type", "boolean");
    case NT_CHOICE:
        return json_pack("{s:o}", "enum", nt_json_names(field->choices));
    case NT_STRING: /* an unquoted 17 or `true` is a text as well */
        return json_pack("{s:[s, s, s]}", "type", "string", "number", "boolean");
    case NT_LABELS:
        return nt_schema_text(
            "{'anyOf': [{'type': 'object', 'additionalProperties': {'type': 'integer'}},"
            " {'type': 'array', 'items': {'type': ['string', 'object']}}, {'type': 'string'}]}");
    case NT_PAIR:
        return one_or_list(field, "integer", 2, 2, values);
    case NT_INTS:
        return one_or_list(field, "integer", 0, 0, values);
    case NT_REALS:
        return one_or_list(field, "number", 0, 0, values);
    }
    return NULL;
}

json_t *nt_schema_default(const char *text) {
    json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);
    return value ? value : json_string(text);
}

json_t *nt_schema_field(const nt_field *field, nt_schema_values values) {
    json_t *schema = or_expression(value_schema(field, values), values);
    if (schema && json_object_set_new(schema, "description", json_string(field->doc)) == 0 &&
        (!field->fallback ||
         json_object_set_new(schema, "default", nt_schema_default(field->fallback)) == 0))
        return schema;
    json_decref(schema);
    return NULL;
}

static json_t *properties_of(const nt_field *fields, nt_schema_values values) {
    json_t *properties = json_object();
    for (; properties && fields->name; fields++)
        if (!fields->hidden &&
            json_object_set_new(properties, fields->name, nt_schema_field(fields, values)) != 0) {
            json_decref(properties);
            properties = NULL;
        }
    return properties;
}

static json_t *required_of(const nt_field *fields) {
    json_t *names = json_array();
    for (; names && fields->name; fields++)
        if (!fields->hidden && !fields->fallback)
            names = nt_json_append(names, json_string(fields->name));
    return names;
}

/* A map of `properties` and nothing else; takes both. */
static json_t *closed_map(json_t *properties, json_t *required) {
    return json_pack("{s:s, s:o, s:o, s:b}", "type", "object", "properties", properties, "required",
                     required, "additionalProperties", 0);
}

json_t *nt_schema_fields(const nt_field *fields, json_t *also, nt_schema_values values) {
    json_t *properties = properties_of(fields, values);
    if (properties && also && json_object_update(properties, also) != 0) {
        json_decref(properties);
        properties = NULL;
    }
    json_decref(also);
    return closed_map(properties, required_of(fields));
}

/* --- kinds ------------------------------------------------------------------------------------ */

/* For each of the properties: true. Its own schema stands but once, beside the kinds. */
static json_t *allowed(const json_t *properties) {
    json_t *all = json_object();
    const char *name;
    json_t *schema;
    json_object_foreach((json_t *)properties, name, schema) {
        if (all && json_object_set_new(all, name, json_true()) != 0) {
            json_decref(all);
            all = NULL;
        }
    }
    return all;
}

/* Takes the schema and returns it; NULL in, NULL out. */
static json_t *add_kind(json_t *schema, const char *key, const nt_kind *kind,
                        nt_schema_values values) {
    json_t *properties = json_object_get(schema, "properties");
    json_t *names = json_object_get(json_object_get(properties, key), "anyOf");
    json_t *also = properties ? allowed(properties) : NULL;
    json_t *map = also ? nt_schema_fields(kind->fields, also, values) : NULL;
    json_t *form = json_pack("{s:{s:[s], s:{s:{s:s}}}, s:o}", "if", "required", key, "properties",
                             key, "const", kind->name, "then", map);
    json_t *name = json_pack("{s:s, s:s}", "const", kind->name, "description", kind->doc);
    if (json_array_append_new(names, name) == 0 &&
        json_array_append_new(json_object_get(schema, "allOf"), form) == 0)
        return schema;
    json_decref(schema);
    return NULL;
}

json_t *nt_schema_kinds(const char *key, const char *doc, const nt_kind *const *table,
                        nt_kind_filter *filter, json_t *also, nt_schema_values values) {
    json_t *names = json_array(), *properties = also ? also : json_object();
    if (values == NT_SCHEMA_EXPRESSIONS)
        names = nt_json_append(names, json_pack("{s:s}", "$ref", "#/definitions/expression"));
    if (json_object_set_new(properties, key,
                            json_pack("{s:o, s:s}", "anyOf", names, "description", doc)) != 0) {
        json_decref(properties);
        properties = NULL;
    }
    json_t *schema = json_pack("{s:s, s:[s], s:o, s:[]}", "type", "object", "required", key,
                               "properties", properties, "allOf");
    for (; *table; table++)
        if (!filter || filter(*table))
            schema = add_kind(schema, key, *table, values);
    return schema;
}
