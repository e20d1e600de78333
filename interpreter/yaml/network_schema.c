/* The JSON Schema of graph files. The ops come from the registry; the language's own words stand
 * here, and a test holds every graph of the project against what comes out. */
#include "network_schema.h"

#include "json_schema.h"
#include "op.h"

/* --- the language's own words ----------------------------------------------------------------- */

/* A file is a graph, or holds blocks that other files include: then it has no nodes. */
static const char file_schema[] =
    "{'$schema': 'http://json-schema.org/draft-07/schema#',"
    " 'title': 'a network, or blocks for networks', 'type': 'object',"
    " 'required': ['version'],"
    " 'if': {'anyOf': [{'required': ['graph']}, {'required': ['nodes']}]},"
    " 'then': {'required': ['graph', 'nodes'],"
    "          'oneOf': [{'required': ['input']}, {'required': ['inputs']}]},"
    " 'else': {'propertyNames': {'enum': ['version', 'doc', 'include', 'blocks']}},"
    " 'additionalProperties': false,"
    " 'properties': {"
    "  'version': {'const': 1, 'description': 'of this language'},"
    "  'graph': {'type': 'string', 'description': 'the name of the network'},"
    "  'doc': {'$ref': '#/definitions/doc'},"
    "  'params': {'$ref': '#/definitions/params'},"
    "  'input': {'$ref': '#/definitions/input'},"
    "  'inputs': {'type': 'object', 'additionalProperties': {'$ref': '#/definitions/input'},"
    "             'description': 'where there are several: each by its name'},"
    "  'include': {'$ref': '#/definitions/names', 'description': 'files whose blocks to use, "
    "beside this one, or names of those that come with the program'},"
    "  'blocks': {'type': 'object', 'additionalProperties': {'$ref': '#/definitions/block'},"
    "             'description': 'parts that nodes may stand for'},"
    "  'nodes': {'$ref': '#/definitions/nodes'},"
    "  'outputs': {'description': 'the nodes that are the outputs (default: the last one)',"
    "   'anyOf': [{'$ref': '#/definitions/names'},"
    "             {'type': 'object', 'additionalProperties': {'$ref': '#/definitions/name'}}]}}}";

/* A name may be a number, which YAML reads as one. */
static const char definitions_schema[] =
    "{'expression': {'type': 'string', 'pattern': '[$]', 'description': '$name or ${expression}'},"
    " 'doc': {'type': 'string', 'description': 'for the reader'},"
    " 'name': {'type': ['string', 'integer'], 'description': 'the name of a node'},"
    " 'names': {'description': 'one name, or a list of them', 'anyOf': [{'$ref': "
    "'#/definitions/name'},"
    "           {'type': 'array', 'items': {'$ref': '#/definitions/name'}}]},"
    " 'scalar': {'type': ['string', 'number', 'boolean', 'null']},"
    " 'value': {'description': 'any value, list or map', 'anyOf': [{'$ref': "
    "'#/definitions/scalar'},"
    "  {'type': 'array', 'items': {'$ref': '#/definitions/value'}},"
    "  {'type': 'object', 'additionalProperties': {'$ref': '#/definitions/value'}}]},"
    " 'size': {'anyOf': [{'type': 'integer', 'minimum': 1},"
    "                    {'$ref': '#/definitions/expression'}]},"
    " 'shape': {'type': 'array', 'items': {'$ref': '#/definitions/size'}, 'minItems': 1,"
    "           'description': '[channels, rows, columns]'},"
    " 'input': {'description': 'a shape, or a map of shape and dtype', 'anyOf': [{'$ref': "
    "'#/definitions/shape'}, {'$ref': '#/definitions/expression'},"
    "  {'type': 'object', 'required': ['shape'], 'additionalProperties': false,"
    "   'properties': {'shape': {'description': 'of one input: channels, rows, columns; or a "
    "length',"
    "    'anyOf': [{'$ref': '#/definitions/shape'}, {'$ref': '#/definitions/expression'}]},"
    "    'dtype': {'enum': ['float32', 'int32'], 'default': 'float32',"
    "              'description': 'type of its elements'}}}]},"
    " 'params': {'type': ['object', 'null'],"
    "  'description': 'names with their defaults; one without must be given',"
    "  'additionalProperties': {'anyOf': [{'$ref': '#/definitions/scalar'},"
    "   {'type': 'array', 'items': {'$ref': '#/definitions/value'}},"
    "   {'type': 'object', 'additionalProperties': false, 'properties': {"
    "     'default': {'$ref': '#/definitions/value',"
    "                 'description': 'what it is unless another is given; without it one must be'},"
    "     'choices': {'type': 'array', 'items': {'$ref': '#/definitions/scalar'},"
    "                 'description': 'all that it may be (default: anything)'},"
    "     'doc': {'$ref': '#/definitions/doc'}}}]}},"
    " 'block': {'type': 'object', 'required': ['nodes'], 'additionalProperties': false,"
    "  'properties': {"
    "   'doc': {'$ref': '#/definitions/doc'},"
    "   'params': {'$ref': '#/definitions/params'},"
    "   'inputs': {'type': 'array', 'items': {'$ref': '#/definitions/name'}, 'minItems': 1,"
    "              'default': ['input'], 'description': 'what nodes within call the inputs'},"
    "   'nodes': {'$ref': '#/definitions/nodes'},"
    "   'output': {'$ref': '#/definitions/name',"
    "              'description': 'the node that the block stands for (default: the last one)'}}},"
    " 'nodes': {'type': 'object', 'description': 'by their names, in their order', "
    "'additionalProperties': {'$ref': '#/definitions/node'}},"
    " 'node': {'type': 'object',"
    "  'oneOf': [{'required': ['op']}, {'required': ['block']}, {'required': ['nodes']}],"
    "  'allOf': [{'if': {'required': ['op']}, 'then': {'$ref': '#/definitions/op node'}},"
    "            {'if': {'required': ['block']}, 'then': {'$ref': '#/definitions/block node'}},"
    "            {'if': {'required': ['nodes']}, 'then': {'$ref': '#/definitions/group node'}}]}}";

