/* A unit's number is the mean over its channels: of the norms of their rows (Li et al., "Pruning
 * filters for efficient ConvNets", ICLR 2017), or of the magnitudes of their scales in batch
 * normalisation (Liu et al., "Learning efficient convolutional networks through network slimming",
 * ICCV 2017). In a set all of whose units have as many channels that is the order of their sums, by
 * which DepGraph chooses. Sums are in double precision in the order of the elements. */
#include "channel_choice.h"

#include "kernel_rows.h"
#include "weights.h"
#include <math.h>
#include <stdlib.h>

/* --- units ------------------------------------------------------------------------------------ */

static int32_t channels_of(const nt_graph *graph, int32_t node) {
    return nt_shape_channels(nt_graph_node(graph, node)->out[0].shape);
}

/* What is kept: the analysis of the graph, and what edits take out. */
typedef struct kept_choice {
    nt_edit edit;
    nt_channel_units units;
    bool *goes; /* by unit */
    struct kept_choice *next;
} kept_choice;

typedef struct kept {
    nt_coupled coupled; /* its graph NULL: not yet */
    kept_choice *choices;
} kept;

static kept *kept_of(nt_ablation_memo *memo, const nt_edit *edit) {
    nt_ablation_kept *item = memo->kept;
    while (item && item->kind != edit->kind)
        item = item->next;
    if (item)
        return item->what;
    kept *what = NT_ARENA_NEW(&memo->arena, kept);
    item = NT_ARENA_NEW(&memo->arena, nt_ablation_kept);
    if (!what || !item)
        return NULL;
    *item = (nt_ablation_kept){edit->kind, what, memo->kept};
    memo->kept = item;
    return what;
}

nt_status nt_channel_units_init(nt_channel_units *units, const nt_graph *graph, const nt_edit *edit,
                                nt_ablation_memo *memo) {
    kept *k = kept_of(memo, edit);
    *units = (nt_channel_units){.graph = graph,
                                .node = edit->node,
                                .options = edit->options,
                                .places = channels_of(graph, edit->node)};
    if (!k)
        return NT_NO_MEMORY;
    if (!units->options->coupled)
        return NT_OK;
    if (!k->coupled.graph)
        NT_TRY(nt_coupled_init(&k->coupled, graph, &memo->arena));
    units->coupled = &k->coupled;
    units->set = nt_coupled_set(units->coupled, edit->node);
    units->places = units->coupled->places;
    return NT_OK;
}

int32_t nt_channel_units_origin(const nt_channel_units *units) {
    if (!units->coupled || units->set < 0 || units->options->list.count > 0)
        return units->node;
    int32_t first = 0;
    while (!nt_node_has_kernel(units->graph, nt_graph_node(units->graph, first)) ||
           nt_coupled_set(units->coupled, first) != units->set)
        first++;
    return first;
}

static bool is_norm(const nt_node *node) {
    return node->op == &nt_op_batch_norm && !node->grad;
}

int32_t nt_channel_unit(const nt_channel_units *units, int32_t node, int32_t channel) {
    const nt_node *of = nt_graph_node(units->graph, node);
    if (!units->coupled)
        return node == units->node || (is_norm(of) && of->in[NT_BN_X].node == units->node) ? channel
                                                                                           : -1;
    if (of->op == &nt_op_param)
        return -1;
    int32_t unit = nt_coupled_unit(units->coupled, node, channel);
    return unit >= 0 && units->coupled->set[unit] == units->set ? unit : -1;
}

bool nt_channel_units_have(const nt_channel_units *units, int32_t node) {
    for (int32_t c = 0; c < channels_of(units->graph, node); c++)
        if (nt_channel_unit(units, node, c) >= 0)
            return true;
    return false;
}

/* Whether the criterion looks at the node. */
static bool counts(const nt_channel_units *units, int32_t node) {
    const nt_node *of = nt_graph_node(units->graph, node);
    return units->options->criterion == NT_CRITERION_BATCH_NORM
               ? is_norm(of)
               : nt_node_has_kernel(units->graph, of);
}

static bool has_kernel(const nt_channel_units *units, int32_t node) {
    return nt_node_has_kernel(units->graph, nt_graph_node(units->graph, node));
}

/* ret[unit]: how many channels of such nodes are in it. Returns how many that is in all. */
static int32_t count_channels(const nt_channel_units *units,
                              bool (*such)(const nt_channel_units *, int32_t), int32_t *ret) {
    int32_t total = 0;
    for (int32_t i = 0; i < nt_graph_size(units->graph); i++)
        for (int32_t c = 0; such(units, i) && c < channels_of(units->graph, i); c++) {
            int32_t unit = nt_channel_unit(units, i, c);
            if (unit < 0)
                continue;
            ret[unit]++;
            total++;
        }
    return total;
}

