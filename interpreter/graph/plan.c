/* Planning: a depth-first order, then one walk along it that finds how long every value lives.
 *
 * The order visits the inputs of each output before the output itself, first input first, so that
 * one branch is finished, and its values dead, before the next is begun. Of a gradient the last
 * input comes first: the gradient that it goes on from, which takes all of the backward pass so
 * far, so that what is recomputed for it is not computed before that. The walk makes a block of
 * memory for each value, or for several that lie on one another, alive until its last reader has
 * run; slab.h says where the blocks lie. */
#include "plan.h"

#include "alloc.h"
#include "integers.h"
#include "name_table.h"
#include "parallel.h"
#include "slab.h"
#include <stdlib.h>
#include <string.h>

typedef struct planner {
    const nt_graph *graph;
    nt_plan *plan;
    int32_t *order; /* nodes that run, in order; sources are bound, not run */
    int32_t count;
    int32_t *last_read; /* per value, by number: position of its last reader */
    bool *handed;       /* per value, by number: it is handed over, so that none may overwrite it */
    const nt_handover *handovers;
    int32_t handover_count;
    size_t cache;     /* for portions; 0: none are wanted */
    int32_t *stretch; /* per position: the stretch it is in; NEVER: none */
    int32_t *block;   /* per value, by number: its memory; NEVER: none */
    nt_lifetime *blocks;
    size_t block_count;
    size_t top; /* bytes of all blocks */
} planner;

enum { NEVER = -1, ALWAYS = INT32_MAX };

static const size_t MOST_BYTES = (size_t)1 << 60;

static int32_t number(const planner *p, nt_value value) {
    return nt_graph_value_number(p->graph, value);
}

static size_t aligned(size_t bytes) {
    return (size_t)nt_round_up((int64_t)bytes, NT_ALIGN);
}

static size_t bytes_of(nt_type type, int32_t samples) {
    return aligned((size_t)nt_type_stored(type) * sizeof(float) *
                   (size_t)(type.batched ? samples : 1));
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
}

/* --- outputs ---------------------------------------------------------------------------------- */

static int by_step(const void *a, const void *b) {
    const nt_handing *x = a, *y = b;
    return x->step != y->step ? (x->step < y->step ? -1 : 1)
                              : (x->output > y->output) - (x->output < y->output);
}

/* Where things are last done, for all handovers at once. */
typedef struct ends {
    nt_name_table params; /* → position in: */
    int32_t *read;        /* the last position of a node that reads the parameter */
    int32_t *made;        /* by node: its position; NEVER: none */
} ends;

/* In `arena`; returns false when out of memory. */
static bool find_ends(const planner *p, nt_arena *arena, ends *ret) {
    int32_t count = 0, size = nt_graph_size(p->graph);
    nt_name_table_init(&ret->params, arena);
    ret->read = NT_ARENA_ARRAY(arena, int32_t, size + 1);
    ret->made = NT_ARENA_ARRAY(arena, int32_t, size + 1);
    if (!ret->read || !ret->made)
        return false;
    memset(ret->made, NEVER, (size_t)size * sizeof *ret->made);
    for (int32_t s = 0; s < p->count; s++) {
        const nt_node *node = nt_graph_node(p->graph, p->order[s]);
        ret->made[p->order[s]] = s;
        for (int32_t j = 0; j < node->in_count; j++) {
            const nt_node *in = nt_graph_node(p->graph, node->in[j].node);
            if (in->op != &nt_op_param)
                continue;
            int32_t at = nt_name_table_find(&ret->params, in->name);
            if (at < 0 && !nt_name_table_add(&ret->params, in->name, at = count++))
                return false;
            ret->read[at] = s;
        }
    }
    return true;
}

/* The last position of a node that makes the output or reads the parameter. */
static int32_t handing_of(const planner *p, const nt_handover *handover, const ends *of) {
    int32_t maker = nt_graph_output(p->graph, handover->output)->value.node;
    int32_t param = nt_name_table_find(&of->params, handover->parameter);
    int32_t read = param < 0 ? NEVER : of->read[param], made = of->made[maker];
    return read > made ? read : made;
}

