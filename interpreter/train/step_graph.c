/* The training graph: the network rewritten for training, the loss appended, then its gradients. */
#include "step_graph.h"

#include "alloc.h"
#include "attrs.h"
#include "gradient.h"
#include "passes.h"
#include <string.h>

/* Batch normalisation works on the batch's own statistics and gives the next running ones;
 * convolutions take the direct algorithm where the recipe asks for it. */
static nt_status train_mode(void *context, const nt_graph *from, int32_t i, nt_graph *to,
                            nt_value *in, nt_value *ret_out, bool *ret_replaced) {
    const nt_recipe *recipe = context;
    const nt_node *node = nt_graph_node(from, i);
    char why[NT_WHY];
    if ((node->op == &nt_op_conv2d || node->op == &nt_op_conv_transpose2d) &&
        recipe->conv == NT_CONV_DIRECT) {
        nt_conv_transpose2d_attrs attrs; /* which begin with those of a conv2d */
        memcpy(&attrs, node->attrs, node->op->attrs_size);
        attrs.conv.algorithm = NT_CONV_DIRECT;
        *ret_replaced = true;
        return nt_graph_add_raw(to, node->op, &attrs, in, node->data_count, node->in_count,
                                node->name, ret_out, why);
    }
    if (node->op != &nt_op_batch_norm)
        return NT_OK;
    nt_batch_norm_attrs attrs = *(const nt_batch_norm_attrs *)node->attrs;
    attrs.statistics = NT_STATISTICS_TRAIN;
    *ret_replaced = true;
    return nt_graph_add_raw(to, node->op, &attrs, in, node->data_count, node->in_count, node->name,
                            ret_out, why);
}

/* One class per logit vector, or one per pixel of a map of them. */
static nt_type target_type(nt_type logits) {
    nt_type type = {.dtype = NT_I32, .groups = 1, .batched = true};
    type.shape = nt_shape_of(logits.shape.rank - 1, logits.shape.dim + 1);
    return type;
}

static nt_status add_loss(nt_step_graph *step, const nt_recipe *recipe, nt_value *ret,
                          nt_error *error) {
    char why[NT_WHY];
    nt_value in[2] = {nt_graph_output(step->graph, 0)->value};
    nt_type logits = *nt_graph_type(step->graph, in[0]);
    if (logits.shape.rank < 1)
        return nt_error_say(error, NT_INVALID, "the network's output is a scalar, not logits");
    NT_TRY(nt_graph_add_input(step->graph, NT_TARGET, target_type(logits), &in[1]));
    nt_status status =
        nt_graph_add_raw(step->graph, recipe->loss, recipe->loss_attrs, in, 2, 2, "loss", ret, why);
    if (status == NT_INVALID)
        nt_error_say(error, status, "the loss does not fit the network's output: %s", why);
    return status;
}

static nt_status add_output(nt_step_graph *step, const char *kind, const char *name, nt_value value,
                            int32_t *ret) {
    const char *full = nt_arena_printf(&step->arena, "%s %s", kind, name);
    *ret = nt_graph_output_count(step->graph);
    return full ? nt_graph_add_output(step->graph, full, value) : NT_NO_MEMORY;
}

/* Outputs for the gradients of all weights that the graph reads. */
static nt_status add_grads(nt_step_graph *step, const nt_network *network, nt_value loss,
                           nt_error *error) {
    int32_t size = nt_graph_size(step->graph), count = 0;
    nt_value *weights = NT_ARENA_ARRAY(&step->arena, nt_value, size);
    nt_value *grads = NT_ARENA_ARRAY(&step->arena, nt_value, size);
    step->grads = NT_ARENA_ARRAY(&step->arena, nt_bound, size);
    if (!weights || !grads || !step->grads)
        return NT_NO_MEMORY;
    for (int32_t i = 0; i < size; i++) {
        const nt_node *node = nt_graph_node(step->graph, i);
        const nt_state *state =
            node->op == &nt_op_param ? nt_network_state(network, node->name) : NULL;
        if (!state || state->role != NT_WEIGHT)
            continue;
        step->grads[count].state = (size_t)(state - network->states);
        weights[count++] = (nt_value){.node = i};
    }
    NT_TRY(nt_graph_differentiate(step->graph, loss, weights, count, grads, error));
    for (int32_t k = 0; k < count; k++)
        NT_TRY(add_output(step, "gradient", network->states[step->grads[k].state].name, grads[k],
                          &step->grads[k].output));
    step->grad_count = count;
    return NT_OK;
}

/* Outputs for the next values of running statistics; `size`: nodes before the gradients. */
static nt_status add_updates(nt_step_graph *step, const nt_network *network, int32_t size) {
    step->updates = NT_ARENA_ARRAY(&step->arena, nt_bound, 2 * size);
    if (!step->updates)
        return NT_NO_MEMORY;
    for (int32_t i = 0; i < size; i++) {
        const nt_node *node = nt_graph_node(step->graph, i);
        for (int u = 0; u < node->op->update_count; u++) {
            nt_update update = node->op->updates[u];
            if (update.output >= node->out_count)
                continue;
            const nt_node *param = nt_graph_node(step->graph, node->in[update.input].node);
            const nt_state *state = nt_network_state(network, param->name);
            nt_bound *bound = &step->updates[step->update_count++];
            bound->state = (size_t)(state - network->states);
            NT_TRY(add_output(step, "update", state->name,
                              (nt_value){.node = i, .output = update.output}, &bound->output));
        }
    }
    return NT_OK;
}

static nt_status make(nt_step_graph *step, const nt_network *network, const nt_recipe *recipe,
                      nt_error *error) {
    nt_value loss;
    NT_TRY(nt_graph_rewrite(network->graph, train_mode, (void *)(uintptr_t)recipe, &step->graph));
    step->logits = 0;
    NT_TRY(add_loss(step, recipe, &loss, error));
    NT_TRY(add_output(step, "loss of", network->name, loss, &step->loss));
    int32_t size = nt_graph_size(step->graph);
    NT_TRY(add_grads(step, network, loss, error));
    NT_TRY(add_updates(step, network, size));
    nt_graph *kept = step->graph;
    step->graph = NULL;
    nt_status status = nt_pass_recompute(kept, &(nt_pass_options){0}, &step->graph);
    nt_graph_free(kept);
    NT_TRY(status);
    const char *flaw = nt_graph_flaw(step->graph);
    if (flaw)
        return nt_error_say(error, NT_FAILED, "the training graph is faulty: %s", flaw);
    return NT_OK;
}

nt_status nt_step_graph_new(const nt_network *network, const nt_recipe *recipe, nt_step_graph **ret,
                            nt_error *error) {
    nt_step_graph *step = nt_alloc_zero(sizeof *step);
    if (!step)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory making the training graph");
    nt_arena_init(&step->arena);
    nt_status status = make(step, network, recipe, error);
    if (status != NT_OK) {
        if (status == NT_NO_MEMORY)
            nt_error_say(error, status, "out of memory making the training graph");
        nt_step_graph_free(step);
        return status;
    }
    *ret = step;
    return NT_OK;
}

void nt_step_graph_free(nt_step_graph *step) {
    if (!step)
        return;
    nt_graph_free(step->graph);
    nt_arena_finish(&step->arena);
    nt_free(step, sizeof *step);
}
