/* A sum leaves out the constant 0, and stands for its other input if there is but one. So a unit
 * whose branch ends in zeros is one node with the same unit without its branch.
 *
 * It comes after batch normalisations are folded: which of them are must not depend on a sum that
 * was there. The values are the same; that -0 + 0 is 0 no sum, product or comparison shows. */
#include "attrs.h"
#include "passes.h"

static nt_status leave_out(void *context, const nt_graph *from, int32_t i, nt_graph *to,
                           nt_value *in, nt_value *ret_out, bool *ret_replaced) {
    const nt_node *node = nt_graph_node(from, i);
    nt_value kept[NT_MAX_INPUTS];
    int32_t count = 0;
    bool fills = false; /* one that is left has the shape of the sum */
    char why[NT_WHY];
    (void)context;
    if (node->grad || node->op != &nt_op_add)
        return NT_OK;
    for (int32_t j = 0; j < node->in_count; j++) {
        if (nt_graph_is_zero(to, in[j]))
            continue;
        fills = fills || nt_shape_equal(nt_graph_type(to, in[j])->shape, node->out[0].shape);
        kept[count++] = in[j];
    }
    if (count == node->in_count || !fills)
        return NT_OK;
    *ret_replaced = true;
    if (count > 1)
        return nt_graph_add_raw(to, node->op, node->attrs, kept, count, count, node->name, ret_out,
                                why);
    ret_out[0] = kept[0];
    return NT_OK;
}

static nt_status run(const nt_graph *from, const nt_pass_options *options, nt_graph **ret) {
    (void)options;
    return nt_graph_rewrite(from, leave_out, NULL, ret);
}

const nt_pass nt_pass_add_zero = {
    .kind = {.name = "add_zero", .doc = "leave zeros out of sums", .fields = nt_no_fields},
    .phases = NT_IN_EVALUATION,
    .run = run,
};
