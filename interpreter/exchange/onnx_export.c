/* The graph is the one of evaluation, without any optimisation but the folding that was asked for.
 * A value is called as its node is, or NODE/OUTPUT for a further output; NODE/out where an input, a
 * parameter or the network's output has that name already. A layer that is there twice, since its
 * normalisation is folded into one of them, is NODE/NORMALISATION there. Names of the graph have no
 * slash, so no two values are called the same. Initializers are added by the forms that read them.
 */
#include "onnx_export.h"

#include "alloc.h"
#include "attrs.h"
#include "onnx_forms.h"
#include "passes.h"
#include <assert.h>
#include <string.h>

/* `live` and `labels` are by node, `names`, `held` and `ranks` by number of the graph's values. */
typedef struct export {
    const nt_graph *graph;
    const nt_weights *weights;
    nt_onnx *onnx;
    nt_arena *arena; /* the model's */
    bool *live;
    const char **labels; /* what nodes are called */
    const char **names;
    nt_tensor *held; /* of parameters; data NULL: it is none */
    int8_t *ranks;   /* of initializers that are there */
    const char *batched;
    nt_error *error;
}
export;

nt_status nt_onnx_ready(nt_error *error) {
    (void)error;
    return NT_OK;
}

static nt_status no_memory(const export *e) {
    return nt_error_say(e->error, NT_NO_MEMORY, "out of memory for the ONNX model");
}

static int32_t number_of(const export *e, nt_value value) {
    return nt_graph_value_number(e->graph, value);
}

static nt_value main_of(const export *e) {
    return nt_graph_output(e->graph, 0)->value;
}

/* --- parameters ------------------------------------------------------------------------------- */

static void hold_param(export *e, const nt_node *node) {
    const nt_param_attrs *a = node->attrs;
    const nt_tensor *tensor = nt_weights_find(e->weights, a->name);
    assert(tensor);
    e->names[node->first_value] = a->name;
    e->held[node->first_value] = *tensor;
}

/* Whether any node but `reader` has need of the value. */
static bool is_shared(const export *e, nt_value value, const nt_node *reader) {
    for (int32_t i = 0; i < nt_graph_size(e->graph); i++) {
        const nt_node *node = nt_graph_node(e->graph, i);
        for (int j = 0; e->live[i] && node != reader && j < node->in_count; j++)
            if (node->in[j].node == value.node && node->in[j].output == value.output)
                return true;
    }
    return false;
}

/* The parameters of a layer with the normalisation folded in are called as the layer's own, unless
 * those are needed beside them. */
static void name_folded(export *e, const nt_node *node) {
    const nt_fold_attrs *a = node->attrs;
    const char *weight = e->names[number_of(e, node->in[0])];
    size_t stem = strlen(weight) - strlen("weight");
    const char *bias = a->has_bias ? e->names[number_of(e, node->in[1])]
                                   : nt_onnx_name(e->onnx, "%.*sbias", (int)stem, weight);
    if (is_shared(e, node->in[0], node)) {
        weight = nt_onnx_name(e->onnx, "%s/%s", weight, node->name);
        bias = nt_onnx_name(e->onnx, "%s/%s", bias, node->name);
    }
    e->names[node->first_value + NT_FOLD_WEIGHT] = weight;
    e->names[node->first_value + NT_FOLD_BIAS] = bias;
}

/* Computes what folding makes of parameters. */
static nt_status hold_folded(export *e, const nt_node *node) {
    nt_tensor in[NT_MAX_PARAMS], *out = e->held + node->first_value;
    for (int i = 0; i < node->in_count; i++)
        in[i] = e->held[number_of(e, node->in[i])];
    for (int o = 0; o < node->out_count; o++) {
        out[o] = (nt_tensor){.type = node->out[o], .count = 1};
        out[o].data = NT_ARENA_ARRAY(e->arena, float, nt_type_stored(node->out[o]));
        if (!out[o].data)
            return NT_NO_MEMORY;
    }
    node->op->forward(&(nt_call){.attrs = node->attrs,
                                 .in = in,
                                 .out = out,
                                 .in_count = node->in_count,
                                 .out_count = node->out_count});
    name_folded(e, node);
    return NT_OK;
}

/* --- names ------------------------------------------------------------------------------------ */