/* Sets when each output is handed over, and until when it is alive; others are for good. */
static nt_status find_output_ends(planner *p) {
    nt_plan *plan = p->plan;
    int32_t count = nt_graph_output_count(p->graph);
    bool *kept = nt_alloc(count * sizeof *kept);
    ends of = {0};
    nt_arena scratch;
    nt_arena_init(&scratch);
    plan->handed = NT_ARENA_ARRAY(&plan->arena, nt_handing, p->handover_count);
    if (!kept || !plan->handed || (p->handover_count > 0 && !find_ends(p, &scratch, &of))) {
        nt_free(kept, kept ? count * sizeof *kept : 0);
        nt_arena_finish(&scratch);
        return NT_NO_MEMORY;
    }
    memset(kept, true, count * sizeof *kept);
    for (int32_t h = 0; h < p->handover_count; h++) {
        const nt_handover *handover = &p->handovers[h];
        int32_t at = number(p, nt_graph_output(p->graph, handover->output)->value);
        int32_t step = handing_of(p, handover, &of), *last = &p->last_read[at];
        if (step < plan->fixed_count) /* a parameter on which nothing that varies depends */
            step = p->count - 1;
        else
            kept[handover->output] = false;
        *last = step > *last ? step : *last;
        p->handed[at] = true;
        plan->handed[plan->handed_count++] =
            (nt_handing){.step = step - plan->fixed_count, .output = handover->output};
    }
    qsort(plan->handed, (size_t)plan->handed_count, sizeof *plan->handed, by_step);
    for (int32_t i = 0; i < count; i++)
        if (kept[i])
            p->last_read[number(p, nt_graph_output(p->graph, i)->value)] = ALWAYS;
    nt_arena_finish(&scratch);
    nt_free(kept, count * sizeof *kept);
    return NT_OK;
}

/* --- portions --------------------------------------------------------------------------------- */

static const nt_stretch *stretch_at(const planner *p, int32_t position) {
    bool within = position < p->count && p->stretch[position] != NEVER;
    return within ? &p->plan->stretches[p->stretch[position]] : NULL;
}

/* Finds the stretches, and marks the values that are local to one. */
static nt_status find_portions(planner *p) {
    nt_plan *plan = p->plan;
    const nt_ordered ordered = {
        .graph = p->graph, .order = p->order, .last_read = p->last_read, .count = p->count};
    plan->local = NT_ARENA_ARRAY(&plan->arena, bool, nt_graph_value_count(p->graph));
    plan->stretches = NT_ARENA_ARRAY(&plan->arena, nt_stretch, p->count / 2 + 1);
    if (!plan->local || !plan->stretches)
        return NT_NO_MEMORY;
    if (p->cache > 0)
        NT_TRY(nt_portions_find(&ordered, plan->fixed_count, plan->batch, p->cache, plan->stretches,
                                &plan->stretch_count));
    memset(p->stretch, NEVER, (size_t)p->count * sizeof *p->stretch);
    for (int32_t i = 0; i < plan->stretch_count; i++)
        for (int32_t s = plan->stretches[i].first; s < plan->stretches[i].end; s++) {
            const nt_node *node = nt_graph_node(p->graph, p->order[s]);
            p->stretch[s] = i;
            for (int32_t k = 0; k < node->out_count; k++)
                plan->local[node->first_value + k] =
                    p->last_read[node->first_value + k] < plan->stretches[i].end;
        }
    return NT_OK;
}

/* Samples that a value has room for, which is made in step s. */
static int32_t samples_of(const planner *p, int32_t value, int32_t s) {
    return p->plan->local[value] ? stretch_at(p, s)->samples : p->plan->batch;
}

/* The step from which, until which, a value that is made or last read in step s is alive: unless it
 * is local, for all portions. */
static int32_t alive_from(const planner *p, int32_t value, int32_t s) {
    const nt_stretch *stretch = stretch_at(p, s);
    return stretch && !p->plan->local[value] ? stretch->first : s;
}

static int32_t alive_until(const planner *p, int32_t value) {
    int32_t last = p->last_read[value];
    const nt_stretch *stretch = stretch_at(p, last);
    return stretch && !p->plan->local[value] ? stretch->end - 1 : last;
}

/* --- places ----------------------------------------------------------------------------------- */

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
    if (from->op->traits & NT_OP_SOURCE || p->last_read[number(p, in)] != s ||
        p->handed[number(p, in)] ||
        p->plan->local[number(p, in)] != p->plan->local[node->first_value])
        return -1;
    for (int32_t j = 0; j < node->in_count; j++)
        if (j != at && number(p, node->in[j]) == number(p, in))
            return -1;
    return bytes_of(from->out[in.output], 1) == bytes_of(node->out[0], 1) ? at : -1;
}

