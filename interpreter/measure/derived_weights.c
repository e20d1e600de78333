/* Which tensors are wanted is what the case graph lists. Kernels are made from the weights alone;
 * means and statistics come from running the calibration images through a graph with extra outputs
 * and averaging these in double precision, in the order of the images, so that they depend neither
 * on threads nor on how cases are grouped. */
#include "derived_weights.h"

#include "alloc.h"
#include "attrs.h"
#include "calibration.h"
#include "scheduler.h"
#include "signals.h"
#include <string.h>

static nt_status no_memory(nt_error *error) {
    return nt_error_say(error, NT_NO_MEMORY, "out of memory for the tensors of edits");
}

static nt_tensor tensor_of(const nt_derived_weights *derived, const char *name) {
    return *nt_weights_find(derived->weights, name);
}

/* --- kernels ---------------------------------------------------------------------------------- */

static nt_status derive_kernel(const nt_derived *item, const nt_derive_source *source,
                               nt_ablation_memo *memo, nt_tensor to, nt_error *error) {
    int32_t epoch = nt_edit_epoch(&item->edit);
    const nt_past *past = nt_history_at(source->history, epoch);
    const nt_derivation from = {
        .state = nt_network_state(nt_weights_network(source->weights), item->source),
        .trained = nt_weights_find(source->weights, item->source),
        .past = past ? nt_weights_find(past->weights, item->source) : NULL,
        .weights = source->weights,
        .memo = memo};
    if (epoch >= 0 && !past)
        return nt_error_say(error, NT_INVALID, "the values after epoch %d are not known", epoch);
    return nt_derived_fill(item, from, to) == NT_OK ? NT_OK : no_memory(error);
}

/* --- calibration ------------------------------------------------------------------------------ */

/* A graph that is run over the calibration images, and the sums of its outputs from `first` on. */
typedef struct observation {
    const nt_derive_source *source;
    const nt_derived_weights *derived;
    const nt_graph *graph;
    int32_t first;
    int32_t batch; /* images a step */
    double **sums; /* per output: an element per channel */
    int64_t count; /* rows that were added to them */
} observation;

static void add_batch(observation *o, const nt_run *run, int32_t samples) {
    for (int32_t i = o->first; i < nt_graph_output_count(o->graph); i++) {
        nt_tensor value = nt_run_output(run, i);
        int64_t elements = nt_type_stored(value.type);
        for (int32_t n = 0; n < samples; n++)
            for (int64_t e = 0; e < elements; e++)
                o->sums[i][e] += (double)value.f[(value.type.batched ? n * elements : 0) + e];
    }
    o->count += samples;
}

/* `by_batch`: whole batches only, each adding one row; otherwise each sample adds one. */
static nt_status observe_all(observation *o, nt_run *run, const char *input, bool by_batch,
                             float *images, nt_error *error) {
    const nt_loader *loader = o->source->calibration;
    int32_t total = nt_loader_count(loader), batch = o->batch;
    for (int32_t first = 0; first < total; first += batch) {
        int32_t count = total - first < batch ? total - first : batch;
        if (by_batch && count < batch)
            break;
        NT_TRY(nt_signals_status());
        NT_TRY(nt_loader_fill(loader, first, count, images, NULL, error));
        nt_feed feed = {.name = input, .data = images};
        NT_TRY(nt_run_batch(run, &feed, 1, count, error));
        add_batch(o, run, by_batch ? 1 : count);
        nt_progress_step(o->source->evaluation->progress, "calibration images", "", first + count,
                         total);
    }
    return NT_OK;
}

static nt_status run_observation(observation *o, bool by_batch, nt_error *error) {
    const nt_network *network = nt_weights_network(o->source->weights);
    int32_t batch = o->batch;
    nt_shape shape = nt_graph_type(network->graph, network->inputs[0].value)->shape;
    size_t images_size = (size_t)batch * (size_t)nt_shape_elements(shape) * sizeof(float);
    float *images = nt_alloc(images_size);
    nt_plan *plan = NULL;
    nt_run *run = NULL;
    nt_status status = images ? NT_OK : no_memory(error);
    if (status == NT_OK)
        status = nt_plan_new(o->graph, batch, &plan, error);
    if (status == NT_OK)
        status =
            nt_run_new(plan, nt_weights_bind(o->source->weights, o->derived->weights), &run, error);
    if (status == NT_OK)
        status = observe_all(o, run, network->inputs[0].name, by_batch, images, error);
    nt_run_free(run);
    nt_plan_free(plan);
    nt_free(images, images_size);
    return status;
}

