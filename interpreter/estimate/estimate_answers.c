/* The network whole and without each unit's branch, as outputs of one graph: what they share is
 * computed once. */
#include "estimate_private.h"

#include "edit.h"
#include "passes.h"

static nt_status add_without(const nt_estimating *e, const nt_probe *probe, const nt_ablation *drop,
                             nt_graph *to, nt_derived_list *derived, int32_t *ret_output) {
    const nt_edit edit = {.node = probe->layer->value.node, .kind = drop};
    char why[NT_WHY];
    int32_t output = nt_graph_output_count(to);
    nt_status status =
        nt_edit_into(e->network->graph, &edit, 1, to, probe->layer->name, derived, why);
    *ret_output = status == NT_OK ? output : -1;
    return status == NT_INVALID ? NT_OK : status;
}

nt_status nt_answers_graph(const nt_estimating *e, const nt_probe *probes, int32_t count,
                           nt_graph **ret, int32_t *ret_outputs, nt_error *error) {
    const nt_pass_options passes = {.phase = NT_PHASE_EVALUATION};
    const nt_ablation *drop = nt_ablation_find("drop");
    nt_derived_list derived = {0};
    nt_graph *graph = nt_graph_new();
    char why[NT_WHY];
    nt_status status = graph
                           ? nt_edit_into(e->network->graph, NULL, 0, graph, "whole", &derived, why)
                           : NT_NO_MEMORY;
    for (int32_t i = 0; status == NT_OK && i < count; i++) {
        ret_outputs[i] = -1;
        if (probes[i].unit)
            status = add_without(e, &probes[i], drop, graph, &derived, &ret_outputs[i]);
    }
    if (status != NT_OK)
        nt_error_say(error, status, "out of memory for the graph of the answers");
    else
        status = nt_passes_run(graph, &passes, ret, error);
    nt_derived_list_finish(&derived);
    nt_graph_free(graph);
    return status;
}
