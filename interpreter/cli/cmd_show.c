/* nontrivial show: the layers of a network as a table, as JSON, as a drawing, or as the graph file
 * with every block, repeat and parameter expanded. */
#include "command.h"
#include "console.h"
#include "network_file.h"
#include "network_print.h"
#include "pager.h"
#include "shipped.h"

typedef struct show_options {
    bool json, dot, resolved, where, wide, no_pager;
} show_options;

static const nt_field show_fields[] = {
    NT_OPTION_JSON(show_options),
    {"dot", NT_BOOL, offsetof(show_options, dot), "false", .doc = "print a drawing for Graphviz"},
    {"resolved", NT_BOOL, offsetof(show_options, resolved), "false",
     .doc = "print the graph file with everything expanded"},
    {"where", NT_BOOL, offsetof(show_options, where), "false",
     .doc = "print only which file it is, one's own or the program's"},
    NT_OPTION_WIDE(show_options),
    NT_OPTION_NO_PAGER(show_options),
    {0},
};

static const nt_operand show_operands[] = {
    {"GRAPH", .doc = NT_GRAPH_DOC "; - reads it from standard input"}, {0}};

static nt_status print(const nt_network *network, const show_options *options) {
    if (options->json)
        return nt_network_print_json(network);
    if (options->dot)
        return nt_network_print_dot(network);
    if (!options->resolved)
        return nt_network_print_table(network, options->wide, options->no_pager);
    nt_text text;
    nt_text_init(&text);
    nt_status status = nt_network_resolve(network, &text);
    if (status == NT_OK)
        return nt_page(&text, options->no_pager);
    nt_text_finish(&text);
    return status;
}

/* The file need not be valid; of one that isn't there loading it says so. */
static nt_status print_where(const char *name, nt_error *error) {
    nt_arena arena;
    nt_text text;
    nt_network *network;
    nt_arena_init(&arena);
    nt_text_init(&text);
    const char *path = nt_shipped_find(&(nt_sought){NT_SHIPPED_GRAPH, name, NULL}, &arena);
    nt_status status = NT_OK;
    if (!path && (status = nt_network_load(name, NULL, 0, &network, error)) == NT_OK)
        nt_network_free(network);
    nt_text_printf(&text, "%s\n", path ? path : name);
    nt_arena_finish(&arena);
    if (status == NT_OK)
        return nt_print(&text);
    nt_text_finish(&text);
    return status;
}

static nt_status run(const nt_arguments *arguments, nt_error *error) {
    const show_options *options = arguments->record;
    if (options->json + options->dot + options->resolved + options->where > 1)
        return nt_error_say(error, NT_USAGE,
                            "--json, --dot, --resolved and --where exclude each other: give one");
    if (options->where)
        return print_where(arguments->words[0], error);
    nt_network *network;
    NT_TRY(nt_network_load(arguments->words[0], arguments->settings, arguments->setting_count,
                           &network, error));
    nt_status status = print(network, options);
    nt_network_free(network);
    return status;
}

const nt_command nt_command_show = {
    .kind = {.name = "show",
             .doc = "print a network's layers, shapes, parameters and multiply-adds",
             .fields = show_fields,
             .size = sizeof(show_options)},
    .examples = "nontrivial show resnet18 --set classes=100\n"
                "cp $(nontrivial show resnet18 --where) mine.yaml\n"
                "nontrivial show net.yaml --dot | dot -Tsvg > net.svg\n",
    .syntax = {.operands = show_operands, .settings = NT_SETTINGS_DOC},
    .run = run,
};
