#include "shrink_won.h"

#include "alloc.h"
#include "attrs.h"
#include "comparison.h"
#include "graph_cost.h"
#include "portions.h"
#include "ready.h"

static nt_status no_memory(nt_error *error) {
    return nt_error_say(error, NT_NO_MEMORY, "out of memory for what a network costs");
}

/* --- costs ------------------------------------------------------------------------------------ */

/* Parameters that the main graph reads and that are trained, and its nodes as they were written. */
static nt_status count_parts(const nt_network *network, nt_shrink_cost *ret, nt_error *error) {
    nt_graph *main;
    if (nt_graph_main(network->graph, &main) != NT_OK)
        return no_memory(error);
    for (int32_t i = 0; i < nt_graph_size(main); i++) {
        const nt_node *node = nt_graph_node(main, i);
        ret->layers += !(node->op->traits & NT_OP_SOURCE);
        if (node->op != &nt_op_param)
            continue;
        const nt_state *state =
            nt_network_state(network, ((const nt_param_attrs *)node->attrs)->name);
        if (state && state->role == NT_WEIGHT)
            ret->parameters += nt_shape_elements(state->type.shape);
    }
    nt_graph_free(main);
    return NT_OK;
}

static void count_executed(const nt_ready *ready, nt_shrink_cost *ret) {
    nt_graph_cost cost = nt_graph_cost_of(ready->graph);
    ret->multiply_adds = cost.multiply_adds;
    ret->executed = cost.executed;
}

/* --- speed ------------------------------------------------------------------------------------ */

/* Both networks with so many images a step. */
typedef struct pair {
    nt_ready ready[2];
    nt_timing whole[2];
    double seconds[2][NT_MOST_ROUNDS];
} pair;

typedef struct stepping {
    nt_ready *ready;
    const float *images;
    int32_t count;
} stepping;

static nt_status step(void *of, nt_error *error) {
    stepping *s = of;
    return nt_ready_run(s->ready, s->images, s->count, error);
}

static nt_status tell(void *of, int32_t round, nt_error *error) {
    const nt_shrink_timing *timing = of;
    (void)error;
    nt_progress_step(timing->progress, "timing", "", round + 1, timing->rounds);
    return NT_OK;
}

/* After a step that doesn't count, in which what is fixed is computed. */
static nt_status take_turns(pair *p, const nt_shrink_timing *timing, int32_t count,
                            nt_error *error) {
    stepping of[2];
    nt_turn items[2];
    if (timing->rounds == 0)
        return NT_OK;
    for (int i = 0; i < 2; i++) {
        of[i] = (stepping){&p->ready[i], timing->images, count};
        items[i] = (nt_turn){step, &of[i], &p->whole[i], p->seconds[i]};
        NT_TRY(step(&of[i], error));
    }
    const nt_turns turns = {.items = items,
                            .count = 2,
                            .rounds = timing->rounds,
                            .repeat = timing->repeat,
                            .after = tell,
                            .of = (void *)(uintptr_t)timing};
    return nt_turns_take(&turns, error);
}

static nt_status make_ready(pair *p, const nt_shrink_side sides[2], const nt_shrink_timing *timing,
                            int32_t count, nt_error *error) {
    const nt_ready_how how = {count, timing->conv, nt_portions_cache()};
    for (int i = 0; i < 2; i++)
        NT_TRY(nt_ready_init(&p->ready[i], sides[i].network,
                             nt_weights_bind(sides[i].weights, NULL), &how, error));
    return take_turns(p, timing, count, error);
}

/* Of the rounds' seconds, or of the images a second where each step takes `count`. */
static nt_turns_spread spread_of(const double *seconds, int32_t rounds, int32_t count) {
    double values[NT_MOST_ROUNDS];
    for (int32_t r = 0; r < rounds; r++)
        values[r] = count ? count / seconds[r] : seconds[r];
    return nt_turns_spread_of(values, rounds);
}

static nt_turns_spread ratio_of(const double *after, const double *before, int32_t rounds) {
    double values[NT_MOST_ROUNDS];
    for (int32_t r = 0; r < rounds; r++)
        values[r] = after[r] / before[r];
    return nt_turns_spread_of(values, rounds);
}

