/* An edit replaces one node, or a few where its kind reaches others. What only fed the node that is
 * replaced is dead then, and no pass keeps it. */
#include "edit.h"

#include "alloc.h"
#include "attrs.h"
#include <stdio.h>
#include <string.h>

/* --- tensors of edits ------------------------------------------------------------------------- */

/* All edits of a node say what becomes of its tensors, and those of others whose they are. */
static const char *name_of(const nt_editing *e, const char *source) {
    nt_arena *arena = nt_graph_arena(e->to);
    for (; e && source; e = e->next) {
        if (e->origin != e->at)
            source =
                nt_arena_printf(arena, "%s %s", source, nt_graph_node(e->from, e->origin)->name);
        source = source ? nt_derived_name(arena, e->edit, source) : NULL;
    }
    return source;
}

static nt_status list_more(const nt_editing *e, nt_derived *item) {
    for (const nt_editing *other = e->next; other; other = other->next)
        item->more_count++;
    nt_edit *more = NT_ARENA_ARRAY(nt_graph_arena(e->to), nt_edit, item->more_count + 1);
    int32_t count = 0;
    for (const nt_editing *other = e->next; more && other; other = other->next)
        more[count++] = *other->edit;
    item->more = more;
    return more ? NT_OK : NT_NO_MEMORY;
}

static nt_status derive(const nt_editing *e, const char *source, nt_derived item, nt_value *ret) {
    item.edit = *e->edit;
    item.node = e->at;
    item.name = name_of(e, source);
    item.source = nt_arena_string(nt_graph_arena(e->to), item.mean ? "" : source);
    if (!item.name || !item.source)
        return NT_NO_MEMORY;
    NT_TRY(list_more(e, &item));
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

/* An edit of a node, in a list of them. */
typedef struct editing_one {
    int edit;
    struct editing_one *next;
} editing_one;

typedef struct editing_all {
    const nt_edit *edits;
    int32_t *origins; /* of each */
    editing_one **of; /* by node: those that change it */
    nt_ablation_memo memo;
    nt_derived_list *derived;
    char *why;
} editing_all;

static nt_status apply(void *context, const nt_graph *from, int32_t i, nt_graph *to, nt_value *in,
                       nt_value *ret_out, bool *ret_replaced) {
    editing_all *all = context;
    const nt_node *node = nt_graph_node(from, i);
    const nt_editing *first = NULL, **end = &first;
    for (const editing_one *one = all->of[i]; one; one = one->next) {
        nt_editing *e = NT_ARENA_NEW(&all->memo.arena, nt_editing);
        if (!e)
            return NT_NO_MEMORY;
        *e = (nt_editing){&all->edits[one->edit],
                          all->origins[one->edit],
                          NULL,
                          &all->memo,
                          from,
                          i,
                          node,
                          to,
                          in,
                          all->derived,
                          all->why};
        *end = e;
        end = &e->next;
    }
    if (!first)
        return NT_OK;
    const nt_edit *edit = first->edit;
    if (i == edit->node && !edit->kind->fits(from, node)) {
        snprintf(all->why, NT_WHY, "'%s' (%s) has nothing to %s", node->name, node->op->kind.name,
                 edit->kind->kind.name);
        return NT_INVALID;
    }
    *ret_replaced = true;
    return edit->kind->edit(first, ret_out);
}

static bool is_same(const editing_all *all, int a, int b) {
    const nt_edit *x = &all->edits[a], *y = &all->edits[b];
    return x->kind == y->kind && all->origins[a] == all->origins[b] &&
           nt_fields_equal(x->kind->kind.fields, x->options, y->options);
}

/* A node's own edit, of another kind, stays alone; of a node that fits there is but one. */
static nt_status reach_node(editing_all *all, const nt_graph *from, int32_t i, int edit) {
    const nt_ablation *kind = all->edits[edit].kind;
    editing_one **end = &all->of[i], *one = NT_ARENA_NEW(&all->memo.arena, editing_one);
    if (!one)
        return NT_NO_MEMORY;
    for (; *end; end = &(*end)->next) {
        const nt_edit *other = &all->edits[(*end)->edit];
        if (other->kind != kind || is_same(all, (*end)->edit, edit))
            return NT_OK;
        if (!kind->fits(from, nt_graph_node(from, i)))
            continue;
        snprintf(all->why, NT_WHY, "'%s' and '%s' both change '%s', each otherwise",
                 nt_graph_node(from, other->node)->name,
                 nt_graph_node(from, all->edits[edit].node)->name, nt_graph_node(from, i)->name);
        return NT_INVALID;
    }
    one->edit = edit;
    *end = one;
    return NT_OK;
}

/* What each edit reaches; by node, for each edit in turn. Origins come first. */
static nt_status find_reached(editing_all *all, const nt_graph *from, int count) {
    bool **reached = NT_ARENA_ARRAY(&all->memo.arena, bool *, count + 1);
    int32_t size = nt_graph_size(from);
    for (int i = 0; reached && i < count; i++) {
        const nt_edit *edit = &all->edits[i];
        if (!edit->kind->reach || !edit->kind->fits(from, nt_graph_node(from, edit->node)))
            continue;
        reached[i] = NT_ARENA_ARRAY(&all->memo.arena, bool, size);
        if (!reached[i])
            return NT_NO_MEMORY;
        NT_TRY(edit->kind->reach(from, edit, &all->memo, reached[i], &all->origins[i]));
    }
    for (int i = 0; reached && i < count; i++)
        for (int32_t n = 0; reached[i] && n < size; n++)
            if (reached[i][n])
                NT_TRY(reach_node(all, from, n, i));
    return reached ? NT_OK : NT_NO_MEMORY;
}

static nt_status find_all(editing_all *all, const nt_graph *from, int count) {
    all->origins = NT_ARENA_ARRAY(&all->memo.arena, int32_t, count + 1);
    all->of = NT_ARENA_ARRAY(&all->memo.arena, editing_one *, nt_graph_size(from));
    editing_one *own = NT_ARENA_ARRAY(&all->memo.arena, editing_one, count + 1);
    if (!all->origins || !all->of || !own)
        return NT_NO_MEMORY;
    for (int i = 0; i < count; i++) {
        own[i].edit = i;
        all->origins[i] = all->edits[i].node;
        all->of[all->edits[i].node] = &own[i];
    }
    return find_reached(all, from, count);
}

nt_status nt_edit_into(const nt_graph *from, const nt_edit *edits, int count, nt_graph *to,
                       const char *main, nt_derived_list *derived, char why[NT_WHY]) {
    editing_all all = {.edits = edits, .derived = derived, .why = why};
    nt_arena_init(&all.memo.arena);
    nt_status status = find_all(&all, from, count);
    if (status == NT_OK)
        status = nt_graph_rewrite_into(from, apply, &all, to, main);
    nt_arena_finish(&all.memo.arena);
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
