/* What the layer was before training (Zhang, Bengio, Singer, "Are all layers created equal?"). */
#include "kernel.h"

#include <string.h>

static nt_status derive(const nt_derivation *from, nt_tensor to) {
    memcpy(to.data, from->initial->data, (size_t)nt_type_stored(to.type) * sizeof(float));
    return NT_OK;
}

const nt_ablation nt_ablation_reinit = {
    .kind = {"reinit", "its kernel has the values that training began with", nt_no_fields, 0},
    .layers = NT_KERNEL_LAYERS,
    .needs = NT_NEEDS_INITIAL,
    .fits = nt_node_has_kernel,
    .unfit = "has no kernel, which 'reinit' needs",
    .edit = nt_editing_kernel,
    .derive = derive,
};