static void note_one(const pair *p, nt_shrink_won *won) {
    won->before.memory = p->ready[0].plan->slab_size;
    won->after.memory = p->ready[1].plan->slab_size;
    count_executed(&p->ready[0], &won->before);
    count_executed(&p->ready[1], &won->after);
    if (won->rounds == 0)
        return;
    won->before.latency = spread_of(p->seconds[0], won->rounds, 0);
    won->after.latency = spread_of(p->seconds[1], won->rounds, 0);
    won->latency_left = ratio_of(p->seconds[1], p->seconds[0], won->rounds);
}

static void note_batch(const pair *p, int32_t batch, nt_shrink_won *won) {
    won->before.batch_memory = p->ready[0].plan->slab_size;
    won->after.batch_memory = p->ready[1].plan->slab_size;
    if (won->rounds == 0)
        return;
    won->before.rate = spread_of(p->seconds[0], won->rounds, batch);
    won->after.rate = spread_of(p->seconds[1], won->rounds, batch);
    won->rate_left = ratio_of(p->seconds[0], p->seconds[1], won->rounds);
}

nt_status nt_shrink_time(const nt_shrink_side sides[2], const nt_shrink_timing *timing,
                         nt_shrink_won *ret, nt_error *error) {
    nt_shrink_won won = {.rounds = timing->rounds};
    NT_TRY(count_parts(sides[0].network, &won.before, error));
    NT_TRY(count_parts(sides[1].network, &won.after, error));
    pair *p = nt_alloc_zero(2 * sizeof *p);
    nt_status status = p ? make_ready(&p[0], sides, timing, 1, error) : no_memory(error);
    if (status == NT_OK)
        status = make_ready(&p[1], sides, timing, timing->batch, error);
    if (status == NT_OK) {
        note_one(&p[0], &won);
        note_batch(&p[1], timing->batch, &won);
        *ret = won;
    }
    for (int i = 0; p && i < 4; i++)
        nt_ready_finish(&p[i / 2].ready[i % 2]);
    nt_free(p, 2 * sizeof *p);
    return status;
}

/* --- the metric ------------------------------------------------------------------------------- */

typedef struct measuring {
    unsigned char *outcomes[2];
    int32_t *patients;
    nt_scoring scoring;
    int32_t count;
} measuring;

static nt_status compare(const measuring *m, double margin, nt_shrink_metric *ret) {
    const nt_comparison with = {.scoring = m->scoring,
                                .samples = m->count,
                                .all = m->count,
                                .baseline = m->outcomes[0],
                                .patients = m->patients[0] >= 0 ? m->patients : NULL,
                                .margin = margin};
    NT_TRY(nt_finding_compare(&ret->finding, &with, m->outcomes[1]));
    const nt_judged judged = nt_finding_judged(&ret->finding);
    return nt_judge(&judged, 1);
}

nt_status nt_shrink_measure(const nt_shrink_side sides[2], const nt_loader *loader,
                            const nt_evaluation *evaluation, double margin, nt_shrink_metric *ret,
                            nt_error *error) {
    nt_arena arena;
    measuring m = {
        .scoring = nt_scoring_of(nt_dataset_info(nt_loader_dataset(loader)), evaluation->metric),
        .count = nt_loader_count(loader)};
    nt_shrink_metric metric = {.split = nt_split_name(nt_loader_split(loader)),
                               .metric = evaluation->metric,
                               .images = m.count,
                               .margin = margin};
    nt_outcome outcomes[2];
    nt_status status = NT_OK;
    nt_arena_init(&arena);
    m.patients = NT_ARENA_ARRAY(&arena, int32_t, m.count);
    for (int i = 0; status == NT_OK && i < 2; i++) {
        m.outcomes[i] = nt_arena_alloc(&arena, (size_t)m.count * (size_t)nt_score_bytes(m.scoring));
        status = m.outcomes[i] ? nt_evaluate(sides[i].network->graph, sides[i].weights, loader,
                                             evaluation, &outcomes[i], m.outcomes[i], NULL, error)
                               : no_memory(error);
    }
    if (status == NT_OK) {
        metric.before = outcomes[0].value;
        metric.finding.outcome = outcomes[1];
        status = m.patients && nt_loader_patients(loader, m.patients) == NT_OK &&
                         compare(&m, margin, &metric) == NT_OK
                     ? NT_OK
                     : no_memory(error);
    }
    if (status == NT_OK)
        *ret = metric;
    nt_arena_finish(&arena);
    return status;
}
