/* Planning: a depth-first order, then one walk along it that gives every value a place in the slab.
 *
 * The order visits the inputs of each output before the output itself, first input first, so that
 * one branch is finished, and its values dead, before the next is begun. Of a gradient the last
 * input comes first: the gradient that it goes on from, which takes all of the backward pass so
 * far, so that what is recomputed for it is not computed before that. The walk keeps a list of free
 * ranges, sorted by offset: a value takes the smallest range that holds it, and gives it back,
 * merged with its neighbours, after its last reader. */
#include "plan.h"

#include "alloc.h"
#include "parallel.h"
#include <string.h>

typedef struct range {
    size_t at, size;
} range;

typedef struct planner {
    const nt_graph *graph;
    nt_plan *plan;
    int32_t *order; /* nodes that run, in order; sources are bound, not run */
    int32_t count;
    int32_t *last_read; /* per value, by number: position of its last reader */
    size_t *place;      /* per value: its offset, or NT_NOWHERE */
    range *free;
    size_t free_count, free_capacity, top;
    size_t alive; /* bytes, now */
} planner;

enum { NEVER = -1, ALWAYS = INT32_MAX };

static const size_t MOST_BYTES = (size_t)1 << 60;

static int32_t number(const planner *p, nt_value value) {
    return nt_graph_value_number(p->graph, value);
}

static size_t aligned(size_t bytes) {
    return (bytes + NT_ALIGN - 1) / NT_ALIGN * NT_ALIGN;
}

static size_t bytes_of(const planner *p, nt_type type) {
    return aligned((size_t)nt_type_stored(type) * sizeof(float) *
                   (size_t)(type.batched ? p->plan->batch : 1));
}

/* --- order ------------------------------------------------------------------------------------ */

/* Depth first without recursion: `stack` holds the way down, `next` the input to look at. */
typedef struct frame {
    int32_t node, next;
} frame;

static void visit(planner *p, int32_t root, bool wants_varying, bool *seen, frame *stack) {
    int32_t depth = 0;
    if (!seen[root])
        stack[depth++] = (frame){.node = root};
    seen[root] = true;
    while (depth > 0) {
        frame *top = &stack[depth - 1];
        const nt_node *node = nt_graph_node(p->graph, top->node);
        if (top->next < node->in_count) {
            int32_t at = node->grad ? node->in_count - 1 - top->next : top->next;
            int32_t in = node->in[at].node;
            top->next++;
            if (!seen[in])
                stack[depth++] = (frame){.node = in};
            seen[in] = true;
            continue;
        }
        if (!(node->op->traits & NT_OP_SOURCE) && node->varies == wants_varying)
            p->order[p->count++] = top->node;
        depth--;
    }
}

/* The fixed nodes, then the varying ones. */
static nt_status find_order(planner *p) {
    size_t size = (size_t)nt_graph_size(p->graph);
    bool *seen = nt_alloc(size);
    frame *stack = nt_alloc(size * sizeof *stack);
    nt_status status = seen && stack ? NT_OK : NT_NO_MEMORY;
    for (int varying = 0; status == NT_OK && varying < 2; varying++) {
        memset(seen, 0, size);
        for (int32_t i = 0; i < nt_graph_output_count(p->graph); i++)
            visit(p, nt_graph_output(p->graph, i)->value.node, varying, seen, stack);
        if (!varying)
            p->plan->fixed_count = p->count;
    }
    p->plan->varying_count = p->count - p->plan->fixed_count;
    nt_free(seen, size);
    nt_free(stack, size * sizeof *stack);
    return status;
}

/* A fixed value that the varying part reads stays for good, as it is not computed again. */
static void find_last_reads(planner *p) {
    for (int32_t v = 0; v < nt_graph_value_count(p->graph); v++)
        p->last_read[v] = NEVER;
    for (int32_t s = 0; s < p->count; s++) {
        const nt_node *node = nt_graph_node(p->graph, p->order[s]);
        for (int32_t j = 0; j < node->in_count; j++) {
            bool kept = node->varies && !nt_graph_node(p->graph, node->in[j].node)->varies;
            int32_t *last = &p->last_read[number(p, node->in[j])];
            *last = kept || *last == ALWAYS ? ALWAYS : s;
        }
    }
    for (int32_t i = 0; i < nt_graph_output_count(p->graph); i++)
        p->last_read[number(p, nt_graph_output(p->graph, i)->value)] = ALWAYS;
}

/* --- places ----------------------------------------------------------------------------------- */

