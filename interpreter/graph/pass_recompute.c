/* Recomputing in place of keeping, for training: what a normalisation, a sum with it and the
 * activation after them made is wanted again by gradients, long after everybody else has read it.
 * The normalisation's input is kept for its own gradient anyway, so they are computed again from
 * it, with the statistics of the forward pass: the same bits, and most of what the layers between
 * convolutions keep is free meanwhile.
 *
 * A sum is computed again from its other inputs, which may have been computed again themselves,
 * for as many units in a row as LONGEST says; then one's output is kept. Each is computed again but
 * once, and going backward those of one row alone are alive together. The idea is that of Chen,
 * Xu, Zhang, Guestrin, "Training deep nets with sublinear memory cost" (arXiv 1604.06174, 2016),
 * for layers that cost next to nothing. What nobody wants again is left dead. */
#include "alloc.h"
#include "attrs.h"
#include "passes.h"

enum { LONGEST = 4 /* sums and what begins them, in a row */ };

/* Per node of the old graph, what computes its value again in the new one (node -1: nothing), and
 * how many in a row that takes. */
typedef struct second {
    nt_value value;
    int32_t row;
} second;

typedef struct recomputing {
    second *again;
} recomputing;

static nt_status copy(nt_graph *to, const nt_node *node, const nt_value *in, nt_value *ret_out) {
    char why[NT_WHY];
    NT_TRY(nt_graph_add_raw(to, node->op, node->attrs, in, node->data_count, node->in_count,
                            node->name, ret_out, why));
    for (int32_t k = 1; k < node->out_count; k++)
        ret_out[k] = (nt_value){ret_out[0].node, k};
    return NT_OK;
}

/* The normalisation by the scale and shift that it has just found. */
static nt_status normalise_again(nt_graph *to, const nt_node *node, const nt_value *in,
                                 const nt_value *out, nt_value *ret) {
    char why[NT_WHY];
    const nt_value inputs[] = {in[NT_BN_X], out[NT_BN_SCALE], out[NT_BN_SHIFT]};
    const nt_fused_batch_norm_attrs attrs = {.again = true};
    return nt_graph_add_raw(to, &nt_op_fused_batch_norm, &attrs, inputs, 3, 3, node->name, ret,
                            why);
}

static bool in_training(const nt_node *node) {
    return !node->grad && node->op == &nt_op_batch_norm &&
           ((const nt_batch_norm_attrs *)node->attrs)->statistics == NT_STATISTICS_TRAIN;
}

static bool has_again(const recomputing *r, nt_value value) {
    return r->again[value.node].value.node >= 0;
}

/* How many in a row it takes to compute a sum of normalisations, one at least, and of other values
 * again; 0: it isn't to be. */
static int32_t row_of_sum(const recomputing *r, const nt_graph *from, const nt_node *node) {
    bool any = false;
    int32_t row = 1;
    if (node->grad || node->op != &nt_op_add)
        return 0;
    for (int32_t j = 0; j < node->in_count; j++) {
        bool normalised = in_training(nt_graph_node(from, node->in[j].node));
        int32_t beyond = normalised ? 1 : r->again[node->in[j].node].row + 1;
        row = beyond > row ? beyond : row;
        any = any || normalised;
    }
    return any && row <= LONGEST ? row : 0;
}

/* The sum or activation over what its inputs are again, where they are. */
static nt_status again(const recomputing *r, const nt_node *node, nt_graph *to, const nt_value *in,
                       nt_value *ret) {
    nt_value inputs[NT_MAX_INPUTS];
    char why[NT_WHY];
    for (int32_t j = 0; j < node->in_count; j++)
        inputs[j] = has_again(r, node->in[j]) ? r->again[node->in[j].node].value : in[j];
    return nt_graph_add_raw(to, node->op, node->attrs, inputs, node->data_count, node->in_count,
                            node->name, ret, why);
}

static nt_status recompute(void *context, const nt_graph *from, int32_t i, nt_graph *to,
                           nt_value *in, nt_value *ret_out, bool *ret_replaced) {
    const recomputing *r = context;
    const nt_node *node = nt_graph_node(from, i);
    second *own = &r->again[i];
    if (in_training(node)) {
        NT_TRY(copy(to, node, in, ret_out));
        *ret_replaced = true;
        own->row = 1;
        return normalise_again(to, node, in, ret_out, &own->value);
    }
    if (!node->grad && node->op->activation && has_again(r, node->in[0]))
        own->row = r->again[node->in[0].node].row;
    else
        own->row = row_of_sum(r, from, node);
    if (own->row > 0) {
        NT_TRY(copy(to, node, in, ret_out));
        *ret_replaced = true;
        return again(r, node, to, in, &own->value);
    }
    for (int32_t j = 0; node->grad && j < node->in_count; j++) {
        const nt_node *read = nt_graph_node(from, node->in[j].node);
        if ((node->op->activation || (!read->grad && read->op->activation)) &&
            has_again(r, node->in[j]))
            in[j] = r->again[node->in[j].node].value;
    }
    return NT_OK;
}

static nt_status run(const nt_graph *from, const nt_pass_options *options, nt_graph **ret) {
    size_t count = (size_t)nt_graph_size(from);
    recomputing r = {nt_alloc(count * sizeof *r.again)};
    (void)options;
    if (!r.again)
        return NT_NO_MEMORY;
    for (size_t i = 0; i < count; i++)
        r.again[i] = (second){.value = {.node = -1}};
    nt_status status = nt_graph_rewrite(from, recompute, &r, ret);
    nt_free(r.again, count * sizeof *r.again);
    return status;
}

const nt_pass nt_pass_recompute = {
    .kind = {.name = "recompute",
             .doc = "compute again what is cheap, in place of keeping it",
             .fields = nt_no_fields},
    .phases = NT_IN_GRADIENTS,
    .run = run,
};
