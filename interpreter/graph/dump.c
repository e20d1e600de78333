/* The graph as text, for tests and for people. */
#include "attrs.h"
#include "graph.h"

static void add_type(nt_text *text, nt_type type) {
    char shape[NT_SHAPE_TEXT];
    nt_text_printf(text, ": %s%s%s", type.batched ? (type.shape.rank ? "Nx" : "N ") : "",
                   nt_shape_format(type.shape, shape), type.dtype == NT_I32 ? " i32" : "");
}

static void add_value(nt_text *text, nt_value value) {
    nt_text_printf(text, "%%%d", value.node);
    if (value.output)
        nt_text_printf(text, ".%d", value.output);
}

static void add_node(nt_text *text, const nt_node *node) {
    if (node->op == &nt_op_input || node->op == &nt_op_param) {
        nt_text_printf(text, "%s %s", node->op->kind.name, node->name);
        return;
    }
    nt_text_printf(text, "%s%s(", node->op->kind.name, node->grad ? "_gradient" : "");
    for (int32_t i = 0; i < node->in_count; i++) {
        nt_text_add(text, i ? ", " : "");
        add_value(text, node->in[i]);
    }
    nt_text_add(text, ")");
    nt_fields_format(node->op->kind.fields, node->attrs, text);
}

void nt_graph_dump(const nt_graph *graph, nt_text *text) {
    for (int32_t i = 0; i < nt_graph_size(graph); i++) {
        const nt_node *node = nt_graph_node(graph, i);
        nt_text_printf(text, "%%%d = ", i);
        add_node(text, node);
        for (int32_t k = 0; k < node->out_count; k++)
            add_type(text, node->out[k]);
        if (!(node->op->traits & NT_OP_SOURCE) && node->name[0])
            nt_text_printf(text, " # %s", node->name);
        nt_text_add(text, "\n");
    }
    for (int32_t i = 0; i < nt_graph_output_count(graph); i++) {
        nt_text_printf(text, "%s = ", nt_graph_output(graph, i)->name);
        add_value(text, nt_graph_output(graph, i)->value);
        nt_text_add(text, "\n");
    }
}
