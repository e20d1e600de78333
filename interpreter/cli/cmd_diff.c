/* nontrivial diff: in what two networks differ, layer by layer, and in all. */
#include "command.h"
#include "console.h"
#include "fit.h"
#include "json_out.h"
#include "network_diff.h"
#include "network_file.h"
#include "network_print.h"
#include "table.h"
#include <string.h>

typedef struct diff_options {
    bool json;
} diff_options;

static const nt_field diff_fields[] = {
    NT_OPTION_JSON(diff_options),
    {0},
};

static const nt_operand diff_operands[] = {
    {.name = "GRAPH", .doc = NT_GRAPH_DOC}, {.name = "GRAPH", .doc = "another"}, {0}};

static const char diff_detail[] =
    "Layers of the same name are compared: op, inputs, attributes, shape, parameters and\n"
    "multiply-adds. The exit status is 0 whether or not the networks differ.\n"
    "\n"
    "--set changes both graphs; first.KEY=VALUE and second.KEY=VALUE change one. So the same file\n"
    "can be given twice, to see what a param does.\n";

/* The two networks under the names that were given. */
typedef struct pair {
    const char *paths[2];
    nt_network *networks[2];
    nt_network_diff diff;
} pair;

/* --- one layer -------------------------------------------------------------------------------- */

static const nt_layer *layer_of(const nt_layer_change *change, int n) {
    return n == 0 ? change->first : change->second;
}

static void add_inputs(const pair *p, const nt_layer *layer, int n, nt_text *text) {
    const nt_node *node = nt_layer_node(p->networks[n], layer);
    for (int32_t i = 0; i < node->data_count; i++) {
        nt_text_add(text, i ? ", " : "");
        nt_origins_add_name(&p->diff.origins[n], node->in[i], text);
    }
}

static void add_attribute(const pair *p, const nt_layer_change *change, const nt_field *field,
                          int n, nt_text *text) {
    nt_field_format(field, nt_layer_node(p->networks[n], layer_of(change, n))->attrs, text);
}

/* A row: the layer's name where it is its first one, what differs, and how it is in each. */
typedef struct rows {
    nt_table table;
    const char *name; /* "" once it has been said */
} rows;

static void add_row(rows *to, const char *what, const nt_text values[2]) {
    nt_table_cell(&to->table, to->name);
    nt_table_cell(&to->table, what);
    for (int n = 0; n < 2; n++)
        nt_table_cell(&to->table, values[n].failed ? NULL : values[n].bytes);
    to->name = "";
}

static void begin(nt_text values[2]) {
    for (int n = 0; n < 2; n++)
        nt_text_clear(&values[n]);
}

static void add_counts(const pair *p, const nt_layer_change *change, rows *to, nt_text values[2]) {
    char shape[NT_SHAPE_TEXT];
    if (change->output) {
        begin(values);
        for (int n = 0; n < 2; n++) {
            const nt_type *type = nt_layer_type(p->networks[n], layer_of(change, n));
            nt_text_add(&values[n], nt_shape_format(type->shape, shape));
        }
        add_row(to, "output", values);
    }
    if (change->parameters) {
        begin(values);
        for (int n = 0; n < 2; n++)
            nt_text_count(&values[n], nt_layer_parameters(p->networks[n], layer_of(change, n)));
        add_row(to, "parameters", values);
    }
    if (change->multiply_adds) {
        begin(values);
        for (int n = 0; n < 2; n++)
            nt_text_count(&values[n], nt_layer_multiply_adds(p->networks[n], layer_of(change, n)));
        add_row(to, "multiply-adds", values);
    }
}

static void add_change(const pair *p, const nt_layer_change *change, rows *to, nt_text values[2]) {
    to->name = change->first->name;
    if (change->op) {
        begin(values);
        for (int n = 0; n < 2; n++)
            nt_text_add(&values[n],
                        nt_layer_node(p->networks[n], layer_of(change, n))->op->kind.name);
        add_row(to, "op", values);
    }
    if (change->inputs) {
        begin(values);
        for (int n = 0; n < 2; n++)
            add_inputs(p, layer_of(change, n), n, &values[n]);
        add_row(to, "inputs", values);
    }
    for (int32_t a = 0; a < change->attribute_count; a++) {
        begin(values);
        for (int n = 0; n < 2; n++)
            add_attribute(p, change, change->attributes[a], n, &values[n]);
        add_row(to, change->attributes[a]->name, values);
    }
    add_counts(p, change, to, values);
}

