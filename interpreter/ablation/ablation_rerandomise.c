/* Fresh values, drawn as initial ones are. */
#include "kernel.h"

#include "weights.h"

typedef struct options {
    int64_t seed;
} options;

static const nt_field fields[] = {
    {"seed", NT_INT64, offsetof(options, seed), "0", .doc = "of the random numbers"},
    {0},
};

static nt_status derive(const nt_derivation *from, nt_tensor to) {
    const options *o = from->edit->options;
    return nt_state_init(from->state, nt_ablation_key(from->edit->kind, o->seed), to);
}

const nt_ablation nt_ablation_rerandomise = {
    .kind = {"rerandomise", "its kernel is drawn anew, as initial values are", fields,
             sizeof(options)},
    .layers = NT_KERNEL_LAYERS,
    .fits = nt_node_has_kernel,
    .unfit = "has no kernel, which 'rerandomise' needs",
    .edit = nt_editing_kernel,
    .derive = derive,
};
