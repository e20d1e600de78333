/* A tensor is worked through in jobs of a fixed number of elements. */
#include "weight_update.h"

#include "parallel.h"

enum { JOB = 1 << 15 }; /* elements */

typedef struct update_jobs {
    const nt_optimiser *optimiser;
    nt_update_call call; /* of the whole tensor */
    bool keeps_zeros;
} update_jobs;

/* An element that is 0 is left alone with what is remembered of it: runs of the others. */
static void update_others(const nt_optimiser *optimiser, const nt_update_call *all) {
    for (int64_t from = 0, to; from < all->count; from = to) {
        nt_update_call run = *all;
        bool zero = all->weights[from] == 0;
        for (to = from + 1; to < all->count && (all->weights[to] == 0) == zero; to++)
            ;
        run.weights += from;
        run.grads += from;
        run.count = to - from;
        for (int k = 0; k < optimiser->slot_count; k++)
            run.slots[k] += from;
        if (!zero)
            optimiser->update(&run);
    }
}

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
    if (jobs->keeps_zeros)
        update_others(jobs->optimiser, &part);
    else
        jobs->optimiser->update(&part);
}

void nt_weight_update(const nt_recipe *recipe, nt_training_state *state, const nt_bound *of,
                      const nt_step_moment *moment, const float *gradient) {
    const nt_optimiser *optimiser = recipe->optimiser;
    nt_tensor weights = nt_weights_at(state->weights, of->state);
    update_jobs jobs = {.optimiser = optimiser,
                        .call = {.options = recipe->optimiser_options,
                                 .rate = moment->rate * of->rate,
                                 .step = moment->number,
                                 .count = nt_type_stored(weights.type),
                                 .weights = weights.f,
                                 .grads = gradient},
                        .keeps_zeros = state->network->states[of->state].keeps_zeros};
    for (int k = 0; k < optimiser->slot_count; k++)
        jobs.call.slots[k] =
            nt_weights_at(state->weights, state->first_slot[of->state] + (size_t)k).f;
    nt_parallel((int)((jobs.call.count + JOB - 1) / JOB), update_job, &jobs);
}

void nt_counters_count(nt_training_state *state, const double *rates) {
    for (size_t i = 0; i < state->network->state_count; i++)
        if (state->network->states[i].role == NT_COUNTER && rates[i] != 0)
            nt_weights_at(state->weights, i).i[0]++;
}