/* Runs the graph and puts the means of its outputs into the tensors of the same names. */
static nt_status observe(const nt_derived_weights *derived, const nt_derive_source *source,
                         const nt_graph *graph, int32_t first, bool by_batch, nt_error *error) {
    nt_arena arena;
    int32_t outputs = nt_graph_output_count(graph), total = nt_loader_count(source->calibration);
    int32_t batch = source->evaluation->batch < total ? source->evaluation->batch : total;
    observation o = {source, derived, graph, first, batch, NULL, 0};
    nt_arena_init(&arena);
    o.sums = NT_ARENA_ARRAY(&arena, double *, outputs);
    nt_status status = o.sums ? NT_OK : no_memory(error);
    for (int32_t i = first; status == NT_OK && i < outputs; i++) {
        nt_type type = *nt_graph_type(graph, nt_graph_output(graph, i)->value);
        if (!(o.sums[i] = NT_ARENA_ARRAY(&arena, double, nt_type_stored(type))))
            status = no_memory(error);
    }
    if (status == NT_OK)
        status = run_observation(&o, by_batch, error);
    for (int32_t i = first; status == NT_OK && i < outputs; i++) {
        const nt_output *output = nt_graph_output(graph, i);
        nt_tensor to = tensor_of(derived, output->name);
        double factor = by_batch ? nt_calibration_factor(graph, output->value, batch) : 1;
        for (int64_t e = 0; e < nt_type_stored(to.type); e++)
            to.f[e] = (float)(factor * o.sums[i][e] / (double)o.count);
    }
    nt_arena_finish(&arena);
    return status;
}

/* --- mean outputs ----------------------------------------------------------------------------- */

/* Where the nodes whose mean is wanted have gone while the network was copied. */
typedef struct spotting {
    const nt_derived_list *derived;
    nt_value *spots; /* one per item of the list */
} spotting;

static nt_status spot(void *context, const nt_graph *from, int32_t i, nt_graph *to, nt_value *in,
                      nt_value *ret_out, bool *ret_replaced) {
    spotting *s = context;
    const nt_node *node = nt_graph_node(from, i);
    char why[NT_WHY];
    for (size_t k = 0; k < s->derived->count; k++) {
        const nt_derived *item = &s->derived->items[k];
        if (!item->mean || item->node != i)
            continue;
        NT_TRY(nt_graph_add_raw(to, node->op, node->attrs, in, node->data_count, node->in_count,
                                node->name, ret_out, why));
        s->spots[k] = ret_out[0];
        *ret_replaced = true;
    }
    return NT_OK;
}

/* After the network's outputs, one for each mean: the layer's value, pooled if it is a map. */
static nt_status add_means(const spotting *s, nt_graph *graph) {
    char why[NT_WHY];
    for (size_t k = 0; k < s->derived->count; k++) {
        nt_value value = s->spots[k];
        if (!s->derived->items[k].mean)
            continue;
        if (nt_graph_type(graph, value)->shape.rank > 1)
            NT_TRY(nt_graph_add_raw(graph, &nt_op_global_avg_pool, NULL, &value, 1, 1, "", &value,
                                    why));
        NT_TRY(nt_graph_add_output(graph, s->derived->items[k].name, value));
    }
    return NT_OK;
}

static nt_status means_graph(const nt_case_graph *cases, const nt_graph *network, nt_graph **ret) {
    size_t size = cases->derived.count * sizeof(nt_value);
    spotting s = {&cases->derived, nt_alloc(size)};
    nt_graph *graph = NULL;
    nt_status status = s.spots ? NT_OK : NT_NO_MEMORY;
    if (status == NT_OK)
        status = nt_graph_rewrite(network, spot, &s, &graph);
    if (status == NT_OK)
        status = add_means(&s, graph);
    nt_free(s.spots, size);
    if (status != NT_OK) {
        nt_graph_free(graph);
        return status;
    }
    *ret = graph;
    return NT_OK;
}

/* The network's means as it was trained: with running statistics, unless cases are measured with
 * the batch's own. */
