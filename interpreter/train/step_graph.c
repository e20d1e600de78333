/* The training graph: the network rewritten for training, the loss appended, then its gradients. */
#include "step_graph.h"

#include "alloc.h"
#include "gradient.h"
#include "images.h"
#include "param_rates.h"
#include "passes.h"
#include <string.h>

enum { NAMED = 64 }; /* outputs that a mistake is compared with */

/* One class per logit vector, or one per pixel of a map of them. */
static nt_type target_type(nt_type logits) {
    nt_type type = {.dtype = NT_I32, .groups = 1, .batched = true};
    type.shape = nt_shape_of(logits.shape.rank - 1, logits.shape.dim + 1);
    return type;
}

/* The output that a term names. */
static nt_status find_output(const nt_graph *graph, const char *name, nt_value *ret,
                             nt_error *error) {
    const char *names[NAMED + 1] = {NULL};
    for (int32_t i = 0; i < nt_graph_output_count(graph); i++) {
        const nt_output *output = nt_graph_output(graph, i);
        if (!name || strcmp(name, output->name) == 0) {
            *ret = output->value;
            return NT_OK;
        }
        if (i < NAMED)
            names[i] = output->name;
    }
    nt_error_say(error, NT_INVALID, "the network has no output '%s' for a term of the loss", name);
    if (nt_nearest(name, names))
        nt_error_hint(error, "did you mean '%s'?", nt_nearest(name, names));
    return NT_INVALID;
}

/* The term's attributes; of a mask, pixels without a class are what is ignored. */
static const void *attrs_of(nt_step_graph *step, const nt_loss_term *term, bool mask) {
    const nt_field *ignore = nt_field_find(term->op->kind.fields, NT_FIELD_IGNORE);
    if (!mask || !ignore)
        return term->attrs;
    char *copy = nt_kind_copy(&term->op->kind, term->attrs, &step->arena);
    int32_t *value = copy ? (int32_t *)(void *)(copy + ignore->offset) : NULL;
    if (value && *value < 0)
        *value = NT_NO_CLASS;
    return copy;
}

/* All terms share one target: it has the shape that the first output's logits ask for. */
static nt_status check_places(const nt_step_graph *step, const nt_loss_term *term, nt_type logits,
                              nt_error *error) {
    char have[NT_SHAPE_TEXT], want[NT_SHAPE_TEXT];
    nt_type first = *nt_graph_type(step->graph, nt_graph_output(step->graph, 0)->value);
    nt_shape here = target_type(logits).shape, there = target_type(first).shape;
    if (nt_shape_equal(here, there))
        return NT_OK;
    return nt_error_say(error, NT_INVALID,
                        "the output '%s' has %s places, but the target has %s, as the first output "
                        "does",
                        term->of, nt_shape_format(here, have), nt_shape_format(there, want));
}

/* A target is ignored if every term ignores it. */
static void note_ignored(nt_step_graph *step, const nt_loss_term *term, const void *attrs,
                         bool first) {
    const nt_field *field = nt_field_find(term->op->kind.fields, NT_FIELD_IGNORE);
    int32_t ignored = -1;
    if (field)
        memcpy(&ignored, (const char *)attrs + field->offset, sizeof ignored);
    step->ignored = first || step->ignored == ignored ? ignored : -1;
}

static nt_status add_term(nt_step_graph *step, const nt_loss_term *term, bool first, nt_value *ret,
                          nt_error *error) {
    char why[NT_WHY];
    nt_value in[2];
    NT_TRY(find_output(step->graph, term->of, &in[0], error));
    nt_type logits = *nt_graph_type(step->graph, in[0]);
    if (logits.shape.rank < 1)
        return nt_error_say(error, NT_INVALID, "the network's output is a scalar, not logits");
    NT_TRY(check_places(step, term, logits, error));
    NT_TRY(nt_graph_add_input(step->graph, NT_TARGET, target_type(logits), &in[1]));
    const void *attrs = attrs_of(step, term, logits.shape.rank == 3);
    if (!attrs)
        return NT_NO_MEMORY;
    note_ignored(step, term, attrs, first);
    nt_status status = nt_graph_add_raw(step->graph, term->op, attrs, in, 2, 2, "loss", ret, why);
    if (status == NT_INVALID)
        nt_error_say(error, status, "the loss '%s' does not fit the network's output: %s",
                     term->op->kind.name, why);
    return status;
}

/* The terms' sum. */
static nt_status add_sum(nt_step_graph *step, const nt_recipe *recipe, const nt_value *terms,
                         nt_value *ret) {
    char why[NT_WHY], flaw[NT_FIELD_WHY];
    nt_text text;
    nt_text_init(&text);
    for (int32_t i = 0; i < recipe->loss_count; i++)
        nt_text_printf(&text, "%s%.17g", i ? "," : "weights=[", recipe->loss[i].weight);
    nt_text_add(&text, "]");
    const nt_op *op = &nt_op_weighted_sum;
    const void *attrs =
        text.failed ? NULL : nt_kind_record(&op->kind, text.bytes, &step->arena, flaw);
    nt_text_finish(&text);
    return attrs ? nt_graph_add_raw(step->graph, op, attrs, terms, recipe->loss_count,
                                    recipe->loss_count, "loss", ret, why)
                 : NT_NO_MEMORY;
}

