/* nontrivial graphs: the networks of a folder, first of all those that come with the program. */
#include "command.h"
#include "console.h"
#include "document.h"
#include "file.h"
#include "json_out.h"
#include "network_file.h"
#include "shipped.h"
#include "table.h"
#include "yaml_json.h"
#include <string.h>

typedef struct graphs_options {
    bool json, wide;
} graphs_options;

static const nt_field graphs_fields[] = {
    NT_OPTION_WIDE(graphs_options), NT_OPTION_JSON(graphs_options), {0}};

static const nt_operand graphs_operands[] = {
    {"FOLDER", "where graph files are; without it: those that come with the program",
     .optional = true},
    {0},
};

/* --- one network ------------------------------------------------------------------------------ */

/* What a param is by default, or NULL: it must be given. */
static const nt_yaml *fallback(const nt_yaml *param) {
    const nt_yaml *written = param->kind == NT_YAML_MAP ? nt_yaml_get(param, "default") : param;
    return written && !nt_yaml_absent(written) ? written : NULL;
}

static bool is_plain(const nt_yaml *node) {
    return node->kind == NT_YAML_SCALAR && !strchr(node->text, '$');
}

/* "width=64", "units=[3, 4]"; tables and what follows from other params by their names alone. */
static void add_param(const nt_yaml_entry *param, nt_text *text) {
    const nt_yaml *value = fallback(param->value);
    nt_text_add(text, param->key->text);
    bool plain = value && (is_plain(value) || value->kind == NT_YAML_LIST);
    for (int32_t i = 0; plain && value->kind == NT_YAML_LIST && i < value->count; i++)
        plain = is_plain(value->items[i]);
    if (!plain)
        return;
    if (value->kind == NT_YAML_SCALAR) {
        nt_text_printf(text, "=%s", value->text);
        return;
    }
    for (int32_t i = 0; i < value->count; i++)
        nt_text_printf(text, "%s%s", i ? ", " : "=[", value->items[i]->text);
    nt_text_add(text, value->count ? "]" : "=[]");
}

static json_t *params_json(const nt_yaml *params) {
    json_t *whole = json_object();
    for (int32_t i = 0; whole && params && i < params->count; i++)
        if (json_object_set_new(whole, params->entries[i].key->text,
                                nt_yaml_json(fallback(params->entries[i].value))) != 0) {
            json_decref(whole);
            whole = NULL;
        }
    return whole;
}

/* --- all of them ------------------------------------------------------------------------------ */

typedef struct listing {
    nt_table table;
    json_t *json; /* NULL: out of memory, or not wanted */
    bool as_json, wide;
} listing;

static void add_row(listing *to, const nt_network *network, const nt_yaml *params) {
    nt_text text;
    nt_text_init(&text);
    for (int32_t i = 0; params && i < params->count; i++) {
        nt_text_add(&text, i ? ", " : "");
        add_param(&params->entries[i], &text);
    }
    nt_table_cell(&to->table, network->name);
    nt_table_count(&to->table, nt_network_parameters(network));
    nt_table_count(&to->table, nt_network_multiply_adds(network));
    nt_table_cellf(&to->table, "%.*s", (int)strcspn(network->doc, "\n"), network->doc);
    nt_table_cell(&to->table, text.failed ? NULL : text.bytes);
    nt_text_finish(&text);
}

static void add_json(listing *to, const char *path, const nt_network *network,
                     const nt_yaml *params) {
    to->json = nt_json_append(
        to->json,
        json_pack("{s:s, s:o, s:s*, s:I, s:I, s:o}", "graph", network->name, "file",
                  nt_json_text(path), "doc", *network->doc ? network->doc : NULL, "parameters",
                  (json_int_t)nt_network_parameters(network), "multiply_adds",
                  (json_int_t)nt_network_multiply_adds(network), "params", params_json(params)));
}

/* Files of other kinds, as suites and files of blocks, are passed over. */
static nt_status add_file(listing *to, const char *path, nt_error *error) {
    nt_document *document;
    nt_network *network;
    NT_TRY(nt_document_load(path, &document, error));
    nt_status status = NT_OK;
    if (nt_yaml_get(document->root, "nodes")) {
        status = nt_network_load(path, NULL, 0, &network, error);
        const nt_yaml *params = nt_yaml_get(document->root, "params");
        if (status == NT_OK && to->as_json)
            add_json(to, path, network, params);
        else if (status == NT_OK)
            add_row(to, network, params);
        if (status == NT_OK)
            nt_network_free(network);
    }
    nt_document_free(document);
    return status;
}

static nt_status print_listing(listing *to) {
    if (to->as_json) {
        json_t *whole = to->json;
        to->json = NULL;
        return nt_json_print(whole);
    }
    nt_text text;
    nt_text_init(&text);
    nt_table_room room = {.width = to->wide ? 0 : (size_t)nt_console_width(stdout)};
    nt_table_fit(&to->table, &room, &text);
    nt_table_note_left_out(&room, "--wide prints them, --json all there is", &text);
    return nt_print(&text);
}

static nt_status list(const char *folder, const graphs_options *options, nt_arena *arena,
                      nt_error *error) {
    static const nt_column columns[] = {{"network", NT_LEFT, .cut = true},
                                        {"parameters", .align = NT_RIGHT},
                                        {"multiply-adds", NT_RIGHT, .leaves = 1},
                                        {"what it is", NT_LEFT, .leaves = 2, .cut = true},
                                        {"params", NT_LEFT, .leaves = 3, .wrap = true},
                                        {0}};
    nt_names files;
    NT_TRY(nt_files_in(folder, ".yaml", arena, &files, error));
    listing to = {.as_json = options->json,
                  .wide = options->wide,
                  .json = options->json ? json_array() : NULL};
    nt_table_init(&to.table, columns);
    nt_status status = NT_OK;
    for (int32_t i = 0; status == NT_OK && i < files.count; i++) {
        const char *path = nt_arena_printf(arena, "%s/%s", folder, files.names[i]);
        status =
            path ? add_file(&to, path, error) : nt_error_say(error, NT_NO_MEMORY, "out of memory");
    }
    if (status == NT_OK)
        status = print_listing(&to);
    json_decref(to.json);
    nt_table_finish(&to.table);
    return status;
}

static nt_status run(const nt_arguments *arguments, nt_error *error) {
    const graphs_options *options = arguments->record;
    nt_arena arena;
    nt_arena_init(&arena);
    const char *folder = arguments->word_count > 0 ? arguments->words[0]
                                                   : nt_shipped_folder(NT_SHIPPED_GRAPH, &arena);
    nt_status status;
    if (folder)
        status = list(folder, options, &arena, error);
    else
        status = nt_error_say(error, NT_USAGE,
                              "the networks are not where they were installed: name their FOLDER");
    nt_arena_finish(&arena);
    return status;
}

const nt_command nt_command_graphs = {
    .kind = {.name = "graphs",
             .doc = "list the networks that come with the program, or those of a folder",
             .fields = graphs_fields,
             .size = sizeof(graphs_options)},
    .detail =
        "Numbers are those of the params as they stand; --set NAME=VALUE changes one wherever a\n"
        "graph is read. --json has the files' paths, and each param's default as it is written.\n",
    .examples = "nontrivial graphs\n"
                "nontrivial graphs my-graphs --json\n",
    .syntax = {.operands = graphs_operands},
    .run = run,
};
