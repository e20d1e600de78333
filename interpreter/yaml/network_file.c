/* The top level of a graph file: its inputs, nodes and outputs. */
#include "network_file.h"

#include "expand.h"
#include "file_sort.h"
#include "shipped.h"
#include <string.h>

enum { LARGEST_DIMENSION = 1 << 16, MOST_ELEMENTS = 1 << 28 };

static const char *const graph_keys[] = {"version", "graph",  "doc",   "params",  "input", "inputs",
                                         "include", "blocks", "nodes", "outputs", NULL};

/* --- inputs ----------------------------------------------------------------------------------- */

static nt_status read_shape(nt_reader *reader, const nt_yaml *node, nt_shape *ret) {
    int32_t dim[NT_MAX_RANK];
    int64_t value, elements = 1;
    int unknown = reader->unknown;
    NT_TRY(nt_read_tree(reader, node, "a shape", &node));
    if (reader->unknown > unknown)
        return NT_OK;
    NT_TRY(nt_read_list(reader, node, "a shape"));
    if (node->count < 1 || node->count > NT_MAX_RANK)
        return nt_reader_say(reader, node, "a shape has 1 to %d dimensions, not %d", NT_MAX_RANK,
                             node->count);
    for (int32_t i = 0; i < node->count; i++) {
        NT_TRY(
            nt_read_integer(reader, node->items[i], "a dimension", 1, LARGEST_DIMENSION, &value));
        dim[i] = (int32_t)value;
        elements *= value;
    }
    if (elements > MOST_ELEMENTS && reader->unknown == 0)
        return nt_reader_say(reader, node, "an input of more than %d elements", MOST_ELEMENTS);
    *ret = nt_shape_of(node->count, dim);
    return NT_OK;
}

typedef struct input_attrs {
    int32_t dtype;
} input_attrs;

static const char *const dtypes[] = {[NT_F32] = "float32", [NT_I32] = "int32", NULL};
static const nt_field input_fields[] = {
    {"dtype", NT_CHOICE, offsetof(input_attrs, dtype), "float32", .choices = dtypes,
     .doc = "type of its elements"},
    {0},
};

/* [3, 32, 32], or {shape: [3, 32, 32], dtype: float32} */
static nt_status read_input_type(nt_reader *reader, const nt_yaml *node, nt_type *ret) {
    static const char *const also[] = {"shape", NULL};
    input_attrs attrs = {0};
    nt_shape shape;
    const nt_yaml *list = node;
    if (node->kind == NT_YAML_MAP) {
        NT_TRY(nt_read_fields(reader, node, node, "an input", "key", input_fields, also, &attrs));
        list = nt_yaml_get(node, "shape");
        if (!list)
            return nt_reader_say(reader, node, "an input lacks 'shape'");
    }
    NT_TRY(read_shape(reader, list, &shape));
    *ret = nt_type_map(shape);
    ret->dtype = (nt_dtype)attrs.dtype;
    return NT_OK;
}

static nt_status add_input(nt_loader *loader, nt_scope *scope, const char *name,
                           const nt_yaml *node, nt_location location) {
    nt_reader reader = nt_loader_reader(loader, scope, NULL);
    nt_binding binding = {.name = name, .location = location, .unknown = true};
    nt_type type;
    bool failed = false;
    NT_TRY(nt_loader_settle(loader, read_input_type(&reader, node, &type), &failed));
    if (!failed && reader.unknown == 0) {
        if (nt_network_add_input(loader->network, name, type, &binding.value) != NT_OK)
            return nt_reader_no_memory(&reader);
        binding.unknown = false;
    }
    return nt_bindings_add(&scope->bindings, &binding) ? NT_OK : nt_reader_no_memory(&reader);
}

static nt_status read_inputs(nt_loader *loader, const nt_yaml *root, nt_scope *scope) {
    nt_reader reader = nt_loader_reader(loader, scope, NULL);
    const nt_yaml *one = nt_yaml_get(root, "input"), *several = nt_yaml_get(root, "inputs");
    if (!one && !several &&
        (nt_read_means(root, "input", graph_keys) || nt_read_means(root, "inputs", graph_keys)))
        return NT_INVALID;
    if ((one != NULL) + (several != NULL) != 1)
        return nt_reader_say(&reader, root, "a graph needs one of 'input' and 'inputs'");
    if (one)
        return add_input(loader, scope, "input", one, one->location);
    NT_TRY(nt_read_map(&reader, several, "inputs"));
    for (int32_t i = 0; i < several->count; i++) {
        const nt_yaml_entry *entry = &several->entries[i];
        if (!nt_is_name(entry->key->text))
            return nt_reader_say(&reader, entry->key, "'%.60s' is no name for an input",
                                 entry->key->text);
        NT_TRY(add_input(loader, scope, entry->key->text, entry->value, entry->key->location));
    }
    return NT_OK;
}

