#include "channel_links.h"

typedef struct visiting {
    nt_channel_visit *visit;
    void *context;
} visiting;

int32_t nt_values_read(const nt_node *node) {
    bool like = node->op->traits & NT_OP_LIKE && node->data_count == node->op->max_inputs;
    return node->data_count - like;
}

int32_t nt_node_int(const nt_node *node, const char *field) {
    const nt_field *f = nt_field_find(node->op->kind.fields, field);
    return *(const int32_t *)((const char *)node->attrs + f->offset);
}

static int32_t channels_in(const nt_graph *graph, const nt_node *node, int32_t input) {
    return nt_shape_channels(nt_graph_type(graph, node->in[input])->shape);
}

static void one(const visiting *v, int32_t input, int32_t from, int32_t to) {
    v->visit(v->context, &(nt_channel_link){.input = input, .from = from, .to = to});
}

/* Inputs with one channel have it for all. */
static void channelwise(const nt_graph *graph, const nt_node *node, const visiting *v) {
    for (int32_t j = 0; j < nt_values_read(node); j++)
        for (int32_t k = 0; k < node->out_count; k++) {
            int32_t count = nt_shape_channels(node->out[k].shape);
            bool shared = channels_in(graph, node, j) < count;
            for (int32_t c = 0; c < count; c++)
                v->visit(v->context, &(nt_channel_link){j, shared ? 0 : c, k, c, shared});
        }
}

static void concat(const nt_graph *graph, const nt_node *node, const visiting *v) {
    for (int32_t j = 0, at = 0; j < node->data_count; at += channels_in(graph, node, j++))
        for (int32_t c = 0; c < channels_in(graph, node, j); c++)
            one(v, j, c, at + c);
}

bool nt_channel_links(const nt_graph *graph, int32_t node, nt_channel_visit *visit, void *context) {
    const nt_node *of = nt_graph_node(graph, node);
    const visiting v = {visit, context};
    if (of->data_count == 0 || of->grad)
        return false;
    int32_t in = channels_in(graph, of, 0), out = nt_shape_channels(of->out[0].shape);
    if (of->op->traits & NT_OP_CHANNELWISE)
        channelwise(graph, of, &v);
    else if (of->op == &nt_op_concat)
        concat(graph, of, &v);
    else if (of->op == &nt_op_slice)
        for (int32_t c = 0; c < out; c++)
            one(&v, 0, nt_node_int(of, "start") + c, c);
    else if (of->op == &nt_op_flatten)
        for (int32_t c = 0; c < out; c++)
            one(&v, 0, c / (out / in), c);
    else if (of->op == &nt_op_channel_shuffle)
        for (int32_t c = 0, groups = nt_node_int(of, "groups"); c < out; c++)
            one(&v, 0, c, c % (out / groups) * groups + c / (out / groups));
    else
        return false;
    return true;
}
