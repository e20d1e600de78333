/* Three walks over the graph: forwards for what varies, backwards for what is needed, and to and
 * fro until nothing changes for what must be kept together. All three go along the same links: from
 * a channel of an input to one of an output. Where any channel of a set may tell any of another
 * (normalisation over channels, kernels without zeros), the sets are linked as a whole. */
#include "channels.h"

#include "channel_links.h"
#include <string.h>

typedef enum direction { VARIES, NEEDED, KEPT } direction;

typedef struct walk {
    nt_channel_flow *flow;
    direction direction;
    bool changed;
} walk;

/* --- nodes ------------------------------------------------------------------------------------ */

const nt_tensor *nt_bound_tensor(const nt_graph *graph, nt_binding binding, nt_value param) {
    const nt_param_attrs *attrs = nt_graph_node(graph, param.node)->attrs;
    const nt_tensor *tensor = binding.find(binding.first, attrs->name);
    return tensor || !binding.more ? tensor : binding.find(binding.more, attrs->name);
}

bool nt_channel_flow_stays(const nt_channel_flow *flow, const nt_node *node) {
    if (node->op == &nt_op_param)
        return false;
    for (int32_t k = 0; k < node->out_count; k++) {
        const nt_channels *out = &flow->values[node->first_value + k];
        for (int32_t c = 0; !out->fixed && c < out->count; c++)
            if (out->kept[c])
                return true;
    }
    return false;
}

/* --- links ------------------------------------------------------------------------------------ */

static void set(walk *w, bool *mark) {
    w->changed = w->changed || !*mark;
    *mark = true;
}

static void link(walk *w, nt_channels *in, int32_t i, nt_channels *out, int32_t o) {
    switch (w->direction) {
    case VARIES:
        if (in->varies[i])
            set(w, &out->varies[o]);
        break;
    case NEEDED:
        if (out->needed[o] && in->varies[i])
            set(w, &in->needed[i]);
        break;
    case KEPT:
        if (in->fixed || (!in->kept[i] && !out->kept[o]))
            break;
        set(w, &in->kept[i]);
        set(w, &out->kept[o]);
        break;
    }
}

/* Any of `in_count` channels from `i` on may tell any of `out_count` from `o` on. */
static void link_all(walk *w, nt_channels *in, int32_t i, int32_t in_count, nt_channels *out,
                     int32_t o, int32_t out_count) {
    bool any = false;
    for (int32_t c = 0; c < in_count; c++)
        any = any || (w->direction == VARIES && in->varies[i + c]) ||
              (w->direction == KEPT && !in->fixed && in->kept[i + c]);
    for (int32_t c = 0; c < out_count; c++)
        any = any || (w->direction == NEEDED && out->needed[o + c]) ||
              (w->direction == KEPT && out->kept[o + c]);
    for (int32_t c = 0; any && w->direction != NEEDED && c < out_count; c++)
        set(w, w->direction == VARIES ? &out->varies[o + c] : &out->kept[o + c]);
    for (int32_t c = 0; any && w->direction != VARIES && !in->fixed && c < in_count; c++)
        if (w->direction == KEPT || in->varies[i + c])
            set(w, w->direction == KEPT ? &in->kept[i + c] : &in->needed[i + c]);
}

/* --- ops -------------------------------------------------------------------------------------- */

/* One node while its links are walked. */
typedef struct walked {
    walk *w;
    const nt_node *node;
    nt_channels **in;
} walked;

static void walk_link(void *context, const nt_channel_link *l) {
    const walked *of = context;
    nt_channels *out = &of->w->flow->values[of->node->first_value + l->output];
    if (!l->shared || of->w->direction != KEPT || out->kept[l->to])
        link(of->w, of->in[l->input], l->from, out, l->to);
}

/* Of an input that lends its size something must be there. */
static void walk_like(walk *w, const nt_node *node, nt_channels **in) {
    const nt_channels *out = &w->flow->values[node->first_value];
    bool wanted = false;
    for (int32_t c = 0; c < out->count; c++)
        wanted = wanted || out->needed[c];
    for (int32_t j = nt_values_read(node); wanted && w->direction == NEEDED && j < node->data_count;
         j++)
        for (int32_t c = 0; c < in[j]->count; c++)
            if (in[j]->varies[c]) {
                set(w, &in[j]->needed[c]);
                break;
            }
}

/* The op takes as many channels of each group: those at the same place in it. */
static void keep_shuffled(walk *w, const nt_node *node, nt_channels *in) {
    int32_t length = in->count / nt_node_int(node, "groups");
    for (int32_t c = length; w->direction == KEPT && c < in->count; c++)
        link(w, in, c, in, c % length);
}

/* The channels of one group tell nothing to those of another. Of one group alone any may stay. */
static void walk_kernel(walk *w, const nt_kernel_rows *k, nt_channels *in, nt_channels *out) {
    int32_t in_each = k->in / k->groups, out_each = k->out / k->groups;
    if (w->direction == KEPT && k->groups == 1)
        return;
    for (int32_t g = 0; g < k->groups; g++) {
        if (w->direction == KEPT || !k->links) {
            link_all(w, in, g * in_each, in_each, out, g * out_each, out_each);
            continue;
        }
        for (int32_t o = g * out_each; o < (g + 1) * out_each; o++)
            for (int32_t i = 0; i < in_each; i++)
                if (nt_kernel_links(k, o, i))
                    link(w, in, g * in_each + i, out, o);
    }
}