static void add_changes(const pair *p, nt_text *text) {
    const nt_column columns[] = {{"layer", NT_LEFT, .cut = true},
                                 {"what differs", .align = NT_LEFT},
                                 {p->paths[0], NT_LEFT, .cut = true},
                                 {p->paths[1], NT_LEFT, .cut = true},
                                 {0}};
    nt_text values[2];
    rows to;
    if (p->diff.change_count == 0)
        return;
    for (int n = 0; n < 2; n++)
        nt_text_init(&values[n]);
    nt_table_init(&to.table, columns);
    for (size_t i = 0; i < p->diff.change_count; i++)
        add_change(p, &p->diff.changes[i], &to, values);
    nt_console_table(&to.table, text);
    nt_table_finish(&to.table);
    for (int n = 0; n < 2; n++)
        nt_text_finish(&values[n]);
    nt_text_add(text, "\n");
}

/* --- layers of one alone ---------------------------------------------------------------------- */

static void add_only(const pair *p, int n, nt_text *text) {
    static const nt_column columns[] = {
        {"layer", NT_LEFT, .cut = true},          {"op", NT_LEFT, .leaves = 1},
        {"output", NT_LEFT, .leaves = 2},         {"parameters", .align = NT_RIGHT},
        {"multiply-adds", NT_RIGHT, .leaves = 3}, {0}};
    const nt_network *network = p->networks[n];
    size_t count = p->diff.only_count[n];
    char shape[NT_SHAPE_TEXT];
    nt_table table;
    if (count == 0)
        return;
    nt_text_printf(text, "only in %s:\n\n", p->paths[n]);
    nt_table_init(&table, columns);
    for (size_t i = 0; i < count; i++) {
        const nt_layer *layer = p->diff.only[n][i];
        nt_table_cell(&table, layer->name);
        nt_table_cell(&table, nt_layer_node(network, layer)->op->kind.name);
        nt_table_cell(&table, nt_shape_format(nt_layer_type(network, layer)->shape, shape));
        nt_table_count(&table, nt_layer_parameters(network, layer));
        nt_table_count(&table, nt_layer_multiply_adds(network, layer));
    }
    nt_console_table(&table, text);
    nt_table_finish(&table);
    nt_text_add(text, "\n");
}

/* --- totals ----------------------------------------------------------------------------------- */

typedef struct total {
    const char *name, *key; /* in the table, in JSON */
    int64_t (*of)(const nt_network *network);
} total;

static int64_t count_layers(const nt_network *network) {
    return (int64_t)network->layer_count;
}

static int64_t count_convolutions(const nt_network *network) {
    return nt_network_convolutions(network);
}

static int64_t count_states(const nt_network *network) {
    return (int64_t)network->state_count;
}

static const total totals[] = {{"layers", "layers", count_layers},
                               {"convolutions", "convolutions", count_convolutions},
                               {"parameters", "parameters", nt_network_parameters},
                               {"state tensors", "state_tensors", count_states},
                               {"multiply-adds", "multiply_adds", nt_network_multiply_adds}};

enum { TOTALS = sizeof totals / sizeof *totals };

/* "3x32x32", of several "x 3x32x32, y 1x8x8" */
static void add_network_inputs(const nt_network *network, nt_text *text) {
    char shape[NT_SHAPE_TEXT];
    for (int32_t i = 0; i < network->input_count; i++) {
        const nt_output *input = &network->inputs[i];
        nt_text_add(text, i ? ", " : "");
        if (network->input_count > 1)
            nt_text_printf(text, "%s ", input->name);
        nt_text_add(text,
                    nt_shape_format(nt_graph_type(network->graph, input->value)->shape, shape));
    }
}

