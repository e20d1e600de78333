/* A network's layers as a table and as JSON, as its file describes them: before any pass, a row for
 * each node that the file names, with totals below. */
#include "network_print.h"

#include "console.h"
#include "json_out.h"
#include "json_stream.h"
#include "pager.h"
#include "table.h"
#include <string.h>

int32_t nt_network_convolutions(const nt_network *network) {
    int32_t count = 0;
    for (size_t i = 0; i < network->layer_count; i++)
        count +=
            strncmp(nt_layer_node(network, &network->layers[i])->op->kind.name, "conv", 4) == 0;
    return count;
}

/* --- table ------------------------------------------------------------------------------------ */

/* What a layer reads. The names of a thousand layers are all given; where there are more, and each
 * reads many of long names, not all. */
static void add_inputs(const nt_origins *origins, const nt_node *node, nt_text *text) {
    enum { MOST_BYTES = 1 << 24, LEAST = 256 };
    size_t most = MOST_BYTES / (origins->network->layer_count + 1);
    for (int32_t i = 0; i < node->data_count; i++) {
        if (text->length > most && text->length > LEAST) {
            nt_text_printf(text, " and %d more", (int)(node->data_count - i));
            return;
        }
        nt_text_add(text, i ? ", " : "");
        nt_origins_add_name(origins, node->in[i], text);
    }
}

static void add_layer(const nt_origins *origins, const nt_layer *layer, nt_table *table) {
    const nt_network *network = origins->network;
    const nt_node *node = nt_layer_node(network, layer);
    char shape[NT_SHAPE_TEXT];
    nt_text from;
    nt_text_init(&from);
    add_inputs(origins, node, &from);
    nt_table_count(table, layer->index);
    nt_table_cell(table, layer->name);
    nt_table_cell(table, node->op->kind.name);
    nt_table_cell(table, from.bytes);
    nt_table_cell(table, nt_shape_format(nt_layer_type(network, layer)->shape, shape));
    nt_table_count(table, nt_layer_parameters(network, layer));
    nt_table_count(table, nt_layer_multiply_adds(network, layer));
    table->failed = table->failed || from.failed;
    nt_text_finish(&from);
}

static void add_title(const nt_network *network, nt_text *text) {
    char shape[NT_SHAPE_TEXT];
    nt_text_printf(text, "%s", network->name);
    for (int32_t i = 0; i < network->input_count; i++) {
        const nt_output *input = &network->inputs[i];
        nt_text_printf(text, "%s%s %s", i ? ", " : ": ", input->name,
                       nt_shape_format(nt_graph_type(network->graph, input->value)->shape, shape));
    }
    nt_text_printf(text, "%s%s\n\n", *network->doc ? "\n" : "", network->doc);
}

static void add_totals(const nt_network *network, nt_table *table) {
    nt_table_rule(table);
    nt_table_cell(table, "");
    nt_table_cellf(table, "%zu layers", network->layer_count);
    int32_t convolutions = nt_network_convolutions(network);
    nt_table_cellf(table, "%d convolutions", convolutions);
    nt_table_cellf(table, "%zu state tensors", network->state_count);
    nt_table_cell(table, "");
    nt_table_count(table, nt_network_parameters(network));
    nt_table_count(table, nt_network_multiply_adds(network));
}

nt_status nt_network_print_table(const nt_network *network, bool wide, bool direct) {
    static const nt_column columns[] = {
        {"#", NT_RIGHT, .leaves = 3},
        {"layer", NT_LEFT, .cut = true},
        {"op", NT_LEFT, .leaves = 1, .cut = true},
        {"inputs", NT_LEFT, .leaves = 5, .cut = true},
        {"output", .align = NT_LEFT},
        {"parameters", .align = NT_RIGHT},
        {"multiply-adds", NT_RIGHT, .leaves = 4},
        {0},
    };
    nt_origins origins;
    if (!nt_origins_init(&origins, network))
        return NT_NO_MEMORY;
    nt_table table;
    nt_text text;
    nt_table_room room = {.width = wide ? 0 : (size_t)nt_console_width(stdout)};
    nt_table_init(&table, columns);
    nt_text_init(&text);
    for (size_t i = 0; i < network->layer_count; i++)
        add_layer(&origins, &network->layers[i], &table);
    add_totals(network, &table);
    add_title(network, &text);
    nt_table_fit(&table, &room, &text);
    nt_table_note_left_out(&room, "--wide prints them, --json all there is", &text);
    nt_table_finish(&table);
    nt_origins_finish(&origins);
    return nt_page(&text, direct);
}

