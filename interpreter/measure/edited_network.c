/* The graph is edited with all outputs that the network has, and its parameters get their names
 * back; which of them are left says which states there are. */
#include "edited_network.h"

#include "alloc.h"
#include "attrs.h"
#include <stdio.h>
#include <string.h>

/* --- names ------------------------------------------------------------------------------------ */

/* Whether an output still depends on the network's own parameter; without memory, it does. */
static bool has_param(const nt_graph *graph, const char *name) {
    size_t size = (size_t)nt_graph_size(graph);
    bool *live = nt_alloc(size), found = !live;
    if (live)
        nt_graph_mark_live(graph, nt_graph_output_count(graph), live);
    for (int32_t i = 0; !found && i < nt_graph_size(graph); i++) {
        const nt_node *node = nt_graph_node(graph, i);
        found = live[i] && node->op == &nt_op_param && strcmp(node->name, name) == 0;
    }
    nt_free(live, size);
    return found;
}

/* What a parameter is made of, by its own name or by that of the kernel whose place it takes; NULL:
 * it is the network's. */
static const nt_derived *made_of(const nt_edited *edited, const char *name) {
    const nt_derived_list *list = &edited->alone.derived;
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i].name, name) == 0)
            return &list->items[i];
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i].source, name) == 0 && !has_param(edited->alone.graph, name))
            return &list->items[i];
    return NULL;
}

/* A kernel that takes the place of another has that one's name, unless somebody still reads it. */
static const char *name_of(const nt_edited *edited, const char *name) {
    const nt_derived *of = made_of(edited, name);
    return of && !of->mean && !has_param(edited->alone.graph, of->source) ? of->source : name;
}

static nt_status give_back_name(void *context, const nt_graph *from, int32_t i, nt_graph *to,
                                nt_value *in, nt_value *ret_out, bool *ret_replaced) {
    const nt_edited *edited = context;
    const nt_node *node = nt_graph_node(from, i);
    (void)in;
    if (node->op != &nt_op_param)
        return NT_OK;
    *ret_replaced = true;
    return nt_graph_add_param(to, name_of(edited, node->name), node->out[0], ret_out);
}

/* --- states ----------------------------------------------------------------------------------- */

static nt_status add_state(nt_edited *edited, const nt_network *network, const nt_node *param,
                           const nt_derived *derived) {
    const nt_state *known = nt_network_state(network, derived ? derived->source : param->name);
    nt_state state = {.type = param->out[0], .role = NT_BUFFER};
    if (known && !(derived && derived->mean))
        state = *known;
    state.name = param->name;
    state.keeps_zeros = derived && !derived->mean && derived->edit.kind->keeps_zeros;
    return nt_network_add_state(edited->network, &state);
}

static nt_status add_states(nt_edited *edited, const nt_network *network) {
    const nt_graph *graph = edited->network->graph;
    for (int32_t i = 0; i < nt_graph_size(graph); i++) {
        const nt_node *node = nt_graph_node(graph, i);
        if (node->op == &nt_op_param)
            NT_TRY(add_state(edited, network, node, made_of(edited, node->name)));
    }
    return NT_OK;
}

static nt_status add_inputs(nt_edited *edited, const nt_network *network) {
    nt_network *own = edited->network;
    nt_output *inputs = NT_ARENA_ARRAY(&own->arena, nt_output, network->input_count + 1);
    if (!inputs)
        return NT_NO_MEMORY;
    for (int32_t i = 0; i < nt_graph_size(own->graph); i++) {
        const nt_node *node = nt_graph_node(own->graph, i);
        if (node->op == &nt_op_input)
            inputs[own->input_count++] = (nt_output){node->name, {.node = i}};
    }
    own->inputs = inputs;
    return NT_OK;
}

/* --- together --------------------------------------------------------------------------------- */

static nt_status make_graph(nt_edited *edited, const nt_network *network, const nt_edits *edits,
                            char why[NT_WHY]) {
    nt_case_graph *alone = &edited->alone;
    nt_graph *renamed;
    NT_TRY(nt_edit_into(network->graph, edits->items, edits->count, alone->graph, NULL,
                        &alone->derived, why));
    NT_TRY(nt_graph_rewrite(alone->graph, give_back_name, edited, &renamed));
    nt_graph_free(edited->network->graph);
    edited->network->graph = renamed;
    return NT_OK;
}

nt_status nt_edited_network_init(nt_edited *edited, const nt_network *network,
                                 const nt_edits *edits, char why[NT_WHY]) {
    bool cut;
    *edited = (nt_edited){.network = nt_network_new(network->name), .alone.graph = nt_graph_new()};
    if (!edited->network || !edited->alone.graph)
        return NT_NO_MEMORY;
    NT_TRY(make_graph(edited, network, edits, why));
    NT_TRY(nt_edit_cuts(network->graph, edits->items, edits->count, &cut, why));
    if (cut) {
        snprintf(why, NT_WHY, "nothing of the image reaches the output, so it can't be retrained");
        return NT_INVALID;
    }
    NT_TRY(add_inputs(edited, network));
    return add_states(edited, network);
}

static nt_status fill(nt_edited *edited, const nt_derived_weights *derived,
                      const nt_weights *weights) {
    NT_TRY(nt_weights_new(edited->network, &edited->weights));
    for (size_t i = 0; i < edited->network->state_count; i++) {
        const char *name = edited->network->states[i].name;
        const nt_derived *of = made_of(edited, name);
        const nt_tensor *from =
            of ? nt_weights_find(derived->weights, of->name) : nt_weights_find(weights, name);
        nt_tensor to = nt_weights_at(edited->weights, i);
        memcpy(to.data, from->data, (size_t)nt_type_stored(to.type) * sizeof(float));
    }
    return NT_OK;
}

nt_status nt_edited_init(nt_edited *edited, const nt_network *network, const nt_edits *edits,
                         const nt_derive_source *source, char why[NT_WHY], nt_error *error) {
    nt_evaluation evaluation = *source->evaluation;
    nt_derive_source plain = *source;
    nt_derived_weights derived = {0};
    nt_status status = nt_edited_network_init(edited, network, edits, why);
    if (status != NT_OK)
        return status == NT_INVALID ? status : nt_error_say(error, status, "out of memory");
    why[0] = '\0';
    evaluation.passes.norm = NT_NORM_RUNNING; /* statistics are found again when it is measured */
    plain.evaluation = &evaluation;
    status = nt_derived_weights_init(&derived, &edited->alone, &plain, error);
    if (status == NT_OK && fill(edited, &derived, source->weights) != NT_OK)
        status = nt_error_say(error, NT_NO_MEMORY, "out of memory");
    nt_derived_weights_finish(&derived);
    return status;
}

void nt_edited_finish(nt_edited *edited) {
    nt_weights_free(edited->weights);
    nt_network_free(edited->network);
    nt_case_graph_finish(&edited->alone);
    *edited = (nt_edited){0};
}