static const char *label_of(const export *e, const nt_node *node) {
    const nt_node *from = node->in_count > NT_CONV_WEIGHT
                              ? nt_graph_node(e->graph, node->in[NT_CONV_WEIGHT].node)
                              : NULL;
    if (!from || from->op != &nt_op_fold_batch_norm || !is_shared(e, from->in[0], from))
        return node->name;
    return nt_onnx_name(e->onnx, "%s/%s", node->name, from->name);
}

/* Whether something else is called so: an input, the output, or a parameter, which only the node's
 * own can be. */
static bool is_taken(const export *e, const nt_node *node, const char *name) {
    bool taken = strcmp(name, nt_graph_output(e->graph, 0)->name) == 0;
    for (int j = node->data_count; j < node->in_count; j++)
        taken |= strcmp(name, e->names[number_of(e, node->in[j])]) == 0;
    for (int32_t i = 0; !taken && i < nt_graph_size(e->graph); i++) {
        const nt_node *other = nt_graph_node(e->graph, i);
        taken = e->live[i] && other->op == &nt_op_input && strcmp(name, other->name) == 0;
    }
    return taken;
}

static void name_outputs(export *e, int32_t i) {
    const nt_node *node = nt_graph_node(e->graph, i);
    nt_value main = main_of(e);
    e->labels[i] = label_of(e, node);
    for (int o = 0; o < node->out_count; o++) {
        const char *extra = nt_op_output_name(node->op, o), *name = e->labels[i];
        if (o > 0)
            name = nt_onnx_name(e->onnx, "%s/%s", name, extra);
        else if (is_taken(e, node, name))
            name = nt_onnx_name(e->onnx, "%s/out", name);
        if (main.node == i && main.output == o)
            name = nt_graph_output(e->graph, 0)->name;
        e->names[node->first_value + o] = name;
    }
}

static nt_status name_values(export *e) {
    for (int32_t i = 0; i < nt_graph_size(e->graph); i++) {
        const nt_node *node = nt_graph_node(e->graph, i);
        if (!e->live[i])
            continue;
        if (node->op == &nt_op_param)
            hold_param(e, node);
        else if (node->op == &nt_op_fold_batch_norm)
            NT_TRY(hold_folded(e, node));
        else if (node->op == &nt_op_input)
            e->names[node->first_value] = ((const nt_input_attrs *)node->attrs)->name;
        else
            name_outputs(e, i);
    }
    return NT_OK;
}

/* --- nodes ------------------------------------------------------------------------------------ */

static void refuse(const export *e, const nt_node *node, const char *why) {
    nt_error_say(e->error, NT_INVALID, "'%s': ONNX has no form for %s%s%s", node->name,
                 node->op->kind.name, why[0] ? " here: it " : "", why);
}

static void add_node(export *e, int32_t i) {
    const nt_node *node = nt_graph_node(e->graph, i);
    const char *in[NT_MAX_INPUTS + NT_MAX_PARAMS];
    nt_type types[NT_MAX_INPUTS + NT_MAX_PARAMS];
    nt_tensor held[NT_MAX_INPUTS + NT_MAX_PARAMS];
    int8_t ranks[NT_MAX_INPUTS + NT_MAX_PARAMS];
    char why[NT_WHY] = "";
    for (int j = 0; j < node->in_count; j++) {
        int32_t number = number_of(e, node->in[j]);
        in[j] = e->names[number];
        types[j] = *nt_graph_type(e->graph, node->in[j]);
        held[j] = e->held[number];
        ranks[j] = e->ranks[number];
    }
    const nt_form form = {.onnx = e->onnx,
                          .node = node,
                          .name = e->labels[i],
                          .in = in,
                          .types = types,
                          .out = e->names + node->first_value,
                          .held = held,
                          .ranks = ranks,
                          .batched = e->batched,
                          .why = why};
    nt_form_writer *write = nt_form_of(node->op);
    if (write)
        write(&form);
    if (!write || why[0])
        refuse(e, node, why);
    for (int j = 0; j < node->in_count; j++)
        e->ranks[number_of(e, node->in[j])] = ranks[j];
}

