/* Runs a plan. Everything that a batch needs is wired up once, when the run is made: each step's
 * tensors point into the slab, parameters into the weights. A batch then only sets the counts of
 * samples, finds its feeds, and calls the ops in the plan's order. Fixed steps run again only after
 * nt_run_refresh. */
#include "scheduler_private.h"

#include "alloc.h"
#include "attrs.h"
#include "parallel.h"
#include <string.h>

/* A step with its tensors wired up. `in` holds the node's inputs; of a gradient node, `grad` sorts
 * them into what the op's backward function calls them. */
typedef struct action {
    const nt_node *node;
    int32_t number;
    nt_tensor *in, *out;
    nt_grad_call grad;
} action;

struct nt_run {
    nt_arena arena;
    const nt_plan *plan;
    char *slab;
    nt_tensor *values; /* per value, by number: where it lies */
    action *actions;   /* the fixed ones, then the varying ones */
    int threads;       /* as many as the plan has scratch for */
    bool fixed_done;
    bool fixed_shared; /* another run computes the fixed values */
    int32_t handed;    /* outputs that were handed over in this batch */
    nt_portion portion;
    uint64_t draw; /* of random ops: see nt_run_set_draw */
    nt_run_watch watch;
    void *watch_context;
    nt_run_take take;
    void *take_context;
};

static nt_tensor *value_of(const nt_run *run, nt_value value) {
    return &run->values[nt_graph_value_number(run->plan->graph, value)];
}

static nt_status bind(nt_run *run, nt_binding binding, nt_error *error) {
    const nt_graph *graph = run->plan->graph;
    for (int32_t i = 0; i < nt_graph_size(graph); i++) {
        const nt_node *node = nt_graph_node(graph, i);
        nt_tensor *value = value_of(run, (nt_value){.node = i});
        for (int32_t k = 0; k < node->out_count; k++)
            value[k] = (nt_tensor){.type = node->out[k], .count = 1};
        if (node->op != &nt_op_param)
            continue;
        const nt_tensor *found = binding.find(binding.first, node->name);
        if (!found && binding.more)
            found = binding.find(binding.more, node->name);
        if (!found || !nt_type_equal(found->type, node->out[0]))
            return nt_error_say(error, NT_FAILED, "the weights lack the parameter '%s'",
                                node->name);
        value[0] = *found;
    }
    return NT_OK;
}

/* A value as the portion that is under way sees it. */
static nt_tensor portion_of(const nt_run *run, int32_t number) {
    nt_tensor value = run->values[number];
    if (!value.type.batched)
        return value;
    if (value.data && !run->plan->local[number])
        value.f += (size_t)run->portion.first * (size_t)nt_type_stored(value.type);
    value.count = run->portion.count;
    return value;
}

/* The forward node's tensors as its gradient sees them: without data where backward doesn't read.
 */
static nt_status wire_gradient(nt_run *run, action *act) {
    const nt_grad *grad = act->node->grad;
    nt_tensor *in = NT_ARENA_ARRAY(&run->arena, nt_tensor, grad->in_count);
    nt_tensor *out = NT_ARENA_ARRAY(&run->arena, nt_tensor, grad->out_count);
    nt_tensor *out_grad = NT_ARENA_ARRAY(&run->arena, nt_tensor, grad->out_count);
    if (!in || !out || !out_grad)
        return NT_NO_MEMORY;
    for (int32_t i = 0; i < grad->in_count; i++)
        in[i].type = grad->in[i];
    for (int32_t k = 0; k < grad->out_count; k++)
        out[k].type = out_grad[k].type = grad->out[k];
    act->grad = (nt_grad_call){.attrs = act->node->attrs,
                               .in = in,
                               .out = out,
                               .out_grad = out_grad,
                               .in_grad = act->out,
                               .in_count = grad->in_count,
                               .out_count = grad->out_count};
    return NT_OK;
}

static nt_status wire(nt_run *run) {
    const nt_plan *plan = run->plan;
    int32_t count = plan->fixed_count + plan->varying_count;
    run->actions = NT_ARENA_ARRAY(&run->arena, action, count);
    if (!run->actions)
        return NT_NO_MEMORY;
    for (int32_t s = 0; s < count; s++) {
        const nt_step *step = &plan->fixed[s]; /* the varying steps follow the fixed ones */
        const nt_node *node = nt_graph_node(plan->graph, step->node);
        action *act = &run->actions[s];
        *act = (action){.node = node,
                        .number = step->node,
                        .in = NT_ARENA_ARRAY(&run->arena, nt_tensor, node->in_count),
                        .out = value_of(run, (nt_value){.node = step->node})};
        if (!act->in)
            return NT_NO_MEMORY;
        for (int32_t k = 0; k < node->out_count; k++)
            act->out[k].data = step->out[k] == NT_NOWHERE ? NULL : run->slab + step->out[k];
        if (node->grad)
            NT_TRY(wire_gradient(run, act));
    }
    return NT_OK;
}

