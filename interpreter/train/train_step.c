/* A step runs the graph once for loss and gradients. Meanwhile each gradient is handed over to the
 * optimiser and is gone: gradients of all weights at once would take as much memory as the weights
 * do. Where the batch is cut, train_shards.h does all that. */
#include "train_step.h"

#include "culprit.h"
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
    return nt_plan_new_handing(graph->graph, nt_recipe_shard(step->recipe), handovers,
                               graph->grad_count, &step->plan, error);
}

nt_status nt_train_step_prepare(nt_train_step *step, nt_spread spread, nt_error *error) {
    NT_TRY(nt_training_state_new(step->network, step->recipe->optimiser, &step->state, error));
    NT_TRY(make_plan(step, error));
    if (step->recipe->shards <= 1)
        return nt_run_new(step->plan, nt_weights_bind(step->state->weights, NULL), &step->run,
                          error);
    const nt_sharding sharding = {.network = step->network,
                                  .recipe = step->recipe,
                                  .graph = step->graph,
                                  .plan = step->plan,
                                  .state = step->state,
                                  .spread = spread};
    return nt_train_shards_new(&sharding, &step->shards, error);
}

void nt_train_step_finish(nt_train_step *step) {
    nt_train_shards_free(step->shards);
    nt_run_free(step->run);
    nt_plan_free(step->plan);
    nt_training_state_free(step->state);
    nt_step_graph_free(step->graph);
    *step = (nt_train_step){0};
}

nt_train_count nt_train_step_count(const nt_train_step *step, const int32_t *labels) {
    return step->shards ? step->counted : nt_train_count_of(step->run, step->graph, labels);
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
            nt_weight_update(l->step->recipe, l->step->state, &graph->grads[g], &l->moment,
                             gradient.f);
}

/* Running statistics take their next values, and counters count. */
static void commit_updates(nt_train_step *step) {
    for (int32_t u = 0; u < step->graph->update_count; u++) {
        nt_tensor to = nt_weights_at(step->state->weights, step->graph->updates[u].state);
        nt_tensor from = nt_run_output(step->run, step->graph->updates[u].output);
        memcpy(to.f, from.f, (size_t)nt_type_stored(to.type) * sizeof(float));
    }
    nt_counters_count(step->state, step->graph->rates);
}

nt_status nt_train_step_run(nt_train_step *step, const float *images, const int32_t *labels,
                            nt_step_moment moment, float *ret_loss, nt_error *error) {
    if (step->shards)
        return nt_train_shards_run(step->shards, images, labels, moment, ret_loss, &step->counted,
                                   error);
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
                                     const int32_t *labels, uint64_t draw, const nt_node **ret,
                                     nt_error *error) {
    nt_feed feeds[] = {{step->network->inputs[0].name, images}, {NT_TARGET, labels}};
    const nt_suspects all = {.output = -1, .sample = -1};
    const nt_node *culprit = NULL;
    int shards = step->shards ? nt_train_shards_count(step->shards) : 1;
    for (int i = 0; i < shards && !culprit; i++) {
        nt_run *run = step->shards
                          ? nt_train_shards_feed(step->shards, i, images, labels, draw, feeds)
                          : step->run;
        NT_TRY(nt_culprit_find(run, step->graph->graph, feeds, 2, nt_recipe_shard(step->recipe),
                               all, &culprit, error));
    }
    *ret = culprit;
    return NT_OK;
}
