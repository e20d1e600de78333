/* The JSON Schema of suite files: of the tables that they are read by, and of what the keys of the
 * file mean for each other. A test holds every suite of the project against what comes out. */
#include "suite_schema.h"

#include "json_schema.h"
#include "suite_file_private.h"

static const char whole[] = "{'oneOf': [{'required': ['train']}, {'required': ['weights']}],"
                            " 'dependencies': {'initial': ['weights'], 'seeds': ['train']}}";

/* What one says that includes another is in parts of sections, of which only the names are held
 * against the schema: what may stand in them depends on the other. */
static const char part[] = "{'required': ['version', 'suite']}";

static json_t *whole_schema(void) {
    json_t *schema = nt_schema_text(whole);
    json_t *keys = nt_suite_schema_of(nt_no_fields, nt_suite_keys);
    bool ok = schema && keys && json_object_update(schema, keys) == 0;
    json_decref(keys);
    if (ok)
        return schema;
    json_decref(schema);
    return NULL;
}

static json_t *part_schema(void) {
    json_t *schema = nt_schema_text(part), *names = json_object();
    for (const nt_suite_key *key = nt_suite_keys; names && key->field.name; key++)
        if (json_object_set_new(names, key->field.name,
                                json_pack("{s:s}", "description", key->field.doc)) != 0) {
            json_decref(names);
            names = NULL;
        }
    if (names && schema && json_object_set(schema, "properties", names) == 0 &&
        json_object_set_new(schema, "additionalProperties", json_false()) == 0) {
        json_decref(names);
        return schema;
    }
    json_decref(names);
    json_decref(schema);
    return NULL;
}

json_t *nt_suite_schema(void) {
    return json_pack("{s:s, s:s, s:{s:[s]}, s:o, s:o}", "$schema",
                     "http://json-schema.org/draft-07/schema#", "title", "an ablation suite", "if",
                     "required", "include", "then", part_schema(), "else", whole_schema());
}