nt_status nt_run_new(const nt_plan *plan, nt_binding binding, nt_run **ret, nt_error *error) {
    nt_run *run = nt_alloc_zero(sizeof *run);
    if (!run)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory");
    nt_arena_init(&run->arena);
    run->plan = plan;
    run->threads = nt_threads();
    run->slab = nt_alloc(plan->slab_size);
    run->values = NT_ARENA_ARRAY(&run->arena, nt_tensor, nt_graph_value_count(plan->graph));
    nt_status status = NT_OK;
    if (!run->slab || !run->values)
        status = nt_error_say(error, NT_NO_MEMORY,
                              "out of memory: the run wants %zu MiB for a batch of %d",
                              plan->slab_size >> 20, plan->batch);
    if (status == NT_OK)
        status = bind(run, binding, error);
    if (status == NT_OK && wire(run) != NT_OK)
        status = nt_error_say(error, NT_NO_MEMORY, "out of memory");
    if (status != NT_OK) {
        nt_run_free(run);
        return status;
    }
    *ret = run;
    return NT_OK;
}

void nt_run_free(nt_run *run) {
    if (!run)
        return;
    nt_free(run->slab, run->plan->slab_size);
    nt_arena_finish(&run->arena);
    nt_free(run, sizeof *run);
}

void nt_run_refresh(nt_run *run) {
    run->fixed_done = false;
}

void nt_run_set_draw(nt_run *run, uint64_t draw) {
    run->draw = draw;
}

void nt_run_set_watch(nt_run *run, nt_run_watch watch, void *context) {
    run->watch = watch;
    run->watch_context = context;
}

void nt_run_set_take(nt_run *run, nt_run_take take, void *context) {
    run->take = take;
    run->take_context = context;
}

/* Sorts the inputs of a gradient node, which are in `in` now, into the places that backward reads.
 */
static void sort_gradient(const action *step, int32_t count) {
    const nt_grad *grad = step->node->grad;
    const nt_op *op = step->node->op;
    nt_tensor *in = (nt_tensor *)(uintptr_t)step->grad.in; /* our own, see wire_gradient */
    nt_tensor *out = (nt_tensor *)(uintptr_t)step->grad.out;
    nt_tensor *out_grad = (nt_tensor *)(uintptr_t)step->grad.out_grad;
    int32_t at = 0;
    for (int32_t i = 0; i < grad->in_count; i++) {
        in[i].count = in[i].type.batched ? count : 1;
        if (nt_op_grad_reads_in(op, i))
            in[i].data = step->in[at++].data;
    }
    for (int32_t k = 0; k < grad->out_count; k++) {
        out[k].count = out_grad[k].count = out[k].type.batched ? count : 1;
        if (op->grad_reads_out >> k & 1)
            out[k].data = step->in[at++].data;
    }
    for (int32_t k = 0; k < grad->out_count; k++)
        if (grad->out_grads >> k & 1)
            out_grad[k].data = step->in[at++].data;
}

static nt_scratch scratch_of(const nt_run *run) {
    return (nt_scratch){.shared = run->slab + run->plan->shared_at,
                        .workers = run->slab + run->plan->workers_at,
                        .per_worker = run->plan->per_worker};
}

static void execute_forward(const nt_run *run, const action *step, const nt_gathering *gathering) {
    const nt_node *node = step->node;
    nt_tensor out[NT_MAX_OUTPUTS];
    for (int32_t k = 0; k < node->out_count; k++)
        out[k] = portion_of(run, node->first_value + k);
    node->op->forward(&(nt_call){.attrs = node->attrs,
                                 .in = step->in,
                                 .out = out,
                                 .in_count = node->in_count,
                                 .out_count = node->out_count,
                                 .draw = run->draw,
                                 .scratch = scratch_of(run),
                                 .gathering = gathering});
}

/* A step takes the portion that is under way. */
static void execute(nt_run *run, action *step, const nt_gathering *gathering) {
    const nt_node *node = step->node;
    for (int32_t j = 0; j < node->in_count; j++)
        step->in[j] = portion_of(run, nt_graph_value_number(run->plan->graph, node->in[j]));
    for (int32_t k = 0; k < node->out_count; k++)
        step->out[k].count = node->out[k].batched ? run->portion.of : 1;
    if (run->watch)
        run->watch(run->watch_context, step->number, false);
    if (node->grad) {
        sort_gradient(step, run->portion.of);
        step->grad.draw = run->draw;
        step->grad.scratch = scratch_of(run);
        step->grad.gathering = gathering;
        node->op->backward(&step->grad);
    } else {
        execute_forward(run, step, gathering);
    }
    if (run->watch)
        run->watch(run->watch_context, step->number, true);
}

