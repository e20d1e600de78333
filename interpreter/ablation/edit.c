/* An edit replaces one node. What only fed the node that is replaced is dead then, and no pass
 * keeps it. */
#include "edit.h"

#include "alloc.h"
#include "attrs.h"
#include <stdio.h>
#include <string.h>

/* --- tensors of edits ------------------------------------------------------------------------- */

static nt_status derive(const nt_editing *e, const char *base, nt_derived item, nt_value *ret) {
    nt_arena *arena = nt_graph_arena(e->to);
    item.edit = *e->edit;
    item.name = nt_derived_name(arena, e->edit, base);
    item.source = nt_arena_string(arena, item.mean ? "" : base);
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

nt_status nt_editing_kernel(const nt_editing *e, nt_value *ret) {
    const nt_node *node = e->node;
    nt_value inputs[NT_MAX_INPUTS + NT_MAX_PARAMS];
    nt_type type = *nt_graph_type(e->from, node->in[NT_CONV_WEIGHT]);
    memcpy(inputs, e->in, (size_t)node->in_count * sizeof *inputs);
    NT_TRY(derive(e, nt_graph_node(e->from, node->in[NT_CONV_WEIGHT].node)->name,
                  (nt_derived){.type = type}, &inputs[NT_CONV_WEIGHT]));
    return nt_graph_add_raw(e->to, node->op, node->attrs, inputs, node->data_count, node->in_count,
                            node->name, ret, e->why);
}

/* --- edits ------------------------------------------------------------------------------------ */

typedef struct editing_all {
    const nt_edit *edits;
    int count;
    nt_derived_list *derived;
    char *why;
} editing_all;

static nt_status apply(void *context, const nt_graph *from, int32_t i, nt_graph *to, nt_value *in,
                       nt_value *ret_out, bool *ret_replaced) {
    const editing_all *all = context;
    const nt_node *node = nt_graph_node(from, i);
    int at = 0;
    while (at < all->count && all->edits[at].node != i)
        at++;
    if (at == all->count)
        return NT_OK;
    const nt_edit *edit = &all->edits[at];
    const nt_editing e = {edit, from, node, to, in, all->derived, all->why};
    if (!edit->kind->fits(from, node)) {
        snprintf(all->why, NT_WHY, "'%s' (%s) has nothing to %s", node->name, node->op->kind.name,
                 edit->kind->kind.name);
        return NT_INVALID;
    }
    *ret_replaced = true;
    return edit->kind->edit(&e, ret_out);
}

nt_status nt_edit_into(const nt_graph *from, const nt_edit *edits, int count, nt_graph *to,
                       const char *main, nt_derived_list *derived, char why[NT_WHY]) {
    editing_all all = {.edits = edits, .count = count, .derived = derived, .why = why};
    return nt_graph_rewrite_into(from, apply, &all, to, main);
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
