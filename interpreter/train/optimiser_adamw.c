/* AdamW: Loshchilov and Hutter, "Decoupled weight decay regularization", 2019, as torch.optim.AdamW
 * applies it:
 *
 *     w ← (1 − r λ) w,   m ← β₁ m + (1 − β₁) g,   v ← β₂ v + (1 − β₂) g²,
 *     w ← w − r/(1 − β₁ᵗ) · m / (√v/√(1 − β₂ᵗ) + ε)                                              */
#include "optimiser.h"

#include "vectorise.h"
#include <math.h>

typedef struct adamw_options {
    double beta1, beta2, eps, weight_decay;
} adamw_options;

static const nt_field fields[] = {
    {"beta1", NT_REAL, offsetof(adamw_options, beta1), "0.9", 0, 0.999999,
     .doc = "share of the mean gradient that is kept"},
    {"beta2", NT_REAL, offsetof(adamw_options, beta2), "0.999", 0, 0.999999,
     .doc = "share of the mean squared gradient that is kept"},
    {"eps", NT_REAL, offsetof(adamw_options, eps), "1e-8", 1e-16, 1,
     .doc = "added to the root mean square"},
    {"weight_decay", NT_REAL, offsetof(adamw_options, weight_decay), "0.01", 0, 1,
     .doc = "shrinks every weight, apart from the gradient"},
    {0},
};

NT_VECTORISED(update, (const nt_update_call *call), (call)) {
    const adamw_options *options = call->options;
    float b1 = (float)options->beta1, b2 = (float)options->beta2, eps = (float)options->eps;
    float b1_rest = (float)(1 - options->beta1), b2_rest = (float)(1 - options->beta2);
    float keep = (float)(1 - call->rate * options->weight_decay);
    float rate = (float)(call->rate / (1 - pow(options->beta1, (double)call->step)));
    float root = (float)sqrt(1 - pow(options->beta2, (double)call->step));
    float *restrict w = call->weights, *restrict m = call->slots[0], *restrict v = call->slots[1];
    const float *restrict grads = call->grads;
    for (int64_t i = 0; i < call->count; i++) {
        float g = grads[i];
        m[i] = b1 * m[i] + b1_rest * g;
        v[i] = b2 * v[i] + b2_rest * (g * g);
        w[i] = keep * w[i] - rate * m[i] / (sqrtf(v[i]) / root + eps);
    }
}

const nt_optimiser nt_optimiser_adamw = {
    .kind = {.name = "adamw",
             .doc = "Adam with weight decay apart from the gradient",
             .fields = fields,
             .size = sizeof(adamw_options)},
    .slot_count = 2,
    .slot_names = {"mean", "square"},
    .update = update,
};
