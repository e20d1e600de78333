/* A gate no longer depends on the image: each channel's factor is what it is on the average. */
#include "edit.h"

const nt_ablation nt_ablation_gate = {
    .kind = {"gate", "its factors are their means over training images", nt_no_fields, 0},
    .layers = "gates of squeeze and excitation, or the block that holds one",
    .needs = NT_NEEDS_CALIBRATION,
    .fits = nt_node_is_gate,
    .unfit = "is no gate: what an average leads to and multiplies a map",
    .in_block = "gate",
    .block_unfit = "holds no gate",
    .edit = nt_editing_mean,
};
