#include "shrink_channels.h"

#include "channel_choice.h"

/* How many of the node's channels are zero and still there, in the layer of its name. */
static nt_status count(const nt_derived *item, const nt_weights *weights, const nt_network *smaller,
                       nt_ablation_memo *memo, nt_shrink_channels *to, int64_t *ret_left) {
    const nt_node *node = nt_graph_node(nt_weights_network(weights)->graph, item->node);
    const nt_layer *layer = nt_network_layer(smaller, node->name);
    int32_t before = nt_shape_channels(node->out[0].shape), zero = 0, after = 0;
    const bool *goes;
    NT_TRY(nt_channels_choose(&item->edit, item->node, weights, memo, &goes));
    for (int32_t c = 0; c < before; c++)
        zero += goes[c];
    if (layer)
        after = nt_shape_channels(nt_graph_type(smaller->graph, layer->value)->shape);
    to->zero += zero;
    *ret_left = zero > before - after ? zero - (before - after) : 0;
    return NT_OK;
}

static nt_status count_all(const nt_case_graph *cases, const nt_weights *weights,
                           const nt_network *smaller, nt_ablation_memo *memo, const char **layers,
                           nt_shrink_channels *to) {
    const nt_ablation *kind = nt_ablation_find("channels");
    for (size_t i = 0; i < cases->derived.count; i++) {
        const nt_derived *item = &cases->derived.items[i];
        int64_t left;
        to->any = to->any || item->edit.kind == kind;
        if (item->edit.kind != kind || item->type.layout != NT_KERNEL)
            continue;
        NT_TRY(count(item, weights, smaller, memo, to, &left));
        to->left += left;
        if (left > 0)
            layers[to->layer_count++] =
                nt_graph_node(nt_weights_network(weights)->graph, item->node)->name;
    }
    return NT_OK;
}

nt_status nt_shrink_channels_of(const nt_case_graph *cases, const nt_weights *weights,
                                const nt_network *smaller, nt_arena *arena,
                                nt_shrink_channels *ret) {
    const char **layers = NT_ARENA_ARRAY(arena, const char *, cases->derived.count + 1);
    nt_ablation_memo memo = {0};
    nt_shrink_channels channels = {.layers = layers};
    if (!layers)
        return NT_NO_MEMORY;
    nt_arena_init(&memo.arena);
    nt_status status = count_all(cases, weights, smaller, &memo, layers, &channels);
    nt_arena_finish(&memo.arena);
    *ret = channels;
    return status;
}
