/* An edit replaces one node: a kernel of zeros leaves a constant, another kernel is another
 * parameter, and a dropped branch leaves the sum's other input. What only fed the node that is
 * replaced is dead then, and no pass keeps it. */
#include "edit.h"

#include "alloc.h"
#include "attrs.h"
#include <stdio.h>
#include <string.h>

const char *const nt_edit_names[] = {
    [NT_EDIT_ZERO] = "zero",
    [NT_EDIT_MEAN] = "mean",
    [NT_EDIT_REINIT] = "reinit",
    [NT_EDIT_RERANDOMISE] = "rerandomise",
    [NT_EDIT_NOISE] = "noise",
    [NT_EDIT_DROP] = "drop",
    NULL,
};

bool nt_node_has_kernel(const nt_graph *graph, const nt_node *node) {
    return node->data_count == 1 && node->in_count > NT_CONV_WEIGHT && !node->grad &&
           nt_graph_type(graph, node->in[NT_CONV_WEIGHT])->layout == NT_KERNEL;
}

bool nt_edit_fits(const nt_graph *graph, const nt_node *node, nt_edit_kind kind) {
    return kind == NT_EDIT_DROP ? node->op == &nt_op_add : nt_node_has_kernel(graph, node);
}

void nt_derived_list_finish(nt_derived_list *list) {
    nt_free(list->items, list->capacity * sizeof *list->items);
    *list = (nt_derived_list){0};
}

/* What the rule needs. */
typedef struct editing {
    const nt_edit *edits;
    int count;
    nt_derived_list *derived;
    char *why;
} editing;

/* --- tensors of edits ------------------------------------------------------------------------- */

static const char *derived_name(nt_arena *arena, const nt_edit *edit, const char *source) {
    switch (edit->kind) {
    case NT_EDIT_RERANDOMISE:
        return nt_arena_printf(arena, "%s rerandomise %lld", source, (long long)edit->seed);
    case NT_EDIT_NOISE:
        return nt_arena_printf(arena, "%s noise %.17g %lld", source, edit->deviation,
                               (long long)edit->seed);
    default:
        return nt_arena_printf(arena, "%s %s", source, nt_edit_names[edit->kind]);
    }
}

static nt_status remember(nt_derived_list *list, const nt_derived *item) {
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i].name, item->name) == 0)
            return NT_OK;
    void *items = list->items;
    if (!nt_grow(&items, &list->capacity, list->count, sizeof *list->items))
        return NT_NO_MEMORY;
    list->items = items;
    list->items[list->count++] = *item;
    return NT_OK;
}

/* The parameter of `to` that holds what the edit puts in place of `source`. */
static nt_status derive(editing *e, nt_graph *to, nt_derived item, nt_value *ret) {
    nt_arena *arena = nt_graph_arena(to);
    const char *base = item.source[0] ? item.source : item.name;
    item.source = nt_arena_string(arena, item.source);
    item.name = derived_name(arena, &item.edit, base);
    if (!item.name || !item.source)
        return NT_NO_MEMORY;
    NT_TRY(remember(e->derived, &item));
    return nt_graph_add_param(to, item.name, item.type, ret);
}

/* --- kinds ------------------------------------------------------------------------------------ */

static nt_status put_constant(editing *e, const nt_edit *edit, const nt_node *node, nt_graph *to,
                              const nt_value *in, nt_value *ret) {
    nt_shape shape = node->out[0].shape;
    nt_value mean;
    if (edit->kind == NT_EDIT_ZERO)
        return nt_graph_add_constant(to, shape, 0,
                                     node->in_count > NT_CONV_BIAS ? &in[NT_CONV_BIAS] : NULL,
                                     node->name, ret);
    nt_derived item = {.name = node->name,
                       .source = "",
                       .value = {.node = edit->node},
                       .type = nt_type_param(nt_shape_of(1, shape.dim)),
                       .edit = *edit};
    NT_TRY(derive(e, to, item, &mean));
    return nt_graph_add_constant(to, shape, 0, &mean, node->name, ret);
}

