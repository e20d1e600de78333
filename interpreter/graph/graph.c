/* The graph's store: nodes in an array of pointers (a node never moves), found again through an
 * open hash table of node numbers. */
#include "graph.h"

#include "alloc.h"
#include "attrs.h"
#include "hash.h"
#include <stdio.h>
#include <string.h>

struct nt_graph {
    nt_arena arena;
    const nt_node **nodes;
    size_t count, capacity;
    int32_t value_count;
    int32_t *table; /* node number + 1, or 0 where empty; a power of two of slots */
    size_t table_size;
    nt_output *outputs;
    size_t output_count, output_capacity;
};

nt_graph *nt_graph_new(void) {
    return nt_alloc_zero(sizeof(nt_graph));
}

void nt_graph_free(nt_graph *graph) {
    if (!graph)
        return;
    nt_free(graph->nodes, graph->capacity * sizeof *graph->nodes);
    nt_free(graph->table, graph->table_size * sizeof *graph->table);
    nt_free(graph->outputs, graph->output_capacity * sizeof *graph->outputs);
    nt_arena_finish(&graph->arena);
    nt_free(graph, sizeof *graph);
}

int32_t nt_graph_size(const nt_graph *graph) {
    return (int32_t)graph->count;
}

const nt_node *nt_graph_node(const nt_graph *graph, int32_t node) {
    return graph->nodes[node];
}

int32_t nt_graph_value_count(const nt_graph *graph) {
    return graph->value_count;
}

int32_t nt_graph_value_number(const nt_graph *graph, nt_value value) {
    return graph->nodes[value.node]->first_value + value.output;
}

const nt_type *nt_graph_type(const nt_graph *graph, nt_value value) {
    return &graph->nodes[value.node]->out[value.output];
}

int64_t nt_graph_gathered(const nt_graph *graph, const nt_node *node) {
    if (!node->op->gathers)
        return 0;
    const nt_type *in = node->grad ? &node->grad->in[0] : nt_graph_type(graph, node->in[0]);
    return node->op->gathers(node->attrs, in);
}

nt_arena *nt_graph_arena(nt_graph *graph) {
    return &graph->arena;
}

int32_t nt_graph_output_count(const nt_graph *graph) {
    return (int32_t)graph->output_count;
}

const nt_output *nt_graph_output(const nt_graph *graph, int32_t i) {
    return &graph->outputs[i];
}

nt_status nt_graph_add_output(nt_graph *graph, const char *name, nt_value value) {
    const char *copy = nt_arena_string(&graph->arena, name);
    void *outputs = graph->outputs;
    if (!copy ||
        !nt_grow(&outputs, &graph->output_capacity, graph->output_count, sizeof(nt_output)))
        return NT_NO_MEMORY;
    graph->outputs = outputs;
    graph->outputs[graph->output_count++] = (nt_output){.name = copy, .value = value};
    return NT_OK;
}

/* --- interning -------------------------------------------------------------------------------- */

static uint64_t hash_of(const nt_node *node) {
    uint64_t grads = node->grad ? 1 + node->grad->out_grads : 0;
    uint64_t h = nt_hash_string(nt_hash_word(nt_hash_secret(), grads), node->op->kind.name);
    h = nt_hash_word(h, (uint64_t)node->data_count);
    for (int32_t i = 0; i < node->in_count; i++)
        h = nt_hash_word(h, (uint64_t)node->in[i].node << 8 | (uint64_t)node->in[i].output);
    return nt_fields_hash(node->op->kind.fields, node->attrs, h);
}

static bool same_types(const nt_type *a, const nt_type *b, int32_t count) {
    for (int32_t i = 0; i < count; i++)
        if (!nt_type_equal(a[i], b[i]))
            return false;
    return true;
}

static bool same_grad(const nt_grad *a, const nt_grad *b) {
    if (!a || !b)
        return a == b;
    return a->in_count == b->in_count && a->out_count == b->out_count &&
           a->out_grads == b->out_grads && same_types(a->in, b->in, a->in_count) &&
           same_types(a->out, b->out, a->out_count);
}

