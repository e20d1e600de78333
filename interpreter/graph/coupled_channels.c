/* Units are found by joining the two ends of each link between channels (union and find), then sets
 * by joining the units of each layer. The least of those that are joined stands for them, so that
 * what is found doesn't depend on the order. */
#include "coupled_channels.h"

#include "channel_links.h"
#include "kernel_rows.h"

/* --- joining ---------------------------------------------------------------------------------- */

static int32_t find(int32_t *of, int32_t i) {
    while (of[i] != i)
        i = of[i] = of[of[i]];
    return i;
}

static void join(int32_t *of, int32_t a, int32_t b) {
    a = find(of, a);
    b = find(of, b);
    of[a > b ? a : b] = a > b ? b : a;
}

/* --- units ------------------------------------------------------------------------------------ */

typedef struct walk {
    nt_coupled *coupled;
    const nt_node *node;
} walk;

static int32_t channels_of(const nt_coupled *coupled, nt_value value) {
    return nt_shape_channels(nt_graph_type(coupled->graph, value)->shape);
}

static int32_t place_of(const nt_coupled *coupled, nt_value value, int32_t channel) {
    return coupled->first[nt_graph_value_number(coupled->graph, value)] + channel;
}

static void bind_all(nt_coupled *coupled, nt_value value) {
    for (int32_t c = 0; c < channels_of(coupled, value); c++)
        coupled->bound[place_of(coupled, value, c)] = true;
}

/* A channel that all others read can't go without them. */
static void join_link(void *context, const nt_channel_link *link) {
    const walk *w = context;
    int32_t from = place_of(w->coupled, w->node->in[link->input], link->from);
    if (link->shared)
        w->coupled->bound[from] = true;
    else
        join(w->coupled->unit, from,
             w->coupled->first[w->node->first_value + link->output] + link->to);
}

/* The channels of one group read those of one group. Of one group alone any may go. */
static void join_groups(const walk *w) {
    int32_t in = channels_of(w->coupled, w->node->in[NT_CONV_X]),
            groups = nt_kernel_conv(w->node).groups, out = nt_shape_channels(w->node->out[0].shape);
    int32_t first_in = place_of(w->coupled, w->node->in[NT_CONV_X], 0),
            first_out = w->coupled->first[w->node->first_value];
    for (int32_t c = 0; groups > 1 && c < in; c++)
        join(w->coupled->unit, first_in + c, first_out + c / (in / groups) * (out / groups));
    for (int32_t c = 0; groups > 1 && c < out; c++)
        join(w->coupled->unit, first_out + c, first_out + c / (out / groups) * (out / groups));
}

/* A shuffle takes as many channels of each group: those at the same place in it. */
static void join_shuffled(const walk *w) {
    int32_t count = nt_shape_channels(w->node->out[0].shape),
            length = count / nt_node_int(w->node, "groups");
    for (int32_t c = length; c < count; c++)
        join(w->coupled->unit, place_of(w->coupled, w->node->in[0], c),
             place_of(w->coupled, w->node->in[0], c % length));
}

static void join_node(nt_coupled *coupled, int32_t i) {
    walk w = {coupled, nt_graph_node(coupled->graph, i)};
    const nt_node *node = w.node;
    if (node->op == &nt_op_param || node->op == &nt_op_parameter)
        return;
    if (nt_has_kernel_rows(node))
        join_groups(&w);
    else if (!nt_channel_links(coupled->graph, i, join_link, &w)) {
        for (int32_t j = 0; j < node->data_count; j++)
            bind_all(coupled, node->in[j]);
        for (int32_t k = 0; k < node->out_count; k++)
            bind_all(coupled, (nt_value){i, k});
    }
    if (node->op == &nt_op_channel_shuffle)
        join_shuffled(&w);
}

static void find_units(nt_coupled *coupled) {
    for (int32_t i = 0; i < nt_graph_size(coupled->graph); i++)
        join_node(coupled, i);
    for (int32_t i = 0; i < nt_graph_output_count(coupled->graph); i++)
        bind_all(coupled, nt_graph_output(coupled->graph, i)->value);
    for (int32_t p = 0; p < coupled->places; p++) {
        coupled->unit[p] = find(coupled->unit, p);
        if (coupled->bound[p])
            coupled->bound[coupled->unit[p]] = true;
    }
}

/* --- sets ------------------------------------------------------------------------------------- */

int32_t nt_coupled_unit(const nt_coupled *coupled, int32_t node, int32_t channel) {
    int32_t number = nt_graph_node(coupled->graph, node)->first_value;
    int32_t unit = coupled->unit[coupled->first[number] + channel];
    return coupled->bound[unit] ? -1 : unit;
}

static void find_sets(nt_coupled *coupled) {
    for (int32_t i = 0; i < nt_graph_size(coupled->graph); i++) {
        const nt_node *node = nt_graph_node(coupled->graph, i);
        int32_t first = -1;
        for (int32_t c = 0; nt_has_kernel_rows(node) && c < channels_of(coupled, (nt_value){i, 0});
             c++) {
            int32_t unit = nt_coupled_unit(coupled, i, c);
            if (unit < 0)
                continue;
            first = first < 0 ? unit : first;
            join(coupled->set, first, unit);
        }
    }
    for (int32_t p = 0; p < coupled->places; p++)
        coupled->set[p] = find(coupled->set, p);
}

int32_t nt_coupled_set(const nt_coupled *coupled, int32_t node) {
    int32_t count = channels_of(coupled, (nt_value){node, 0});
    for (int32_t c = 0; c < count; c++) {
        int32_t unit = nt_coupled_unit(coupled, node, c);
        if (unit >= 0)
            return coupled->set[unit];
    }
    return -1;
}

/* --- all of it -------------------------------------------------------------------------------- */

static void number_places(nt_coupled *coupled) {
    for (int32_t i = 0; i < nt_graph_size(coupled->graph); i++) {
        const nt_node *node = nt_graph_node(coupled->graph, i);
        for (int32_t k = 0; k < node->out_count; k++) {
            coupled->first[node->first_value + k] = coupled->places;
            if (node->op != &nt_op_param)
                coupled->places += nt_shape_channels(node->out[k].shape);
        }
    }
}

nt_status nt_coupled_init(nt_coupled *coupled, const nt_graph *graph, nt_arena *arena) {
    *coupled = (nt_coupled){.graph = graph,
                            .first = NT_ARENA_ARRAY(arena, int32_t, nt_graph_value_count(graph))};
    if (!coupled->first)
        return NT_NO_MEMORY;
    number_places(coupled);
    coupled->unit = NT_ARENA_ARRAY(arena, int32_t, coupled->places);
    coupled->set = NT_ARENA_ARRAY(arena, int32_t, coupled->places);
    coupled->bound = NT_ARENA_ARRAY(arena, bool, coupled->places);
    if (!coupled->unit || !coupled->set || !coupled->bound)
        return NT_NO_MEMORY;
    for (int32_t p = 0; p < coupled->places; p++)
        coupled->unit[p] = coupled->set[p] = p;
    find_units(coupled);
    find_sets(coupled);
    return NT_OK;
}
