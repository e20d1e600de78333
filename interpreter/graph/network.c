/* A network is filled in order: inputs, then layers, each with its parameters' states, then
 * outputs. */
#include "network.h"

#include "alloc.h"
#include "attrs.h"
#include <stdio.h>
#include <string.h>

nt_network *nt_network_new(const char *name) {
    nt_network *network = nt_alloc_zero(sizeof *network);
    if (!network)
        return NULL;
    nt_arena_init(&network->arena);
    network->graph = nt_graph_new();
    network->name = nt_arena_string(&network->arena, name);
    network->doc = "";
    nt_name_table_init(&network->layer_names, &network->arena);
    nt_name_table_init(&network->state_names, &network->arena);
    if (!network->graph || !network->name) {
        nt_network_free(network);
        return NULL;
    }
    return network;
}

void nt_network_free(nt_network *network) {
    if (!network)
        return;
    nt_graph_free(network->graph);
    nt_free(network->layers, network->layer_capacity * sizeof *network->layers);
    nt_free(network->states, network->state_capacity * sizeof *network->states);
    nt_arena_finish(&network->arena);
    nt_free(network, sizeof *network);
}

void nt_network_set_budget(nt_network *network, nt_budget *budget) {
    network->arena.budget = budget;
    nt_graph_arena(network->graph)->budget = budget;
}

/* nt_grow that draws on the network's budget. */
static bool grow(nt_network *network, void **items, size_t *capacity, size_t count, size_t size) {
    size_t before = *capacity;
    return nt_grow(items, capacity, count, size) &&
           nt_budget_take_bytes(network->arena.budget, (*capacity - before) * size);
}

/* The first of a name is found by it. */
static bool add_name(nt_name_table *names, const char *name, size_t number) {
    return nt_name_table_find(names, name) >= 0 || nt_name_table_add(names, name, (int32_t)number);
}

/* An array with room for twice as many when it holds 1, 2, 4, 8 and so on. */
static nt_output *room_for_input(nt_network *network) {
    size_t count = (size_t)network->input_count;
    if (count & (count - 1))
        return (nt_output *)(uintptr_t)network->inputs;
    nt_output *inputs = NT_ARENA_ARRAY(&network->arena, nt_output, count ? 2 * count : 1);
    if (inputs && count > 0)
        memcpy(inputs, network->inputs, count * sizeof *inputs);
    return inputs;
}

nt_status nt_network_add_input(nt_network *network, const char *name, nt_type type, nt_value *ret) {
    nt_output *inputs = room_for_input(network);
    const char *copy = nt_arena_string(&network->arena, name);
    if (!inputs || !copy)
        return NT_NO_MEMORY;
    nt_value value;
    network->inputs = inputs;
    NT_TRY(nt_graph_add_input(network->graph, name, type, &value));
    inputs[network->input_count++] = (nt_output){.name = copy, .value = value};
    *ret = value;
    return NT_OK;
}

nt_status nt_network_add_state(nt_network *network, const nt_state *state) {
    void *states = network->states;
    const char *name = nt_arena_string(&network->arena, state->name);
    bool grown =
        grow(network, &states, &network->state_capacity, network->state_count, sizeof(nt_state));
    network->states = states;
    if (!name || !grown || !add_name(&network->state_names, name, network->state_count))
        return NT_NO_MEMORY;
    network->states[network->state_count] = *state;
    network->states[network->state_count++].name = name;
    return NT_OK;
}

static nt_status add_param(nt_network *network, const char *layer, const nt_param *param,
                           char why[NT_WHY]) {
    const char *name =
        nt_arena_printf(&network->arena, "%s%s%s", layer, nt_param_dot(param), param->name);
    if (!name)
        return NT_NO_MEMORY;
    if (nt_network_state(network, name)) {
        snprintf(why, NT_WHY, "its parameter would be the second that is called '%.120s'", name);
        return NT_INVALID;
    }
    return nt_network_add_state(network, &(nt_state){.name = name,
                                                     .type = param->type,
                                                     .role = param->role,
                                                     .init = param->init,
                                                     .scale = param->scale,
                                                     .variance = param->variance});
}

static const char *const *copy_tags(nt_arena *arena, const char *const *tags) {
    size_t count = 0;
    while (tags && tags[count])
        count++;
    const char **copy = NT_ARENA_ARRAY(arena, const char *, count + 1);
    for (size_t i = 0; copy && i < count; i++)
        if (!(copy[i] = nt_arena_string(arena, tags[i])))
            return NULL;
    return copy;
}