static bool same(const nt_node *a, const nt_node *b) {
    if (a->hash != b->hash || a->op != b->op || !same_grad(a->grad, b->grad) ||
        a->data_count != b->data_count || a->in_count != b->in_count)
        return false;
    for (int32_t i = 0; i < a->in_count; i++)
        if (a->in[i].node != b->in[i].node || a->in[i].output != b->in[i].output)
            return false;
    return nt_fields_equal(a->op->kind.fields, a->attrs, b->attrs);
}

/* The slot of a node that equals `node`, or the empty slot where it belongs. */
static size_t find_slot(const nt_graph *graph, const nt_node *node) {
    size_t slot = node->hash & (graph->table_size - 1);
    while (graph->table[slot] && !same(graph->nodes[graph->table[slot] - 1], node))
        slot = (slot + 1) & (graph->table_size - 1);
    return slot;
}

static bool grow_table(nt_graph *graph) {
    size_t size = graph->table_size ? graph->table_size * 2 : 64;
    int32_t *table = nt_alloc_zero(size * sizeof *table);
    if (!table)
        return false;
    nt_free(graph->table, graph->table_size * sizeof *table);
    graph->table = table;
    graph->table_size = size;
    for (size_t i = 0; i < graph->count; i++)
        graph->table[find_slot(graph, graph->nodes[i])] = (int32_t)i + 1;
    return true;
}

static bool varies(const nt_graph *graph, const nt_node *node) {
    if (node->op == &nt_op_input || node->op->traits & NT_OP_RANDOM)
        return true;
    for (int32_t i = 0; i < node->in_count; i++)
        if (graph->nodes[node->in[i].node]->varies)
            return true;
    return false;
}

static nt_grad *settle_grad(nt_arena *arena, const nt_grad *draft) {
    nt_grad *grad = nt_arena_copy(arena, draft, sizeof *draft);
    if (!grad)
        return NULL;
    grad->in = nt_arena_copy(arena, draft->in, (size_t)draft->in_count * sizeof *draft->in);
    grad->out = nt_arena_copy(arena, draft->out, (size_t)draft->out_count * sizeof *draft->out);
    return grad->in && grad->out ? grad : NULL;
}

/* Moves a node that lives on the caller's stack into the arena, with all that it points to. */
static nt_node *settle(nt_graph *graph, const nt_node *draft, const char *name) {
    nt_arena *arena = &graph->arena;
    nt_node *node = nt_arena_copy(arena, draft, sizeof *draft);
    if (!node)
        return NULL;
    node->in = nt_arena_copy(arena, draft->in, (size_t)draft->in_count * sizeof *draft->in);
    node->out = nt_arena_copy(arena, draft->out, (size_t)draft->out_count * sizeof *draft->out);
    node->name = nt_arena_string(arena, name ? name : "");
    if (node->attrs)
        node->attrs = nt_kind_copy(&node->op->kind, draft->attrs, arena);
    if (node->grad)
        node->grad = settle_grad(arena, draft->grad);
    bool lacks = (draft->attrs && !node->attrs) || (draft->grad && !node->grad);
    return node->in && node->out && node->name && !lacks ? node : NULL;
}

/* Finds or appends the node drafted: op, grad, attrs, in, out and the counts are set. */
static nt_status intern(nt_graph *graph, nt_node *draft, const char *name, int32_t *ret) {
    if (graph->count * 2 >= graph->table_size && !grow_table(graph))
        return NT_NO_MEMORY;
    draft->hash = hash_of(draft);
    size_t slot = find_slot(graph, draft);
    if (graph->table[slot]) {
        *ret = graph->table[slot] - 1;
        return NT_OK;
    }
    void *nodes = graph->nodes;
    if (!nt_grow(&nodes, &graph->capacity, graph->count, sizeof *graph->nodes))
        return NT_NO_MEMORY;
    graph->nodes = nodes;
    draft->varies = varies(graph, draft);
    draft->first_value = graph->value_count;
    nt_node *node = settle(graph, draft, name);
    if (!node)
        return NT_NO_MEMORY;
    graph->nodes[graph->count++] = node;
    graph->table[slot] = (int32_t)graph->count;
    graph->value_count += node->out_count;
    *ret = (int32_t)graph->count - 1;
    return NT_OK;
}

