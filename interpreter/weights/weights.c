/* All tensors lie in one block, in the order of the network's states, each aligned to NT_ALIGN. */
#include "weights.h"

#include "alloc.h"
#include "hash.h"
#include "integers.h"
#include "random.h"
#include <math.h>
#include <string.h>

struct nt_weights {
    const nt_network *network;
    char *block; /* all tensors, each aligned to NT_ALIGN */
    size_t block_size;
    nt_tensor *tensors;
};

static size_t stored_bytes(nt_type type) {
    size_t bytes = (size_t)nt_type_stored(type) * sizeof(float);
    return nt_round_up(bytes, NT_ALIGN);
}

nt_status nt_weights_new(const nt_network *network, nt_weights **ret) {
    nt_weights *weights = nt_alloc_zero(sizeof *weights);
    if (!weights)
        return NT_NO_MEMORY;
    weights->network = network;
    for (size_t i = 0; i < network->state_count; i++)
        weights->block_size += stored_bytes(network->states[i].type);
    weights->block = nt_alloc_zero(weights->block_size);
    weights->tensors = nt_alloc(network->state_count * sizeof *weights->tensors);
    if (!weights->block || !weights->tensors) {
        nt_weights_free(weights);
        return NT_NO_MEMORY;
    }
    size_t at = 0;
    for (size_t i = 0; i < network->state_count; i++) {
        nt_type type = network->states[i].type;
        weights->tensors[i] = (nt_tensor){.data = weights->block + at, .type = type, .count = 1};
        at += stored_bytes(type);
    }
    *ret = weights;
    return NT_OK;
}

void nt_weights_free(nt_weights *weights) {
    if (!weights)
        return;
    nt_free(weights->block, weights->block_size);
    nt_free(weights->tensors, weights->network->state_count * sizeof *weights->tensors);
    nt_free(weights, sizeof *weights);
}

static double draw(nt_random *random, const nt_state *state) {
    switch (state->init) {
    case NT_INIT_NORMAL:
        return state->scale * nt_random_normal(random);
    case NT_INIT_UNIFORM:
        return state->scale * (2 * nt_random_uniform(random) - 1);
    case NT_INIT_CONSTANT:
        break;
    }
    return state->scale;
}

nt_status nt_state_init(const nt_state *state, uint64_t seed, nt_tensor to) {
    if (state->role == NT_COUNTER) {
        to.i[0] = 0;
        return NT_OK;
    }
    size_t count = (size_t)nt_shape_elements(state->type.shape);
    float *rows = nt_alloc(count * sizeof *rows);
    nt_random random;
    if (!rows)
        return NT_NO_MEMORY;
    nt_random_init(&random, seed, nt_hash_string(0, state->name));
    for (size_t k = 0; k < count; k++)
        rows[k] = (float)draw(&random, state);
    nt_tensor_from_rows(state->type, rows, to.f);
    nt_free(rows, count * sizeof *rows);
    return NT_OK;
}

int64_t nt_state_flaw(const nt_state *state, const float *elements, int64_t count) {
    if (state->role == NT_COUNTER)
        return -1;
    for (int64_t k = 0; k < count; k++)
        if (!isfinite(elements[k]) || (state->variance && elements[k] < 0))
            return k;
    return -1;
}

nt_status nt_weights_init(nt_weights *weights, uint64_t seed) {
    for (size_t i = 0; i < weights->network->state_count; i++)
        NT_TRY(nt_state_init(&weights->network->states[i], seed, weights->tensors[i]));
    return NT_OK;
}

const nt_network *nt_weights_network(const nt_weights *weights) {
    return weights->network;
}

size_t nt_weights_count(const nt_weights *weights) {
    return weights->network->state_count;
}

nt_tensor nt_weights_at(const nt_weights *weights, size_t i) {
    return weights->tensors[i];
}

const nt_tensor *nt_weights_find(const nt_weights *weights, const char *name) {
    const nt_state *state = nt_network_state(weights->network, name);
    return state ? &weights->tensors[state - weights->network->states] : NULL;
}

static const nt_tensor *find(const void *where, const char *name) {
    return nt_weights_find(where, name);
}

nt_binding nt_weights_bind(const nt_weights *weights, const nt_weights *more) {
    return (nt_binding){.find = find, .first = weights, .more = more};
}

bool nt_weights_digest(const nt_weights *weights, char hex[NT_DIGEST_HEX]) {
    nt_digest *digest = nt_digest_new();
    if (!digest)
        return false;
    for (size_t i = 0; i < nt_weights_count(weights); i++) {
        nt_tensor tensor = weights->tensors[i];
        nt_digest_add(digest, tensor.data, (size_t)nt_type_stored(tensor.type) * sizeof(float));
    }
    nt_digest_end(digest, hex);
    return true;
}

void nt_weights_copy(const nt_weights *from, nt_weights *to) {
    size_t count = nt_weights_count(from);
    count = count < nt_weights_count(to) ? count : nt_weights_count(to);
    for (size_t i = 0; i < count; i++) {
        nt_tensor source = nt_weights_at(from, i), target = nt_weights_at(to, i);
        memcpy(target.data, source.data, (size_t)nt_type_stored(source.type) * sizeof(float));
    }
}