/* The block of a node's output k, made in step s; one that overlays an input prolongs its block. */
static int32_t block_of(planner *p, const nt_node *node, int32_t k, int32_t s, int32_t reuse) {
    int32_t value = node->first_value + k, block = (int32_t)p->block_count;
    if (p->last_read[value] == NEVER)
        return NEVER;
    if (k == 0 && reuse >= 0)
        block = p->block[number(p, node->in[reuse])];
    else
        p->blocks[p->block_count++] =
            (nt_lifetime){.size = bytes_of(node->out[k], samples_of(p, value, s)),
                          .first = alive_from(p, value, s)};
    p->blocks[block].last = alive_until(p, value);
    if (node->varies)
        p->plan->naive_size += bytes_of(node->out[k], p->plan->batch);
    return block;
}

static nt_status find_blocks(planner *p, nt_step *steps) {
    for (int32_t s = 0; s < p->count; s++) {
        const nt_node *node = nt_graph_node(p->graph, p->order[s]);
        int32_t reuse = in_place(p, node, s);
        steps[s] = (nt_step){.node = p->order[s],
                             .out = NT_ARENA_ARRAY(&p->plan->arena, size_t, node->out_count)};
        if (!steps[s].out)
            return NT_NO_MEMORY;
        for (int32_t k = 0; k < node->out_count; k++)
            p->block[node->first_value + k] = block_of(p, node, k, s, reuse);
    }
    return NT_OK;
}

/* The sizes of what stays, and of the most that is alive at once; false: past all memory, long
 * before a sum could overflow. `made` and `dead` count the bytes of each step, from 0. */
static bool count_bytes(planner *p, size_t *made, size_t *dead) {
    size_t all = 0, alive = 0;
    for (const nt_lifetime *block = p->blocks; block < p->blocks + p->block_count; block++) {
        all += block->size;
        if (block->size > MOST_BYTES || all > MOST_BYTES)
            return false;
        made[block->first] += block->size;
        if (block->last != ALWAYS)
            dead[block->last] += block->size;
        else if (block->first < p->plan->fixed_count)
            p->plan->fixed_size += block->size;
    }
    for (int32_t s = 0; s < p->count; s++) {
        alive += made[s];
        p->plan->alive_size = alive > p->plan->alive_size ? alive : p->plan->alive_size;
        alive -= dead[s];
    }
    return true;
}

static nt_status place_all(planner *p, nt_step *steps) {
    size_t size = (size_t)p->count * sizeof(size_t);
    size_t *made = nt_alloc_zero(size), *dead = nt_alloc_zero(size);
    nt_status status = made && dead && count_bytes(p, made, dead) ? NT_OK : NT_NO_MEMORY;
    nt_free(made, made ? size : 0);
    nt_free(dead, dead ? size : 0);
    NT_TRY(status);
    NT_TRY(nt_slab_lay_out(p->blocks, p->block_count, &p->top));
    p->plan->varying_size = p->top - p->plan->fixed_size;
    for (int32_t s = 0; s < p->count; s++) {
        const nt_node *node = nt_graph_node(p->graph, p->order[s]);
        for (int32_t k = 0; k < node->out_count; k++) {
            int32_t block = p->block[node->first_value + k];
            steps[s].out[k] = block == NEVER ? NT_NOWHERE : p->blocks[block].at;
        }
    }
    return NT_OK;
}

/* --- scratch ---------------------------------------------------------------------------------- */

/* Tensors of these types, for so many samples, without data. */
static void without_data(int32_t samples, const nt_type *types, int32_t count, nt_tensor *ret) {
    for (int32_t i = 0; i < count; i++)
        ret[i] = (nt_tensor){.type = types[i], .count = types[i].batched ? samples : 1};
}

