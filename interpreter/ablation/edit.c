/* An edit replaces one node, or a few where its kind reaches others. What only fed the node that is
 * replaced is dead then, and no pass keeps it. */
#include "edit.h"

#include "alloc.h"
#include "attrs.h"
#include <stdio.h>
#include <string.h>

/* --- tensors of edits ------------------------------------------------------------------------- */

/* What names a tensor beside the edit: the one that it stands for, and where that matters which
 * layer the edit is of. */
static const char *base_of(const nt_editing *e, const char *source) {
    const nt_ablation *kind = e->edit->kind;
    if (e->at == e->edit->node || !kind->origin || !kind->origin(e->edit->options))
        return source;
    return nt_arena_printf(nt_graph_arena(e->to), "%s %s", source,
                           nt_graph_node(e->from, e->edit->node)->name);
}

static nt_status derive(const nt_editing *e, const char *source, nt_derived item, nt_value *ret) {
    nt_arena *arena = nt_graph_arena(e->to);
    const char *base = base_of(e, source);
    item.edit = *e->edit;
    item.node = e->at;
    item.name = base ? nt_derived_name(arena, e->edit, base) : NULL;
    item.source = nt_arena_string(arena, item.mean ? "" : source);
    if (!item.name || !item.source)
        return NT_NO_MEMORY;
    NT_TRY(nt_derived_list_add(e->derived, &item));
    return nt_graph_add_param(e->to, item.name, item.type, ret);
}

nt_status nt_editing_mean(const nt_editing *e, nt_value *ret) {
    nt_shape shape = e->node->out[0].shape;
    nt_type type = nt_type_param(nt_shape_of(1, shape.dim));
    nt_value mean;
    NT_TRY(derive(e, e->node->name, (nt_derived){.mean = true, .type = type}, &mean));
    return nt_graph_add_constant(e->to, shape, 0, &mean, e->node->name, ret);
}

nt_status nt_editing_params(const nt_editing *e, uint32_t which, nt_value *ret) {
    const nt_node *node = e->node;
    nt_value inputs[NT_MAX_INPUTS + NT_MAX_PARAMS];
    memcpy(inputs, e->in, (size_t)node->in_count * sizeof *inputs);
    for (int32_t j = 0; j < node->in_count; j++)
        if (which >> j & 1)
            NT_TRY(derive(e, nt_graph_node(e->from, node->in[j].node)->name,
                          (nt_derived){.type = *nt_graph_type(e->from, node->in[j])}, &inputs[j]));
    return nt_graph_add_raw(e->to, node->op, node->attrs, inputs, node->data_count, node->in_count,
                            node->name, ret, e->why);
}

nt_status nt_editing_kernel(const nt_editing *e, nt_value *ret) {
    return nt_editing_params(e, 1u << NT_CONV_WEIGHT, ret);
}

/* --- edits ------------------------------------------------------------------------------------ */

typedef struct editing_all {
    const nt_edit *edits;
    int32_t *of; /* by node: the edit that replaces it, -1: none */
    nt_derived_list *derived;
    char *why;
} editing_all;

static nt_status apply(void *context, const nt_graph *from, int32_t i, nt_graph *to, nt_value *in,
                       nt_value *ret_out, bool *ret_replaced) {
    const editing_all *all = context;
    const nt_node *node = nt_graph_node(from, i);
    if (all->of[i] < 0)
        return NT_OK;
    const nt_edit *edit = &all->edits[all->of[i]];
    const nt_editing e = {edit, from, i, node, to, in, all->derived, all->why};
    if (i == edit->node && !edit->kind->fits(from, node)) {
        snprintf(all->why, NT_WHY, "'%s' (%s) has nothing to %s", node->name, node->op->kind.name,
                 edit->kind->kind.name);
        return NT_INVALID;
    }
    *ret_replaced = true;
    return edit->kind->edit(&e, ret_out);
}

/* Whether two edits make the same of a node that both reach, or that one is of. */
static bool agree(const nt_edit *a, const nt_edit *b) {
    return a->kind == b->kind && nt_fields_equal(a->kind->kind.fields, a->options, b->options) &&
           (a->node == b->node || !a->kind->origin || !a->kind->origin(a->options));
}

/* A node's own edit, of another kind, goes first. */
static nt_status take_reached(const editing_all *all, const nt_graph *from, int32_t edit,
                              const bool *reached) {
    for (int32_t i = 0; i < nt_graph_size(from); i++) {
        if (!reached[i] || all->of[i] == edit)
            continue;
        const nt_edit *other = all->of[i] < 0 ? NULL : &all->edits[all->of[i]];
        if (!other)
            all->of[i] = edit;
        else if (other->kind == all->edits[edit].kind && !agree(other, &all->edits[edit])) {
            snprintf(all->why, NT_WHY, "'%s' and '%s' both change '%s', each otherwise",
                     nt_graph_node(from, other->node)->name,
                     nt_graph_node(from, all->edits[edit].node)->name,
                     nt_graph_node(from, i)->name);
            return NT_INVALID;
        }
    }
    return NT_OK;
}

static nt_status find_reached(const editing_all *all, const nt_graph *from, int count) {
    size_t size = (size_t)nt_graph_size(from);
    for (int i = 0; i < count; i++)
        all->of[all->edits[i].node] = i;
    for (int i = 0; i < count; i++) {
        const nt_edit *edit = &all->edits[i];
        if (!edit->kind->reach || !edit->kind->fits(from, nt_graph_node(from, edit->node)))
            continue;
        bool *reached = nt_alloc_zero(size);
        nt_status status = reached ? edit->kind->reach(from, edit, reached) : NT_NO_MEMORY;
        if (status == NT_OK)
            status = take_reached(all, from, i, reached);
        nt_free(reached, size);
        NT_TRY(status);
    }
    return NT_OK;
}

nt_status nt_edit_into(const nt_graph *from, const nt_edit *edits, int count, nt_graph *to,
                       const char *main, nt_derived_list *derived, char why[NT_WHY]) {
    size_t size = (size_t)nt_graph_size(from) * sizeof(int32_t);
    editing_all all = {.edits = edits, .of = nt_alloc(size), .derived = derived, .why = why};
    if (!all.of)
        return NT_NO_MEMORY;
    memset(all.of, 0xFF, size);
    nt_status status = find_reached(&all, from, count);
    if (status == NT_OK)
        status = nt_graph_rewrite_into(from, apply, &all, to, main);
    nt_free(all.of, size);
    return status;
}

/* Of the first output. */
static nt_status depends(const nt_graph *graph, bool *ret) {
    size_t size = (size_t)nt_graph_size(graph);
    bool *dependent = nt_alloc(size);
    if (!dependent)
        return NT_NO_MEMORY;
    nt_graph_mark_dependent(graph, dependent);
    *ret = dependent[nt_graph_output(graph, 0)->value.node];
    nt_free(dependent, size);
    return NT_OK;
}

nt_status nt_edit_cuts(const nt_graph *from, const nt_edit *edits, int count, bool *ret,
                       char why[NT_WHY]) {
    nt_derived_list derived = {0};
    nt_graph *to = nt_graph_new();
    bool dependent = false;
    nt_status status =
        to ? nt_edit_into(from, edits, count, to, "case", &derived, why) : NT_NO_MEMORY;
    if (status == NT_OK)
        status = depends(to, &dependent);
    if (status == NT_OK)
        *ret = !dependent;
    nt_derived_list_finish(&derived);
    nt_graph_free(to);
    return status;
}
