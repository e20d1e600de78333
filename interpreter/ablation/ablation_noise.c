/* Gaussian noise, relative to the deviation that the kernel's own elements have. */
#include "kernel.h"

#include "hash.h"
#include "random.h"
#include <math.h>

typedef struct options {
    double deviation;
    int64_t seed;
} options;

static const nt_field fields[] = {
    {"deviation", NT_REAL, offsetof(options, deviation), NULL, 0, 0, .above = true,
     .doc = "relative to that of the kernel's elements, such as 0.1"},
    {"seed", NT_INT64, offsetof(options, seed), "0", .doc = "of the random numbers"},
    {0},
};

static void add_noise(const nt_derivation *from, float *rows, size_t count) {
    const options *o = from->edit->options;
    double sum = 0, squares = 0;
    nt_random random;
    for (size_t i = 0; i < count; i++)
        sum += (double)rows[i];
    for (size_t i = 0; i < count; i++)
        squares += pow((double)rows[i] - sum / (double)count, 2);
    double deviation = o->deviation * sqrt(squares / (double)count);
    nt_random_init(&random, nt_ablation_key(from->edit->kind, o->seed),
                   nt_hash_string(0, from->state->name));
    for (size_t i = 0; i < count; i++)
        rows[i] = (float)((double)rows[i] + deviation * nt_random_normal(&random));
}

static nt_status derive(const nt_derivation *from, nt_tensor to) {
    return nt_derive_changed(from, add_noise, to);
}

const nt_ablation nt_ablation_noise = {
    .kind = {"noise", "Gaussian noise is added to its kernel", fields, sizeof(options)},
    .layers = NT_KERNEL_LAYERS,
    .fits = nt_node_has_kernel,
    .unfit = "has no kernel, which 'noise' needs",
    .edit = nt_editing_kernel,
    .derive = derive,
};
