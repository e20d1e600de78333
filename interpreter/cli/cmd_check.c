/* nontrivial check: loads files, says for each what it is or everything that is wrong with it. Of a
 * suite that includes its graph, what its hooks make of it, its data and all that a run would
 * refuse before it reads an image; weights are not opened. */
#include "command.h"
#include "console.h"
#include "document.h"
#include "file_sort.h"
#include "hook.h"
#include "json_out.h"
#include "network_file.h"
#include "network_print.h"
#include "shipped.h"
#include "suite_ready.h"
#include "table.h"

typedef struct check_options {
    bool no_data, json;
    json_t *answer; /* with --json: what is said of the file at hand; NULL: nothing yet */
} check_options;

static const nt_field check_fields[] = {
    {"no-data", NT_BOOL, offsetof(check_options, no_data), "false",
     .doc = "pass over a suite's data and weights, which may be on another machine"},
    {"json", NT_BOOL, offsetof(check_options, json), "false",
     .doc = "print what each file is, or what is wrong with it, as JSON"},
    {0},
};

static const nt_operand check_operands[] = {
    {"FILE", "a graph or a suite, a file or a name; - reads it from standard input",
     .repeated = true},
    {0},
};

/* "3 cases" */
static void add_counted(nt_text *text, int64_t count, const char *what) {
    nt_text_count(text, count);
    nt_text_printf(text, " %s%s", what, count == 1 ? "" : "s");
}

/* "resnet34.yaml: ok, 36 convolutions, 21,289,802 parameters"; or keeps that for who prints JSON.
 */
static nt_status print_verdict(const char *path, const nt_arguments *arguments, int64_t first,
                               const char *first_what, int64_t second, const char *second_what) {
    check_options *options = arguments->record;
    nt_text text;
    if (options->json) {
        options->answer =
            json_pack("{s:o, s:b, s:{s:I, s:I}}", "file", nt_json_text(path), "valid", 1, "has",
                      first_what, (json_int_t)first, second_what, (json_int_t)second);
        return options->answer ? NT_OK : NT_NO_MEMORY;
    }
    nt_text_init(&text);
    nt_text_printf(&text, "%s: ok, ", path);
    add_counted(&text, first, first_what);
    nt_text_add(&text, ", ");
    add_counted(&text, second, second_what);
    nt_text_add(&text, "\n");
    return nt_print(&text);
}

/* Layers that no output depends on are most likely a mistake, if not one against the language. */
static void warn_of_dead(const char *path, const nt_network *network) {
    enum { NAMED = 6 };
    int32_t dead = 0;
    nt_text names;
    nt_text_init(&names);
    for (size_t l = 0; l < network->layer_count; l++) {
        if (!network->layers[l].dead)
            continue;
        if (dead < NAMED)
            nt_text_printf(&names, "%s%s", dead ? ", " : "", network->layers[l].name);
        dead++;
    }
    if (dead > NAMED)
        nt_text_printf(&names, " and %d more", (int)dead - NAMED);
    if (dead > 0)
        nt_print_note("%s: no output of %s depends on %s", names.bytes, path,
                      dead == 1 ? "it" : "them");
    nt_text_finish(&names);
}

static nt_status check_graph(const char *path, const nt_arguments *arguments, nt_error *error) {
    nt_network *network;
    NT_TRY(nt_network_load(path, arguments->settings, arguments->setting_count, &network, error));
    nt_status status = print_verdict(path, arguments, nt_network_convolutions(network),
                                     "convolution", nt_network_parameters(network), "parameter");
    warn_of_dead(path, network);
    nt_network_free(network);
    return status;
}

static void say(void *context, const char *line) {
    (void)context;
    nt_print_note("%s", line);
}

/* What a run would refuse. What the scripts print is left to runs. */
static nt_status check_cases(const nt_suite *suite, const nt_network *network, bool data,
                             nt_cases *cases, int64_t *ret_count, nt_error *error) {
    const nt_progress progress = {.note = say};
    nt_dataset *dataset = NULL;
    nt_status listed = nt_groups_list(suite, network, NULL, cases, error);
    *ret_count = 0;
    for (int g = 0; g < suite->group_count; g++) {
        nt_group_note(&suite->groups[g], &cases[g], &progress);
        *ret_count += cases[g].count;
    }
    nt_status ready = data ? nt_suite_make_ready(suite, network, cases, &progress, &dataset, error)
                           : nt_suite_check_alone(suite, network, cases, error);
    nt_dataset_free(dataset);
    return listed != NT_OK ? listed : ready;
}

static nt_status check_network(const nt_suite *suite, const nt_network *network, bool data,
                               int64_t *ret_count, nt_error *error) {
    nt_arena arena;
    nt_arena_init(&arena);
    nt_cases *cases = NT_ARENA_ARRAY(&arena, nt_cases, suite->group_count + 1);
    nt_status status = cases ? check_cases(suite, network, data, cases, ret_count, error)
                             : nt_error_say(error, NT_NO_MEMORY, "out of memory");
    for (int g = 0; cases && g < suite->group_count; g++)
        nt_cases_finish(&cases[g]);
    nt_arena_finish(&arena);
    return status;
}