/* --- adding ----------------------------------------------------------------------------------- */

static bool fits(nt_type type, const char *what, char why[NT_WHY]) {
    char shape[NT_SHAPE_TEXT];
    if (nt_type_fits(type))
        return true;
    snprintf(why, NT_WHY, "its %s of %s has more elements than can be counted (%d)", what,
             nt_shape_format(type.shape, shape), INT32_MAX);
    return false;
}

/* The op's own inference, and a bound on what comes out. */
static int infer(const nt_op *op, const void *attrs, const nt_type *in, int in_count,
                 nt_type *ret_out, char why[NT_WHY]) {
    int count = op->infer(attrs, in, in_count, ret_out, why);
    for (int k = 0; k < count; k++)
        if (!fits(ret_out[k], "output", why))
            return 0;
    return count;
}

nt_status nt_graph_add_raw(nt_graph *graph, const nt_op *op, const void *attrs, const nt_value *in,
                           int data_count, int in_count, const char *name, nt_value *ret,
                           char why[NT_WHY]) {
    nt_type in_types[NT_MAX_INPUTS], out_types[NT_MAX_OUTPUTS];
    if (data_count < op->min_inputs || data_count > op->max_inputs) {
        snprintf(why, NT_WHY, "%s takes %d%s input%s, not %d", op->kind.name, op->min_inputs,
                 op->max_inputs > op->min_inputs ? " or more" : "", op->max_inputs == 1 ? "" : "s",
                 data_count);
        return NT_INVALID;
    }
    for (int i = 0; i < data_count; i++)
        in_types[i] = *nt_graph_type(graph, in[i]);
    int out_count = infer(op, attrs, in_types, data_count, out_types, why);
    if (out_count == 0)
        return NT_INVALID;
    nt_node draft = {.op = op,
                     .attrs = attrs,
                     .in = in,
                     .out = out_types,
                     .in_count = in_count,
                     .data_count = data_count,
                     .out_count = out_count};
    int32_t node;
    NT_TRY(intern(graph, &draft, name, &node));
    *ret = (nt_value){.node = node};
    return NT_OK;
}

nt_status nt_graph_add(nt_graph *graph, const nt_op *op, const void *attrs, const nt_value *in,
                       int in_count, const char *name, nt_value *ret, char why[NT_WHY]) {
    nt_value all[NT_MAX_INPUTS + NT_MAX_PARAMS];
    nt_type in_types[NT_MAX_INPUTS], out_types[NT_MAX_OUTPUTS];
    nt_param params[NT_MAX_PARAMS];
    char full_name[512];
    int count = in_count, param_count = 0;
    if (op->params && in_count >= op->min_inputs && in_count <= op->max_inputs) {
        for (int i = 0; i < in_count; i++)
            in_types[i] = *nt_graph_type(graph, in[i]);
        if (infer(op, attrs, in_types, in_count, out_types, why) == 0)
            return NT_INVALID;
        param_count = op->params(attrs, in_types, params);
    }
    if (in_count > 0 && in_count <= NT_MAX_INPUTS)
        memcpy(all, in, (size_t)in_count * sizeof *in);
    for (int i = 0; i < param_count; i++) {
        if (params[i].role == NT_COUNTER)
            continue;
        if (!fits(params[i].type, params[i].name, why))
            return NT_INVALID;
        snprintf(full_name, sizeof full_name, "%s%s%s", name, nt_param_dot(&params[i]),
                 params[i].name);
        NT_TRY(nt_graph_add_param(graph, full_name, params[i].type, &all[count++]));
    }
    return nt_graph_add_raw(graph, op, attrs, all, in_count, count, name, ret, why);
}

nt_status nt_graph_add_input(nt_graph *graph, const char *name, nt_type type, nt_value *ret) {
    char why[NT_WHY];
    nt_input_attrs attrs = {.name = name,
                            .shape = {.count = type.shape.rank, .items = type.shape.dim},
                            .dtype = type.dtype};
    return nt_graph_add_raw(graph, &nt_op_input, &attrs, NULL, 0, 0, name, ret, why);
}

