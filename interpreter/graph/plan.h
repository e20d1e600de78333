/* A plan: in which order a graph runs and where every value lies. Made once for a graph and a
 * largest batch; owns nothing of the graph, which must outlive it.
 *
 * Values that don't depend on the graph's inputs are `fixed`: they run once, when the weights are
 * bound, and keep their place. The others share one slab with them: a value's bytes are free for
 * others once its last reader, in the plan's own order, has run, and until its writer does.
 *
 *     slab   | values … | shared scratch | each worker's |
 *
 * A stretch of steps may take the batch in portions (portions.h). A value that nobody outside of it
 * reads, a local one, has room for a portion; others are alive for all of the stretch, as each
 * portion comes back to their part of it.
 *
 * An output stays until the next run, unless it is handed over: taken as soon as it is there, as a
 * training loop takes a gradient, so that its bytes are free for the gradients that follow.
 */
#ifndef NT_PLAN_H
#define NT_PLAN_H

#include "graph.h"
#include "portions.h"

typedef struct nt_step {
    int32_t node;
    size_t *out; /* offset of each output in the slab; NT_NOWHERE: not wanted */
} nt_step;

#define NT_NOWHERE ((size_t)-1)

/* An output that is handed over, and the parameter that its taker changes: it is taken once nobody
 * reads that any more, and computed again only by the fixed part of the next run. */
typedef struct nt_handover {
    int32_t output; /* position among the graph's outputs */
    const char *parameter;
} nt_handover;

typedef struct nt_handing {
    int32_t step; /* the varying step after which it is */
    int32_t output;
} nt_handing;

typedef struct nt_plan {
    nt_arena arena;
    const nt_graph *graph;
    int32_t batch; /* the most samples of a run */
    nt_step *fixed, *varying;
    int32_t fixed_count, varying_count;
    nt_stretch *stretches; /* of varying steps, in order; the others take a batch whole */
    int32_t stretch_count;
    bool *local;        /* per value, by number */
    nt_handing *handed; /* by step */
    int32_t handed_count;
    size_t slab_size;    /* bytes, scratch included */
    size_t fixed_size;   /* of the values that are computed once and stay */
    size_t varying_size; /* the rest of the values' part of the slab */
    size_t shared_at, workers_at, per_worker;
    size_t naive_size; /* what the varying values would take without reuse */
    size_t alive_size; /* the most that is alive at once, fixed values included */
} nt_plan;

/* Every step takes its batch whole. */
nt_status nt_plan_new(const nt_graph *graph, int32_t batch, nt_plan **ret, nt_error *error);

/* The plan for evaluation: in portions where that pays with a cache of so many bytes, as
 * nt_portions_cache finds them. */
nt_status nt_plan_new_portions(const nt_graph *graph, int32_t batch, size_t cache, nt_plan **ret,
                               nt_error *error);

/* Likewise, with outputs that are handed over. Where nothing varies, nothing is. */
nt_status nt_plan_new_handing(const nt_graph *graph, int32_t batch, const nt_handover *handovers,
                              int32_t count, nt_plan **ret, nt_error *error);

/* How many samples the varying step takes at a time, at most. */
int32_t nt_plan_samples(const nt_plan *plan, int32_t step);

void nt_plan_free(nt_plan *plan);

#endif
