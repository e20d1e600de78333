#include "shrink.h"

#include "emit.h"
#include "fold.h"

static nt_status no_memory(nt_error *error) {
    return nt_error_say(error, NT_NO_MEMORY, "out of memory for the smaller network");
}

/* Batch normalisation with a batch's own statistics has no constants. */
static nt_status check(const nt_graph *graph, const nt_channel_flow *flow, nt_error *error) {
    if (nt_channels_of(flow, nt_graph_output(graph, 0)->value)->fixed)
        return nt_error_say(error, NT_INVALID,
                            "nothing of the image reaches the output: there is no network left");
    return NT_OK;
}

static nt_status list_witnesses(nt_shrunk *shrunk, const nt_draft *draft) {
    shrunk->witnesses = NT_ARENA_ARRAY(&shrunk->arena, nt_witness, draft->count);
    if (!shrunk->witnesses)
        return NT_NO_MEMORY;
    for (size_t i = 0; i < draft->count; i++) {
        const nt_piece *piece = &draft->pieces[i];
        if (!piece->gone && piece->origin.node >= 0)
            shrunk->witnesses[shrunk->witness_count++] =
                (nt_witness){piece->name, piece->origin, piece->channels};
    }
    return NT_OK;
}

static nt_status settle(nt_draft *draft, bool fold_batch_norms, nt_shrunk *shrunk,
                        nt_error *error) {
    char why[NT_WHY];
    if (nt_fold(draft, fold_batch_norms) != NT_OK)
        return no_memory(error);
    nt_status status = nt_draft_network(draft, &shrunk->network, &shrunk->weights, why);
    if (status == NT_INVALID)
        return nt_error_say(error, NT_FAILED, "the smaller network doesn't fit together: %s", why);
    if (status != NT_OK || list_witnesses(shrunk, draft) != NT_OK)
        return no_memory(error);
    return NT_OK;
}

static nt_status shrink(const nt_network *network, nt_binding binding, bool fold_batch_norms,
                        nt_shrunk *shrunk, nt_error *error) {
    nt_channel_flow flow;
    nt_constants constants;
    nt_draft draft = {.arena = &shrunk->arena, .network = network};
    if (nt_channel_flow_init(&flow, shrunk->edited, binding, &shrunk->arena) != NT_OK)
        return no_memory(error);
    NT_TRY(check(shrunk->edited, &flow, error));
    NT_TRY(nt_constants_init(&constants, shrunk->edited, &flow, binding, &shrunk->arena, error));
    const nt_emission emission = {&flow, &constants, binding, &draft};
    nt_status status = nt_emit(&emission, error);
    if (status == NT_OK)
        status = settle(&draft, fold_batch_norms, shrunk, error);
    nt_draft_finish(&draft);
    return status;
}

nt_status nt_shrink(const nt_network *network, const nt_graph *edited, nt_binding binding,
                    bool fold_batch_norms, nt_shrunk *ret, nt_error *error) {
    nt_shrunk shrunk = {0};
    nt_arena_init(&shrunk.arena);
    nt_status status = nt_graph_main(edited, &shrunk.edited) == NT_OK ? NT_OK : no_memory(error);
    if (status == NT_OK)
        status = shrink(network, binding, fold_batch_norms, &shrunk, error);
    if (status == NT_OK)
        *ret = shrunk;
    else
        nt_shrunk_finish(&shrunk);
    return status;
}

void nt_shrunk_finish(nt_shrunk *shrunk) {
    nt_weights_free(shrunk->weights);
    nt_network_free(shrunk->network);
    nt_graph_free(shrunk->edited);
    nt_arena_finish(&shrunk->arena);
    *shrunk = (nt_shrunk){0};
}