static nt_status add_layer(nt_network *network, const nt_site *site, nt_value value) {
    nt_arena *arena = &network->arena;
    void *layers = network->layers;
    bool grown =
        grow(network, &layers, &network->layer_capacity, network->layer_count, sizeof(nt_layer));
    network->layers = layers;
    if (!grown)
        return NT_NO_MEMORY;
    nt_layer layer = {
        .name = nt_arena_string(arena, site->name),
        .stage = nt_arena_string(arena, site->stage ? site->stage : ""),
        .block = nt_arena_string(arena, site->block ? site->block : ""),
        .kind = nt_arena_string(arena, site->kind ? site->kind : ""),
        .tags = copy_tags(arena, site->tags),
        .value = value,
        .index = (int32_t)network->layer_count,
    };
    if (!layer.name || !layer.stage || !layer.block || !layer.kind || !layer.tags ||
        !add_name(&network->layer_names, layer.name, network->layer_count))
        return NT_NO_MEMORY;
    network->layers[network->layer_count++] = layer;
    return NT_OK;
}

nt_status nt_network_append(nt_network *network, const nt_op *op, const void *attrs,
                            const nt_value *in, int in_count, const nt_site *site, nt_value *ret,
                            char why[NT_WHY]) {
    nt_type in_types[NT_MAX_INPUTS];
    nt_param params[NT_MAX_PARAMS];
    nt_value value;
    NT_TRY(nt_graph_add(network->graph, op, attrs, in, in_count, site->name, &value, why));
    for (int i = 0; i < in_count; i++)
        in_types[i] = *nt_graph_type(network->graph, in[i]);
    int param_count = op->params ? op->params(attrs, in_types, params) : 0;
    for (int i = 0; i < param_count; i++)
        NT_TRY(add_param(network, site->name, &params[i], why));
    NT_TRY(add_layer(network, site, value));
    *ret = value;
    return NT_OK;
}

const nt_layer *nt_network_layer(const nt_network *network, const char *name) {
    int32_t i = nt_name_table_find(&network->layer_names, name);
    return i < 0 ? NULL : &network->layers[i];
}

const nt_state *nt_network_state(const nt_network *network, const char *name) {
    int32_t i = nt_name_table_find(&network->state_names, name);
    return i < 0 ? NULL : &network->states[i];
}

int64_t nt_network_parameters(const nt_network *network) {
    int64_t total = 0;
    for (size_t i = 0; i < network->state_count; i++)
        if (network->states[i].role == NT_WEIGHT)
            total += nt_shape_elements(network->states[i].type.shape);
    return total;
}

int64_t nt_network_multiply_adds(const nt_network *network) {
    int64_t total = 0;
    for (size_t i = 0; i < network->layer_count; i++)
        total += nt_layer_multiply_adds(network, &network->layers[i]);
    return total;
}

/* The layer's graph node, and the types of what it reads. */
static const nt_node *node_of(const nt_network *network, const nt_layer *layer,
                              nt_type ret_in[NT_MAX_INPUTS]) {
    const nt_node *node = nt_graph_node(network->graph, layer->value.node);
    for (int32_t i = 0; i < node->data_count; i++)
        ret_in[i] = *nt_graph_type(network->graph, node->in[i]);
    return node;
}

/* Two layers with parameters are never one node: a parameter carries its layer's name. */
int64_t nt_layer_parameters(const nt_network *network, const nt_layer *layer) {
    nt_type in[NT_MAX_INPUTS];
    nt_param params[NT_MAX_PARAMS];
    const nt_node *node = node_of(network, layer, in);
    int count = node->op->params ? node->op->params(node->attrs, in, params) : 0;
    int64_t total = 0;
    for (int i = 0; i < count; i++)
        if (params[i].role == NT_WEIGHT)
            total += nt_shape_elements(params[i].type.shape);
    return total;
}

int64_t nt_layer_multiply_adds(const nt_network *network, const nt_layer *layer) {
    nt_type in[NT_MAX_INPUTS];
    const nt_node *node = node_of(network, layer, in);
    if (!node->op->multiply_adds)
        return 0;
    return node->op->multiply_adds(node->attrs, in, node->out);
}

bool nt_node_has_kernel(const nt_graph *graph, const nt_node *node) {
    return node->data_count == 1 && node->in_count > NT_CONV_WEIGHT && !node->grad &&
           nt_graph_type(graph, node->in[NT_CONV_WEIGHT])->layout == NT_KERNEL;
}

bool nt_node_is_convolution(const nt_graph *graph, const nt_node *node) {
    return nt_node_has_kernel(graph, node) &&
           nt_graph_type(graph, node->in[NT_CONV_WEIGHT])->shape.rank == 4;
}
