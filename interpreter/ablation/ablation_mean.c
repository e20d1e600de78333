/* The layer's output is a constant: what it is on the average. */
#include "edit.h"
#include "kernel.h"

static nt_status edit(const nt_editing *e, nt_value *ret) {
    nt_value mean;
    NT_TRY(nt_editing_mean(e, &mean));
    return nt_graph_add_constant(e->to, e->node->out[0].shape, 0, &mean, e->node->name, ret);
}

const nt_ablation nt_ablation_mean = {
    .kind = {"mean", "its output is replaced by its mean per channel over training images",
             nt_no_fields, 0},
    .layers = NT_KERNEL_LAYERS,
    .needs = NT_NEEDS_CALIBRATION,
    .fits = nt_node_has_kernel,
    .unfit = "has no kernel, which 'mean' needs",
    .edit = edit,
};
