/* A step runs the graph once for loss and gradients. Meanwhile each gradient is handed over to the
 * optimiser, which works through the tensor in jobs of a fixed number of elements, and is gone:
 * gradients of all weights at once would take as much memory as the weights do. */
#include "train_step.h"

#include "culprit.h"
#include "parallel.h"
#include <math.h>
#include <string.h>

nt_status nt_train_step_init(nt_train_step *step, const nt_network *network,
                             const nt_recipe *recipe, nt_error *error) {
    *step = (nt_train_step){.network = network, .recipe = recipe};
    return nt_step_graph_new(network, recipe, &step->graph, error);
}

/* Each gradient is handed to the optimiser. */
static nt_status make_plan(nt_train_step *step, nt_error *error) {
    nt_step_graph *graph = step->graph;
    nt_handover *handovers = NT_ARENA_ARRAY(&graph->arena, nt_handover, graph->grad_count);
    if (!handovers)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory planning the training graph");
    for (int32_t g = 0; g < graph->grad_count; g++)
        handovers[g] = (nt_handover){graph->grads[g].output,
                                     step->network->states[graph->grads[g].state].name};
    return nt_plan_new_handing(graph->graph, step->recipe->batch, handovers, graph->grad_count,
                               &step->plan, error);
}

nt_status nt_train_step_prepare(nt_train_step *step, nt_error *error) {
    NT_TRY(nt_training_state_new(step->network, step->recipe->optimiser, &step->state, error));
    NT_TRY(make_plan(step, error));
    return nt_run_new(step->plan, nt_weights_bind(step->state->weights, NULL), &step->run, error);
}

void nt_train_step_finish(nt_train_step *step) {
    nt_run_free(step->run);
    nt_plan_free(step->plan);
    nt_training_state_free(step->state);
    nt_step_graph_free(step->graph);
    *step = (nt_train_step){0};
}

nt_train_count nt_train_step_count(const nt_train_step *step, const int32_t *labels) {
    nt_tensor logits = nt_run_output(step->run, step->graph->logits);
    int32_t classes = logits.type.shape.dim[0], ignored = step->graph->ignored;
    int64_t pixels = nt_shape_pixels(logits.type.shape);
    nt_train_count count = {0};
    for (int64_t i = 0; i < logits.count * pixels; i++) {
        const float *row = logits.f + i * classes;
        int32_t best = 0;
        if (ignored >= 0 && labels[i] == ignored)
            continue;
        for (int32_t c = 1; c < classes; c++)
            if (row[c] > row[best])
                best = c;
        count.counted++;
        count.correct += best == labels[i];
    }
    return count;
}

/* --- the optimiser ---------------------------------------------------------------------------- */

enum { JOB = 1 << 15 }; /* elements */

typedef struct update_jobs {
    const nt_optimiser *optimiser;
    nt_update_call call; /* of the whole tensor */
} update_jobs;

static void update_job(const void *context, int job, int worker) {
    const update_jobs *jobs = context;
    nt_update_call part = jobs->call;
    int64_t from = (int64_t)job * JOB;
    (void)worker;
    part.count = part.count - from < JOB ? part.count - from : JOB;
    part.weights += from;
    part.grads += from;
    for (int k = 0; k < jobs->optimiser->slot_count; k++)
        part.slots[k] += from;
    jobs->optimiser->update(&part);
}

static void update_tensor(nt_train_step *step, size_t state, const nt_step_moment *moment,
                          const float *gradient) {
    const nt_optimiser *optimiser = step->recipe->optimiser;
    nt_tensor weights = nt_weights_at(step->state->weights, state);
    update_jobs jobs = {.optimiser = optimiser,
                        .call = {.options = step->recipe->optimiser_options,
                                 .rate = moment->rate,
                                 .step = moment->number,
                                 .count = nt_type_stored(weights.type),
                                 .weights = weights.f,
                                 .grads = gradient}};
    for (int k = 0; k < optimiser->slot_count; k++)
        jobs.call.slots[k] =
            nt_weights_at(step->state->weights, step->state->first_slot[state] + (size_t)k).f;
    nt_parallel((int)((jobs.call.count + JOB - 1) / JOB), update_job, &jobs);
}

typedef struct learning {
    nt_train_step *step;
    nt_step_moment moment;
} learning;

/* The graph's outputs run in their order, the loss before any gradient. */
static void take_gradient(void *context, int32_t output, nt_tensor gradient) {
    const learning *l = context;
    const nt_step_graph *graph = l->step->graph;
    if (!isfinite(nt_run_output(l->step->run, graph->loss).f[0]))
        return;
    for (int32_t g = 0; g < graph->grad_count; g++)
        if (graph->grads[g].output == output)
            update_tensor(l->step, graph->grads[g].state, &l->moment, gradient.f);
}

/* Running statistics take their next values, and counters count. */
static void commit_updates(nt_train_step *step) {
    for (int32_t u = 0; u < step->graph->update_count; u++) {
        nt_tensor to = nt_weights_at(step->state->weights, step->graph->updates[u].state);
        nt_tensor from = nt_run_output(step->run, step->graph->updates[u].output);
        memcpy(to.f, from.f, (size_t)nt_type_stored(to.type) * sizeof(float));
    }
    for (size_t i = 0; i < step->network->state_count; i++)
        if (step->network->states[i].role == NT_COUNTER)
            nt_weights_at(step->state->weights, i).i[0]++;
}

nt_status nt_train_step_run(nt_train_step *step, const float *images, const int32_t *labels,
                            nt_step_moment moment, float *ret_loss, nt_error *error) {
    learning l = {step, moment};
    const nt_feed feeds[] = {{step->network->inputs[0].name, images}, {NT_TARGET, labels}};
    nt_run_set_draw(step->run, moment.draw);
    nt_run_refresh(step->run);
    nt_run_set_take(step->run, take_gradient, &l);
    nt_status status = nt_run_batch(step->run, feeds, 2, step->recipe->batch, error);
    nt_run_set_take(step->run, NULL, NULL);
    NT_TRY(status);
    *ret_loss = nt_run_output(step->run, step->graph->loss).f[0];
    if (isfinite(*ret_loss))
        commit_updates(step);
    return NT_OK;
}

/* --- values that are not finite --------------------------------------------------------------- */

nt_status nt_train_step_find_culprit(nt_train_step *step, const float *images,
                                     const int32_t *labels, const nt_node **ret, nt_error *error) {
    const nt_feed feeds[] = {{step->network->inputs[0].name, images}, {NT_TARGET, labels}};
    const nt_suspects all = {.output = -1, .sample = -1};
    return nt_culprit_find(step->run, step->graph->graph, feeds, 2, step->recipe->batch, all, ret,
                           error);
}