nt_status nt_channel_units_check(const nt_channel_units *units, nt_arena *arena, bool *ret) {
    int32_t *sizes = NT_ARENA_ARRAY(arena, int32_t, units->places),
            *counted = NT_ARENA_ARRAY(arena, int32_t, units->places);
    if (!sizes || !counted)
        return NT_NO_MEMORY;
    count_channels(units, has_kernel, sizes);
    count_channels(units, counts, counted);
    *ret = true;
    for (int32_t u = 0; u < units->places; u++)
        *ret = *ret && (sizes[u] == 0 || counted[u] > 0);
    return NT_OK;
}

/* --- a share of them -------------------------------------------------------------------------- */

typedef struct entry {
    double number;
    int32_t unit;
} entry;

static int compare(const void *a, const void *b) {
    const entry *x = a, *y = b;
    if (x->number != y->number)
        return x->number < y->number ? -1 : 1;
    return (x->unit > y->unit) - (x->unit < y->unit);
}

/* Layers of each unit, one for each channel: those of unit u from `first[u]` on. */
typedef struct taking {
    const nt_channel_units *units;
    int32_t total, *sizes, *first, *layers;
    int32_t *left; /* by node: how many channels it still has */
    int32_t taken; /* channels */
} taking;

static void list_layers(taking *t) {
    int32_t at = 0;
    for (int32_t u = 0; u < t->units->places; at += t->sizes[u++])
        t->first[u] = at;
    for (int32_t i = 0; i < nt_graph_size(t->units->graph); i++) {
        t->left[i] = channels_of(t->units->graph, i);
        for (int32_t c = 0; has_kernel(t->units, i) && c < t->left[i]; c++) {
            int32_t unit = nt_channel_unit(t->units, i, c);
            if (unit >= 0)
                t->layers[t->first[unit]++] = i;
        }
    }
    for (int32_t u = 0; u < t->units->places; u++)
        t->first[u] -= t->sizes[u];
}

/* Takes the unit, unless it is too large for what is left of the share or all that is left of a
 * layer. */
static bool take(taking *t, int32_t unit) {
    const nt_channel_options *o = t->units->options;
    const int32_t *layers = t->layers + t->first[unit];
    bool empties = false;
    if ((double)t->taken + (double)t->sizes[unit] / 2 > o->share * (double)t->total)
        return false;
    for (int32_t k = 0; k < t->sizes[unit]; k++)
        empties = --t->left[layers[k]] == 0 || empties;
    if (empties && o->coupled && o->share < 1) {
        for (int32_t k = 0; k < t->sizes[unit]; k++)
            t->left[layers[k]]++;
        return false;
    }
    t->taken += t->sizes[unit];
    return true;
}

int32_t nt_channel_share_take(const nt_channel_units *units, const double *numbers, nt_arena *arena,
                              bool *ret_goes) {
    int32_t count = 0, units_taken = 0;
    taking t = {.units = units, .sizes = NT_ARENA_ARRAY(arena, int32_t, units->places)};
    entry *entries = NT_ARENA_ARRAY(arena, entry, units->places);
    if (!t.sizes || !entries)
        return -1;
    t.total = count_channels(units, has_kernel, t.sizes);
    t.first = NT_ARENA_ARRAY(arena, int32_t, units->places);
    t.layers = NT_ARENA_ARRAY(arena, int32_t, t.total + 1);
    t.left = NT_ARENA_ARRAY(arena, int32_t, nt_graph_size(units->graph));
    if (!t.first || !t.layers || !t.left)
        return -1;
    list_layers(&t);
    for (int32_t u = 0; u < units->places; u++)
        if (t.sizes[u] > 0)
            entries[count++] = (entry){numbers ? numbers[u] : 0, u};
    qsort(entries, (size_t)count, sizeof *entries, compare);
    for (int32_t i = 0; i < count; i++) {
        ret_goes[entries[i].unit] = take(&t, entries[i].unit);
        units_taken += ret_goes[entries[i].unit];
    }
    return units_taken;
}

/* --- their numbers ---------------------------------------------------------------------------- */

typedef struct choice {
    nt_channel_units units;
    const nt_weights *weights;
    nt_arena *arena;
    double *numbers;  /* by unit: sums, then means */
    int32_t *counted; /* of how many channels */
    bool *goes;
} choice;

static const nt_tensor *parameter_of(const choice *c, const nt_node *node, int32_t input) {
    const nt_param_attrs *attrs = nt_graph_node(c->units.graph, node->in[input].node)->attrs;
    return nt_weights_find(c->weights, attrs->name);
}

static double norm_of(const choice *c, const nt_kernel_rows *k, int32_t o) {
    double sum = 0;
    for (int32_t i = 0; i < nt_kernel_in_per_group(k); i++)
        for (int32_t t = 0; t < nt_kernel_taps(k); t++) {
            double element = (double)k->rows[nt_kernel_place(k, o, i, t)];
            sum +=
                c->units.options->criterion == NT_CRITERION_L1 ? fabs(element) : element * element;
        }
    return c->units.options->criterion == NT_CRITERION_L1 ? sum : sqrt(sum);
}

