/* The network is copied as it is in evaluation, and where each node went is kept. Then the loss is
 * appended, what differentiates it, and the products: ordinary nodes all, so that of a map and its
 * gradient no more is alive than their product needs. */
#include "estimate_private.h"

#include "attrs.h"
#include "gradient.h"
#include "images.h"
#include "passes.h"
#include <string.h>

/* --- probes ----------------------------------------------------------------------------------- */

/* The weight of the only batch normalisation that reads the node; NULL: there is none. */
static const nt_tensor *scale_behind(const nt_estimating *e, int32_t of) {
    const nt_graph *graph = e->network->graph;
    const nt_tensor *found = NULL;
    int readers = 0;
    for (int32_t i = of + 1; i < nt_graph_size(graph); i++) {
        const nt_node *node = nt_graph_node(graph, i);
        for (int32_t j = 0; j < node->in_count; j++) {
            if (node->in[j].node != of)
                continue;
            readers++;
            if (node->op == &nt_op_batch_norm)
                found = nt_weights_find(e->weights,
                                        nt_graph_node(graph, node->in[NT_BN_WEIGHT].node)->name);
        }
    }
    return readers == 1 ? found : NULL;
}

static nt_probe probe_of(const nt_estimating *e, const nt_layer *layer) {
    const nt_graph *graph = e->network->graph;
    const nt_node *node = nt_graph_node(graph, layer->value.node);
    nt_shape shape = nt_graph_type(graph, layer->value)->shape;
    nt_probe probe = {.layer = layer,
                      .unit = layer->residual != NT_SHORT_NONE,
                      .gradient = -1,
                      .channels = (int32_t)nt_shape_channels(shape),
                      .pixels = nt_shape_pixels(shape)};
    for (int p = 0; p < NT_PRODUCTS; p++)
        probe.product[p] = -1;
    if (probe.unit)
        return probe;
    const char *name = nt_graph_node(graph, node->in[NT_CONV_WEIGHT].node)->name;
    probe.kernel = nt_weights_find(e->weights, name);
    probe.scale = scale_behind(e, layer->value.node);
    return probe;
}

nt_status nt_probes_list(const nt_estimating *e, nt_arena *arena, nt_probe **ret,
                         int32_t *ret_count) {
    const nt_network *network = e->network;
    nt_probe *probes = NT_ARENA_ARRAY(arena, nt_probe, network->layer_count + 1);
    int32_t count = 0;
    if (!probes)
        return NT_NO_MEMORY;
    for (size_t l = 0; l < network->layer_count; l++) {
        const nt_layer *layer = &network->layers[l];
        const nt_node *node = nt_graph_node(network->graph, layer->value.node);
        bool unit = layer->residual != NT_SHORT_NONE;
        if (layer->dead || layer->auxiliary || !node->varies ||
            (!unit && !nt_node_has_kernel(network->graph, node)))
            continue;
        probes[count++] = probe_of(e, layer);
    }
    *ret = probes;
    *ret_count = count;
    return NT_OK;
}

/* --- the copy --------------------------------------------------------------------------------- */

typedef struct making {
    const nt_estimating *e;
    const nt_estimate_needs *needs;
    nt_arena arena; /* for as long as it takes */
    nt_graph *graph;
    nt_value *where; /* of each node of the network, its first output; node -1: left out */
    nt_value loss;
} making;

static nt_status copy(void *context, const nt_graph *from, int32_t i, nt_graph *to, nt_value *in,
                      nt_value *ret_out, bool *ret_replaced) {
    making *m = context;
    const nt_node *node = nt_graph_node(from, i);
    char why[NT_WHY];
    if (node->op->traits & NT_OP_TRAINING)
        ret_out[0] = in[0];
    else
        NT_TRY(nt_graph_add_raw(to, node->op, node->attrs, in, node->data_count, node->in_count,
                                node->name, ret_out, why));
    for (int32_t k = 1; k < node->out_count; k++)
        ret_out[k] = (nt_value){ret_out[0].node, k};
    m->where[i] = ret_out[0];
    *ret_replaced = true;
    return NT_OK;
}

static nt_status copy_network(making *m) {
    const nt_graph *from = m->e->network->graph;
    m->where = NT_ARENA_ARRAY(&m->arena, nt_value, nt_graph_size(from));
    m->graph = nt_graph_new();
    if (!m->where || !m->graph)
        return NT_NO_MEMORY;
    for (int32_t i = 0; i < nt_graph_size(from); i++)
        m->where[i].node = -1;
    return nt_graph_rewrite_into(from, copy, m, m->graph, nt_graph_output(from, 0)->name);
}

/* --- loss and gradients ----------------------------------------------------------------------- */

static nt_status add_loss(making *m, nt_error *error) {
    char why[NT_WHY], flaw[NT_FIELD_WHY], text[64];
    const nt_op *op = nt_op_find("softmax_cross_entropy");
    nt_value in[2] = {nt_graph_output(m->graph, 0)->value};
    nt_shape logits = nt_graph_type(m->graph, in[0])->shape;
    nt_type target = {.dtype = NT_I32, .groups = 1, .batched = true};
    target.shape = nt_shape_of(logits.rank - 1, logits.dim + 1);
    snprintf(text, sizeof text, NT_FIELD_IGNORE "=%d", logits.rank == 3 ? NT_NO_CLASS : -1);
    const void *attrs = nt_kind_record(&op->kind, text, &m->arena, flaw);
    if (!attrs)
        return NT_NO_MEMORY;
    NT_TRY(nt_graph_add_input(m->graph, NT_ESTIMATE_TARGET, target, &in[1]));
    nt_status status = nt_graph_add_raw(m->graph, op, attrs, in, 2, 2, "loss", &m->loss, why);
    if (status == NT_INVALID)
        nt_error_say(error, status, "the network's first output is no logits: %s", why);
    NT_TRY(status);
    return nt_graph_add_output(m->graph, "loss", m->loss);
}

