/* The JSON Schema of one graph file, which knows the blocks that the file has and includes: what
 * JSON Schema can't say of any file, that a block's call fits the block, it can say of this one. It
 * is as old as the file that it was made of; `nontrivial check` is not. */
#include "file_sort.h"
#include "json_out.h"
#include "json_schema.h"
#include "network_file_private.h"
#include "network_schema.h"
#include "shipped.h"
#include "yaml_json.h"

/* Sets a member and takes its value; false when out of memory. */
static bool set(json_t *object, const char *key, json_t *value) {
    return json_object_set_new(object, key, value) == 0;
}

/* One of the choices or an expression; without choices anything. */
static json_t *formal_schema(const nt_formal *formal) {
    const nt_yaml *choices = formal->choices ? nt_yaml_get(formal->value, "choices") : NULL;
    json_t *schema = choices ? json_pack("{s:[{s:o}, {s:s}]}", "anyOf", "enum",
                                         nt_yaml_json(choices), "$ref", "#/definitions/expression")
                             : json_pack("{s:s}", "$ref", "#/definitions/value");
    const nt_yaml *doc = nt_yaml_get(formal->value, "doc");
    bool plain = !doc || doc->kind != NT_YAML_SCALAR;
    if (schema &&
        set(schema, "description", json_string(plain ? "a param of the block" : doc->text)) &&
        (!formal->fallback || set(schema, "default", nt_yaml_json(formal->fallback))))
        return schema;
    json_decref(schema);
    return NULL;
}

/* What a call may say: the words of every such node and the block's params. */
static json_t *call_schema(const nt_definition *block, const json_t *words) {
    json_t *properties = json_object(), *required = json_array();
    const char *word;
    json_t *ignored;
    bool ok = properties != NULL;
    json_object_foreach((json_t *)words, word, ignored) {
        ok = ok && set(properties, word, json_true());
    }
    for (int i = 0; i < block->formals.count; i++) {
        const nt_formal *formal = &block->formals.items[i];
        ok = ok && set(properties, formal->name, formal_schema(formal));
        if (!formal->fallback)
            required = nt_json_append(required, json_string(formal->name));
    }
    if (!ok) {
        json_decref(properties);
        properties = NULL;
    }
    return json_pack("{s:o, s:o, s:b}", "properties", properties, "required", required,
                     "additionalProperties", 0);
}

static json_t *name_schema(const nt_definition *block) {
    const nt_yaml *doc = nt_yaml_get(block->body, "doc");
    const char *text = doc && doc->kind == NT_YAML_SCALAR ? doc->text : NULL;
    return json_pack("{s:s, s:s*}", "const", block->name, "description", text);
}

/* Makes of the node for any block one for the loader's blocks. */
static bool close_node(json_t *node, const nt_loader *loader) {
    json_t *words = json_object_get(node, "properties"), *block = json_object_get(words, "block");
    json_t *forms = json_array(), *names = json_array();
    names = nt_json_append(names, json_pack("{s:s}", "$ref", "#/definitions/expression"));
    for (size_t i = 0; i < loader->definition_count; i++) {
        const nt_definition *of = loader->definitions[i];
        names = nt_json_append(names, name_schema(of));
        forms =
            nt_json_append(forms, json_pack("{s:{s:{s:{s:s}}}, s:o}", "if", "properties", "block",
                                            "const", of->name, "then", call_schema(of, words)));
    }
    json_object_del(block, "$ref");
    bool done = set(block, "anyOf", names) && forms;
    if (json_array_size(forms) > 0) /* an empty allOf is no schema */
        return set(node, "allOf", forms) && done;
    json_decref(forms);
    return done;
}

nt_status nt_network_schema_for(const char *path, json_t **ret, nt_error *error) {
    nt_document *document = NULL;
    nt_loader loader;
    nt_status status = nt_loader_begin(&loader, error);
    if (status == NT_OK)
        status = nt_shipped_open(&(nt_sought){NT_SHIPPED_GRAPH, path, NULL}, &loader.arena, &path,
                                 error);
    if (status == NT_OK)
        status = nt_document_load(path, &document, error);
    if (status == NT_OK)
        status = nt_file_want_graph(document, error);
    if (status == NT_OK)
        status = nt_definitions_read(&loader, document, document->root);
    if (status == NT_OK) {
        json_t *schema = nt_network_schema();
        json_t *node = json_object_get(json_object_get(schema, "definitions"), "block node");
        if (node && close_node(node, &loader)) {
            *ret = schema;
        } else {
            json_decref(schema);
            status = nt_error_say(error, NT_NO_MEMORY, "out of memory");
        }
    }
    nt_loader_end(&loader);
    nt_document_free(document);
    return status;
}
