#include "ready.h"

nt_status nt_ready_init(nt_ready *ret, const nt_network *network, nt_binding binding,
                        const nt_ready_how *how, nt_error *error) {
    const nt_pass_options passes = {.conv = how->conv};
    nt_graph *main;
    *ret = (nt_ready){.network = network};
    if (nt_graph_main(network->graph, &main) != NT_OK)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory");
    nt_status status = nt_passes_run(main, &passes, &ret->graph, error);
    nt_graph_free(main);
    NT_TRY(status);
    NT_TRY(how->cache ? nt_plan_new_portions(ret->graph, how->batch, how->cache, &ret->plan, error)
                      : nt_plan_new(ret->graph, how->batch, &ret->plan, error));
    return nt_run_new(ret->plan, binding, &ret->run, error);
}

void nt_ready_finish(nt_ready *ready) {
    nt_run_free(ready->run);
    nt_plan_free(ready->plan);
    nt_graph_free(ready->graph);
    *ready = (nt_ready){0};
}

nt_status nt_ready_run(nt_ready *ready, const float *images, int32_t count, nt_error *error) {
    const nt_feed feed = {ready->network->inputs[0].name, images};
    return nt_run_batch(ready->run, &feed, 1, count, error);
}
