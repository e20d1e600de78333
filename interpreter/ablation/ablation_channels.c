/* Some of a layer's output channels are gone, as structured pruning takes them out: those of a
 * list, or the least by a criterion. What is zeroed of a channel: its row of the kernel; with
 * `whole`, which is the default, also its bias and its scale and shift in the batch normalisations
 * that read the layer, so that its value there is zero and nothing is left of it. With `coupled`
 * the same of every layer in the set of channels that can only go together, and of all else in it
 * that is trained: see coupled_channels.h, and channel_choice.h for which go. */
#include "attrs.h"
#include "channel_choice.h"
#include "edit.h"
#include "kernel.h"
#include "kernel_rows.h"
#include "weights.h"

#include <stdio.h>

extern const nt_ablation nt_ablation_channels;

static const char *const criteria[] = {"l1", "l2", "batch_norm", NULL}; /* NT_CRITERION_… */

#define AT(field) offsetof(nt_channel_options, field)

static const nt_field fields[] = {
    {"share", NT_REAL, AT(share), "0", 0, 1,
     .doc = "as a part of its elements, or of its channels, such as 0.3"},
    {"list", NT_INTS, AT(list), "[]", 0, 1 << 20,
     .doc = "in place of a share: which output channels, from 0"},
    {"criterion", NT_CHOICE, AT(criterion), "l1", .choices = criteria,
     .doc = "the norm of a channel's row of the kernel, or the magnitude of its batch_norm scale"},
    {"whole", NT_BOOL, AT(whole), "true",
     .doc = "with its bias, and its scale and shift in batch_norm; false: only its row is zero"},
    {"coupled", NT_BOOL, AT(coupled), "false",
     .doc =
         "in all layers whose channels can only go together with these, by their mean criterion"},
    {0},
};

/* --- what is changed -------------------------------------------------------------------------- */

/* The node's trained parameters that have an element, or a row, for each channel. */
static uint32_t trained_params(const nt_graph *graph, const nt_node *node) {
    nt_type in[NT_MAX_INPUTS];
    nt_param params[NT_MAX_PARAMS];
    uint32_t which = 0;
    for (int32_t j = 0; j < node->data_count; j++)
        in[j] = *nt_graph_type(graph, node->in[j]);
    int count = node->op->params ? node->op->params(node->attrs, in, params) : 0;
    for (int p = 0, j = node->data_count; p < count; p++) {
        if (params[p].role == NT_COUNTER)
            continue;
        if (params[p].role == NT_WEIGHT &&
            params[p].type.shape.dim[0] == nt_shape_channels(node->out[0].shape))
            which |= 1u << j;
        j++;
    }
    return which;
}

static uint32_t changed_params(const nt_graph *graph, const nt_node *node, bool whole) {
    if (nt_node_has_kernel(graph, node))
        return 1u << NT_CONV_WEIGHT |
               (whole && node->in_count > NT_CONV_BIAS ? 1u << NT_CONV_BIAS : 0);
    return whole && !node->grad ? trained_params(graph, node) : 0;
}

static nt_status reach(const nt_graph *graph, const nt_edit *edit, nt_ablation_memo *memo,
                       bool *ret_nodes, int32_t *ret_origin) {
    nt_channel_units units;
    NT_TRY(nt_channel_units_init(&units, graph, edit, memo));
    for (int32_t i = 0; i < nt_graph_size(graph); i++)
        ret_nodes[i] = i != edit->node && nt_channel_units_have(&units, i) &&
                       changed_params(graph, nt_graph_node(graph, i), units.options->whole);
    *ret_origin = nt_channel_units_origin(&units);
    return NT_OK;
}

/* Whether the share takes none of the units; without memory the edit will fail. */
static bool idle(const nt_graph *graph, int32_t node, const void *options, nt_ablation_memo *memo) {
    const nt_edit edit = {node, &nt_ablation_channels, options};
    nt_channel_units units;
    nt_arena arena;
    if (((const nt_channel_options *)options)->list.count > 0 ||
        nt_channel_units_init(&units, graph, &edit, memo) != NT_OK || units.set < 0)
        return false;
    nt_arena_init(&arena);
    bool *goes = NT_ARENA_ARRAY(&arena, bool, units.places);
    bool none = goes && nt_channel_share_take(&units, NULL, &arena, goes) == 0;
    nt_arena_finish(&arena);
    return none;
}

/* --- the edit --------------------------------------------------------------------------------- */

