/* nontrivial schema: the JSON Schema of a kind of file, for editors and for whoever reads results.
 */
#include "command.h"
#include "console.h"
#include "embedded_files.h"
#include "network_schema.h"
#include "results.h"
#include "results_file.h"
#include "suite_schema.h"
#include <string.h>

static const char detail[] =
    "An editor that knows JSON Schema completes and checks a file as it is typed. With the YAML\n"
    "language server (as in VS Code, Neovim, Emacs) put the schema in a file, and name that in\n"
    "the first line of the YAML:\n\n"
    "    nontrivial schema graph > graph.schema.json\n"
    "    # yaml-language-server: $schema=graph.schema.json\n\n"
    "All of them are installed in share/nontrivial/schemas. A schema knows keys, ops, kinds and\n"
    "values, with --for the blocks that the file has and includes as well; `nontrivial check` "
    "also\n"
    "knows names and shapes.\n";

static const nt_operand schema_operands[] = {
    {"KIND", .doc = "which files: graph, suite or results; or what a command prints with --json: "
                    "cases, check, clean, compare, diff, doctor, graphs, ops, plan (of run), "
                    "predict, report, runs, shrink, train or watch"},
    {0}};

typedef struct schema_options {
    const char *of;
} schema_options;

static const nt_field schema_fields[] = {
    {"for", NT_STRING, offsetof(schema_options, of),
     .doc = "of one graph file or name: calls of its blocks are checked against their params"},
    {0},
};

static nt_status print_graph_schema(const char *of, nt_error *error) {
    json_t *schema;
    NT_TRY(nt_network_schema_for(of, &schema, error));
    return nt_json_print(schema);
}

static const struct {
    const char *name;
    json_t *(*make)(void);
} made[] = {
    {"graph", nt_network_schema}, {"suite", nt_suite_schema}, {"results", nt_results_schema}};

enum { MADE = sizeof made / sizeof *made, MOST = 32 };

static nt_status say_unknown(const char *kind, nt_error *error) {
    const char *names[MOST + 1] = {NULL};
    int count = 0;
    nt_text list;
    nt_text_init(&list);
    for (int i = 0; i < MADE; i++)
        names[count++] = made[i].name;
    for (const nt_embedded *answer = nt_answer_schemas; answer->name && count < MOST; answer++)
        names[count++] = answer->name;
    for (int i = 0; i < count; i++)
        nt_text_printf(&list, "%s%s", i == 0 ? "" : i < count - 1 ? ", " : " and ", names[i]);
    nt_error_say(error, NT_USAGE, "there is no schema '%s'; there are those of %s", kind,
                 list.bytes);
    nt_error_suggest(error, kind, names);
    nt_text_finish(&list);
    return NT_USAGE;
}

static nt_status run(const nt_arguments *arguments, nt_error *error) {
    const schema_options *options = arguments->record;
    const char *kind = arguments->words[0];
    if (options->of && strcmp(kind, "graph") == 0)
        return print_graph_schema(options->of, error);
    if (options->of)
        return nt_error_say(error, NT_USAGE, "--for goes with the schema of graphs");
    for (int i = 0; i < MADE; i++)
        if (strcmp(kind, made[i].name) == 0)
            return nt_json_print(made[i].make());
    for (const nt_embedded *answer = nt_answer_schemas; answer->name; answer++)
        if (strcmp(kind, answer->name) == 0)
            return nt_json_print(json_loadb((const char *)answer->bytes, answer->size, 0, NULL));
    return say_unknown(kind, error);
}

const nt_command nt_command_schema = {
    .kind = {.name = "schema",
             .doc = "print the JSON Schema of files, or of what commands print",
             .fields = schema_fields,
             .size = sizeof(schema_options)},
    .detail = detail,
    .examples = "nontrivial schema suite > suite.schema.json\n"
                "nontrivial schema graph --for net.yaml > net.schema.json\n",
    .syntax = {.operands = schema_operands},
    .run = run,
};