static nt_need need_of(const planner *p, const nt_node *node, int32_t samples) {
    nt_type types[NT_MAX_INPUTS + NT_MAX_PARAMS];
    nt_tensor in[NT_MAX_INPUTS + NT_MAX_PARAMS], out[NT_MAX_OUTPUTS];
    if (node->grad ? !node->op->grad_need : !node->op->need)
        return (nt_need){0};
    if (node->grad) {
        nt_tensor in_grad[NT_MAX_INPUTS + NT_MAX_PARAMS], out_grad[NT_MAX_OUTPUTS];
        without_data(samples, node->grad->in, node->grad->in_count, in);
        without_data(samples, node->grad->out, node->grad->out_count, out);
        without_data(samples, node->grad->in, node->grad->in_count, in_grad);
        without_data(samples, node->grad->out, node->grad->out_count, out_grad);
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
    without_data(samples, types, node->in_count, in);
    without_data(samples, node->out, node->out_count, out);
    return node->op->need(&(nt_call){.attrs = node->attrs,
                                     .in = in,
                                     .out = out,
                                     .in_count = node->in_count,
                                     .out_count = node->out_count});
}

static void find_scratch(planner *p) {
    size_t shared = 0, per_worker = 0;
    for (int32_t s = 0; s < p->count; s++) {
        const nt_stretch *stretch = stretch_at(p, s);
        nt_need need = need_of(p, nt_graph_node(p->graph, p->order[s]),
                               stretch ? stretch->samples : p->plan->batch);
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
    NT_TRY(find_output_ends(p));
    NT_TRY(find_portions(p));
    nt_step *steps = NT_ARENA_ARRAY(arena, nt_step, p->count);
    if (!steps)
        return NT_NO_MEMORY;
    NT_TRY(find_blocks(p, steps));
    NT_TRY(place_all(p, steps));
    find_scratch(p);
    p->plan->fixed = steps;
    p->plan->varying = steps + p->plan->fixed_count;
    for (int32_t i = 0; i < p->plan->stretch_count; i++) {
        p->plan->stretches[i].first -= p->plan->fixed_count;
        p->plan->stretches[i].end -= p->plan->fixed_count;
    }
    return NT_OK;
}

/* `p`: the graph, and what is wanted of its plan. */
static nt_status new_plan(planner p, int32_t batch, nt_plan **ret, nt_error *error) {
    size_t size = (size_t)nt_graph_size(p.graph), values = (size_t)nt_graph_value_count(p.graph);
    p.plan = nt_alloc_zero(sizeof(nt_plan));
    p.order = nt_alloc(size * sizeof *p.order);
    p.stretch = nt_alloc(size * sizeof *p.stretch);
    p.last_read = nt_alloc(values * sizeof *p.last_read);
    p.handed = nt_alloc_zero(values * sizeof *p.handed);
    p.block = nt_alloc(values * sizeof *p.block);
    p.blocks = nt_alloc(values * sizeof *p.blocks);
    nt_status status = NT_NO_MEMORY;
    if (p.plan && p.order && p.stretch && p.last_read && p.handed && p.block && p.blocks) {
        nt_arena_init(&p.plan->arena);
        p.plan->graph = p.graph;
        p.plan->batch = batch;
        status = make(&p);
    }
    nt_free(p.order, size * sizeof *p.order);
    nt_free(p.stretch, size * sizeof *p.stretch);
    nt_free(p.last_read, values * sizeof *p.last_read);
    nt_free(p.handed, values * sizeof *p.handed);
    nt_free(p.block, values * sizeof *p.block);
    nt_free(p.blocks, values * sizeof *p.blocks);
    if (status != NT_OK) {
        nt_plan_free(p.plan);
        return nt_error_say(error, status, "out of memory planning a graph of %zu nodes", size);
    }
    *ret = p.plan;
    return NT_OK;
}

nt_status nt_plan_new(const nt_graph *graph, int32_t batch, nt_plan **ret, nt_error *error) {
    return new_plan((planner){.graph = graph}, batch, ret, error);
}

nt_status nt_plan_new_portions(const nt_graph *graph, int32_t batch, size_t cache, nt_plan **ret,
                               nt_error *error) {
    return new_plan((planner){.graph = graph, .cache = cache}, batch, ret, error);
}

nt_status nt_plan_new_handing(const nt_graph *graph, int32_t batch, const nt_handover *handovers,
                              int32_t count, nt_plan **ret, nt_error *error) {
    const planner wish = {.graph = graph, .handovers = handovers, .handover_count = count};
    return new_plan(wish, batch, ret, error);
}

int32_t nt_plan_samples(const nt_plan *plan, int32_t step) {
    for (int32_t i = 0; i < plan->stretch_count; i++)
        if (step >= plan->stretches[i].first && step < plan->stretches[i].end)
            return plan->stretches[i].samples;
    return plan->batch;
}

void nt_plan_free(nt_plan *plan) {
    if (!plan)
        return;
    nt_arena_finish(&plan->arena);
    nt_free(plan, sizeof *plan);
}
