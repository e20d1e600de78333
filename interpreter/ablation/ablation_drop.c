/* A residual unit loses its branch, and its short connection is left: the identity, or what a
 * projection makes of it. Veit et al., "Residual networks behave like ensembles of relatively
 * shallow networks", NIPS 2016. */
#include "edit.h"

#include "residual.h"
#include <stdio.h>

static nt_status edit(const nt_editing *e, nt_value *ret) {
    nt_short found;
    int operand = 0;
    NT_TRY(nt_residual_short(e->from, e->edit->node, &found, &operand));
    if (found == NT_SHORT_NONE) {
        snprintf(e->why, NT_WHY,
                 "'%s' has no short connection: none of its inputs has fewer convolutions than all "
                 "others; so no branch of it can be dropped",
                 e->node->name);
        return NT_INVALID;
    }
    if (!nt_shape_equal(nt_graph_type(e->from, e->node->in[operand])->shape,
                        e->node->out[0].shape)) {
        snprintf(e->why, NT_WHY,
                 "the short connection of '%s' has another shape than the sum, so its branch can't "
                 "be dropped",
                 e->node->name);
        return NT_INVALID;
    }
    *ret = e->in[operand];
    return NT_OK;
}

const nt_ablation nt_ablation_drop = {
    .kind = {"drop", "its residual branch is gone", nt_no_fields, 0},
    .layers = "sums, or the block that holds one",
    .fits = nt_residual_is_sum,
    .unfit = "is no sum of a branch with a layer, so there is none to drop",
    .in_block = "sum",
    .block_unfit = "holds no sum of a branch with a layer, so there is none to drop",
    .edit = edit,
};
