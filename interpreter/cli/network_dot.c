/* A network as a drawing in Graphviz's language: a box a layer, with its op, the attributes that
 * differ from their defaults and its output's shape; a frame a stage; doubled lines around what is
 * an output of the network; dashed boxes for short connections; beside an arrow the name of the
 * output that it comes from, if that is not the layer's first. */
#include "network_print.h"

#include "console.h"
#include "name_table.h"
#include <string.h>

/* Within a quoted string, quotes and backslashes are escaped. */
static void add_escaped(nt_text *text, const char *string) {
    while (*string) {
        size_t plain = strcspn(string, "\"\\");
        nt_text_add_bytes(text, string, plain);
        string += plain;
        if (*string)
            nt_text_printf(text, "\\%c", *string++);
    }
}

/* What is looked up of a layer or its node, so that a drawing takes one look at each. */
typedef struct looked_up {
    bool *output;   /* by node: an output of the network */
    int32_t *first; /* by layer: the first of its stage */
    int32_t *next;  /* by layer: the next of its stage; -1: none */
} looked_up;

static void add_layer(const nt_network *network, const looked_up *of, const nt_layer *layer,
                      nt_text *text) {
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
                   of->output[layer->value.node] ? ", peripheries=2" : "");
    text->failed = text->failed || attrs.failed;
    nt_text_finish(&attrs);
}

/* The layers of one stage, whose first is number `first`. */
static void add_stage(const nt_network *network, const looked_up *of, int32_t first,
                      nt_text *text) {
    const char *stage = network->layers[first].stage;
    if (stage[0]) {
        nt_text_printf(text, "  subgraph cluster_%d {\n    label=\"", first);
        add_escaped(text, stage);
        nt_text_add(text, "\";\n");
    }
    for (int32_t i = first; i >= 0; i = of->next[i])
        add_layer(network, of, &network->layers[i], text);
    if (stage[0])
        nt_text_add(text, "  }\n");
}

/* In `arena`; returns false when out of memory. */
static bool look_up(const nt_network *network, nt_arena *arena, looked_up *ret) {
    const nt_graph *graph = network->graph;
    int32_t count = (int32_t)network->layer_count;
    int32_t *last = NT_ARENA_ARRAY(arena, int32_t, count + 1); /* by the stage's first */
    ret->output = NT_ARENA_ARRAY(arena, bool, nt_graph_size(graph) + 1);
    ret->first = NT_ARENA_ARRAY(arena, int32_t, count + 1);
    ret->next = NT_ARENA_ARRAY(arena, int32_t, count + 1);
    if (!last || !ret->output || !ret->first || !ret->next)
        return false;
    for (int32_t i = 0; i < nt_graph_output_count(graph); i++)
        ret->output[nt_graph_output(graph, i)->value.node] = true;
    nt_name_table stages;
    nt_name_table_init(&stages, arena);
    for (int32_t i = 0; i < count; i++) {
        const char *stage = network->layers[i].stage;
        int32_t first = nt_name_table_find(&stages, stage);
        ret->next[i] = -1;
        ret->first[i] = first < 0 ? i : first;
        if (first >= 0)
            ret->next[last[first]] = i;
        else if (!nt_name_table_add(&stages, stage, i))
            return false;
        last[ret->first[i]] = i;
    }
    return true;
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
    nt_arena arena;
    looked_up of;
    nt_text text;
    nt_arena_init(&arena);
    if (!look_up(network, &arena, &of) || !nt_origins_init(&origins, network)) {
        nt_arena_finish(&arena);
        return NT_NO_MEMORY;
    }
    nt_text_init(&text);
    nt_text_add(&text, "digraph \"");
    add_escaped(&text, network->name);
    nt_text_add(&text, "\" {\n  node [shape=box];\n");
    add_inputs(network, &text);
    for (int32_t i = 0; i < (int32_t)network->layer_count; i++)
        if (of.first[i] == i)
            add_stage(network, &of, i, &text);
    for (size_t i = 0; i < network->layer_count; i++)
        add_edges(&origins, &network->layers[i], &text);
    nt_text_add(&text, "}\n");
    nt_origins_finish(&origins);
    nt_arena_finish(&arena);
    return nt_print(&text);
}
