/* Everything of a node but its name is written; of a gradient also what it knows of the node that
 * it belongs to. Parameters stand behind a semicolon. */
#include "describe.h"

static void add_value(nt_text *text, nt_value value) {
    nt_text_printf(text, "%d", value.node);
    if (value.output)
        nt_text_printf(text, ".%d", value.output);
}

static void add_types(nt_text *text, const char *what, const nt_type *types, int32_t count) {
    nt_text_printf(text, " %s", what);
    for (int32_t i = 0; i < count; i++) {
        nt_text_printf(text, "%c%d:%d:%d:%d", i ? ',' : '=', types[i].dtype, types[i].layout,
                       types[i].groups, types[i].batched);
        for (int32_t d = 0; d < types[i].shape.rank; d++)
            nt_text_printf(text, "x%d", types[i].shape.dim[d]);
    }
}

static void add_node(nt_text *text, const nt_node *node) {
    nt_text_printf(text, "%s%s/%d(", node->grad ? "gradient of " : "", node->op->kind.name,
                   node->op->revision);
    for (int32_t i = 0; i < node->in_count; i++) {
        nt_text_add(text, i == node->data_count ? "; " : i ? ", " : "");
        add_value(text, node->in[i]);
    }
    nt_text_add(text, ")");
    nt_fields_format_exact(node->op->kind.fields, node->attrs, text);
    if (!node->grad)
        return;
    add_types(text, "in", node->grad->in, node->grad->in_count);
    add_types(text, "out", node->grad->out, node->grad->out_count);
    nt_text_printf(text, " grads=%x", (unsigned)node->grad->out_grads);
}

void nt_graph_describe(const nt_graph *graph, nt_text *text) {
    for (int32_t i = 0; i < nt_graph_size(graph); i++) {
        nt_text_printf(text, "%d = ", i);
        add_node(text, nt_graph_node(graph, i));
        nt_text_add(text, "\n");
    }
    for (int32_t i = 0; i < nt_graph_output_count(graph); i++) {
        const nt_output *output = nt_graph_output(graph, i);
        nt_text_add(text, "out ");
        nt_text_add_quoted(text, output->name);
        nt_text_add(text, " = ");
        add_value(text, output->value);
        nt_text_add(text, "\n");
    }
}