/* --- outputs ---------------------------------------------------------------------------------- */

/* A node at the top, or the full name of one within blocks. */
static nt_status add_output(nt_loader *loader, const nt_scope *scope, const nt_yaml *at,
                            const char *output) {
    nt_reader reader = nt_loader_reader(loader, scope, NULL);
    const char *name;
    nt_binding binding;
    NT_TRY(nt_read_text(&reader, at, "an output", &name));
    const nt_binding *inner = nt_bindings_find(&loader->paths, name);
    if (inner)
        binding = *inner;
    else
        NT_TRY(nt_scope_resolve(scope, &reader, at, name, &binding));
    if (binding.unknown || reader.unknown > 0)
        return NT_OK;
    output = output ? output : name;
    if (nt_name_table_find(&loader->output_names, output) >= 0)
        return nt_reader_say(&reader, at, "a second output '%.60s'", output);
    if (!nt_name_table_add(&loader->output_names, output, 0) ||
        nt_graph_add_output(loader->network->graph, output, binding.value) != NT_OK)
        return nt_reader_no_memory(&reader);
    return NT_OK;
}

static nt_status read_outputs(nt_loader *loader, const nt_yaml *root, const nt_scope *scope,
                              const nt_binding *last) {
    nt_reader reader = nt_loader_reader(loader, scope, NULL);
    const nt_yaml *outputs = nt_yaml_get(root, "outputs");
    bool failed = false;
    if (!outputs) {
        if (!last->unknown &&
            nt_graph_add_output(loader->network->graph, "output", last->value) != NT_OK)
            return nt_reader_no_memory(&reader);
        return NT_OK;
    }
    if (outputs->kind == NT_YAML_SCALAR)
        return add_output(loader, scope, outputs, "output");
    if (outputs->count == 0)
        return nt_reader_say(&reader, outputs, "a graph needs an output");
    for (int32_t i = 0; i < outputs->count; i++) {
        bool list = outputs->kind == NT_YAML_LIST;
        const nt_yaml *at = list ? outputs->items[i] : outputs->entries[i].value;
        const char *name = list ? NULL : outputs->entries[i].key->text;
        NT_TRY(nt_loader_settle(loader, add_output(loader, scope, at, name), &failed));
    }
    return NT_OK;
}

/* --- the file --------------------------------------------------------------------------------- */

static nt_status read_name(nt_loader *loader, const nt_yaml *root, const nt_scope *scope) {
    nt_reader reader = nt_loader_reader(loader, scope, NULL);
    const nt_yaml *node = nt_yaml_get(root, "graph");
    const char *name;
    if (!node && nt_read_means(root, "graph", graph_keys))
        return NT_INVALID;
    if (!node)
        return nt_reader_say(&reader, root, "the file lacks 'graph', the network's name");
    NT_TRY(nt_read_line(&reader, node, "graph", &name));
    loader->network->name = nt_arena_string(&loader->network->arena, name);
    return loader->network->name ? NT_OK : nt_reader_no_memory(&reader);
}

static nt_status read_doc(nt_loader *loader, const nt_yaml *root) {
    nt_reader reader = nt_loader_reader(loader, NULL, NULL);
    const nt_yaml *node = nt_yaml_get(root, "doc");
    const char *doc;
    if (!node)
        return NT_OK;
    NT_TRY(nt_read_text(&reader, node, "doc", &doc));
    loader->network->doc = nt_arena_string(&loader->network->arena, doc);
    return loader->network->doc ? NT_OK : nt_reader_no_memory(&reader);
}

static nt_status read_params(nt_loader *loader, const nt_yaml *root, nt_scope *scope) {
    nt_formals *formals = NT_ARENA_NEW(&loader->arena, nt_formals);
    bool failed = false;
    nt_reader reader = nt_loader_reader(loader, scope, NULL);
    const nt_yaml *params = nt_yaml_get(root, "params");
    if (!formals)
        return nt_reader_no_memory(&reader);
    nt_status status = nt_formals_read(loader, params, formals);
    NT_TRY(nt_loader_settle(loader, status, &failed));
    return nt_formals_bind(loader, formals, NULL, &reader, params, "the graph", scope, NULL);
}

