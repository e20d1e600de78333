/* One schema each, written out: they are small, and what they describe is printed by hand. */
#include "answer_schema.h"

#include "json_schema.h"
#include <string.h>

#define HEAD "{'$schema': 'http://json-schema.org/draft-07/schema#', 'title': "
#define CLOSED "'additionalProperties': false"
#define COUNT "{'type': 'integer', 'minimum': 0}"
#define NUMBER "{'type': ['number', 'null']}"
#define TEXT "{'type': 'string'}"

static const char check[] = HEAD
    "'what files are, or what is wrong with them', 'type': 'object', " CLOSED
    ", 'required': ['files'], 'properties': {'files': {'type': 'array', 'items': {'oneOf': ["
    "{'type': 'object', " CLOSED
    ", 'required': ['file', 'valid', 'has'], 'properties': {'file': " TEXT
    ", 'valid': {'const': true}, 'has': {'oneOf': ["
    "{'type': 'object', " CLOSED ", 'required': ['convolution', 'parameter'], 'properties': "
    "{'convolution': " COUNT ", 'parameter': " COUNT "}}, "
    "{'type': 'object', " CLOSED ", 'required': ['group', 'case'], 'properties': {'group': " COUNT
    ", 'case': " COUNT "}}]}}}, "
    "{'type': 'object', " CLOSED ", 'required': ['file', 'valid', 'errors', 'more_errors'], "
    "'properties': {'file': " TEXT ", 'valid': {'const': false}, 'more_errors': " COUNT
    ", 'errors': {'type': 'array', 'items': {'type': 'object', " CLOSED
    ", 'required': ['where', 'message', 'hint'], 'properties': {'where': {'type': 'string', "
    "'description': 'file:line:column, file, or nothing'}, 'message': " TEXT
    ", 'hint': {'type': ['string', 'null']}}}}}}]}}}}";

static const char plan[] =
    HEAD "'what a suite will take', 'type': 'object', " CLOSED ", 'required': ['cases', 'samples', "
         "'seeds', 'threads', 'asking', 'failing', 'rate', 'loop', 'merged', 'training', 'done'], "
         "'properties': {"
         "'cases': " COUNT ", 'samples': " COUNT ", 'seeds': " COUNT ", 'threads': " COUNT
         ", 'asking': " COUNT ", 'failing': " COUNT ", 'rate': " NUMBER
         ", 'loop': {'$ref': '#/definitions/cost'}, 'merged': {'$ref': '#/definitions/cost'}, "
         "'training': {'oneOf': [{'type': 'null'}, {'type': 'object', " CLOSED
         ", 'required': ['executed', 'samples', 'epochs_left', 'seconds'], 'properties': "
         "{'executed': " COUNT ", 'samples': " COUNT ", 'epochs_left': " COUNT
         ", 'seconds': " NUMBER "}}]}, 'done': {'type': ['object', 'null'], 'description': "
         "'the state of the run folder, as `runs --json` has it'}}, "
         "'definitions': {'cost': {'type': 'object', " CLOSED ", 'required': ['nodes', "
         "'multiply_adds', 'executed', 'bytes', 'seconds'], 'properties': {'nodes': " COUNT
         ", 'multiply_adds': " COUNT ", 'executed': " COUNT ", 'bytes': " COUNT
         ", 'seconds': " NUMBER "}}}}";

