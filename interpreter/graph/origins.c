#include "origins.h"

#include "alloc.h"

bool nt_origins_init(nt_origins *origins, const nt_network *network) {
    size_t count = (size_t)nt_graph_size(network->graph);
    int32_t *layers = nt_alloc(count * sizeof *layers);
    if (!layers)
        return false;
    for (size_t i = 0; i < count; i++)
        layers[i] = -1;
    for (int32_t i = network->input_count; i-- > 0;)
        layers[network->inputs[i].value.node] = -2 - i;
    for (size_t i = network->layer_count; i-- > 0;)
        layers[network->layers[i].value.node] = (int32_t)i;
    *origins = (nt_origins){.network = network, .layers = layers, .count = count};
    return true;
}

void nt_origins_finish(nt_origins *origins) {
    nt_free(origins->layers, origins->count * sizeof *origins->layers);
    *origins = (nt_origins){0};
}

const nt_layer *nt_origins_layer(const nt_origins *origins, nt_value value) {
    int32_t layer = origins->layers[value.node];
    return layer < 0 ? NULL : &origins->network->layers[layer];
}

static const char *node_name(const nt_origins *origins, nt_value value) {
    int32_t number = origins->layers[value.node];
    if (number >= 0)
        return origins->network->layers[number].name;
    if (number < -1)
        return origins->network->inputs[-2 - number].name;
    return nt_graph_node(origins->network->graph, value.node)->name;
}

void nt_origins_add_name(const nt_origins *origins, nt_value value, nt_text *text) {
    const nt_op *op = nt_graph_node(origins->network->graph, value.node)->op;
    nt_text_add(text, node_name(origins, value));
    if (value.output > 0)
        nt_text_printf(text, ".%s", nt_op_output_name(op, value.output));
}

const nt_node *nt_layer_node(const nt_network *network, const nt_layer *layer) {
    return nt_graph_node(network->graph, layer->value.node);
}

const nt_type *nt_layer_type(const nt_network *network, const nt_layer *layer) {
    return nt_graph_type(network->graph, layer->value);
}
