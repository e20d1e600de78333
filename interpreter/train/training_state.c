/* The network's states come first, at their own positions, so that they can be copied as a block;
 * the optimiser's slots follow. */
#include "training_state.h"

#include "alloc.h"

static nt_status add_tensors(nt_training_state *state) {
    const nt_network *network = state->network;
    nt_arena *arena = &state->tensors->arena;
    for (size_t i = 0; i < network->state_count; i++)
        NT_TRY(nt_network_add_state(state->tensors, &network->states[i]));
    for (size_t i = 0; i < network->state_count; i++) {
        if (network->states[i].role != NT_WEIGHT)
            continue;
        state->first_slot[i] = state->tensors->state_count;
        for (int k = 0; k < state->optimiser->slot_count; k++) {
            nt_state slot = network->states[i];
            slot.role = NT_BUFFER;
            slot.name = nt_arena_printf(arena, "optimiser.%s.%s", state->optimiser->slot_names[k],
                                        network->states[i].name);
            if (!slot.name)
                return NT_NO_MEMORY;
            NT_TRY(nt_network_add_state(state->tensors, &slot));
        }
    }
    return nt_weights_new(state->tensors, &state->weights);
}

nt_status nt_training_state_new(const nt_network *network, const nt_optimiser *optimiser,
                                nt_training_state **ret, nt_error *error) {
    nt_training_state *state = nt_alloc_zero(sizeof *state);
    nt_status status = NT_NO_MEMORY;
    if (state) {
        state->network = network;
        state->optimiser = optimiser;
        state->tensors = nt_network_new(network->name);
        state->first_slot = nt_alloc_zero(network->state_count * sizeof *state->first_slot);
        if (state->tensors && state->first_slot)
            status = add_tensors(state);
    }
    if (status != NT_OK) {
        nt_training_state_free(state);
        return nt_error_say(error, status, "out of memory for the state of training");
    }
    *ret = state;
    return NT_OK;
}

void nt_training_state_free(nt_training_state *state) {
    if (!state)
        return;
    nt_weights_free(state->weights);
    nt_network_free(state->tensors);
    nt_free(state->first_slot, state->network->state_count * sizeof *state->first_slot);
    nt_free(state, sizeof *state);
}