static nt_status derive_means(const nt_derived_weights *derived, const nt_case_graph *cases,
                              const nt_derive_source *source, nt_error *error) {
    const nt_graph *network = nt_weights_network(source->weights)->graph;
    nt_pass_options passes = source->evaluation->passes;
    nt_graph *graph = NULL, *ready = NULL;
    if (passes.norm == NT_NORM_RECALIBRATED)
        passes.norm = NT_NORM_RUNNING;
    nt_status status = means_graph(cases, network, &graph);
    if (status != NT_OK)
        no_memory(error);
    if (status == NT_OK)
        status = nt_passes_run(graph, &passes, &ready, error);
    if (status == NT_OK)
        status = observe(derived, source, ready, nt_graph_output_count(network), false, error);
    nt_graph_free(ready);
    nt_graph_free(graph);
    return status;
}

static nt_status recalibrate(const nt_derived_weights *derived, const nt_graph *calibration,
                             int32_t first, const nt_derive_source *source, nt_error *error) {
    const nt_pass_options passes = {.conv = source->evaluation->passes.conv};
    nt_graph *ready;
    NT_TRY(nt_passes_run(calibration, &passes, &ready, error));
    nt_status status = observe(derived, source, ready, first, true, error);
    nt_graph_free(ready);
    return status;
}

/* --- all of it -------------------------------------------------------------------------------- */

static nt_status add_tensor(nt_derived_weights *derived, const char *name, nt_type type) {
    const nt_state state = {.name = name, .type = type, .role = NT_BUFFER};
    return nt_network_add_state(derived->tensors, &state);
}

static nt_status make_tensors(nt_derived_weights *derived, const nt_case_graph *cases,
                              const nt_graph *calibration) {
    derived->tensors = nt_network_new("derived");
    if (!derived->tensors)
        return NT_NO_MEMORY;
    for (size_t i = 0; i < cases->derived.count; i++)
        NT_TRY(add_tensor(derived, cases->derived.items[i].name, cases->derived.items[i].type));
    for (int32_t i = cases->count; calibration && i < nt_graph_output_count(calibration); i++) {
        const nt_output *output = nt_graph_output(calibration, i);
        NT_TRY(add_tensor(derived, output->name, *nt_graph_type(calibration, output->value)));
    }
    return nt_weights_new(derived->tensors, &derived->weights);
}

static nt_status derive_kernels(const nt_derived_weights *derived, const nt_case_graph *cases,
                                const nt_derive_source *source, nt_error *error) {
    nt_ablation_memo memo = {0};
    nt_status status = NT_OK;
    nt_arena_init(&memo.arena);
    for (size_t i = 0; status == NT_OK && i < cases->derived.count; i++) {
        const nt_derived *item = &cases->derived.items[i];
        if (!item->mean)
            status = derive_kernel(item, source, &memo, tensor_of(derived, item->name), error);
    }
    nt_arena_finish(&memo.arena);
    return status;
}

static nt_status fill(const nt_derived_weights *derived, const nt_case_graph *cases,
                      const nt_graph *calibration, const nt_derive_source *source,
                      nt_error *error) {
    bool means = false;
    for (size_t i = 0; i < cases->derived.count; i++)
        means = means || cases->derived.items[i].mean;
    NT_TRY(derive_kernels(derived, cases, source, error));
    if (means)
        NT_TRY(derive_means(derived, cases, source, error));
    return calibration ? recalibrate(derived, calibration, cases->count, source, error) : NT_OK;
}

nt_status nt_derived_weights_init(nt_derived_weights *derived, const nt_case_graph *cases,
                                  const nt_derive_source *source, nt_error *error) {
    nt_graph *calibration = NULL;
    nt_status status = NT_OK;
    *derived = (nt_derived_weights){0};
    if (source->evaluation->passes.norm == NT_NORM_RECALIBRATED)
        status = nt_calibration_graph(cases->graph, &calibration);
    if (status == NT_OK)
        status = make_tensors(derived, cases, calibration);
    if (status != NT_OK)
        no_memory(error);
    if (status == NT_OK)
        status = fill(derived, cases, calibration, source, error);
    nt_graph_free(calibration);
    return status;
}

void nt_derived_weights_finish(nt_derived_weights *derived) {
    nt_weights_free(derived->weights);
    nt_network_free(derived->tensors);
    *derived = (nt_derived_weights){0};
}