static nt_status put_kernel(editing *e, const nt_edit *edit, const nt_graph *from,
                            const nt_node *node, nt_graph *to, const nt_value *in, nt_value *ret) {
    nt_value inputs[NT_MAX_INPUTS + NT_MAX_PARAMS];
    nt_derived item = {.name = "",
                       .source = nt_graph_node(from, node->in[NT_CONV_WEIGHT].node)->name,
                       .type = *nt_graph_type(from, node->in[NT_CONV_WEIGHT]),
                       .edit = *edit};
    memcpy(inputs, in, (size_t)node->in_count * sizeof *in);
    NT_TRY(derive(e, to, item, &inputs[NT_CONV_WEIGHT]));
    return nt_graph_add_raw(to, node->op, node->attrs, inputs, node->data_count, node->in_count,
                            node->name, ret, e->why);
}

/* Whether node `below` depends on node `above`. */
static bool depends(const nt_graph *graph, int32_t below, int32_t above, bool *ret_no_memory) {
    bool *reached = nt_alloc_zero((size_t)below + 1);
    if (!reached) {
        *ret_no_memory = true;
        return false;
    }
    reached[below] = true;
    for (int32_t i = below; i > above; i--)
        for (int32_t j = 0; reached[i] && j < nt_graph_node(graph, i)->in_count; j++)
            reached[nt_graph_node(graph, i)->in[j].node] = true;
    bool result = below > above && reached[above];
    nt_free(reached, (size_t)below + 1);
    return result;
}

/* The sum's input that its other inputs are computed from: the identity path; -1: none is. */
static int identity_of(const nt_graph *graph, const nt_node *sum, bool *ret_no_memory) {
    for (int32_t k = 0; k < sum->in_count; k++) {
        bool all = true;
        for (int32_t j = 0; j < sum->in_count; j++)
            all =
                all && (j == k || depends(graph, sum->in[j].node, sum->in[k].node, ret_no_memory));
        if (all)
            return k;
    }
    return -1;
}

static nt_status drop(editing *e, const nt_graph *from, const nt_node *node, const nt_value *in,
                      nt_value *ret) {
    bool no_memory = false;
    int identity = identity_of(from, node, &no_memory);
    if (no_memory)
        return NT_NO_MEMORY;
    if (identity < 0) {
        snprintf(e->why, NT_WHY, "'%s' has no identity path, so its branch can't be dropped",
                 node->name);
        return NT_INVALID;
    }
    *ret = in[identity];
    return NT_OK;
}

static nt_status apply(void *context, const nt_graph *from, int32_t i, nt_graph *to, nt_value *in,
                       nt_value *ret_out, bool *ret_replaced) {
    editing *e = context;
    const nt_node *node = nt_graph_node(from, i);
    int at = 0;
    while (at < e->count && e->edits[at].node != i)
        at++;
    if (at == e->count)
        return NT_OK;
    const nt_edit *edit = &e->edits[at];
    if (!nt_edit_fits(from, node, edit->kind)) {
        snprintf(e->why, NT_WHY, "'%s' (%s) has nothing to %s", node->name, node->op->kind.name,
                 nt_edit_names[edit->kind]);
        return NT_INVALID;
    }
    *ret_replaced = true;
    if (edit->kind == NT_EDIT_DROP)
        return drop(e, from, node, in, ret_out);
    if (edit->kind == NT_EDIT_ZERO || edit->kind == NT_EDIT_MEAN)
        return put_constant(e, edit, node, to, in, ret_out);
    return put_kernel(e, edit, from, node, to, in, ret_out);
}

nt_status nt_edit_into(const nt_graph *from, const nt_edit *edits, int count, nt_graph *to,
                       const char *main, nt_derived_list *derived, char why[NT_WHY]) {
    editing e = {.edits = edits, .count = count, .derived = derived, .why = why};
    return nt_graph_rewrite_into(from, apply, &e, to, main);
}