static void add_totals(const pair *p, nt_text *text) {
    const nt_column columns[] = {{"in all", .align = NT_LEFT},
                                 {p->paths[0], .align = NT_RIGHT},
                                 {p->paths[1], .align = NT_RIGHT},
                                 {"difference", NT_RIGHT, .leaves = 1},
                                 {0}};
    nt_table table;
    nt_text input;
    nt_table_init(&table, columns);
    nt_table_cell(&table, "input");
    for (int n = 0; n < 2; n++) {
        nt_text_init(&input);
        add_network_inputs(p->networks[n], &input);
        nt_table_cell(&table, input.failed ? NULL : input.bytes);
        nt_text_finish(&input);
    }
    nt_table_cell(&table, "");
    for (int t = 0; t < TOTALS; t++) {
        int64_t first = totals[t].of(p->networks[0]), second = totals[t].of(p->networks[1]);
        nt_table_cell(&table, totals[t].name);
        nt_table_count(&table, first);
        nt_table_count(&table, second);
        nt_table_count(&table, second - first);
    }
    nt_console_table(&table, text);
    nt_table_finish(&table);
}

static bool is_same(const nt_network_diff *diff) {
    return diff->change_count == 0 && diff->only_count[0] == 0 && diff->only_count[1] == 0;
}

static nt_status print_tables(const pair *p) {
    nt_text text;
    nt_text_init(&text);
    if (is_same(&p->diff))
        nt_text_printf(&text, "%s and %s have the same layers%s\n\n", p->paths[0], p->paths[1],
                       p->diff.moved ? ", in another order" : "");
    add_only(p, 0, &text);
    add_only(p, 1, &text);
    add_changes(p, &text);
    add_totals(p, &text);
    nt_text_break(&text, (size_t)nt_console_width(stdout));
    return nt_print(&text);
}

/* --- JSON ------------------------------------------------------------------------------------- */

static json_t *text_json(nt_text *text) {
    json_t *value = text->failed ? NULL : json_string(text->bytes);
    nt_text_finish(text);
    return value;
}

static json_t *inputs_json(const pair *p, const nt_layer *layer, int n) {
    const nt_node *node = nt_layer_node(p->networks[n], layer);
    json_t *inputs = json_array();
    for (int32_t i = 0; i < node->data_count; i++) {
        nt_text name;
        nt_text_init(&name);
        nt_origins_add_name(&p->diff.origins[n], node->in[i], &name);
        inputs = nt_json_append(inputs, text_json(&name));
    }
    return inputs;
}

/* All of a layer, as `show --json` says it. */
static json_t *layer_json(const pair *p, const nt_layer *layer, int n) {
    const nt_network *network = p->networks[n];
    const nt_node *node = nt_layer_node(network, layer);
    return json_pack("{s:s, s:s, s:o, s:o, s:o, s:I, s:I}", "name", layer->name, "op",
                     node->op->kind.name, "inputs", inputs_json(p, layer, n), "output",
                     nt_json_shape(nt_layer_type(network, layer)->shape), "attributes",
                     nt_json_fields(node->op->kind.fields, node->attrs), "parameters",
                     (json_int_t)nt_layer_parameters(network, layer), "multiply_adds",
                     (json_int_t)nt_layer_multiply_adds(network, layer));
}

static json_t *names_of_change(const nt_layer_change *change) {
    json_t *names = json_array();
    const struct {
        bool differs;
        const char *name;
    } parts[] = {{change->op, "op"},
                 {change->inputs, "inputs"},
                 {change->output, "output"},
                 {change->attribute_count > 0, "attributes"},
                 {change->parameters, "parameters"},
                 {change->multiply_adds, "multiply_adds"}};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (parts[i].differs)
            names = nt_json_append(names, json_string(parts[i].name));
    return names;
}

static json_t *change_json(const pair *p, const nt_layer_change *change) {
    json_t *attributes = json_array();
    for (int32_t a = 0; a < change->attribute_count; a++)
        attributes = nt_json_append(attributes, json_string(change->attributes[a]->name));
    return json_pack("{s:s, s:o, s:o, s:o, s:o}", "layer", change->first->name, "differs",
                     names_of_change(change), "attributes", attributes, "first",
                     layer_json(p, change->first, 0), "second", layer_json(p, change->second, 1));
}