static size_t take(planner *p, size_t size) {
    p->alive += size;
    if (p->alive > p->plan->alive_size)
        p->plan->alive_size = p->alive;
    size_t best = p->free_count;
    for (size_t i = 0; i < p->free_count; i++)
        if (p->free[i].size >= size &&
            (best == p->free_count || p->free[i].size < p->free[best].size))
            best = i;
    if (best < p->free_count) {
        size_t at = p->free[best].at;
        p->free[best].at += size;
        p->free[best].size -= size;
        if (p->free[best].size == 0)
            memmove(&p->free[best], &p->free[best + 1], (--p->free_count - best) * sizeof *p->free);
        return at;
    }
    /* Nothing fits: grow the slab, from the last free range on if it touches the top. */
    size_t at = p->top;
    if (p->free_count > 0) {
        range *last = &p->free[p->free_count - 1];
        if (last->at + last->size == p->top) {
            at = last->at;
            p->free_count--;
        }
    }
    p->top = at + size;
    return at;
}

static nt_status give_back(planner *p, size_t at, size_t size) {
    p->alive -= size;
    size_t i = 0;
    while (i < p->free_count && p->free[i].at < at)
        i++;
    if (i > 0 && p->free[i - 1].at + p->free[i - 1].size == at) {
        p->free[i - 1].size += size;
        if (i < p->free_count && at + size == p->free[i].at) {
            p->free[i - 1].size += p->free[i].size;
            memmove(&p->free[i], &p->free[i + 1], (--p->free_count - i) * sizeof *p->free);
        }
        return NT_OK;
    }
    if (i < p->free_count && at + size == p->free[i].at) {
        p->free[i].at = at;
        p->free[i].size += size;
        return NT_OK;
    }
    void *ranges = p->free;
    if (!nt_grow(&ranges, &p->free_capacity, p->free_count, sizeof *p->free))
        return NT_NO_MEMORY;
    p->free = ranges;
    memmove(&p->free[i + 1], &p->free[i], (p->free_count - i) * sizeof *p->free);
    p->free[i] = (range){.at = at, .size = size};
    p->free_count++;
    return NT_OK;
}

/* Of the node's inputs, the one on which its op lets the first output lie; -1: none. That of a
 * gradient is the first output's gradient, the first of the gradients that come last. */
static int32_t overlaid(const nt_node *node) {
    if (!node->grad)
        return node->op->traits & NT_OP_IN_PLACE && node->data_count > 0 ? 0 : -1;
    if (!(node->op->traits & NT_OP_GRAD_IN_PLACE) || !(node->grad->out_grads & 1))
        return -1;
    return node->in_count - __builtin_popcount(node->grad->out_grads);
}

/* The input on which step s may write its first output, being its last reader; -1: none. */
static int32_t in_place(const planner *p, const nt_node *node, int32_t s) {
    int32_t at = overlaid(node);
    if (at < 0)
        return -1;
    nt_value in = node->in[at];
    const nt_node *from = nt_graph_node(p->graph, in.node);
    if (from->op->traits & NT_OP_SOURCE || p->last_read[number(p, in)] != s)
        return -1;
    for (int32_t j = 0; j < node->in_count; j++)
        if (j != at && number(p, node->in[j]) == number(p, in))
            return -1;
    return bytes_of(p, from->out[in.output]) == bytes_of(p, node->out[0]) ? at : -1;
}

static void place_outputs(planner *p, int32_t s, nt_step *step) {
    const nt_node *node = nt_graph_node(p->graph, p->order[s]);
    int32_t reuse = in_place(p, node, s);
    for (int32_t k = 0; k < node->out_count; k++) {
        int32_t v = node->first_value + k;
        if (p->last_read[v] == NEVER)
            p->place[v] = NT_NOWHERE;
        else if (k == 0 && reuse >= 0)
            p->place[v] = p->place[number(p, node->in[reuse])];
        else
            p->place[v] = take(p, bytes_of(p, node->out[k]));
        step->out[k] = p->place[v];
        if (node->varies && p->place[v] != NT_NOWHERE)
            p->plan->naive_size += bytes_of(p, node->out[k]);
    }
}

/* Frees the inputs whose last reader step s was, except one that its output has taken over. */
static nt_status release_inputs(planner *p, int32_t s, const nt_step *step) {
    const nt_node *node = nt_graph_node(p->graph, p->order[s]);
    for (int32_t j = 0; j < node->in_count; j++) {
        int32_t v = number(p, node->in[j]);
        const nt_node *from = nt_graph_node(p->graph, node->in[j].node);
        if (from->op->traits & NT_OP_SOURCE || p->last_read[v] != s || p->place[v] == NT_NOWHERE)
            continue;
        size_t at = p->place[v];
        p->place[v] = NT_NOWHERE; /* also when the node reads it twice */
        if (at != step->out[0])
            NT_TRY(give_back(p, at, bytes_of(p, from->out[node->in[j].output])));
    }
    return NT_OK;
}

static nt_status place_all(planner *p, nt_step *steps) {
    for (int32_t s = 0; s < p->count; s++) {
        const nt_node *node = nt_graph_node(p->graph, p->order[s]);
        steps[s] = (nt_step){.node = p->order[s],
                             .out = NT_ARENA_ARRAY(&p->plan->arena, size_t, node->out_count)};
        if (!steps[s].out)
            return NT_NO_MEMORY;
        place_outputs(p, s, &steps[s]);
        if (p->top >
            MOST_BYTES) /* long before a sum could overflow: a step adds far less than this */
            return NT_NO_MEMORY;
        NT_TRY(release_inputs(p, s, &steps[s]));
        if (s + 1 == p->plan->fixed_count)
            p->plan->fixed_size = p->top;
    }
    p->plan->varying_size = p->top - p->plan->fixed_size;
    return NT_OK;
}

