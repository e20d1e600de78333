/* nontrivial show: the layers of a network as a table, as JSON, as a drawing, or as the graph file
 * with every block, repeat and parameter expanded. */
#include "command.h"
#include "console.h"
#include "network_file.h"
#include "network_print.h"
#include "pager.h"

typedef struct show_options {
    bool json, dot, resolved, wide, no_pager;
} show_options;

static const nt_field show_fields[] = {
    NT_OPTION_JSON(show_options),
    {"dot", NT_BOOL, offsetof(show_options, dot), "false", .doc = "print a drawing for Graphviz"},
    {"resolved", NT_BOOL, offsetof(show_options, resolved), "false",
     .doc = "print the graph file with everything expanded"},
    NT_OPTION_WIDE(show_options),
    NT_OPTION_NO_PAGER(show_options),
    {0},
};

static const nt_operand show_operands[] = {
    {"GRAPH", .doc = "a graph file; - reads it from standard input"}, {0}};

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

static nt_status run(const nt_arguments *arguments, nt_error *error) {
    const show_options *options = arguments->record;
    if (options->json + options->dot + options->resolved > 1)
        return nt_error_say(error, NT_USAGE,
                            "--json, --dot and --resolved exclude each other: give one");
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
    .examples = "nontrivial show graphs/resnet18.yaml --set classes=100\n"
                "nontrivial show net.yaml --dot | dot -Tsvg > net.svg\n",
    .syntax = {.operands = show_operands, .settings = NT_SETTINGS_DOC},
    .run = run,
};