/* What every node may say. */
static const char node_words[] =
    "{'from': {'$ref': '#/definitions/names',"
    "          'description': 'what it reads (default: the node before it)'},"
    " 'when': {'anyOf': [{'type': 'boolean'}, {'$ref': '#/definitions/expression'}], 'default': "
    "true,"
    "          'description': 'where false, the name stands for the (first) input'},"
    " 'repeat': {'type': 'object', 'minProperties': 1, 'additionalProperties': {'anyOf': ["
    "             {'type': 'string'}, {'type': 'array', 'items': {'$ref': "
    "'#/definitions/value'}}]},"
    "            'description': 'variables and what each goes through: {i: 1..3}, {row: $table}'},"
    " 'tags': {'$ref': '#/definitions/names', 'description': 'what hooks may select it by'},"
    " 'doc': {'$ref': '#/definitions/doc'}}";

/* What the other two kinds of node say beside that. The params of a block are its own. */
#define FLAT                                                                                       \
    "'flat': {'anyOf': [{'type': 'boolean'}, {'$ref': '#/definitions/expression'}],"               \
    "         'default': false,"                                                                   \
    "         'description': 'whether its nodes are named as if they stood in its place'}"
static const char block_words[] = "{'block': {'$ref': '#/definitions/name', 'description': 'which "
                                  "block the node stands for'}," FLAT "}";
static const char group_words[] =
    "{'nodes': {'$ref': '#/definitions/nodes'}, 'output': {'$ref': '#/definitions/name',"
    " 'description': 'the node that the group stands for (default: the last one)'}," FLAT "}";

/* --- putting it together ---------------------------------------------------------------------- */

static bool is_node(const nt_kind *kind) {
    return nt_op_is_public(kind) && !(((const nt_op *)kind)->traits & NT_OP_SOURCE);
}

static json_t *op_node(void) {
    json_t *words = nt_schema_text(node_words);
    return words ? nt_schema_kinds("op", "what the node computes: see `nontrivial ops`", nt_ops,
                                   is_node, words, NT_SCHEMA_EXPRESSIONS)
                 : NULL;
}

/* A node of the words of every node and of its own; `open`: and of any others. */
static json_t *worded_node(const char *own, bool open) {
    json_t *words = nt_schema_text(node_words), *further = nt_schema_text(own);
    if (json_object_update(words, further) != 0) {
        json_decref(words);
        words = NULL;
    }
    json_decref(further);
    return json_pack("{s:o, s:b}", "properties", words, "additionalProperties", open);
}

json_t *nt_network_schema(void) {
    json_t *schema = nt_schema_text(file_schema);
    json_t *definitions = nt_schema_text(definitions_schema);
    bool ok = json_object_set_new(definitions, "op node", op_node()) == 0 &&
              json_object_set_new(definitions, "block node", worded_node(block_words, true)) == 0 &&
              json_object_set_new(definitions, "group node", worded_node(group_words, false)) == 0;
    if (json_object_set_new(schema, "definitions", definitions) == 0 && ok)
        return schema;
    json_decref(schema);
    return NULL;
}
