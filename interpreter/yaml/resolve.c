/* A network written as a graph file with nothing left to expand: every layer at the top level, with
 * its full name, its attributes where they differ from the defaults, and what it reads. */
#include "network_file.h"

#include "alloc.h"
#include "yaml_out.h"
#include <string.h>

/* Attributes that differ from their defaults, in every bit. */
static void add_attrs(nt_text *text, const nt_node *node, nt_arena *scratch) {
    char why[NT_FIELD_WHY];
    const void *usual = nt_kind_record(&node->op->kind, "", scratch, why);
    if (!usual) {
        text->failed = true;
        return;
    }
    for (const nt_field *field = node->op->kind.fields; field->name; field++) {
        const nt_field alone[] = {*field, {0}};
        if (field->hidden || (field->fallback && nt_fields_equal(alone, node->attrs, usual)))
            continue;
        nt_text_printf(text, ", %s: ", field->name);
        nt_yaml_add_value(text, field, node->attrs, true, scratch);
    }
}

/* What made the value, and which of its outputs it is. */
static void add_reference(nt_text *text, const nt_network *network, nt_value value,
                          const char *const *names, nt_arena *scratch) {
    const nt_op *op = nt_graph_node(network->graph, value.node)->op;
    const char *name = names[value.node];
    if (value.output > 0)
        name = nt_arena_printf(scratch, "%s.%s", name, nt_op_output_name(op, value.output));
    nt_yaml_add_quoted(text, name ? name : "", true);
    text->failed = text->failed || !name;
}

/* The name of each graph node: the first layer of that value, or an input. */
static const char **name_nodes(const nt_network *network, nt_arena *scratch) {
    const char **names =
        NT_ARENA_ARRAY(scratch, const char *, (size_t)nt_graph_size(network->graph) + 1);
    for (size_t i = network->layer_count; names && i-- > 0;)
        names[network->layers[i].value.node] = network->layers[i].name;
    for (int32_t i = 0; names && i < network->input_count; i++)
        names[network->inputs[i].value.node] = network->inputs[i].name;
    return names;
}

static void add_inputs(nt_text *text, const nt_network *network) {
    nt_text_add(text, "inputs:\n");
    for (int32_t i = 0; i < network->input_count; i++) {
        const nt_type *type = nt_graph_type(network->graph, network->inputs[i].value);
        nt_text_printf(text, "  %s: {shape: [", network->inputs[i].name);
        for (int d = 0; d < type->shape.rank; d++)
            nt_text_printf(text, "%s%d", d ? ", " : "", type->shape.dim[d]);
        nt_text_printf(text, "]%s}\n", type->dtype == NT_I32 ? ", dtype: int32" : "");
    }
}

static void add_layer(nt_text *text, const nt_network *network, const nt_layer *layer,
                      const char *const *names, nt_arena *scratch) {
    const nt_node *node = nt_graph_node(network->graph, layer->value.node);
    nt_text_add(text, "  ");
    nt_yaml_add_quoted(text, layer->name, true);
    nt_text_printf(text, ": {op: %s", node->op->kind.name);
    for (int32_t i = 0; i < node->data_count; i++) {
        nt_text_add(text, i ? ", " : ", from: [");
        add_reference(text, network, node->in[i], names, scratch);
        nt_text_add(text, i + 1 < node->data_count ? "" : "]");
    }
    add_attrs(text, node, scratch);
    for (const char *const *tag = layer->tags; *tag; tag++) {
        nt_text_add(text, tag == layer->tags ? ", tags: [" : ", ");
        nt_yaml_add_quoted(text, *tag, true);
        nt_text_add(text, tag[1] ? "" : "]");
    }
    nt_text_add(text, "}\n");
}

nt_status nt_network_resolve(const nt_network *network, nt_text *text) {
    nt_arena scratch;
    nt_arena_init(&scratch);
    const char **names = name_nodes(network, &scratch);
    if (!names) {
        nt_arena_finish(&scratch);
        return NT_NO_MEMORY;
    }
    nt_text_add(text, "version: 1\ngraph: ");
    nt_yaml_add_quoted(text, network->name, true);
    nt_text_add(text, "\n");
    add_inputs(text, network);
    nt_text_add(text, network->layer_count > 0 ? "nodes:\n" : "nodes: {}\n");
    for (size_t i = 0; i < network->layer_count; i++) {
        nt_arena own;
        nt_arena_init(&own);
        add_layer(text, network, &network->layers[i], names, &own);
        nt_arena_finish(&own);
    }
    nt_text_add(text, "outputs:\n");
    for (int32_t i = 0; i < nt_graph_output_count(network->graph); i++) {
        const nt_output *output = nt_graph_output(network->graph, i);
        nt_text_add(text, "  ");
        nt_yaml_add_quoted(text, output->name, false);
        nt_text_add(text, ": ");
        add_reference(text, network, output->value, names, &scratch);
        nt_text_add(text, "\n");
    }
    nt_arena_finish(&scratch);
    return text->failed ? NT_NO_MEMORY : NT_OK;
}