static void add_number(const choice *c, int32_t node, int32_t channel, double number) {
    int32_t unit = nt_channel_unit(&c->units, node, channel);
    if (unit >= 0)
        c->numbers[unit] += number;
}

static nt_status add_node(const choice *c, int32_t i, nt_arena *rows) {
    const nt_node *node = nt_graph_node(c->units.graph, i);
    nt_kernel_rows k;
    if (is_norm(node)) {
        const float *scale = parameter_of(c, node, NT_BN_WEIGHT)->f;
        for (int32_t o = 0; o < channels_of(c->units.graph, i); o++)
            add_number(c, i, o, fabs((double)scale[o]));
        return NT_OK;
    }
    NT_TRY(nt_kernel_rows_init(&k, node, parameter_of(c, node, NT_CONV_WEIGHT), rows));
    for (int32_t o = 0; o < k.out; o++)
        add_number(c, i, o, norm_of(c, &k, o));
    return NT_OK;
}

static nt_status find_numbers(const choice *c) {
    for (int32_t i = 0; i < nt_graph_size(c->units.graph); i++) {
        nt_arena rows;
        if (!counts(&c->units, i) || !nt_channel_units_have(&c->units, i))
            continue;
        nt_arena_init(&rows);
        nt_status status = add_node(c, i, &rows);
        nt_arena_finish(&rows);
        NT_TRY(status);
    }
    for (int32_t u = 0; u < c->units.places; u++) {
        c->numbers[u] /= c->counted[u] > 0 ? c->counted[u] : 1;
        if (isnan(c->numbers[u]))
            c->numbers[u] = INFINITY;
    }
    return NT_OK;
}

/* --- choosing --------------------------------------------------------------------------------- */

static nt_status take_least(const choice *c) {
    count_channels(&c->units, counts, c->counted);
    NT_TRY(find_numbers(c));
    int32_t taken = nt_channel_share_take(&c->units, c->numbers, c->arena, c->goes);
    return taken < 0 ? NT_NO_MEMORY : NT_OK;
}

static void take_listed(const choice *c) {
    const nt_ints *list = &c->units.options->list;
    for (int32_t i = 0; i < list->count; i++) {
        int32_t unit = nt_channel_unit(&c->units, c->units.node, list->items[i]);
        if (unit >= 0)
            c->goes[unit] = true;
    }
}

static nt_status make_choice(const nt_edit *edit, const nt_weights *weights, nt_arena *arena,
                             kept_choice *to) {
    const choice c = {.units = to->units,
                      .weights = weights,
                      .arena = arena,
                      .numbers = NT_ARENA_ARRAY(arena, double, to->units.places),
                      .counted = NT_ARENA_ARRAY(arena, int32_t, to->units.places),
                      .goes = to->goes};
    if (!c.numbers || !c.counted)
        return NT_NO_MEMORY;
    to->edit = *edit;
    if (c.units.options->list.count == 0)
        return take_least(&c);
    take_listed(&c);
    return NT_OK;
}

/* Of this edit, or one like it: made once. */
static nt_status find_choice(const nt_edit *edit, const nt_weights *weights, nt_ablation_memo *memo,
                             const kept_choice **ret) {
    kept *k = kept_of(memo, edit);
    nt_arena arena;
    for (kept_choice *made = k ? k->choices : NULL; made; made = made->next)
        if (made->edit.node == edit->node &&
            nt_fields_equal(edit->kind->kind.fields, made->edit.options, edit->options)) {
            *ret = made;
            return NT_OK;
        }
    kept_choice *made = NT_ARENA_NEW(&memo->arena, kept_choice);
    if (!k || !made)
        return NT_NO_MEMORY;
    NT_TRY(nt_channel_units_init(&made->units, nt_weights_network(weights)->graph, edit, memo));
    made->goes = NT_ARENA_ARRAY(&memo->arena, bool, made->units.places);
    if (!made->goes)
        return NT_NO_MEMORY;
    nt_arena_init(&arena);
    nt_status status = make_choice(edit, weights, &arena, made);
    nt_arena_finish(&arena);
    NT_TRY(status);
    made->next = k->choices;
    k->choices = made;
    *ret = made;
    return NT_OK;
}

nt_status nt_channels_choose(const nt_edit *edit, int32_t node, const nt_weights *weights,
                             nt_ablation_memo *memo, const bool **ret_goes) {
    const kept_choice *made;
    NT_TRY(find_choice(edit, weights, memo, &made));
    int32_t count = channels_of(made->units.graph, node);
    bool *goes = NT_ARENA_ARRAY(&memo->arena, bool, count);
    for (int32_t o = 0; goes && o < count; o++) {
        int32_t unit = nt_channel_unit(&made->units, node, o);
        goes[o] = unit >= 0 && made->goes[unit];
    }
    *ret_goes = goes;
    return goes ? NT_OK : NT_NO_MEMORY;
}