static nt_status check_list(const nt_editing *e, const nt_channel_units *units) {
    const nt_channel_options *o = units->options;
    int32_t count = nt_shape_channels(e->node->out[0].shape);
    for (int32_t i = 0; i < o->list.count; i++) {
        int32_t c = o->list.items[i];
        if (c >= count)
            snprintf(e->why, NT_WHY, "'%s' has %d channels, so there is no channel %d",
                     e->node->name, count, c);
        else if (nt_channel_unit(units, e->at, c) < 0)
            snprintf(e->why, NT_WHY,
                     "channel %d of '%s' is bound to an input or output, or mixed "
                     "with others, so it can't go with those that it is coupled with",
                     c, e->node->name);
        else
            continue;
        return NT_INVALID;
    }
    return NT_OK;
}

static nt_status check_criterion(const nt_editing *e, const nt_channel_units *units,
                                 nt_arena *arena) {
    bool numbered;
    NT_TRY(nt_channel_units_check(units, arena, &numbered));
    if (numbered)
        return NT_OK;
    snprintf(e->why, NT_WHY, "no batch_norm reads '%s'%s, so its channels have no scale",
             e->node->name, units->options->coupled ? ", or one coupled with it" : "");
    return NT_INVALID;
}

static nt_status check(const nt_editing *e) {
    nt_channel_units units;
    NT_TRY(nt_channel_units_init(&units, e->from, e->edit, e->memo));
    const nt_channel_options *o = units.options;
    if (o->coupled && units.set < 0)
        snprintf(e->why, NT_WHY,
                 "the channels of '%s' are bound to an input or output, or mixed "
                 "with others, so none of them can go with those that they are coupled with",
                 e->node->name);
    else if (o->list.count > 0 && o->share > 0)
        snprintf(e->why, NT_WHY, "'%s' is given both a list of channels and a share",
                 e->node->name);
    else
        return o->list.count > 0 ? check_list(e, &units)
                                 : check_criterion(e, &units, &e->memo->arena);
    return NT_INVALID;
}

static nt_status edit(const nt_editing *e, nt_value *ret) {
    const nt_channel_options *o = e->edit->options;
    if (e->at == e->edit->node)
        NT_TRY(check(e));
    return nt_editing_params(e, changed_params(e->from, e->node, o->whole), ret);
}

/* --- values ----------------------------------------------------------------------------------- */

static void zero_rows(float *rows, int64_t elements, const bool *goes, int32_t count) {
    int64_t each = elements / count;
    for (int64_t i = 0; i < elements; i++)
        if (goes[i / each])
            rows[i] = 0;
}

static void zero_kernel(const nt_kernel_rows *k, const bool *goes) {
    for (int32_t o = 0; o < k->out; o++)
        for (int32_t i = 0; goes[o] && i < nt_kernel_in_per_group(k); i++)
            for (int32_t t = 0; t < nt_kernel_taps(k); t++)
                k->rows[nt_kernel_place(k, o, i, t)] = 0;
}

static nt_status fill(const nt_derivation *from, nt_arena *arena, nt_tensor to) {
    const nt_type type = from->state->type;
    const nt_graph *graph = nt_weights_network(from->weights)->graph;
    const nt_node *node = nt_graph_node(graph, from->node);
    int64_t elements = nt_shape_elements(type.shape);
    nt_kernel_rows k;
    const bool *goes;
    NT_TRY(nt_channels_choose(from->edit, from->node, from->weights, from->memo, &goes));
    if (type.layout == NT_KERNEL) {
        NT_TRY(nt_kernel_rows_init(&k, node, from->trained, arena));
        zero_kernel(&k, goes);
        nt_tensor_from_rows(type, k.rows, to.f);
        return NT_OK;
    }
    float *rows = NT_ARENA_ARRAY(arena, float, elements);
    if (!rows)
        return NT_NO_MEMORY;
    nt_tensor_to_rows(type, from->trained->f, rows);
    zero_rows(rows, elements, goes, nt_shape_channels(node->out[0].shape));
    nt_tensor_from_rows(type, rows, to.f);
    return NT_OK;
}

static nt_status derive(const nt_derivation *from, nt_tensor to) {
    nt_arena arena;
    nt_arena_init(&arena);
    nt_status status = fill(from, &arena, to);
    nt_arena_finish(&arena);
    return status;
}

const nt_ablation nt_ablation_channels = {
    .kind = {"channels", "some of its output channels are gone", fields,
             sizeof(nt_channel_options)},
    .layers = NT_KERNEL_LAYERS,
    .fits = nt_node_has_kernel,
    .unfit = "has no kernel, which 'channels' needs",
    .idle = idle,
    .reach = reach,
    .edit = edit,
    .derive = derive,
    .keeps_zeros = true,
};