/* Of a network that gives back what it was given. */
static void add_identity(export *e) {
    const nt_output *output = nt_graph_output(e->graph, 0);
    if (nt_graph_node(e->graph, output->value.node)->op != &nt_op_input)
        return;
    nt_onnx_node(e->onnx, "Identity", nt_onnx_name(e->onnx, "%s/copy", output->name));
    nt_onnx_reads(e->onnx, e->names[number_of(e, output->value)]);
    nt_onnx_makes(e->onnx, output->name);
}

static void add_inputs(export *e) {
    for (int32_t i = 0; i < nt_graph_size(e->graph); i++) {
        const nt_node *node = nt_graph_node(e->graph, i);
        if (!e->live[i] || node->op != &nt_op_input)
            continue;
        const char *name = e->names[node->first_value];
        e->batched = node->out[0].batched ? name : e->batched;
        nt_onnx_input(e->onnx, name, node->out[0].dtype == NT_I32, nt_form_dims(&node->out[0], 1),
                      node->out[0].batched);
    }
}

static nt_status add_all(export *e) {
    const nt_output *output = nt_graph_output(e->graph, 0);
    const nt_type *type = nt_graph_type(e->graph, output->value);
    int before = e->error->count;
    add_inputs(e);
    for (int32_t i = 0; i < nt_graph_size(e->graph); i++) {
        const nt_node *node = nt_graph_node(e->graph, i);
        if (e->live[i] && node->op != &nt_op_input && node->op != &nt_op_param &&
            node->op != &nt_op_fold_batch_norm)
            add_node(e, i);
    }
    add_identity(e);
    if (type->dtype != NT_F32)
        nt_error_say(e->error, NT_INVALID, "the output '%s' holds integers, not float32 values",
                     output->name);
    nt_onnx_output(e->onnx, output->name, nt_form_dims(type, 1), type->batched);
    return e->error->count == before ? NT_OK : NT_INVALID;
}

static nt_status export_graph(export *e, const char *path) {
    size_t values = (size_t)nt_graph_value_count(e->graph);
    e->arena = nt_onnx_arena(e->onnx);
    e->live = NT_ARENA_ARRAY(e->arena, bool, nt_graph_size(e->graph) + 1);
    e->labels = NT_ARENA_ARRAY(e->arena, const char *, nt_graph_size(e->graph) + 1);
    e->names = NT_ARENA_ARRAY(e->arena, const char *, values + 1);
    e->held = NT_ARENA_ARRAY(e->arena, nt_tensor, values + 1);
    e->ranks = NT_ARENA_ARRAY(e->arena, int8_t, values + 1);
    if (!e->live || !e->labels || !e->names || !e->held || !e->ranks)
        return no_memory(e);
    nt_graph_mark_live(e->graph, 1, e->live);
    if (name_values(e) != NT_OK)
        return no_memory(e);
    NT_TRY(add_all(e));
    return nt_onnx_write(e->onnx, path, e->error);
}

/* --- the graph -------------------------------------------------------------------------------- */

static nt_status fold_graph(const nt_graph *from, nt_graph **ret, nt_error *error) {
    const nt_pass *pass = nt_pass_find("fold_batch_norm");
    if (pass->run(from, NULL, ret) != NT_OK)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory folding batch normalisation");
    return NT_OK;
}

static nt_status graph_for(const nt_network *network, bool fold, nt_graph **ret, nt_error *error) {
    const nt_pass_options passes = {.phase = NT_PHASE_EVALUATION, .plain = true};
    nt_graph *main, *evaluated;
    if (nt_graph_main(network->graph, &main) != NT_OK)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory for the network's graph");
    nt_status status = nt_passes_run(main, &passes, &evaluated, error);
    nt_graph_free(main);
    NT_TRY(status);
    if (!fold) {
        *ret = evaluated;
        return NT_OK;
    }
    status = fold_graph(evaluated, ret, error);
    nt_graph_free(evaluated);
    return status;
}

nt_status nt_onnx_export(const nt_weights *weights, bool fold, const char *path, nt_error *error) {
    const nt_network *network = nt_weights_network(weights);
    nt_graph *graph;
    NT_TRY(graph_for(network, fold, &graph, error));
    export e = {
        .graph = graph, .weights = weights, .onnx = nt_onnx_new(network->name), .error = error};
    nt_status status = e.onnx ? export_graph(&e, path) : no_memory(&e);
    nt_onnx_free(e.onnx);
    nt_graph_free(graph);
    return status;
}
