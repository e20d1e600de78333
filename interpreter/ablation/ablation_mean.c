/* The layer's output is a constant: what it is on the average. */
#include "edit.h"
#include "kernel.h"

const nt_ablation nt_ablation_mean = {
    .kind = {"mean", "its output is replaced by its mean per channel over training images",
             nt_no_fields, 0},
    .layers = NT_KERNEL_LAYERS,
    .needs = NT_NEEDS_CALIBRATION,
    .fits = nt_node_has_kernel,
    .unfit = "has no kernel, which 'mean' needs",
    .edit = nt_editing_mean,
};