static void walk_mixed(walk *w, const nt_node *node, nt_channels **in) {
    for (int32_t j = 0; j < node->data_count; j++)
        for (int32_t k = 0; k < node->out_count; k++) {
            nt_channels *out = &w->flow->values[node->first_value + k];
            link_all(w, in[j], 0, in[j]->count, out, 0, out->count);
        }
}

static void walk_node(walk *w, int32_t i) {
    const nt_graph *graph = w->flow->graph;
    const nt_node *node = nt_graph_node(graph, i);
    nt_channels *in[NT_MAX_INPUTS], *out = &w->flow->values[node->first_value];
    for (int32_t j = 0; j < node->data_count; j++)
        in[j] = nt_channels_of(w->flow, node->in[j]);
    if (w->direction == KEPT && !nt_channel_flow_stays(w->flow, node))
        return;
    walked of = {w, node, in};
    if (w->flow->kernels[i].rows)
        walk_kernel(w, &w->flow->kernels[i], in[0], out);
    else if (!nt_channel_links(graph, i, walk_link, &of))
        walk_mixed(w, node, in);
    if (node->op == &nt_op_channel_shuffle)
        keep_shuffled(w, node, in[0]);
    walk_like(w, node, in);
}

/* --- all of it -------------------------------------------------------------------------------- */

static nt_status set_up(nt_channel_flow *flow, nt_binding binding, nt_arena *arena) {
    const nt_graph *graph = flow->graph;
    for (int32_t i = 0; i < nt_graph_size(graph); i++) {
        const nt_node *node = nt_graph_node(graph, i);
        for (int32_t k = 0; k < node->out_count; k++) {
            nt_channels *c = &flow->values[node->first_value + k];
            c->count = nt_shape_channels(node->out[k].shape);
            c->varies = NT_ARENA_ARRAY(arena, bool, c->count);
            c->needed = NT_ARENA_ARRAY(arena, bool, c->count);
            c->kept = NT_ARENA_ARRAY(arena, bool, c->count);
            c->list = NT_ARENA_ARRAY(arena, int32_t, c->count);
            if (!c->varies || !c->needed || !c->kept || !c->list)
                return NT_NO_MEMORY;
            memset(c->varies, node->op == &nt_op_input, (size_t)c->count);
            memset(c->kept, node->op == &nt_op_input, (size_t)c->count);
        }
        if (nt_has_kernel_rows(node))
            NT_TRY(nt_kernel_rows_init(&flow->kernels[i], node,
                                       nt_bound_tensor(graph, binding, node->in[NT_CONV_WEIGHT]),
                                       arena));
    }
    return NT_OK;
}

static void walk_forwards(nt_channel_flow *flow) {
    walk w = {flow, VARIES, false};
    for (int32_t i = 0; i < nt_graph_size(flow->graph); i++)
        walk_node(&w, i);
}

static void walk_backwards(nt_channel_flow *flow) {
    walk w = {flow, NEEDED, false};
    nt_channels *output = nt_channels_of(flow, nt_graph_output(flow->graph, 0)->value);
    memcpy(output->needed, output->varies, (size_t)output->count);
    for (int32_t i = nt_graph_size(flow->graph); i-- > 0;)
        walk_node(&w, i);
    for (int32_t v = 0; v < nt_graph_value_count(flow->graph); v++) {
        nt_channels *c = &flow->values[v];
        c->fixed = !memchr(c->needed, true, (size_t)c->count);
    }
}

static void walk_to_and_fro(nt_channel_flow *flow) {
    walk w = {flow, KEPT, true};
    nt_channels *output = nt_channels_of(flow, nt_graph_output(flow->graph, 0)->value);
    memset(output->kept, true, (size_t)output->count);
    for (int32_t v = 0; v < nt_graph_value_count(flow->graph); v++)
        for (int32_t c = 0; c < flow->values[v].count; c++)
            flow->values[v].kept[c] = flow->values[v].kept[c] || flow->values[v].needed[c];
    while (w.changed) {
        w.changed = false;
        for (int32_t i = nt_graph_size(flow->graph); i-- > 0;)
            walk_node(&w, i);
        for (int32_t i = 0; i < nt_graph_size(flow->graph); i++)
            walk_node(&w, i);
    }
    for (int32_t v = 0; v < nt_graph_value_count(flow->graph); v++) {
        nt_channels *all = &flow->values[v];
        for (int32_t c = 0; c < all->count; c++)
            if (all->kept[c])
                all->list[all->kept_count++] = c;
    }
}

nt_status nt_channel_flow_init(nt_channel_flow *flow, const nt_graph *graph, nt_binding binding,
                               nt_arena *arena) {
    *flow =
        (nt_channel_flow){.graph = graph,
                          .values = NT_ARENA_ARRAY(arena, nt_channels, nt_graph_value_count(graph)),
                          .kernels = NT_ARENA_ARRAY(arena, nt_kernel_rows, nt_graph_size(graph))};
    if (!flow->values || !flow->kernels)
        return NT_NO_MEMORY;
    NT_TRY(set_up(flow, binding, arena));
    walk_forwards(flow);
    walk_backwards(flow);
    walk_to_and_fro(flow);
    return NT_OK;
}
