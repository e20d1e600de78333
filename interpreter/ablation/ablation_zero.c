/* A kernel of zeros leaves a constant: the bias, or zero. */
#include "attrs.h"
#include "edit.h"
#include "kernel.h"

static nt_status edit(const nt_editing *e, nt_value *ret) {
    return nt_graph_add_constant(e->to, e->node->out[0].shape, 0,
                                 e->node->in_count > NT_CONV_BIAS ? &e->in[NT_CONV_BIAS] : NULL,
                                 e->node->name, ret);
}

const nt_ablation nt_ablation_zero = {
    .kind = {"zero", "its kernel is zero; a bias stays", nt_no_fields, 0},
    .layers = NT_KERNEL_LAYERS,
    .fits = nt_node_has_kernel,
    .unfit = "has no kernel to zero",
    .edit = edit,
};