static nt_status add_output(making *m, const char *what, const nt_probe *probe, nt_value value,
                            int32_t *ret) {
    const char *name = nt_arena_printf(&m->arena, "%s of %s", what, probe->layer->name);
    *ret = nt_graph_output_count(m->graph);
    return name ? nt_graph_add_output(m->graph, name, value) : NT_NO_MEMORY;
}

/* The mean over a channel's places of one map times another. */
static nt_status add_product(making *m, nt_probe *probe, nt_product product, nt_value a,
                             nt_value b) {
    char why[NT_WHY];
    nt_value in[] = {a, b}, value;
    NT_TRY(nt_graph_add_raw(m->graph, &nt_op_mul, NULL, in, 2, 2, "", &value, why));
    if (nt_graph_type(m->graph, value)->shape.rank > 1)
        NT_TRY(nt_graph_add_raw(m->graph, &nt_op_global_avg_pool, NULL, &value, 1, 1, "", &value,
                                why));
    return add_output(m, "a product", probe, value, &probe->product[product]);
}

static nt_value place_of(const making *m, const nt_probe *probe) {
    return m->where[probe->layer->value.node];
}

/* Of layers whose gradient is asked for, two values each: the kernel, and the output. */
static nt_status add_gradients(making *m, nt_probe *probes, int32_t count, nt_error *error) {
    nt_value *to = NT_ARENA_ARRAY(&m->arena, nt_value, 2 * count + 1);
    nt_value *grads = NT_ARENA_ARRAY(&m->arena, nt_value, 2 * count + 1);
    int32_t wanted = 0;
    if (!to || !grads)
        return NT_NO_MEMORY;
    NT_TRY(add_loss(m, error));
    for (int32_t i = 0; i < count; i++) {
        if (probes[i].unit)
            continue;
        nt_value out = place_of(m, &probes[i]);
        to[wanted++] = nt_graph_node(m->graph, out.node)->in[NT_CONV_WEIGHT];
        to[wanted++] = out;
    }
    NT_TRY(nt_graph_differentiate(m->graph, m->loss, to, wanted, grads, error));
    wanted = 0;
    for (int32_t i = 0; i < count; i++) {
        if (probes[i].unit)
            continue;
        if (m->needs->gradient)
            NT_TRY(add_output(m, "the gradient", &probes[i], grads[wanted], &probes[i].gradient));
        if (m->needs->layers & 1u << NT_PRODUCT_OUT_GRADIENT)
            NT_TRY(add_product(m, &probes[i], NT_PRODUCT_OUT_GRADIENT, to[wanted + 1],
                               grads[wanted + 1]));
        wanted += 2;
    }
    return NT_OK;
}

/* --- units ------------------------------------------------------------------------------------ */

/* What the short connection is added to. */
static nt_status add_branch(making *m, const nt_node *sum, int operand, nt_value *ret) {
    nt_value others[NT_MAX_INPUTS];
    char why[NT_WHY];
    int32_t count = 0;
    for (int32_t k = 0; k < sum->data_count; k++)
        if (k != operand)
            others[count++] = sum->in[k];
    *ret = others[0];
    return count == 1
               ? NT_OK
               : nt_graph_add_raw(m->graph, &nt_op_add, NULL, others, count, count, "", ret, why);
}

static nt_status probe_unit(making *m, nt_probe *probe) {
    nt_value sum = place_of(m, probe), branch;
    const nt_node *node = nt_graph_node(m->graph, sum.node);
    nt_short found;
    int operand = 0;
    NT_TRY(nt_residual_short(m->e->network->graph, probe->layer->value.node, &found, &operand));
    nt_value way = node->in[operand];
    if (!nt_shape_equal(nt_graph_type(m->graph, way)->shape, node->out[0].shape))
        return NT_OK; /* it is spread over the sum, and nothing is said */
    NT_TRY(add_branch(m, node, operand, &branch));
    const struct {
        nt_product product;
        nt_value a, b;
    } all[] = {{NT_PRODUCT_SHORT_SUM, way, sum},
               {NT_PRODUCT_SHORT_SHORT, way, way},
               {NT_PRODUCT_SUM_SUM, sum, sum},
               {NT_PRODUCT_BRANCH_BRANCH, branch, branch}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (m->needs->units & 1u << all[i].product)
            NT_TRY(add_product(m, probe, all[i].product, all[i].a, all[i].b));
    return NT_OK;
}

/* --- all of it -------------------------------------------------------------------------------- */

static nt_status make(making *m, nt_probe *probes, int32_t count, nt_error *error) {
    NT_TRY(copy_network(m));
    for (int32_t i = 0; i < count; i++)
        if (probes[i].unit)
            NT_TRY(probe_unit(m, &probes[i]));
    return m->needs->gradient || m->needs->layers ? add_gradients(m, probes, count, error) : NT_OK;
}

nt_status nt_estimate_graph(const nt_estimating *estimating, const nt_estimate_needs *needs,
                            nt_probe *probes, int32_t count, nt_graph **ret, nt_error *error) {
    making m = {.e = estimating, .needs = needs};
    const nt_pass_options passes = {.phase = NT_PHASE_GRADIENTS};
    nt_arena_init(&m.arena);
    nt_status status = make(&m, probes, count, error);
    if (status == NT_NO_MEMORY)
        nt_error_say(error, status, "out of memory for the graph of the estimates");
    if (status == NT_OK)
        status = nt_passes_run(m.graph, &passes, ret, error);
    nt_graph_free(m.graph);
    nt_arena_finish(&m.arena);
    return status;
}