/* --- a batch, part by part -------------------------------------------------------------------- */

void nt_run_fixed(nt_run *run) {
    run->handed = 0;
    for (int32_t s = 0; !run->fixed_done && !run->fixed_shared && s < run->plan->fixed_count; s++)
        execute(run, &run->actions[s], NULL);
    run->fixed_done = true;
}

void nt_run_step(nt_run *run, int32_t s, const nt_gathering *gathering) {
    execute(run, &run->actions[run->plan->fixed_count + s], gathering);
}

void nt_run_hand_over(nt_run *run, int32_t s) {
    const nt_plan *plan = run->plan;
    for (; run->handed < plan->handed_count && plan->handed[run->handed].step == s; run->handed++)
        if (run->take)
            run->take(run->take_context, plan->handed[run->handed].output,
                      nt_run_output(run, plan->handed[run->handed].output));
}

/* The values of fixed nodes lie where the steps that read them find their inputs. */
void nt_run_share_fixed(nt_run *run, const nt_run *with) {
    run->fixed_shared = true;
    for (int32_t s = 0; s < run->plan->fixed_count; s++)
        for (int32_t k = 0; k < run->actions[s].node->out_count; k++)
            run->actions[s].out[k].data = with->actions[s].out[k].data;
}

static void execute_stretch(nt_run *run, const nt_stretch *stretch) {
    const int32_t count = run->portion.of;
    for (int32_t first = 0; first < count; first += stretch->samples) {
        int32_t left = count - first;
        run->portion.first = first;
        run->portion.count = left < stretch->samples ? left : stretch->samples;
        for (int32_t s = stretch->first; s < stretch->end; s++)
            nt_run_step(run, s, NULL);
    }
    run->portion = (nt_portion){.count = count, .of = count};
}

static void execute_all(void *context) {
    nt_run *run = context;
    const nt_stretch *stretch = run->plan->stretches, *end = stretch + run->plan->stretch_count;
    nt_run_fixed(run);
    for (int32_t s = 0; s < run->plan->varying_count;) {
        if (stretch < end && s == stretch->first) {
            execute_stretch(run, stretch);
            s = stretch++->end;
            continue;
        }
        nt_run_step(run, s, NULL);
        nt_run_hand_over(run, s++);
    }
}

static nt_status bind_feeds(nt_run *run, const nt_feed *feeds, int feed_count, int32_t count,
                            nt_error *error) {
    const nt_graph *graph = run->plan->graph;
    for (int32_t i = 0; i < nt_graph_size(graph); i++) {
        const nt_node *node = nt_graph_node(graph, i);
        if (node->op != &nt_op_input)
            continue;
        nt_tensor *value = value_of(run, (nt_value){.node = i});
        value->data = NULL;
        value->count = node->out[0].batched ? count : 1;
        for (int f = 0; f < feed_count; f++)
            if (strcmp(feeds[f].name, node->name) == 0)
                value->data = (void *)(uintptr_t)feeds[f].data; /* no op writes to its inputs */
        if (!value->data)
            return nt_error_say(error, NT_FAILED, "nothing was fed to the input '%s'", node->name);
    }
    return NT_OK;
}

nt_status nt_run_begin(nt_run *run, const nt_feed *feeds, int feed_count, int32_t count,
                       nt_error *error) {
    const nt_plan *plan = run->plan;
    if (count < 1 || count > plan->batch)
        return nt_error_say(error, NT_FAILED, "a batch of %d does not fit a plan for %d", count,
                            plan->batch);
    if (nt_threads() > run->threads)
        return nt_error_say(error, NT_FAILED, "the plan has scratch memory for %d threads, not %d",
                            run->threads, nt_threads());
    run->portion = (nt_portion){.count = count, .of = count};
    return bind_feeds(run, feeds, feed_count, count, error);
}

nt_status nt_run_batch(nt_run *run, const nt_feed *feeds, int feed_count, int32_t count,
                       nt_error *error) {
    NT_TRY(nt_run_begin(run, feeds, feed_count, count, error));
    nt_team(execute_all, run);
    return NT_OK;
}

nt_tensor nt_run_output(const nt_run *run, int32_t i) {
    return *value_of(run, nt_graph_output(run->plan->graph, i)->value);
}

nt_tensor nt_run_value(const nt_run *run, nt_value value) {
    return portion_of(run, nt_graph_value_number(run->plan->graph, value));
}

nt_portion nt_run_portion(const nt_run *run) {
    return run->portion;
}
