/* nontrivial schema: the JSON Schema of a kind of file, for editors and for whoever reads results.
 */
#include "answer_schema.h"
#include "command.h"
#include "console.h"
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
    "A schema knows keys, ops, kinds and values; `nontrivial check` also knows names and shapes.\n";

static const nt_operand schema_operands[] = {
    {"KIND", .doc = "which files: graph, suite or results; or what a command prints with --json: "
                    "check, plan (of run), predict, report, shrink or train"},
    {0}};

static nt_status run(const nt_arguments *arguments, nt_error *error) {
    static const char *const kinds[] = {"graph",   "suite",  "results", "check", "plan",
                                        "predict", "report", "shrink",  "train", NULL};
    const char *kind = arguments->words[0];
    if (strcmp(kind, "graph") == 0)
        return nt_json_print(nt_network_schema());
    if (strcmp(kind, "suite") == 0)
        return nt_json_print(nt_suite_schema());
    if (strcmp(kind, "results") == 0)
        return nt_json_print(nt_results_schema());
    for (const char *const *name = nt_answer_names; *name; name++)
        if (strcmp(kind, *name) == 0)
            return nt_json_print(nt_answer_schema(kind));
    nt_error_say(
        error, NT_USAGE,
        "there is no schema '%s'; there are those of graph, suite, results, check, plan, predict, "
        "report, shrink and train",
        kind);
    nt_error_suggest(error, kind, kinds);
    return NT_USAGE;
}

const nt_command nt_command_schema = {
    .kind = {.name = "schema",
             .doc = "print the JSON Schema of graph, suite or results files, for editors",
             .fields = nt_no_fields},
    .detail = detail,
    .examples = "nontrivial schema suite > suite.schema.json\n",
    .syntax = {.operands = schema_operands},
    .run = run,
};