/* --- JSON ------------------------------------------------------------------------------------- */

static json_t *name_json(const nt_origins *origins, nt_value value) {
    nt_text name;
    nt_text_init(&name);
    nt_origins_add_name(origins, value, &name);
    json_t *string = name.failed ? NULL : json_string(name.bytes);
    nt_text_finish(&name);
    return string;
}

static json_t *layer_json(const nt_origins *origins, const nt_layer *layer) {
    static const char *const no_tags[] = {NULL};
    const nt_network *network = origins->network;
    const nt_node *node = nt_layer_node(network, layer);
    json_t *inputs = json_array();
    for (int32_t i = 0; i < node->data_count; i++)
        inputs = nt_json_append(inputs, name_json(origins, node->in[i]));
    return json_pack("{s:i, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:I, s:I, s:b, s:b, s:o}",
                     "index", layer->index, "name", layer->name, "op", node->op->kind.name, "stage",
                     layer->stage, "block", layer->block, "kind", layer->kind, "inputs", inputs,
                     "output", nt_json_shape(nt_layer_type(network, layer)->shape), "attributes",
                     nt_json_fields(node->op->kind.fields, node->attrs), "parameters",
                     (json_int_t)nt_layer_parameters(network, layer), "multiply_adds",
                     (json_int_t)nt_layer_multiply_adds(network, layer), "fd", layer->fd,
                     "shortcut", layer->shortcut, "tags",
                     nt_json_names(layer->tags ? layer->tags : no_tags));
}

static json_t *inputs_json(const nt_network *network) {
    json_t *inputs = json_array();
    for (int32_t i = 0; i < network->input_count; i++) {
        const nt_output *input = &network->inputs[i];
        json_t *shape = nt_json_shape(nt_graph_type(network->graph, input->value)->shape);
        inputs =
            nt_json_append(inputs, json_pack("{s:s, s:o}", "name", input->name, "shape", shape));
    }
    return inputs;
}

static json_t *outputs_json(const nt_origins *origins) {
    const nt_graph *graph = origins->network->graph;
    json_t *outputs = json_array();
    for (int32_t i = 0; i < nt_graph_output_count(graph); i++) {
        const nt_output *output = nt_graph_output(graph, i);
        outputs = nt_json_append(
            outputs, json_pack("{s:s, s:o, s:o}", "name", output->name, "layer",
                               name_json(origins, output->value), "shape",
                               nt_json_shape(nt_graph_type(graph, output->value)->shape)));
    }
    return outputs;
}

static json_t *totals_json(const nt_network *network) {
    return json_pack("{s:I, s:i, s:I, s:I, s:I}", "layers", (json_int_t)network->layer_count,
                     "convolutions", nt_network_convolutions(network), "parameters",
                     (json_int_t)nt_network_parameters(network), "multiply_adds",
                     (json_int_t)nt_network_multiply_adds(network), "state_tensors",
                     (json_int_t)network->state_count);
}

nt_status nt_network_print_json(const nt_network *network) {
    nt_origins origins;
    nt_json_stream out;
    if (!nt_origins_init(&origins, network))
        return NT_NO_MEMORY;
    nt_json_stream_begin(&out);
    nt_json_stream_member(&out, "graph", json_string(network->name));
    if (*network->doc)
        nt_json_stream_member(&out, "doc", json_string(network->doc));
    nt_json_stream_member(&out, "inputs", inputs_json(network));
    nt_json_stream_list(&out, "layers");
    for (size_t i = 0; i < network->layer_count; i++)
        nt_json_stream_item(&out, layer_json(&origins, &network->layers[i]));
    nt_json_stream_list_end(&out);
    nt_json_stream_member(&out, "outputs", outputs_json(&origins));
    nt_json_stream_member(&out, "totals", totals_json(network));
    nt_origins_finish(&origins);
    return nt_json_stream_end(&out);
}
