#include "shrink_channels.h"

#include "channel_choice.h"

/* How many of the node's channels are zero and still there, in the layer of its name. */
static nt_status count(const nt_derived *item, const nt_weights *weights, const nt_network *smaller,
                       nt_shrink_channels *to, int64_t *ret_left) {
    const nt_node *node = nt_graph_node(nt_weights_network(weights)->graph, item->node);
    const nt_layer *layer = nt_network_layer(smaller, node->name);
    int32_t before = nt_shape_channels(node->out[0].shape), zero = 0, after = 0;
    nt_arena arena;
    bool *goes;
    nt_arena_init(&arena);
    nt_status status = nt_channels_choose(&item->edit, item->node, weights, &arena, &goes);
    for (int32_t c = 0; status == NT_OK && c < before; c++)
        zero += goes[c];
    nt_arena_finish(&arena);
    if (layer)
        after = nt_shape_channels(nt_graph_type(smaller->graph, layer->value)->shape);
    to->zero += zero;
    *ret_left = zero > before - after ? zero - (before - after) : 0;
    return status;
}

nt_status nt_shrink_channels_of(const nt_case_graph *cases, const nt_weights *weights,
                                const nt_network *smaller, nt_arena *arena,
                                nt_shrink_channels *ret) {
    const nt_ablation *kind = nt_ablation_find("channels");
    const char **layers = NT_ARENA_ARRAY(arena, const char *, cases->derived.count + 1);
    *ret = (nt_shrink_channels){.layers = layers};
    if (!layers)
        return NT_NO_MEMORY;
    for (size_t i = 0; i < cases->derived.count; i++) {
        const nt_derived *item = &cases->derived.items[i];
        int64_t left;
        ret->any = ret->any || item->edit.kind == kind;
        if (item->edit.kind != kind || item->type.layout != NT_KERNEL)
            continue;
        NT_TRY(count(item, weights, smaller, ret, &left));
        ret->left += left;
        if (left > 0)
            layers[ret->layer_count++] =
                nt_graph_node(nt_weights_network(weights)->graph, item->node)->name;
    }
    return NT_OK;
}
