/* What the layer was before training, or after some epochs of it (Zhang, Bengio, Singer, "Are all
 * layers created equal?", JMLR 2022). */
#include "kernel.h"

#include <string.h>

typedef struct options {
    int32_t epoch;
} options;

static const nt_field fields[] = {
    {"epoch", NT_INT, offsetof(options, epoch), "0", 0, 1000000, .late = true,
     .doc = "after which epoch its values were so; more than 0 where `snapshots` keeps them"},
    {0},
};

static int32_t epoch(const void *record) {
    return ((const options *)record)->epoch;
}

static nt_status derive(const nt_derivation *from, nt_tensor to) {
    memcpy(to.data, from->past->data, (size_t)nt_type_stored(to.type) * sizeof(float));
    return NT_OK;
}

const nt_ablation nt_ablation_reinit = {
    .kind = {"reinit", "its kernel has the values that training began with, or an earlier epoch's",
             fields, sizeof(options)},
    .layers = NT_KERNEL_LAYERS,
    .needs = NT_NEEDS_INITIAL,
    .fits = nt_node_has_kernel,
    .unfit = "has no kernel, which 'reinit' needs",
    .edit = nt_editing_kernel,
    .epoch = epoch,
    .derive = derive,
};