nt_status nt_graph_add_param(nt_graph *graph, const char *name, nt_type type, nt_value *ret) {
    char why[NT_WHY];
    nt_param_attrs attrs = {.name = name,
                            .shape = {.count = type.shape.rank, .items = type.shape.dim},
                            .layout = type.layout,
                            .groups = type.groups,
                            .dtype = type.dtype};
    return nt_graph_add_raw(graph, &nt_op_param, &attrs, NULL, 0, 0, name, ret, why);
}

nt_status nt_graph_add_constant(nt_graph *graph, nt_shape shape, double value,
                                const nt_value *channels, const char *name, nt_value *ret) {
    char why[NT_WHY];
    nt_constant_attrs attrs = {.shape = {.count = shape.rank, .items = shape.dim}, .value = value};
    int count = channels ? 1 : 0;
    return nt_graph_add_raw(graph, &nt_op_constant, &attrs, channels, count, count, name, ret, why);
}

bool nt_graph_is_zero(const nt_graph *graph, nt_value value) {
    const nt_node *node = graph->nodes[value.node];
    return !node->grad && node->op == &nt_op_constant && node->in_count == 0 &&
           ((const nt_constant_attrs *)node->attrs)->value == 0;
}

nt_status nt_graph_add_gradient(nt_graph *graph, int32_t of, const nt_value *out_grads,
                                int32_t *ret) {
    const nt_node *node = graph->nodes[of];
    nt_value in[NT_MAX_INPUTS + NT_MAX_PARAMS + 2 * NT_MAX_OUTPUTS];
    nt_type types[NT_MAX_INPUTS + NT_MAX_PARAMS];
    int count = 0;
    if (!node->op->backward)
        return NT_INVALID;
    nt_grad grad = {
        .in = types, .out = node->out, .in_count = node->in_count, .out_count = node->out_count};
    for (int32_t i = 0; i < node->in_count; i++) {
        types[i] = *nt_graph_type(graph, node->in[i]);
        if (nt_op_grad_reads_in(node->op, i))
            in[count++] = node->in[i];
    }
    for (int32_t k = 0; k < node->out_count; k++)
        if (node->op->grad_reads_out >> k & 1)
            in[count++] = (nt_value){.node = of, .output = k};
    for (int32_t k = 0; k < node->out_count; k++)
        if (out_grads[k].node >= 0) {
            grad.out_grads |= UINT32_C(1) << k;
            in[count++] = out_grads[k];
        }
    nt_node draft = {.op = node->op,
                     .attrs = node->attrs,
                     .grad = &grad,
                     .in = in,
                     .out = types,
                     .in_count = count,
                     .data_count = count,
                     .out_count = node->in_count};
    return intern(graph, &draft, node->name, ret);
}

void nt_graph_count_readers(const nt_graph *graph, int32_t *ret_readers) {
    memset(ret_readers, 0, (size_t)graph->value_count * sizeof *ret_readers);
    for (size_t i = 0; i < graph->count; i++)
        for (int32_t j = 0; j < graph->nodes[i]->in_count; j++)
            ret_readers[nt_graph_value_number(graph, graph->nodes[i]->in[j])]++;
    for (size_t i = 0; i < graph->output_count; i++)
        ret_readers[nt_graph_value_number(graph, graph->outputs[i].value)]++;
}

/* --- rewriting -------------------------------------------------------------------------------- */

/* Inputs precede their readers, so one walk back does. */
static void walk_back(const nt_graph *graph, bool *live) {
    for (size_t i = graph->count; i-- > 0;)
        for (int32_t j = 0; live[i] && j < graph->nodes[i]->in_count; j++)
            live[graph->nodes[i]->in[j].node] = true;
}

void nt_graph_mark_live(const nt_graph *graph, int32_t outputs, bool *ret_live) {
    memset(ret_live, 0, graph->count);
    for (int32_t i = 0; i < outputs && i < (int32_t)graph->output_count; i++)
        ret_live[graph->outputs[i].value.node] = true;
    walk_back(graph, ret_live);
}

void nt_graph_mark_ancestors(const nt_graph *graph, nt_value value, bool *ret_live) {
    memset(ret_live, 0, graph->count);
    ret_live[value.node] = true;
    walk_back(graph, ret_live);
}

