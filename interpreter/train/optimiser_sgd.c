/* Stochastic gradient descent with momentum, as torch.optim.SGD applies it:
 *
 *     g ← g + λ w,   v ← μ v + g,   w ← w − r (g + μ v with Nesterov's momentum, v without)
 *
 * with rate r, momentum μ and weight decay λ. The rate multiplies after the momentum, not inside
 * it. */
#include "optimiser.h"

#include "vectorise.h"
#include <stdio.h>

typedef struct sgd_options {
    double momentum, weight_decay;
    bool nesterov;
} sgd_options;

static const nt_field fields[] = {
    {"momentum", NT_REAL, offsetof(sgd_options, momentum), "0", 0, 1,
     .doc = "share of the last step that is kept"},
    {"nesterov", NT_BOOL, offsetof(sgd_options, nesterov), "false",
     .doc = "look ahead along the momentum"},
    {"weight_decay", NT_REAL, offsetof(sgd_options, weight_decay), "0", 0, 1,
     .doc = "added to the gradient for each unit of weight"},
    {0},
};

static bool fits(const void *options, char why[NT_OPTIMISER_WHY]) {
    const sgd_options *o = options;
    if (!o->nesterov || o->momentum > 0)
        return true;
    snprintf(why, NT_OPTIMISER_WHY, "nesterov looks ahead along the momentum, which is 0");
    return false;
}

NT_VECTORISED(update, (const nt_update_call *call), (call)) {
    const sgd_options *options = call->options;
    float rate = (float)call->rate, momentum = (float)options->momentum;
    float decay = (float)options->weight_decay;
    float *restrict w = call->weights, *restrict v = call->slots[0];
    const float *restrict grads = call->grads;
    for (int64_t i = 0; i < call->count; i++) {
        float g = grads[i] + decay * w[i];
        v[i] = momentum * v[i] + g;
        w[i] -= rate * (options->nesterov ? g + momentum * v[i] : v[i]);
    }
}

const nt_optimiser nt_optimiser_sgd = {
    .kind = {.name = "sgd",
             .doc = "stochastic gradient descent, with momentum",
             .fields = fields,
             .size = sizeof(sgd_options)},
    .fits = fits,
    .slot_count = 1,
    .slot_names = {"momentum"},
    .update = update,
};
