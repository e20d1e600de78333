/* JSON Schema, draft-07 (json-schema.org), made from field tables: what lets an editor complete and
 * check a YAML file as it is typed. A schema says no more than the tables do: what a value may be
 * by itself. What only the whole file tells (shapes, names of nodes) is left to `nontrivial check`.
 *
 * All functions return a new reference, NULL when out of memory. */
#ifndef NT_JSON_SCHEMA_H
#define NT_JSON_SCHEMA_H

#include "kind.h"
#include <jansson.h>

/* JSON in which ' stands for ", for schemas that stand in C code. */
json_t *nt_schema_text(const char *text);

/* Whether any value may also be an expression, `$name` or `${…}`: then the schema must define
 * "#/definitions/expression". */
typedef enum nt_schema_values { NT_SCHEMA_PLAIN, NT_SCHEMA_EXPRESSIONS } nt_schema_values;

/* What a value of the field may be, with its default and its meaning. */
json_t *nt_schema_field(const nt_field *field, nt_schema_values values);

/* A map of the table's fields, but for hidden ones, and of `also`: an object of further properties,
 * NULL for none, which is taken. Nothing else may stand in it. */
json_t *nt_schema_fields(const nt_field *fields, json_t *also, nt_schema_values values);

/* A map that is one of those of `table` that `filter` passes, told apart by the name under `key`,
 * which means `doc`; the properties `also`, as above, are every kind's. */
json_t *nt_schema_kinds(const char *key, const char *doc, const nt_kind *const *table,
                        nt_kind_filter *filter, json_t *also, nt_schema_values values);

/* A default as YAML would hold it: 3, [1, 2], true; anything else is a text. */
json_t *nt_schema_default(const char *text);

#endif
