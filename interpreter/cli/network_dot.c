/* A network as a drawing in Graphviz's language: a box a layer, with its op, the attributes that
 * differ from their defaults and its output's shape; a frame a stage; doubled lines around what is
 * an output of the network; dashed boxes for short connections; beside an arrow the name of the
 * output that it comes from, if that is not the layer's first. */
#include "network_print.h"

#include "console.h"
#include <string.h>

/* Within a quoted string, quotes and backslashes are escaped. */
static void add_escaped(nt_text *text, const char *string) {
    for (; *string; string++) {
        if (*string == '"' || *string == '\\')
            nt_text_add(text, "\\");
        nt_text_add_bytes(text, string, 1);
    }
}

static bool is_output(const nt_network *network, nt_value value) {
    for (int32_t i = 0; i < nt_graph_output_count(network->graph); i++)
        if (nt_graph_output(network->graph, i)->value.node == value.node)
            return true;
    return false;
}

static void add_layer(const nt_network *network, const nt_layer *layer, nt_text *text) {
    const char *indent = layer->stage[0] ? "    " : "  ";
    const nt_node *node = nt_layer_node(network, layer);
    char shape[NT_SHAPE_TEXT];
    nt_text attrs;
    nt_text_init(&attrs);
    nt_fields_format(node->op->kind.fields, node->attrs, &attrs);
    nt_text_printf(text, "%slayer%d [label=\"", indent, layer->index);
    add_escaped(text, layer->name);
    nt_text_printf(text, "\\n%s", node->op->kind.name);
    add_escaped(text, attrs.bytes);
    nt_text_printf(text, "\\n%s\"%s%s];\n",
                   nt_shape_format(nt_layer_type(network, layer)->shape, shape),
                   layer->shortcut ? ", style=dashed" : "",
                   is_output(network, layer->value) ? ", peripheries=2" : "");
    text->failed = text->failed || attrs.failed;
    nt_text_finish(&attrs);
}

/* The layers of one stage: those from `first` on with the same stage name. */
static void add_stage(const nt_network *network, size_t first, nt_text *text) {
    const char *stage = network->layers[first].stage;
    if (stage[0]) {
        nt_text_printf(text, "  subgraph cluster_%zu {\n    label=\"", first);
        add_escaped(text, stage);
        nt_text_add(text, "\";\n");
    }
    for (size_t i = first; i < network->layer_count; i++)
        if (strcmp(network->layers[i].stage, stage) == 0)
            add_layer(network, &network->layers[i], text);
    if (stage[0])
        nt_text_add(text, "  }\n");
}

static bool stage_seen_before(const nt_network *network, size_t layer) {
    for (size_t i = layer; i-- > 0;)
        if (strcmp(network->layers[i].stage, network->layers[layer].stage) == 0)
            return true;
    return false;
}

static void add_inputs(const nt_network *network, nt_text *text) {
    char shape[NT_SHAPE_TEXT];
    for (int32_t i = 0; i < network->input_count; i++) {
        const nt_output *input = &network->inputs[i];
        nt_text_printf(text, "  input%d [shape=ellipse, label=\"", input->value.node);
        add_escaped(text, input->name);
        nt_text_printf(text, "\\n%s\"];\n",
                       nt_shape_format(nt_graph_type(network->graph, input->value)->shape, shape));
    }
}

static void add_edges(const nt_origins *origins, const nt_layer *layer, nt_text *text) {
    const nt_node *node = nt_layer_node(origins->network, layer);
    for (int32_t i = 0; i < node->data_count; i++) {
        const nt_layer *maker = nt_origins_layer(origins, node->in[i]);
        nt_text_printf(text, "  %s%d -> layer%d", maker ? "layer" : "input",
                       maker ? maker->index : node->in[i].node, layer->index);
        if (node->in[i].output > 0) {
            const nt_op *op = nt_graph_node(origins->network->graph, node->in[i].node)->op;
            nt_text_printf(text, " [label=\"%s\"]", nt_op_output_name(op, node->in[i].output));
        }
        nt_text_add(text, ";\n");
    }
}

nt_status nt_network_print_dot(const nt_network *network) {
    nt_origins origins;
    if (!nt_origins_init(&origins, network))
        return NT_NO_MEMORY;
    nt_text text;
    nt_text_init(&text);
    nt_text_add(&text, "digraph \"");
    add_escaped(&text, network->name);
    nt_text_add(&text, "\" {\n  node [shape=box];\n");
    add_inputs(network, &text);
    for (size_t i = 0; i < network->layer_count; i++)
        if (!stage_seen_before(network, i))
            add_stage(network, i, &text);
    for (size_t i = 0; i < network->layer_count; i++)
        add_edges(&origins, &network->layers[i], &text);
    nt_text_add(&text, "}\n");
    nt_origins_finish(&origins);
    return nt_print(&text);
}
