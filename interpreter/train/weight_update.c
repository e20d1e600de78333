/* A tensor is worked through in jobs of a fixed number of elements. */
#include "weight_update.h"

#include "parallel.h"

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

void nt_weight_update(const nt_recipe *recipe, nt_training_state *state, size_t which,
                      const nt_step_moment *moment, const float *gradient) {
    const nt_optimiser *optimiser = recipe->optimiser;
    nt_tensor weights = nt_weights_at(state->weights, which);
    update_jobs jobs = {.optimiser = optimiser,
                        .call = {.options = recipe->optimiser_options,
                                 .rate = moment->rate,
                                 .step = moment->number,
                                 .count = nt_type_stored(weights.type),
                                 .weights = weights.f,
                                 .grads = gradient}};
    for (int k = 0; k < optimiser->slot_count; k++)
        jobs.call.slots[k] = nt_weights_at(state->weights, state->first_slot[which] + (size_t)k).f;
    nt_parallel((int)((jobs.call.count + JOB - 1) / JOB), update_job, &jobs);
}

void nt_counters_count(nt_training_state *state) {
    for (size_t i = 0; i < state->network->state_count; i++)
        if (state->network->states[i].role == NT_COUNTER)
            nt_weights_at(state->weights, i).i[0]++;
}