void nt_graph_mark_dependent(const nt_graph *graph, bool *ret_dependent) {
    for (size_t i = 0; i < graph->count; i++) {
        const nt_node *node = graph->nodes[i];
        ret_dependent[i] = node->op == &nt_op_input;
        for (int32_t j = 0; j < node->in_count && !ret_dependent[i]; j++)
            ret_dependent[i] = ret_dependent[node->in[j].node];
    }
}

typedef struct rewrite {
    const nt_graph *from;
    nt_graph *to;
    nt_rewrite_rule rule;
    void *context;
    nt_value *map; /* by number of a value of `from` */
} rewrite;

/* The types of a forward node follow anew from its inputs, which may no longer vary; those of a
 * gradient node are its descriptor's. */
static nt_status copy_node(rewrite *rw, const nt_node *node, const nt_value *in, int32_t *ret) {
    char why[NT_WHY];
    if (node->grad) {
        nt_node draft = *node;
        draft.in = in;
        return intern(rw->to, &draft, node->name, ret);
    }
    nt_value value;
    NT_TRY(nt_graph_add_raw(rw->to, node->op, node->attrs, in, node->data_count, node->in_count,
                            node->name, &value, why));
    *ret = value.node;
    return NT_OK;
}

static nt_status rewrite_node(rewrite *rw, int32_t i) {
    const nt_node *node = rw->from->nodes[i];
    nt_value in[NT_MAX_INPUTS + NT_MAX_PARAMS + 2 * NT_MAX_OUTPUTS];
    nt_value *out = rw->map + node->first_value;
    for (int32_t j = 0; j < node->in_count; j++)
        in[j] = rw->map[nt_graph_value_number(rw->from, node->in[j])];
    bool replaced = false;
    if (rw->rule)
        NT_TRY(rw->rule(rw->context, rw->from, i, rw->to, in, out, &replaced));
    if (replaced)
        return NT_OK;
    int32_t copy;
    NT_TRY(copy_node(rw, node, in, &copy));
    for (int32_t k = 0; k < node->out_count; k++)
        out[k] = (nt_value){.node = copy, .output = k};
    return NT_OK;
}

nt_status nt_graph_rewrite_into(const nt_graph *from, nt_rewrite_rule rule, void *context,
                                nt_graph *to, const char *main) {
    size_t outputs = main && from->output_count > 1 ? 1 : from->output_count;
    size_t map_size = (size_t)from->value_count * sizeof(nt_value);
    rewrite rw = {.from = from, .to = to, .rule = rule, .context = context};
    bool *live = nt_alloc(from->count);
    rw.map = nt_alloc(map_size);
    nt_status status = live && rw.map ? NT_OK : NT_NO_MEMORY;
    if (status == NT_OK)
        nt_graph_mark_live(from, (int32_t)outputs, live);
    for (size_t i = 0; status == NT_OK && i < from->count; i++)
        if (live[i])
            status = rewrite_node(&rw, (int32_t)i);
    for (size_t i = 0; status == NT_OK && i < outputs; i++)
        status = nt_graph_add_output(to, main ? main : from->outputs[i].name,
                                     rw.map[nt_graph_value_number(from, from->outputs[i].value)]);
    nt_free(live, from->count);
    nt_free(rw.map, map_size);
    return status;
}

nt_status nt_graph_rewrite(const nt_graph *from, nt_rewrite_rule rule, void *context,
                           nt_graph **ret) {
    nt_graph *to = nt_graph_new();
    if (!to)
        return NT_NO_MEMORY;
    nt_status status = nt_graph_rewrite_into(from, rule, context, to, NULL);
    if (status != NT_OK) {
        nt_graph_free(to);
        return status;
    }
    *ret = to;
    return NT_OK;
}

nt_status nt_graph_main(const nt_graph *from, nt_graph **ret) {
    nt_graph *to = nt_graph_new();
    if (!to)
        return NT_NO_MEMORY;
    nt_status status = nt_graph_rewrite_into(from, NULL, NULL, to, nt_graph_output(from, 0)->name);
    if (status == NT_OK)
        *ret = to;
    else
        nt_graph_free(to);
    return status;
}