static nt_status read_nodes(nt_loader *loader, const nt_yaml *root, nt_scope *scope,
                            nt_binding *ret_last) {
    nt_reader reader = nt_loader_reader(loader, scope, NULL);
    const nt_yaml *nodes = nt_yaml_get(root, "nodes");
    if (!nodes && nt_read_means(root, "nodes", graph_keys))
        return NT_INVALID;
    if (!nodes)
        return nt_reader_say(&reader, root, "the file lacks 'nodes'");
    NT_TRY(nt_read_map(&reader, nodes, "nodes"));
    nt_frame frame = {.prefix = "", .stage = "", .block = "", .kind = ""};
    scope->nodes = nodes;
    if (scope->bindings.count > 0)
        *ret_last = scope->bindings.items[0];
    return nt_expand_nodes(loader, scope, &frame, ret_last);
}

/* Reads what is needed to begin, then the params, inputs, nodes and outputs, going on after errors.
 */
static nt_status read_graph(nt_loader *loader, const nt_document *document, const nt_yaml *root) {
    nt_reader reader = nt_loader_reader(loader, NULL, NULL);
    bool failed = false;
    NT_TRY(nt_read_map(&reader, root, "a graph file"));
    nt_status status = nt_read_keys(&reader, root, "a graph file", graph_keys);
    NT_TRY(nt_loader_settle(loader, status, &failed));
    NT_TRY(nt_loader_settle(loader, nt_definitions_read(loader, document, root), &failed));
    loader->network = nt_network_new("");
    if (!loader->network)
        return nt_reader_no_memory(&reader);
    nt_network_set_budget(loader->network, &loader->budget);
    nt_scope scope;
    nt_binding last = {.unknown = true};
    nt_scope_init(&scope, loader, NULL);
    scope.prefix = "";
    NT_TRY(nt_loader_settle(loader, read_params(loader, root, &scope), &failed));
    NT_TRY(nt_loader_settle(loader, read_name(loader, root, &scope), &failed));
    NT_TRY(nt_loader_settle(loader, read_doc(loader, root), &failed));
    NT_TRY(nt_loader_settle(loader, read_inputs(loader, root, &scope), &failed));
    scope.incomplete = failed; /* some param, input or block may be missing */
    NT_TRY(nt_loader_settle(loader, read_nodes(loader, root, &scope, &last), &failed));
    NT_TRY(nt_loader_settle(loader, read_outputs(loader, root, &scope, &last), &failed));
    return failed ? NT_INVALID : NT_OK;
}

static nt_status load(nt_loader *loader, nt_document *document, const nt_setting *settings,
                      int setting_count) {
    const nt_yaml *root;
    bool failed = false;
    int errors = loader->error->count + loader->error->dropped;
    nt_status status = nt_file_want_graph(document, loader->error);
    if (status == NT_OK)
        status = nt_loader_take_document(loader, document, NULL);
    if (status != NT_OK)
        return status;
    status = nt_override(&loader->arena, document->root, settings, setting_count, false, &root,
                         loader->error);
    NT_TRY(nt_loader_settle(loader, status, &failed));
    NT_TRY(read_graph(loader, document, root));
    if (failed || loader->error->count + loader->error->dropped > errors)
        return NT_INVALID;
    loader->budget.at = (nt_location){.source = &document->source};
    if (nt_network_seal(loader->network) != NT_OK)
        return nt_budget_say(&loader->budget, NULL, loader->error);
    nt_network_set_budget(loader->network, NULL);
    return NT_OK;
}

/* Takes over the document. */
static nt_status load_document(nt_document *document, const nt_setting *settings, int setting_count,
                               nt_network **ret, nt_error *error) {
    nt_loader loader;
    nt_status status = nt_loader_begin(&loader, error);
    if (status == NT_OK)
        status = load(&loader, document, settings, setting_count);
    if (status == NT_OK)
        *ret = loader.network;
    else
        nt_network_free(loader.network);
    nt_loader_end(&loader);
    nt_document_free(document);
    return status;
}

nt_status nt_network_load(const char *path, const nt_setting *settings, int setting_count,
                          nt_network **ret, nt_error *error) {
    nt_document *document;
    nt_arena arena;
    nt_arena_init(&arena);
    nt_status status =
        nt_shipped_open(&(nt_sought){NT_SHIPPED_GRAPH, path, NULL}, &arena, &path, error);
    if (status == NT_OK)
        status = nt_document_load(path, &document, error);
    nt_arena_finish(&arena);
    return status == NT_OK ? load_document(document, settings, setting_count, ret, error) : status;
}

nt_status nt_network_load_text(const char *path, const char *text, size_t length,
                               const nt_setting *settings, int setting_count, nt_network **ret,
                               nt_error *error) {
    nt_document *document;
    NT_TRY(nt_document_parse(path, text, length, &document, error));
    return load_document(document, settings, setting_count, ret, error);
}
