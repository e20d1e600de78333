/* The JSON Schema of suite files. Kinds and their options come from the tables; the keys of the
 * file itself stand here, and a test holds every suite of the project against what comes out. */
#include "suite_schema.h"

#include "attrs.h"
#include "json_out.h"
#include "json_schema.h"
#include "optimiser.h"
#include "suite_file_private.h"

/* --- the keys of the file --------------------------------------------------------------------- */

static const char file_schema[] =
    "{'$schema': 'http://json-schema.org/draft-07/schema#', 'title': 'an ablation suite',"
    " 'type': 'object', 'required': ['version', 'suite', 'graph', 'data', 'groups'],"
    " 'oneOf': [{'required': ['train']}, {'required': ['weights']}],"
    " 'dependencies': {'initial': ['weights'], 'seeds': ['train']},"
    " 'additionalProperties': false,"
    " 'properties': {"
    "  'version': {'const': 1},"
    "  'suite': {'type': 'string', 'pattern': '^[^./][^/]*$',"
    "            'description': 'its name, and that of its run folder'},"
    "  'graph': {'type': 'string', 'description': 'the network, relative to this file'},"
    "  'set': {'type': 'object', 'description': 'params of the network',"
    "          'additionalProperties': {'type': ['string', 'number', 'boolean']}},"
    "  'seeds': {'type': 'array', 'minItems': 1, 'uniqueItems': true,"
    "            'items': {'type': 'integer', 'minimum': 0},"
    "            'description': 'one training for each (default: [0])'},"
    "  'weights': {'type': 'string', 'description': 'a safetensors file, in place of train'},"
    "  'initial': {'type': 'string',"
    "              'description': 'the weights that training began with, for reinit'},"
    "  'groups': {'type': 'object', 'additionalProperties': {'type': 'object',"
    "   'required': ['hook'], 'additionalProperties': false, 'properties': {"
    "    'hook': {'type': 'string', 'description': 'a Lua script, relative to this file'},"
    "    'title': {'type': 'string', 'description': 'what tables and figures call the group'},"
    "    'options': {'type': 'object', 'description': 'what the script is given'}}}},"
    "  'margin': {'type': 'number', 'minimum': 0, 'maximum': 1, 'default': 0.01,"
    "             'description': 'a change of the metric within it is trivial'}}}";

static const char data_words[] =
    "{'root': {'type': 'string',"
    "          'description': 'the folder, beside this file or under $NONTRIVIAL_DATA'},"
    " 'hold_out': {'type': 'integer', 'minimum': 0, 'default': 0,"
    "              'description': 'training images kept for every choice that is made'},"
    " 'normalise': {'description': 'image: each by itself; or numbers for each channel',"
    "  'anyOf': [{'const': 'image'}, {'type': 'object', 'required': ['mean', 'deviation'],"
    "   'additionalProperties': false, 'properties': {"
    "    'mean': {'type': 'array', 'items': {'type': 'number'}, 'minItems': 1},"
    "    'deviation': {'type': 'array', 'minItems': 1,"
    "                  'items': {'type': 'number', 'exclusiveMinimum': 0}}}}]},"
    " 'window': {'type': 'array', 'items': {'type': 'integer', 'minimum': 1},"
    "            'minItems': 2, 'maxItems': 2,"
    "            'description': '[rows, columns] of the middle that the network sees'}}";

static const char loss_words[] =
    "{'weight': {'type': 'number', 'exclusiveMinimum': 0, 'default': 1,"
    "            'description': 'what the term counts'},"
    " 'of': {'type': 'string', 'description': 'the output that it is of (default: the first)'}}";

/* --- sections --------------------------------------------------------------------------------- */

static json_t *data_section(void) {
    json_t *words = nt_schema_text(data_words);
    return words ? nt_schema_kinds("kind", nt_data_kinds, NULL, words, NT_SCHEMA_PLAIN) : NULL;
}

static json_t *loss_section(void) {
    json_t *words = nt_schema_text(loss_words);
    json_t *term =
        words ? nt_schema_kinds("op", nt_ops, nt_op_is_loss, words, NT_SCHEMA_PLAIN) : NULL;
    json_t *terms = json_pack("{s:s, s:i, s:O}", "type", "array", "minItems", 1, "items", term);
    return json_pack("{s:[o, o]}", "anyOf", term, terms);
}

/* `flip`, or `{crop: {pad: 4}}`. */
static json_t *augment_section(void) {
    json_t *forms = json_array(), *properties = json_object();
    for (const nt_kind *const *a = nt_augments; *a; a++) {
        json_t *options = nt_schema_fields((*a)->fields, NULL, NT_SCHEMA_PLAIN);
        forms = nt_json_append(
            forms, json_pack("{s:s, s:s}", "const", (*a)->name, "description", (*a)->doc));
        if (json_object_set_new(properties, (*a)->name,
                                json_pack("{s:[o, {s:s}], s:s}", "anyOf", options, "type", "null",
                                          "description", (*a)->doc)) != 0) {
            json_decref(forms);
            forms = NULL;
        }
    }
    forms = nt_json_append(forms, json_pack("{s:s, s:o, s:b, s:i, s:i}", "type", "object",
                                            "properties", properties, "additionalProperties", 0,
                                            "minProperties", 1, "maxProperties", 1));
    return json_pack("{s:s, s:{s:o}}", "type", "array", "items", "anyOf", forms);
}

static json_t *train_section(void) {
    static const char *const needed[] = {"loss", "optimiser", "schedule"};
    json_t *also = json_pack(
        "{s:o, s:o, s:o, s:o, s:{s:s, s:s}}", "loss", loss_section(), "optimiser",
        nt_schema_kinds("kind", nt_optimisers, NULL, NULL, NT_SCHEMA_PLAIN), "schedule",
        nt_schema_kinds("kind", nt_schedules, NULL, NULL, NT_SCHEMA_PLAIN), "augment",
        augment_section(), "from", "type", "string", "description", "weights to begin with");
    json_t *train = also ? nt_schema_fields(nt_suite_train_fields, also, NT_SCHEMA_PLAIN) : NULL;
    json_t *required = json_object_get(train, "required");
    for (int i = 0; required && i < 3; i++)
        if (json_array_append_new(required, json_string(needed[i])) != 0) {
            json_decref(train);
            return NULL;
        }
    return train;
}

static json_t *evaluate_section(void) {
    json_t *metric = json_pack("{s:o}", "enum", nt_json_names(nt_metric_names));
    json_t *list = json_pack("{s:s, s:O}", "type", "array", "items", metric);
    json_t *also = json_pack("{s:{s:[o, o], s:s}}", "metrics", "anyOf", metric, list, "description",
                             "the first decides the verdicts");
    return also ? nt_schema_fields(nt_suite_evaluate_fields, also, NT_SCHEMA_PLAIN) : NULL;
}

json_t *nt_suite_schema(void) {
    json_t *schema = nt_schema_text(file_schema);
    json_t *properties = json_object_get(schema, "properties");
    if (json_object_set_new(properties, "data", data_section()) == 0 &&
        json_object_set_new(properties, "train", train_section()) == 0 &&
        json_object_set_new(properties, "evaluate", evaluate_section()) == 0 &&
        json_object_set_new(properties, "conv",
                            json_pack("{s:o, s:s}", "enum", nt_json_names(nt_conv2d_algorithms),
                                      "default", nt_conv2d_algorithms[0])) == 0)
        return schema;
    json_decref(schema);
    return NULL;
}
