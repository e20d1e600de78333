/* Blocks and their parameters, from the file and from what it includes. Everything that can be
 * checked without expanding a block is checked here, once. */
#include "network_file_private.h"

#include "alloc.h"
#include "file.h"
#include "shipped.h"
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* The words that every node may say; a block's params can't have their names. */
static const char *const node_words[] = {"op",     "block",  "nodes", "from", "when", "tags",
                                         "repeat", "output", "flat",  "doc",  NULL};

/* --- parameters ------------------------------------------------------------------------------- */

static const char *const formal_keys[] = {"default", "choices", "doc", NULL};

bool nt_is_name(const char *text) {
    if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_", text[0]) || !text[0])
        return false;
    return text[strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789")] ==
           '\0';
}

bool nt_is_node_word(const char *text) {
    for (const char *const *word = node_words; *word; word++)
        if (strcmp(text, *word) == 0)
            return true;
    return false;
}

static nt_status check_name(nt_reader *reader, const nt_yaml *key) {
    if (!nt_is_name(key->text)) {
        nt_reader_say(reader, key, "'%.60s' is no name for a param", key->text);
        nt_error_hint(reader->error, "use letters, digits and _, a letter first");
        return NT_INVALID;
    }
    if (nt_is_node_word(key->text))
        return nt_reader_say(reader, key, "a param can't be called '%s': that key is every node's",
                             key->text);
    return NT_OK;
}

static nt_status read_formal(nt_reader *reader, const nt_yaml_entry *entry, nt_formal *ret) {
    const nt_yaml *value = entry->value;
    *ret = (nt_formal){.name = entry->key->text, .key = entry->key, .value = value};
    NT_TRY(check_name(reader, entry->key));
    if (value->kind != NT_YAML_MAP) {
        ret->fallback = nt_yaml_absent(value) ? NULL : value;
        return NT_OK;
    }
    NT_TRY(nt_read_keys(reader, value, "a param", formal_keys));
    const nt_yaml *fallback = nt_yaml_get(value, "default");
    const nt_yaml *choices = nt_yaml_get(value, "choices");
    int count;
    if (fallback && !nt_yaml_absent(fallback))
        ret->fallback = fallback;
    if (!choices)
        return NT_OK;
    NT_TRY(nt_read_list(reader, choices, "choices"));
    return nt_read_texts(reader, choices, "choices", &ret->choices, &count);
}

nt_status nt_formals_read(nt_loader *loader, const nt_yaml *params, nt_formals *ret) {
    nt_reader reader = nt_loader_reader(loader, NULL, NULL);
    *ret = (nt_formals){0};
    nt_name_table_init(&ret->names, &loader->arena);
    if (!params || nt_yaml_absent(params))
        return NT_OK;
    NT_TRY(nt_read_map(&reader, params, "params"));
    nt_formal *formals = NT_ARENA_ARRAY(&loader->arena, nt_formal, params->count);
    if (!formals)
        return nt_reader_no_memory(&reader);
    nt_status status = NT_OK;
    for (int32_t i = 0; i < params->count; i++) {
        nt_status one = read_formal(&reader, &params->entries[i], &formals[i]);
        formals[i].broken = one != NT_OK;
        status = one != NT_OK ? one : status;
        if (!nt_name_table_add(&ret->names, formals[i].name, i))
            return nt_reader_no_memory(&reader);
    }
    ret->items = formals;
    ret->count = params->count;
    return status;
}

static nt_status say_no_choice(nt_reader *reader, const nt_yaml *node, const nt_formal *formal,
                               bool several, const char *text) {
    nt_text list;
    nt_text_init(&list);
    for (const char *const *choice = formal->choices; *choice; choice++)
        nt_text_printf(&list, "%s%s", choice > formal->choices ? ", " : "", *choice);
    nt_status status = nt_reader_say(reader, node,
                                     several ? "%s must be one of %s, not %s"
                                             : "%s must be one of %s, not '%.60s'",
                                     formal->name, list.bytes, text);
    nt_text_finish(&list);
    return status;
}

static nt_status check_choice(nt_reader *reader, const nt_yaml *node, const nt_formal *formal,
                              nt_scalar value) {
    if (!formal->choices || value.kind == NT_SCALAR_UNKNOWN)
        return NT_OK;
    bool several = value.kind == NT_SCALAR_LIST || value.kind == NT_SCALAR_RECORD;
    const char *text = several ? nt_scalar_describe(value) : nt_scalar_text(value, reader->arena);
    if (!text)
        return nt_reader_no_memory(reader);
    const char *const *choice = formal->choices;
    while (!several && *choice && strcmp(*choice, text) != 0)
        choice++;
    NT_TRY(nt_reader_charge(reader, node, choice - formal->choices));
    return !several && *choice ? NT_OK : say_no_choice(reader, node, formal, several, text);
}

static nt_status bind_one(nt_reader *reader, const nt_yaml *node, const nt_formal *formal,
                          nt_scalar *ret) {
    nt_scalar value;
    NT_TRY(nt_read_value(reader, node, formal->name, &value));
    NT_TRY(check_choice(reader, node, formal, value));
    *ret = value;
    return NT_OK;
}

/* Whether a key among the given ones is no param but reads like this one: that is reported already.
 */
static bool is_misspelt(const nt_yaml *given, const nt_formals *formals, int formal) {
    const char *const alone[] = {formals->items[formal].name, NULL};
    int unknown = 0; /* of more than are reported none is looked at */
    for (int32_t i = 0; given && i < given->count && unknown < NT_ERROR_LIMIT; i++) {
        const char *key = given->entries[i].key->text;
        if (nt_is_node_word(key) || nt_name_table_find(&formals->names, key) >= 0)
            continue;
        unknown++;
        if (nt_nearest(key, alone))
            return true;
    }
    return false;
}

/* What the map gives each of them; NULL when out of memory. */
static const nt_yaml **list_given(const nt_formals *formals, const nt_yaml *given,
                                  nt_arena *arena) {
    const nt_yaml **values = NT_ARENA_ARRAY(arena, const nt_yaml *, formals->count + 1);
    for (int32_t i = 0; values && given && given->kind == NT_YAML_MAP && i < given->count; i++) {
        int32_t formal = nt_name_table_find(&formals->names, given->entries[i].key->text);
        if (formal >= 0)
            values[formal] = given->entries[i].value;
    }
    return values;
}

/* Those that have no value, while they are bound. */
typedef struct lacking {
    nt_text names; /* as a message has them */
    int count;
} lacking;

static void add_lacking(lacking *l, const nt_yaml *given, const nt_formals *formals, int formal) {
    if (l->count < NT_ERROR_LIMIT && is_misspelt(given, formals, formal))
        return;
    if (l->count++ < NT_ERROR_LIMIT)
        nt_text_printf(&l->names, "%s'%s'", l->names.length ? ", " : "",
                       formals->items[formal].name);
    else if (l->count == NT_ERROR_LIMIT + 1)
        nt_text_add(&l->names, " and more");
}

nt_status nt_formals_bind(nt_loader *loader, const nt_formals *formals, const nt_yaml *given,
                          nt_reader *outside, const nt_yaml *at, const char *what, nt_scope *inside,
                          const nt_trail *trail) {
    enum { FEW = 8 };
    nt_variable *variables = NT_ARENA_ARRAY(&loader->arena, nt_variable, formals->count);
    const nt_yaml **values = list_given(formals, given, &loader->arena);
    nt_reader reader = nt_loader_reader(loader, inside, trail);
    if (!variables || !values)
        return nt_reader_no_memory(&reader);
    lacking lacks = {.count = 0};
    nt_text_init(&lacks.names);
    nt_status status = NT_OK;
    inside->variables = variables;
    inside->variable_names = formals->count > FEW ? &formals->names : NULL;
    for (int i = 0; i < formals->count; i++) {
        const nt_formal *formal = &formals->items[i];
        nt_scalar value = {.kind = NT_SCALAR_UNKNOWN};
        nt_status one = NT_OK;
        if (formal->broken)
            one = NT_INVALID;
        else if (values[i])
            one = bind_one(outside, values[i], formal, &value);
        else if (formal->fallback)
            one = bind_one(&reader, formal->fallback, formal, &value);
        else
            add_lacking(&lacks, given, formals, i);
        status = one != NT_OK ? one : status;
        variables[i] = (nt_variable){.name = formal->name, .value = value};
        inside->variable_count = i + 1;
    }
    if (lacks.names.length) {
        status = nt_reader_say(outside, at, "%s lacks %s", what, lacks.names.bytes);
        if (!given)
            nt_error_hint(loader->error, "give a value with --set name=value");
    }
    nt_text_finish(&lacks.names);
    return status;
}

/* --- blocks ----------------------------------------------------------------------------------- */

static const char *const block_keys[] = {"doc", "params", "inputs", "nodes", "output", NULL};

static nt_status read_inputs(nt_reader *reader, const nt_yaml *inputs, nt_definition *ret) {
    static const char *const usual[] = {"input", NULL};
    ret->inputs = usual;
    ret->input_count = 1;
    if (!inputs)
        return NT_OK;
    NT_TRY(nt_read_list(reader, inputs, "inputs of a block"));
    NT_TRY(nt_read_texts(reader, inputs, "inputs of a block", &ret->inputs, &ret->input_count));
    if (ret->input_count == 0 || ret->input_count > NT_MAX_INPUTS)
        return nt_reader_say(reader, inputs, "a block reads 1 to %d inputs", NT_MAX_INPUTS);
    for (int i = 0; i < ret->input_count; i++)
        for (int j = 0; j < i; j++)
            if (strcmp(ret->inputs[i], ret->inputs[j]) == 0)
                return nt_reader_say(reader, inputs->items[i], "a second input called '%.60s'",
                                     ret->inputs[i]);
    return NT_OK;
}

static nt_status read_body(nt_loader *loader, nt_reader *reader, const nt_yaml_entry *entry,
                           nt_definition *ret) {
    const nt_yaml *body = entry->value;
    NT_TRY(nt_read_map(reader, body, "a block"));
    nt_status keys = nt_read_keys(reader, body, "a block", block_keys);
    nt_status formals = nt_formals_read(loader, nt_yaml_get(body, "params"), &ret->formals);
    nt_status inputs = read_inputs(reader, nt_yaml_get(body, "inputs"), ret);
    ret->nodes = nt_yaml_get(body, "nodes");
    ret->output = nt_yaml_get(body, "output");
    NT_TRY(keys);
    NT_TRY(formals);
    NT_TRY(inputs);
    if (!ret->nodes)
        return nt_reader_say(reader, entry->key, "block '%.60s' lacks 'nodes'", entry->key->text);
    return nt_read_map(reader, ret->nodes, "nodes");
}

static nt_status read_block(nt_loader *loader, nt_reader *reader, const nt_yaml_entry *entry) {
    const char *name = entry->key->text;
    const nt_definition *first = nt_definition_find(loader, name);
    if (first)
        return nt_reader_say(reader, entry->key,
                             "block '%.60s' is defined a second time; the first is at %s:%u", name,
                             first->key->location.source->path, first->key->location.line);
    nt_definition *definition = NT_ARENA_NEW(&loader->arena, nt_definition);
    void *definitions = loader->definitions;
    if (!definition || !nt_grow(&definitions, &loader->definition_capacity,
                                loader->definition_count, sizeof definition))
        return nt_reader_no_memory(reader);
    loader->definitions = definitions;
    if (!nt_name_table_add(&loader->block_names, name, (int32_t)loader->definition_count))
        return nt_reader_no_memory(reader);
    loader->definitions[loader->definition_count++] = definition;
    definition->name = name;
    definition->key = entry->key;
    definition->body = entry->value;
    nt_status status = read_body(loader, reader, entry, definition);
    definition->broken = status != NT_OK;
    return status;
}

static nt_status read_blocks(nt_loader *loader, const nt_yaml *blocks) {
    nt_reader reader = nt_loader_reader(loader, NULL, NULL);
    if (!blocks || nt_yaml_absent(blocks))
        return NT_OK;
    NT_TRY(nt_read_map(&reader, blocks, "blocks"));
    bool failed = false;
    for (int32_t i = 0; i < blocks->count; i++)
        NT_TRY(nt_loader_settle(loader, read_block(loader, &reader, &blocks->entries[i]), &failed));
    return failed ? NT_INVALID : NT_OK;
}

nt_definition *nt_definition_find(const nt_loader *loader, const char *name) {
    int32_t i = nt_name_table_find(&loader->block_names, name);
    return i < 0 ? NULL : loader->definitions[i];
}

const char *const *nt_definition_names(nt_loader *loader) {
    const char **names = NT_ARENA_ARRAY(&loader->arena, const char *, loader->definition_count + 1);
    for (size_t i = 0; names && i < loader->definition_count; i++)
        names[i] = loader->definitions[i]->name;
    return names;
}

/* --- include ---------------------------------------------------------------------------------- */

/* The files that lead to the one being read, innermost first. */
typedef struct chain {
    const struct chain *outer;
    const char *file; /* its identity */
    int depth;
} chain;

/* One name for one file, whatever way leads to it; its path itself if there is no such file. */
static const char *identity(nt_arena *arena, const char *path) {
    char real[PATH_MAX];
    return nt_arena_string(arena, realpath(path, real) ? real : path);
}

static nt_status read_file(nt_loader *loader, const nt_document *document, const nt_yaml *root,
                           const chain *from);

static nt_status add_document(nt_loader *loader, nt_document *document, const nt_yaml *at) {
    void *documents = loader->documents;
    if (!nt_grow(&documents, &loader->document_capacity, loader->document_count, sizeof document)) {
        nt_document_free(document);
        return nt_error_say(loader->error, NT_NO_MEMORY, "out of memory");
    }
    loader->documents = documents;
    loader->documents[loader->document_count++] = document;
    return nt_loader_take_document(loader, document, at);
}

static nt_status check_included(nt_reader *reader, const nt_document *document) {
    static const char *const keys[] = {"version", "doc", "include", "blocks", NULL};
    NT_TRY(nt_read_map(reader, document->root, "a file of blocks"));
    return nt_read_keys(reader, document->root, "a file of blocks", keys);
}

static nt_status include_file(nt_loader *loader, const nt_yaml *at, const char *path,
                              const chain *from) {
    nt_reader reader = nt_loader_reader(loader, NULL, NULL);
    const char *file = identity(&loader->arena, path);
    if (!file)
        return nt_reader_no_memory(&reader);
    for (const chain *c = from; c; c = c->outer)
        if (strcmp(c->file, file) == 0)
            return nt_reader_say(&reader, at, "'%.200s' would include itself", path);
    if (nt_name_table_find(&loader->files, file) >= 0)
        return NT_OK; /* two files may include a third */
    if (!nt_name_table_add(&loader->files, file, 0))
        return nt_reader_no_memory(&reader);
    if (from->depth >= NT_YAML_DEEPEST)
        return nt_reader_say(&reader, at, "more than %d files include one another",
                             NT_YAML_DEEPEST);
    nt_document *document;
    int before = loader->error->count;
    nt_status status = nt_document_load(path, &document, loader->error);
    if (status != NT_OK) {
        if (loader->error->count > before && !loader->error->items[before].hint)
            nt_error_hint(loader->error, "it is included at %s:%u", at->location.source->path,
                          at->location.line);
        return status;
    }
    NT_TRY(add_document(loader, document, at));
    NT_TRY(check_included(&reader, document));
    return read_file(loader, document, document->root,
                     &(chain){.outer = from, .file = file, .depth = from->depth + 1});
}

/* Where it isn't, `at` is blamed for it. */
static nt_status find_included(nt_reader *reader, const nt_yaml *at, const nt_document *document,
                               const char *name, const char **ret) {
    const nt_sought sought = {NT_SHIPPED_BLOCKS, name, document->source.path};
    const char *near = NULL;
    if ((*ret = nt_shipped_find(&sought, reader->arena)))
        return NT_OK;
    const char *text = nt_shipped_missing(&sought, reader->arena, &near);
    if (!text)
        return nt_reader_no_memory(reader);
    nt_reader_say(reader, at, "%s", text);
    if (near)
        nt_error_hint(reader->error, "did you mean '%s'?", near);
    return NT_INVALID;
}

static nt_status include_all(nt_loader *loader, const nt_document *document, const nt_yaml *include,
                             const chain *from) {
    enum { STEPS_A_FILE = 1000 }; /* to look for it */
    nt_reader reader = nt_loader_reader(loader, NULL, NULL);
    const char *const *paths;
    int count;
    if (!include)
        return NT_OK;
    NT_TRY(nt_read_texts(&reader, include, "include", &paths, &count));
    bool failed = false;
    for (int i = 0; i < count; i++) {
        const nt_yaml *at = include->kind == NT_YAML_LIST ? include->items[i] : include;
        const char *path;
        NT_TRY(nt_reader_charge(&reader, at, STEPS_A_FILE));
        nt_status status = find_included(&reader, at, document, paths[i], &path);
        if (status == NT_OK)
            status = include_file(loader, at, path, from);
        NT_TRY(nt_loader_settle(loader, status, &failed));
    }
    loader->lacks_blocks = loader->lacks_blocks || failed;
    return failed ? NT_INVALID : NT_OK;
}

/* Recurses once a level of inclusion. */
static nt_status read_file(nt_loader *loader, const nt_document *document, const nt_yaml *root,
                           const chain *from) {
    nt_reader reader = nt_loader_reader(loader, NULL, NULL);
    const nt_yaml *version = nt_yaml_get(root, "version");
    const char *number;
    bool failed = false;
    nt_status status = NT_OK;
    if (!version)
        status = nt_reader_say(&reader, root, "the file lacks 'version'");
    else if ((status = nt_read_text(&reader, version, "version", &number)) == NT_OK &&
             strcmp(number, "1") != 0)
        status = nt_reader_say(&reader, version, "version must be 1, not '%.60s'", number);
    NT_TRY(nt_loader_settle(loader, status, &failed));
    status = include_all(loader, document, nt_yaml_get(root, "include"), from);
    NT_TRY(nt_loader_settle(loader, status, &failed));
    status = read_blocks(loader, nt_yaml_get(root, "blocks"));
    NT_TRY(nt_loader_settle(loader, status, &failed));
    return failed ? NT_INVALID : NT_OK;
}

nt_status nt_definitions_read(nt_loader *loader, const nt_document *document, const nt_yaml *root) {
    const char *file = identity(&loader->arena, document->source.path);
    if (!file)
        return nt_error_say(loader->error, NT_NO_MEMORY, "out of memory");
    return read_file(loader, document, root, &(chain){.file = file});
}