static json_t *totals_json(const pair *p, int n) {
    nt_text input;
    nt_text_init(&input);
    add_network_inputs(p->networks[n], &input);
    json_t *all = json_pack("{s:o, s:s, s:o}", "file", nt_json_text(p->paths[n]), "graph",
                            p->networks[n]->name, "input", text_json(&input));
    for (int t = 0; all && t < TOTALS; t++)
        if (json_object_set_new(all, totals[t].key, json_integer(totals[t].of(p->networks[n]))) !=
            0) {
            json_decref(all);
            all = NULL;
        }
    return all;
}

static json_t *only_json(const pair *p, int n) {
    json_t *layers = json_array();
    for (size_t i = 0; i < p->diff.only_count[n]; i++)
        layers = nt_json_append(layers, layer_json(p, p->diff.only[n][i], n));
    return layers;
}

static nt_status print_json(const pair *p) {
    json_t *changes = json_array();
    for (size_t i = 0; i < p->diff.change_count; i++)
        changes = nt_json_append(changes, change_json(p, &p->diff.changes[i]));
    return nt_json_print(json_pack("{s:b, s:b, s:o, s:o, s:o, s:o, s:o}", "same", is_same(&p->diff),
                                   "moved", p->diff.moved, "only_in_first", only_json(p, 0),
                                   "only_in_second", only_json(p, 1), "changes", changes, "first",
                                   totals_json(p, 0), "second", totals_json(p, 1)));
}

/* --- the command ------------------------------------------------------------------------------ */

/* Loads the one or the other with the settings that are its own, or both's. */
static nt_status load(pair *p, int n, const nt_arguments *arguments, nt_arena *arena,
                      nt_error *error) {
    static const char *const prefixes[2] = {"first.", "second."};
    nt_setting *own = NT_ARENA_ARRAY(arena, nt_setting, arguments->setting_count + 1);
    int count = 0;
    if (!own)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory");
    for (int i = 0; i < arguments->setting_count; i++) {
        nt_setting setting = arguments->settings[i];
        size_t length = strlen(prefixes[n]);
        if (strncmp(setting.key, prefixes[!n], strlen(prefixes[!n])) == 0)
            continue;
        if (strncmp(setting.key, prefixes[n], length) == 0)
            setting.key += length;
        own[count++] = setting;
    }
    return nt_network_load(p->paths[n], own, count, &p->networks[n], error);
}

static nt_status run(const nt_arguments *arguments, nt_error *error) {
    const diff_options *options = arguments->record;
    pair p = {.paths = {arguments->words[0], arguments->words[1]}};
    nt_arena arena;
    nt_status status = NT_OK;
    nt_arena_init(&arena);
    for (int n = 0; n < 2; n++) {
        nt_status loaded = load(&p, n, arguments, &arena, error);
        status = status == NT_OK ? loaded : status;
    }
    nt_arena_finish(&arena);
    if (status == NT_OK) {
        status = nt_network_diff_make(p.networks[0], p.networks[1], &p.diff);
        if (status == NT_OK)
            status = options->json ? print_json(&p) : print_tables(&p);
        nt_network_diff_finish(&p.diff);
    }
    for (int n = 0; n < 2; n++)
        nt_network_free(p.networks[n]);
    return status;
}

const nt_command nt_command_diff = {
    .kind = {.name = "diff",
             .doc = "say in what two networks differ: layers, shapes, parameters, multiply-adds",
             .fields = diff_fields,
             .size = sizeof(diff_options)},
    .detail = diff_detail,
    .examples = "nontrivial diff graphs/resnet18.yaml graphs/resnet34.yaml\n"
                "nontrivial diff resnet18.yaml resnet18.yaml --set second.stem=cifar\n",
    .syntax = {.operands = diff_operands,
               .settings = "replace a value of both graphs, or of one: second.KEY=VALUE"},
    .run = run,
};