/* --- scratch ---------------------------------------------------------------------------------- */

/* Tensors of these types, for a whole batch, without data. */
static void without_data(const planner *p, const nt_type *types, int32_t count, nt_tensor *ret) {
    for (int32_t i = 0; i < count; i++)
        ret[i] = (nt_tensor){.type = types[i], .count = types[i].batched ? p->plan->batch : 1};
}

static nt_need need_of(const planner *p, const nt_node *node) {
    nt_type types[NT_MAX_INPUTS + NT_MAX_PARAMS];
    nt_tensor in[NT_MAX_INPUTS + NT_MAX_PARAMS], out[NT_MAX_OUTPUTS];
    if (node->grad ? !node->op->grad_need : !node->op->need)
        return (nt_need){0};
    if (node->grad) {
        nt_tensor in_grad[NT_MAX_INPUTS + NT_MAX_PARAMS], out_grad[NT_MAX_OUTPUTS];
        without_data(p, node->grad->in, node->grad->in_count, in);
        without_data(p, node->grad->out, node->grad->out_count, out);
        without_data(p, node->grad->in, node->grad->in_count, in_grad);
        without_data(p, node->grad->out, node->grad->out_count, out_grad);
        return node->op->grad_need(&(nt_grad_call){.attrs = node->attrs,
                                                   .in = in,
                                                   .out = out,
                                                   .out_grad = out_grad,
                                                   .in_grad = in_grad,
                                                   .in_count = node->grad->in_count,
                                                   .out_count = node->grad->out_count});
    }
    for (int32_t j = 0; j < node->in_count; j++)
        types[j] = *nt_graph_type(p->graph, node->in[j]);
    without_data(p, types, node->in_count, in);
    without_data(p, node->out, node->out_count, out);
    return node->op->need(&(nt_call){.attrs = node->attrs,
                                     .in = in,
                                     .out = out,
                                     .in_count = node->in_count,
                                     .out_count = node->out_count});
}

static void find_scratch(planner *p) {
    size_t shared = 0, per_worker = 0;
    for (int32_t s = 0; s < p->count; s++) {
        nt_need need = need_of(p, nt_graph_node(p->graph, p->order[s]));
        shared = need.shared > shared ? need.shared : shared;
        per_worker = need.per_worker > per_worker ? need.per_worker : per_worker;
    }
    p->plan->per_worker = aligned(per_worker);
    p->plan->shared_at = p->top;
    p->plan->workers_at = p->top + aligned(shared);
    p->plan->slab_size = p->plan->workers_at + p->plan->per_worker * (size_t)nt_threads();
}

/* --- all of it -------------------------------------------------------------------------------- */

static nt_status make(planner *p) {
    nt_arena *arena = &p->plan->arena;
    NT_TRY(find_order(p));
    find_last_reads(p);
    nt_step *steps = NT_ARENA_ARRAY(arena, nt_step, p->count);
    if (!steps)
        return NT_NO_MEMORY;
    NT_TRY(place_all(p, steps));
    find_scratch(p);
    p->plan->fixed = steps;
    p->plan->varying = steps + p->plan->fixed_count;
    return NT_OK;
}

nt_status nt_plan_new(const nt_graph *graph, int32_t batch, nt_plan **ret, nt_error *error) {
    size_t size = (size_t)nt_graph_size(graph), values = (size_t)nt_graph_value_count(graph);
    planner p = {.graph = graph, .plan = nt_alloc_zero(sizeof(nt_plan))};
    p.order = nt_alloc(size * sizeof *p.order);
    p.last_read = nt_alloc(values * sizeof *p.last_read);
    p.place = nt_alloc(values * sizeof *p.place);
    nt_status status = NT_NO_MEMORY;
    if (p.plan && p.order && p.last_read && p.place) {
        nt_arena_init(&p.plan->arena);
        p.plan->graph = graph;
        p.plan->batch = batch;
        status = make(&p);
    }
    nt_free(p.order, size * sizeof *p.order);
    nt_free(p.last_read, values * sizeof *p.last_read);
    nt_free(p.place, values * sizeof *p.place);
    nt_free(p.free, p.free_capacity * sizeof *p.free);
    if (status != NT_OK) {
        nt_plan_free(p.plan);
        return nt_error_say(error, status, "out of memory planning a graph of %zu nodes", size);
    }
    *ret = p.plan;
    return NT_OK;
}

void nt_plan_free(nt_plan *plan) {
    if (!plan)
        return;
    nt_arena_finish(&plan->arena);
    nt_free(plan, sizeof *plan);
}