static const char predict[] = HEAD
    "'what a network says of pictures', 'type': 'object', " CLOSED
    ", 'required': ['network', 'pictures'], 'properties': {'network': " TEXT
    ", 'pictures': {'type': 'array', 'items': {'oneOf': [{'$ref': '#/definitions/classes'}, "
    "{'$ref': '#/definitions/mask'}]}}}, 'definitions': {"
    "'class': {'type': ['string', 'integer'], 'description': 'its name, or its number where it has "
    "none'}, "
    "'classes': {'type': 'object', " CLOSED ", 'required': ['name', 'classes'], 'properties': {"
    "'name': " TEXT ", 'classes': {'type': 'array', 'minItems': 1, 'description': 'from the "
    "likeliest on', 'items': {'type': 'object', " CLOSED ", 'required': ['class', 'probability'], "
    "'properties': {'class': {'$ref': '#/definitions/class'}, 'probability': {'type': 'number', "
    "'minimum': 0, 'maximum': 1}}}}}}, "
    "'mask': {'type': 'object', " CLOSED ", 'required': ['name', 'mask', 'overlay', 'pixels'], "
    "'properties': {'name': " TEXT ", 'mask': " TEXT ", 'overlay': " TEXT
    ", 'pixels': {'type': 'array', 'items': {'type': 'object', " CLOSED
    ", 'required': ['class', 'count'], 'properties': {'class': {'$ref': '#/definitions/class'}, "
    "'count': " COUNT "}}}, 'dice': " NUMBER "}}}}";

static const char report[] =
    HEAD "'what report wrote', 'type': 'object', " CLOSED ", 'required': ['run', 'folder', 'page', "
         "'drawn'], 'properties': {'run': " TEXT ", 'folder': " TEXT ", 'page': " TEXT
         ", 'drawn': {'type': 'boolean', 'description': 'whether figures are drawn, not only their "
         "scripts and data written'}}}";

static const char shrink[] = HEAD
    "'a smaller network, and what it takes', 'type': 'object', " CLOSED
    ", 'required': ['network', 'from', 'edits', 'folder', 'batch', 'before', 'after', "
    "'comparison'], 'properties': {'network': " TEXT
    ", 'from': {'type': ['string', 'null'], 'description': 'the group and case of a run'}, "
    "'edits': " COUNT ", 'folder': " TEXT ", 'batch': " COUNT
    ", 'before': {'$ref': '#/definitions/cost'}, 'after': {'$ref': '#/definitions/cost'}, "
    "'comparison': {'type': 'object', " CLOSED
    ", 'required': ['data', 'images', 'difference', 'logit', 'relative', 'tolerance'], "
    "'properties': {'data': {'type': ['string', 'null'], 'description': 'null: random images'}, "
    "'images': " COUNT ", 'difference': " NUMBER ", 'logit': " NUMBER ", 'relative': " NUMBER
    ", 'tolerance': " NUMBER "}}}, 'definitions': {'cost': {'type': 'object', " CLOSED
    ", 'required': ['layers', 'parameters', 'multiply_adds', 'executed', 'memory', "
    "'batch_memory'], 'properties': {'layers': " COUNT ", 'parameters': " COUNT
    ", 'multiply_adds': " COUNT ", 'executed': " COUNT ", 'memory': " COUNT
    ", 'batch_memory': " COUNT "}}}}";

static const char train[] =
    HEAD "'what was trained', 'type': 'object', " CLOSED ", 'required': ['suite', 'run', 'seeds'], "
         "'properties': {'suite': " TEXT ", 'run': " TEXT ", 'seeds': {'type': 'array', 'items': "
         "{'type': 'object', " CLOSED ", 'required': ['seed', 'weights', 'epochs'], 'properties': {"
         "'seed': " COUNT ", 'weights': {'type': ['string', 'null']}, 'epochs': {'type': 'array', "
         "'items': {'type': 'object', 'required': ['epoch'], 'properties': {'epoch': {'type': "
         "'integer', 'minimum': 1}}, 'additionalProperties': " NUMBER
         ", 'description': 'a row of metrics.csv'}}}}}}}";

const char *const nt_answer_names[] = {"check",  "plan",  "predict", "report",
                                       "shrink", "train", NULL};
static const char *const schemas[] = {check, plan, predict, report, shrink, train};

json_t *nt_answer_schema(const char *name) {
    for (int i = 0; nt_answer_names[i]; i++)
        if (strcmp(nt_answer_names[i], name) == 0)
            return nt_schema_text(schemas[i]);
    return NULL;
}
