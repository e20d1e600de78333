/* The JSON Schema of suite files: of the tables that they are read by, and of what the keys of the
 * file mean for each other. A test holds every suite of the project against what comes out. */
#include "suite_schema.h"

#include "json_schema.h"
#include "suite_file_private.h"

static const char file_schema[] =
    "{'$schema': 'http://json-schema.org/draft-07/schema#', 'title': 'an ablation suite',"
    " 'oneOf': [{'required': ['train']}, {'required': ['weights']}],"
    " 'dependencies': {'initial': ['weights'], 'seeds': ['train']}}";

json_t *nt_suite_schema(void) {
    json_t *schema = nt_schema_text(file_schema);
    json_t *keys = nt_suite_schema_of(nt_no_fields, nt_suite_keys);
    bool ok = schema && keys && json_object_update(schema, keys) == 0;
    json_decref(keys);
    if (ok)
        return schema;
    json_decref(schema);
    return NULL;
}
