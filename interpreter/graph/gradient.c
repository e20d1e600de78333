/* Walks back from the loss. A value's gradient is the sum of what its readers pass back: each
 * reader adds its part to the value's list, and when the walk reaches the node that made the value,
 * all its readers have been met, since they come later. Sums run in the order of the readers, last
 * first. */
#include "gradient.h"

#include "alloc.h"
#include "attrs.h"
#include <string.h>

/* One part of a value's gradient. */
typedef struct part {
    nt_value value;
    int32_t next; /* position + 1 in the list of parts; 0: none */
} part;

typedef struct walk {
    nt_graph *graph;
    int32_t size;   /* nodes before any gradient was appended */
    bool *wanted;   /* per node: depends on a value whose gradient is asked for */
    int32_t *first; /* per value, by number: its first part + 1; 0: none */
    int32_t *last;  /* and its last one */
    nt_value *sums; /* per value: its gradient once summed; node -1: none */
    part *parts;
    size_t part_count, part_capacity;
} walk;

static nt_status add_part(walk *w, nt_value of, nt_value grad) {
    void *parts = w->parts;
    if (!nt_grow(&parts, &w->part_capacity, w->part_count, sizeof *w->parts))
        return NT_NO_MEMORY;
    w->parts = parts;
    int32_t number = nt_graph_value_number(w->graph, of), last = w->last[number];
    w->parts[w->part_count++] = (part){.value = grad};
    *(last ? &w->parts[last - 1].next : &w->first[number]) = (int32_t)w->part_count;
    w->last[number] = (int32_t)w->part_count;
    return NT_OK;
}

static nt_status sum_parts(walk *w, int32_t value_number, nt_value *ret) {
    nt_value in[NT_MAX_INPUTS];
    char why[NT_WHY];
    int count = 0;
    int32_t at = w->first[value_number];
    if (!at) {
        *ret = (nt_value){.node = -1};
        return NT_OK;
    }
    for (; at; at = w->parts[at - 1].next) {
        if (count == NT_MAX_INPUTS) { /* more than one sum can take: fold what there is */
            NT_TRY(nt_graph_add_raw(w->graph, &nt_op_add, NULL, in, count, count, "", &in[0], why));
            count = 1;
        }
        in[count++] = w->parts[at - 1].value;
    }
    *ret = in[0];
    if (count > 1)
        NT_TRY(nt_graph_add_raw(w->graph, &nt_op_add, NULL, in, count, count, "", ret, why));
    return NT_OK;
}

static void mark_wanted(walk *w, const nt_value *to, int32_t count) {
    for (int32_t i = 0; i < count; i++)
        w->wanted[to[i].node] = true;
    for (int32_t i = 0; i < w->size; i++) {
        const nt_node *node = nt_graph_node(w->graph, i);
        for (int32_t j = 0; j < node->in_count; j++)
            w->wanted[i] = w->wanted[i] || w->wanted[node->in[j].node];
    }
}

/* What the op passes on as it is: a sum's gradient, to each input of the sum's type. Returns, in
 * *ret_rest, whether inputs are left that ask for more. */
static nt_status pass_sum(walk *w, const nt_node *node, nt_value grad, bool *ret_rest) {
    *ret_rest = false;
    for (int32_t j = 0; j < node->in_count; j++) {
        if (!w->wanted[node->in[j].node])
            continue;
        if (nt_type_equal(*nt_graph_type(w->graph, node->in[j]), node->out[0]))
            NT_TRY(add_part(w, node->in[j], grad));
        else
            *ret_rest = true;
    }
    return NT_OK;
}

/* Sums the gradients of node i's outputs and passes them on to its inputs. */
static nt_status pass_back(walk *w, int32_t i, nt_error *error) {
    const nt_node *node = nt_graph_node(w->graph, i);
    nt_value *out_grads = w->sums + node->first_value;
    bool any = false, wanted = false;
    for (int32_t k = 0; k < node->out_count; k++) {
        NT_TRY(sum_parts(w, node->first_value + k, &out_grads[k]));
        any = any || out_grads[k].node >= 0;
    }
    for (int32_t j = 0; j < node->in_count; j++)
        wanted = wanted || w->wanted[node->in[j].node];
    if (!any || !wanted)
        return NT_OK;
    bool sum = node->op->traits & NT_OP_SUM, rest = true;
    if (sum)
        NT_TRY(pass_sum(w, node, out_grads[0], &rest));
    if (!rest)
        return NT_OK;
    int32_t grad;
    nt_status status = nt_graph_add_gradient(w->graph, i, out_grads, &grad);
    if (status == NT_INVALID)
        return nt_error_say(error, NT_INVALID, "no gradient passes the op %s ('%s')",
                            node->op->kind.name, node->name);
    NT_TRY(status);
    for (int32_t j = 0; j < node->in_count; j++) {
        const nt_type *type = nt_graph_type(w->graph, node->in[j]);
        bool passed = sum && nt_type_equal(*type, node->out[0]);
        if (w->wanted[node->in[j].node] && type->dtype == NT_F32 && !passed)
            NT_TRY(add_part(w, node->in[j], (nt_value){.node = grad, .output = j}));
    }
    return NT_OK;
}

static nt_status walk_all(walk *w, nt_value loss, const nt_value *to, int32_t count,
                          nt_value *ret_grads, nt_error *error) {
    nt_value one;
    mark_wanted(w, to, count);
    NT_TRY(
        nt_graph_add_constant(w->graph, nt_graph_type(w->graph, loss)->shape, 1, NULL, "", &one));
    NT_TRY(add_part(w, loss, one));
    for (int32_t i = w->size; i-- > 0;)
        NT_TRY(pass_back(w, i, error));
    for (int32_t i = 0; i < count; i++) {
        ret_grads[i] = w->sums[nt_graph_value_number(w->graph, to[i])];
        if (ret_grads[i].node < 0)
            return nt_error_say(error, NT_INVALID, "the loss does not depend on '%s'",
                                nt_graph_node(w->graph, to[i].node)->name);
    }
    return NT_OK;
}

nt_status nt_graph_differentiate(nt_graph *graph, nt_value loss, const nt_value *to, int32_t count,
                                 nt_value *ret_grads, nt_error *error) {
    walk w = {.graph = graph, .size = nt_graph_size(graph)};
    size_t values = (size_t)nt_graph_value_count(graph), nodes = (size_t)w.size;
    w.wanted = nt_alloc_zero(nodes);
    w.first = nt_alloc_zero(values * sizeof *w.first);
    w.last = nt_alloc_zero(values * sizeof *w.last);
    w.sums = nt_alloc(values * sizeof *w.sums);
    nt_status status = NT_NO_MEMORY;
    if (w.wanted && w.first && w.last && w.sums) {
        for (size_t v = 0; v < values; v++)
            w.sums[v] = (nt_value){.node = -1};
        status = walk_all(&w, loss, to, count, ret_grads, error);
    }
    if (status == NT_NO_MEMORY)
        nt_error_say(error, status, "out of memory differentiating a graph");
    nt_free(w.wanted, nodes);
    nt_free(w.first, values * sizeof *w.first);
    nt_free(w.last, values * sizeof *w.last);
    nt_free(w.sums, values * sizeof *w.sums);
    nt_free(w.parts, w.part_capacity * sizeof *w.parts);
    return status;
}