static nt_status check_suite(const char *path, const nt_arguments *arguments, nt_error *error) {
    const check_options *options = arguments->record;
    nt_suite *suite;
    NT_TRY(nt_suite_load(path, arguments->settings, arguments->setting_count, &suite, error));
    nt_network *network = NULL;
    int64_t cases = 0;
    nt_status status =
        nt_network_load(suite->graph, suite->settings, suite->setting_count, &network, error);
    if (status == NT_OK)
        status = check_network(suite, network, !options->no_data, &cases, error);
    if (status == NT_OK)
        status = print_verdict(path, arguments, suite->group_count, "group", cases, "case");
    nt_network_free(network);
    nt_suite_free(suite);
    return status;
}

static nt_status check_file(const char *path, const nt_arguments *arguments, nt_error *error) {
    nt_document *document;
    NT_TRY(nt_document_load(path, &document, error));
    nt_file_sort sort = nt_file_sort_of(document->root);
    bool is_suite =
        sort == NT_FILE_SUITE || (sort == NT_FILE_UNCLEAR && nt_yaml_get(document->root, "suite"));
    nt_document_free(document);
    return is_suite ? check_suite(path, arguments, error) : check_graph(path, arguments, error);
}

/* A name may be that of a graph or of a suite. */
static nt_status check(const char *name, const nt_arguments *arguments, nt_error *error) {
    nt_arena arena;
    nt_arena_init(&arena);
    const nt_sought graph = {NT_SHIPPED_GRAPH, name, NULL}, suite = {NT_SHIPPED_SUITE, name, NULL};
    const char *path = nt_shipped_find(&graph, &arena);
    nt_status status = NT_OK;
    if (!path && !(path = nt_shipped_find(&suite, &arena)))
        status = nt_shipped_open(&graph, &arena, &path, error);
    if (status == NT_OK)
        status = check_file(path, arguments, error);
    nt_arena_finish(&arena);
    return status;
}

/* One file of several: its diagnostics are shown at once, so that each file has its own twenty. */
static nt_status check_one(const char *path, const nt_arguments *arguments) {
    nt_error error;
    nt_error_init(&error);
    nt_status status = check(path, arguments, &error);
    nt_print_error(&error);
    nt_error_finish(&error);
    return status;
}

static json_t *errors_json(const nt_error *error) {
    json_t *list = json_array();
    for (int i = 0; i < error->count; i++)
        list = nt_json_append(list, json_pack("{s:s, s:s, s:s?}", "where", error->items[i].where,
                                              "message", error->items[i].message, "hint",
                                              error->items[i].hint));
    return list;
}

/* One file as JSON, appended to `*list`. */
static nt_status answer_one(const char *path, const nt_arguments *arguments, json_t **list) {
    check_options *options = arguments->record;
    nt_error error;
    nt_error_init(&error);
    nt_status status = check(path, arguments, &error);
    if (status != NT_OK) {
        json_decref(options->answer);
        options->answer = json_pack("{s:o, s:b, s:o, s:i}", "file", nt_json_text(path), "valid", 0,
                                    "errors", errors_json(&error), "more_errors", error.dropped);
    }
    *list = nt_json_append(*list, options->answer);
    options->answer = NULL;
    nt_error_finish(&error);
    return status;
}

static nt_status run(const nt_arguments *arguments, nt_error *error) {
    const check_options *options = arguments->record;
    if (arguments->word_count == 1 && !options->json)
        return check(arguments->words[0], arguments, error);
    int invalid = 0;
    json_t *list = options->json ? json_array() : NULL;
    for (int i = 0; i < arguments->word_count; i++) {
        nt_status status = options->json ? answer_one(arguments->words[i], arguments, &list)
                                         : check_one(arguments->words[i], arguments);
        if (status != NT_OK && status != NT_INVALID) {
            json_decref(list);
            return status;
        }
        invalid += status == NT_INVALID;
    }
    if (options->json)
        NT_TRY(nt_json_print(json_pack("{s:o}", "files", list)));
    if (invalid == 0)
        return NT_OK;
    return nt_error_say(error, NT_INVALID, "%d of %d files %s invalid", invalid,
                        arguments->word_count, invalid == 1 ? "is" : "are");
}

const nt_command nt_command_check = {
    .kind = {.name = "check",
             .doc = "say whether files are valid, or what is wrong with them",
             .fields = check_fields,
             .size = sizeof(check_options)},
    .examples = "nontrivial check suite.yaml\nnontrivial check graphs/*.yaml --json\n",
    .syntax = {.operands = check_operands, .settings = NT_SETTINGS_DOC},
    .run = run,
};