static nt_status add_loss(nt_step_graph *step, const nt_recipe *recipe, nt_value *ret,
                          nt_error *error) {
    nt_value terms[NT_MAX_INPUTS] = {0};
    for (int32_t i = 0; i < recipe->loss_count; i++)
        NT_TRY(add_term(step, &recipe->loss[i], i == 0, &terms[i], error));
    *ret = terms[0];
    return recipe->loss_count == 1 && recipe->loss[0].weight == 1
               ? NT_OK
               : add_sum(step, recipe, terms, ret);
}

static nt_status add_output(nt_step_graph *step, const char *kind, const char *name, nt_value value,
                            int32_t *ret) {
    const char *full = nt_arena_printf(&step->arena, "%s %s", kind, name);
    *ret = nt_graph_output_count(step->graph);
    return full ? nt_graph_add_output(step->graph, full, value) : NT_NO_MEMORY;
}

/* Outputs for the gradients of all weights that the loss depends on; others, those of an output
 * that no term takes, stay as they are, and so does what is frozen. */
static nt_status add_grads(nt_step_graph *step, const nt_network *network, nt_value loss,
                           nt_error *error) {
    int32_t size = nt_graph_size(step->graph), count = 0;
    nt_value *weights = NT_ARENA_ARRAY(&step->arena, nt_value, size);
    nt_value *grads = NT_ARENA_ARRAY(&step->arena, nt_value, size);
    step->grads = NT_ARENA_ARRAY(&step->arena, nt_bound, size);
    bool *live = NT_ARENA_ARRAY(&step->arena, bool, size);
    if (!weights || !grads || !step->grads || !live)
        return NT_NO_MEMORY;
    nt_graph_mark_ancestors(step->graph, loss, live);
    for (int32_t i = 0; i < size; i++) {
        const nt_node *node = nt_graph_node(step->graph, i);
        const nt_state *state =
            node->op == &nt_op_param ? nt_network_state(network, node->name) : NULL;
        if (!state || state->role != NT_WEIGHT || !live[i])
            continue;
        size_t at = (size_t)(state - network->states);
        if (step->rates[at] == 0)
            continue;
        step->grads[count].state = at;
        step->grads[count].rate = step->rates[at];
        weights[count++] = (nt_value){.node = i};
    }
    NT_TRY(nt_graph_differentiate(step->graph, loss, weights, count, grads, error));
    for (int32_t k = 0; k < count; k++)
        NT_TRY(add_output(step, "gradient", network->states[step->grads[k].state].name, grads[k],
                          &step->grads[k].output));
    step->grad_count = count;
    return NT_OK;
}

/* Outputs for the next values of running statistics that are not frozen; `size`: nodes before the
 * gradients. */
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
            if (step->rates[state - network->states] == 0)
                continue;
            nt_bound *bound = &step->updates[step->update_count++];
            bound->state = (size_t)(state - network->states);
            NT_TRY(add_output(step, "update", state->name,
                              (nt_value){.node = i, .output = update.output}, &bound->output));
        }
    }
    return NT_OK;
}

/* What a pass needs to know of what is frozen. */
typedef struct freezing {
    const nt_network *network;
    const double *rates;
} freezing;

static bool keeps(const void *context, const char *running_mean) {
    const freezing *f = context;
    const nt_state *state = nt_network_state(f->network, running_mean);
    return state && f->rates[state - f->network->states] == 0;
}

static nt_status make(nt_step_graph *step, const nt_network *network, const nt_recipe *recipe,
                      nt_error *error) {
    nt_value loss;
    step->rates = nt_param_rates_find(recipe, network, &step->arena);
    const freezing frozen = {network, step->rates};
    const nt_pass_options before = {
        .phase = NT_PHASE_FORWARD, .conv = recipe->conv, .keeps = keeps, .keeps_context = &frozen};
    const nt_pass_options after = {.phase = NT_PHASE_GRADIENTS, .plain = recipe->plain};
    if (!step->rates)
        return NT_NO_MEMORY;
    NT_TRY(nt_passes_run(network->graph, &before, &step->graph, error));
    step->logits = 0;
    NT_TRY(add_loss(step, recipe, &loss, error));
    NT_TRY(add_output(step, "loss of", network->name, loss, &step->loss));
    int32_t size = nt_graph_size(step->graph);
    NT_TRY(add_grads(step, network, loss, error));
    NT_TRY(add_updates(step, network, size));
    nt_graph *kept = step->graph;
    step->graph = NULL;
    nt_status status = nt_passes_run(kept, &after, &step->graph, error);
    nt_graph_free(kept);
    return status;
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
