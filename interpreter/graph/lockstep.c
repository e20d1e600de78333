/* Between two steps that gather, each run goes on alone, while what it works on is in a cache:
 *
 *     run 0: second call of a gathering step | steps | first call of the next one
 *     run 1: the same …
 *     join
 */
#include "lockstep.h"

#include "alloc.h"
#include "parallel.h"
#include "scheduler_private.h"

struct nt_lockstep {
    const nt_plan *plan;
    int mine, shards;
    nt_run **runs;
    int64_t most;     /* numbers that a node gathers */
    double **numbers; /* by shard, so many each */
};

static const nt_node *node_of(const nt_plan *plan, int32_t step) {
    return nt_graph_node(plan->graph, plan->varying[step].node);
}

static nt_status make(nt_lockstep *l, nt_binding binding, nt_error *error) {
    l->runs = nt_alloc_zero((size_t)l->mine * sizeof *l->runs);
    l->numbers = nt_alloc_zero((size_t)l->mine * sizeof *l->numbers);
    for (int32_t s = 0; s < l->plan->varying_count; s++) {
        int64_t count = nt_graph_gathered(l->plan->graph, node_of(l->plan, s));
        l->most = count > l->most ? count : l->most;
    }
    for (int i = 0; l->runs && l->numbers && i < l->mine; i++) {
        l->numbers[i] = nt_alloc_zero((size_t)l->most * sizeof **l->numbers);
        NT_TRY(nt_run_new(l->plan, binding, &l->runs[i], error));
        if (!l->numbers[i])
            break;
        if (i > 0)
            nt_run_share_fixed(l->runs[i], l->runs[0]);
    }
    return l->runs && l->numbers && l->numbers[l->mine - 1]
               ? NT_OK
               : nt_error_say(error, NT_NO_MEMORY, "out of memory");
}

nt_status nt_lockstep_new(const nt_plan *plan, nt_binding binding, int mine, int shards,
                          nt_lockstep **ret, nt_error *error) {
    nt_lockstep *l = nt_alloc_zero(sizeof *l);
    if (!l)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory");
    l->plan = plan;
    l->mine = mine;
    l->shards = shards;
    nt_status status = make(l, binding, error);
    if (status != NT_OK) {
        nt_lockstep_free(l);
        return status;
    }
    *ret = l;
    return NT_OK;
}

void nt_lockstep_free(nt_lockstep *l) {
    if (!l)
        return;
    for (int i = l->mine - 1; i >= 0; i--) { /* the first one's fixed values are the others' */
        if (l->runs)
            nt_run_free(l->runs[i]);
        if (l->numbers)
            nt_free(l->numbers[i], (size_t)l->most * sizeof **l->numbers);
    }
    nt_free(l->runs, (size_t)l->mine * sizeof *l->runs);
    nt_free(l->numbers, (size_t)l->mine * sizeof *l->numbers);
    nt_free(l, sizeof *l);
}

nt_run *nt_lockstep_run(const nt_lockstep *l, int i) {
    return l->runs[i];
}

int64_t nt_lockstep_numbers(const nt_lockstep *l) {
    return l->most;
}

/* --- a batch ---------------------------------------------------------------------------------- */

typedef struct batch {
    nt_lockstep *lockstep;
    nt_lockstep_join join;
    void *context;
} batch;

/* A run's way from step `from`, if that has been joined with the second call of it, up to the first
 * call of step `to`. */
static void go_on(const batch *b, int i, int32_t from, bool joined, int32_t to) {
    const nt_lockstep *l = b->lockstep;
    const nt_gathering own = {l->numbers[i], l->shards, false},
                       all = {l->numbers[i], l->shards, true};
    for (int32_t s = from; s < to; s++) {
        nt_run_step(l->runs[i], s, joined && s == from ? &all : NULL);
        nt_run_hand_over(l->runs[i], s);
    }
    if (to < l->plan->varying_count)
        nt_run_step(l->runs[i], to, &own);
}

static void take_all(void *context) {
    const batch *b = context;
    const nt_lockstep *l = b->lockstep;
    const nt_plan *plan = l->plan;
    int32_t from = 0, to;
    bool joined = false;
    for (int i = 0; i < l->mine; i++)
        nt_run_fixed(l->runs[i]);
    for (; from < plan->varying_count; from = to, joined = true) {
        to = from + joined;
        while (to < plan->varying_count && nt_graph_gathered(plan->graph, node_of(plan, to)) == 0)
            to++;
        for (int i = 0; i < l->mine; i++)
            go_on(b, i, from, joined, to);
        if (to == plan->varying_count)
            return;
        const nt_node *node = node_of(plan, to);
        b->join(b->context, node->op, node->grad != NULL, l->numbers,
                nt_graph_gathered(plan->graph, node));
    }
}

nt_status nt_lockstep_batch(nt_lockstep *l, const nt_feed *feeds, int feed_count, int32_t count,
                            nt_lockstep_join join, void *context, nt_error *error) {
    nt_run_refresh(l->runs[0]);
    for (int i = 0; i < l->mine; i++)
        NT_TRY(nt_run_begin(l->runs[i], feeds + i * feed_count, feed_count, count, error));
    nt_team(take_all, &(batch){l, join, context});
    return NT_OK;
}
