/* The state of a network: one tensor for each nt_state, in the order of the network's states, all
 * in one block, held as the ops read them (tensor.h). Counters are int32. */
#ifndef NT_WEIGHTS_H
#define NT_WEIGHTS_H

#include "hash.h"
#include "network.h"
#include "scheduler.h"

typedef struct nt_weights nt_weights;

/* Every element zero. The network must outlive the weights. */
nt_status nt_weights_new(const nt_network *network, nt_weights **ret);
void nt_weights_free(nt_weights *weights);

/* Draws initial values: element by element in PyTorch's order from a stream keyed by the seed and
 * the tensor's name, so that a tensor's draw doesn't depend on which others there are. */
nt_status nt_weights_init(nt_weights *weights, uint64_t seed);

/* Copies the tensors that both have, from the first on: as many as the one with fewer has. */
void nt_weights_copy(const nt_weights *from, nt_weights *to);

/* The same draw of one tensor, alone. NT_NO_MEMORY or NT_OK. */
nt_status nt_state_init(const nt_state *state, uint64_t seed, nt_tensor to);

/* Which is the first of a state's elements, in whatever order, that no measurement may rest on: one
 * that isn't finite, or is below 0 in a variance. -1: none is; counters have none. */
int64_t nt_state_flaw(const nt_state *state, const float *elements, int64_t count);

const nt_network *nt_weights_network(const nt_weights *weights);
size_t nt_weights_count(const nt_weights *weights);
nt_tensor nt_weights_at(const nt_weights *weights, size_t i); /* a view that may be written */
const nt_tensor *nt_weights_find(const nt_weights *weights, const char *name); /* or NULL */

/* For a run: parameters come from `weights`, or else from `more`, which may be NULL. */
nt_binding nt_weights_bind(const nt_weights *weights, const nt_weights *more);

/* SHA-256 over all tensors as they are held, in order; false when out of memory. */
bool nt_weights_digest(const nt_weights *weights, char hex[NT_DIGEST_HEX]);

#endif
