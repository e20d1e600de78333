#include "constants.h"

#include "alloc.h"
#include "passes.h"
#include <string.h>

static bool is_partly_fixed(const nt_channels *c) {
    return c->fixed || memchr(c->varies, false, (size_t)c->count) != NULL;
}

/* One output for each such value that is read by what stays, after the first one. */
static nt_status add_outputs(nt_graph *graph, const nt_channel_flow *flow, int32_t *ret_output) {
    memset(ret_output, 0, (size_t)nt_graph_value_count(graph) * sizeof *ret_output);
    for (int32_t i = 0; i < nt_graph_size(graph); i++) {
        const nt_node *node = nt_graph_node(graph, i);
        for (int32_t j = 0; j < node->data_count && nt_channel_flow_stays(flow, node); j++) {
            int32_t number = nt_graph_value_number(graph, node->in[j]);
            if (ret_output[number] || !is_partly_fixed(&flow->values[number]))
                continue;
            ret_output[number] = nt_graph_output_count(graph);
            NT_TRY(nt_graph_add_output(graph, "constant", node->in[j]));
        }
    }
    return NT_OK;
}

static nt_status feed_zeros(const nt_graph *graph, nt_arena *arena, nt_feed *ret_feeds,
                            int *ret_count) {
    *ret_count = 0;
    for (int32_t i = 0; i < nt_graph_size(graph); i++) {
        const nt_node *node = nt_graph_node(graph, i);
        if (node->op != &nt_op_input)
            continue;
        nt_feed *feed = &ret_feeds[(*ret_count)++];
        feed->name = ((const nt_input_attrs *)node->attrs)->name;
        feed->data = NT_ARENA_ARRAY(arena, float, nt_shape_elements(node->out[0].shape));
        if (!feed->data)
            return NT_NO_MEMORY;
    }
    return NT_OK;
}

static nt_status take(nt_constants *constants, const nt_run *run, const int32_t *output,
                      int32_t values, nt_arena *arena) {
    for (int32_t v = 0; v < values; v++) {
        if (!output[v])
            continue;
        nt_tensor tensor = nt_run_output(run, output[v]);
        constants->values[v] = nt_arena_copy(
            arena, tensor.f, (size_t)nt_shape_elements(tensor.type.shape) * sizeof(float));
        if (!constants->values[v])
            return NT_NO_MEMORY;
    }
    return NT_OK;
}

static nt_status no_memory(nt_error *error) {
    return nt_error_say(error, NT_NO_MEMORY, "out of memory for what doesn't depend on the image");
}

/* Without Winograd's algorithm: a sum has the same bits in each place that reads the same. */
static nt_status compute(nt_constants *constants, const nt_graph *graph, nt_binding binding,
                         const int32_t *output, nt_arena *arena, nt_error *error) {
    const nt_pass_options passes = {
        .phase = NT_PHASE_EVALUATION, .conv = NT_CONV_DIRECT, .plain = true};
    nt_feed feeds[NT_MAX_INPUTS];
    nt_graph *ready;
    nt_plan *plan = NULL;
    nt_run *run = NULL;
    int count;
    NT_TRY(nt_passes_run(graph, &passes, &ready, error));
    nt_status status = feed_zeros(ready, arena, feeds, &count) == NT_OK ? NT_OK : no_memory(error);
    if (status == NT_OK)
        status = nt_plan_new(ready, 1, &plan, error);
    if (status == NT_OK)
        status = nt_run_new(plan, binding, &run, error);
    if (status == NT_OK)
        status = nt_run_batch(run, feeds, count, 1, error);
    if (status == NT_OK &&
        take(constants, run, output, nt_graph_value_count(graph), arena) != NT_OK)
        status = no_memory(error);
    nt_run_free(run);
    nt_plan_free(plan);
    nt_graph_free(ready);
    return status;
}

nt_status nt_constants_init(nt_constants *constants, nt_graph *graph, const nt_channel_flow *flow,
                            nt_binding binding, nt_arena *arena, nt_error *error) {
    int32_t values = nt_graph_value_count(graph);
    int32_t *output = NT_ARENA_ARRAY(arena, int32_t, values);
    constants->values = NT_ARENA_ARRAY(arena, const float *, values);
    if (!output || !constants->values || add_outputs(graph, flow, output) != NT_OK)
        return no_memory(error);
    return nt_graph_output_count(graph) > 1
               ? compute(constants, graph, binding, output, arena, error)
               : NT_OK;
}
