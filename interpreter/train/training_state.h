/* All tensors that training changes. */
#ifndef NT_TRAINING_STATE_H
#define NT_TRAINING_STATE_H

#include "optimiser.h"
#include "weights.h"

/* The tensors of a training run: the network's, then the optimiser's. */
typedef struct nt_training_state {
    nt_network *tensors; /* no graph to speak of: only states */
    nt_weights *weights; /* of `tensors` */
    const nt_network *network;
    const nt_optimiser *optimiser;
    size_t *first_slot; /* per state of the network: its first slot's position; 0: it has none */
} nt_training_state;

nt_status nt_training_state_new(const nt_network *network, const nt_optimiser *optimiser,
                                nt_training_state **ret, nt_error *error);
void nt_training_state_free(nt_training_state *state); /* takes NULL */

#endif
