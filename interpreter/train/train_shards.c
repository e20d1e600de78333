/* A shard's row:
 *
 *     gradients, in the order in which they are handed over | next running statistics | loss
 *
 * Gradients come while the backward pass runs, from the last layer to the first; with the last
 * shard of a rank they are complete from the row's begin on, and go to other ranks meanwhile. The
 * weights change when all is summed. */
#include "train_shards.h"

#include "alloc.h"
#include "dist.h"
#include "hash.h"
#include "lockstep.h"
#include "parallel.h"
#include "rank_wait.h"
#include "shard_sum.h"
#include <math.h>
#include <string.h>

/* A part of the row. */
typedef struct item {
    nt_bound bound;
    int64_t at, count;
} item;

/* Who takes a shard's gradients. */
typedef struct taker {
    struct nt_train_shards *shards;
    int shard; /* of this rank's */
} taker;

struct nt_train_shards {
    nt_sharding with;
    nt_arena arena;
    int mine, first;       /* shards of this rank, and the number of the first */
    int32_t samples;       /* of a shard */
    int64_t image, target; /* floats and integers of a sample */
    item *grads, *updates; /* in the row's order */
    const item **grad_of;  /* by output */
    int32_t grad_count;
    int64_t loss_at, size;
    nt_shard_sum sum;
    nt_rank_sum *ranks; /* NULL: there are no others */
    taker *takers;      /* by shard */
    nt_feed *feeds;     /* two for each shard */

    nt_run *run;           /* one after the other, or */
    nt_lockstep *lockstep; /* all at once: */
    float *theirs;         /* what another rank has gathered; NULL: there is none */
    nt_status status;      /* of gathering from them, */
    nt_error *error;       /* and where that is said */
};

/* --- the row ---------------------------------------------------------------------------------- */

static item lay(nt_train_shards *s, nt_bound bound) {
    int64_t count = nt_type_stored(s->with.network->states[bound.state].type), at = s->size;
    s->size += count;
    return (item){bound, at, count};
}

static nt_bound bound_of(const nt_step_graph *graph, int32_t output) {
    int32_t g = 0;
    while (graph->grads[g].output != output)
        g++;
    return graph->grads[g];
}

/* The row, and what belongs to each shard. */
static nt_status lay_out(nt_train_shards *s) {
    const nt_step_graph *graph = s->with.graph;
    const nt_plan *plan = s->with.plan;
    s->grads = NT_ARENA_ARRAY(&s->arena, item, plan->handed_count);
    s->updates = NT_ARENA_ARRAY(&s->arena, item, graph->update_count);
    s->grad_of = NT_ARENA_ARRAY(&s->arena, const item *, nt_graph_output_count(graph->graph));
    s->takers = NT_ARENA_ARRAY(&s->arena, taker, s->mine);
    s->feeds = NT_ARENA_ARRAY(&s->arena, nt_feed, 2 * s->mine);
    if (!s->grads || !s->updates || !s->grad_of || !s->takers || !s->feeds)
        return NT_NO_MEMORY;
    for (int i = 0; i < s->mine; i++)
        s->takers[i] = (taker){s, i};
    for (; s->grad_count < plan->handed_count; s->grad_count++) {
        int32_t output = plan->handed[s->grad_count].output;
        s->grads[s->grad_count] = lay(s, bound_of(graph, output));
        s->grad_of[output] = &s->grads[s->grad_count];
    }
    for (int32_t u = 0; u < graph->update_count; u++)
        s->updates[u] = lay(s, graph->updates[u]);
    s->loss_at = s->size++;
    return NT_OK;
}

/* Which shards are this rank's. */
static void take_part(nt_train_shards *s) {
    const nt_recipe *recipe = s->with.recipe;
    int ranks = s->with.spread.ranks > 1 ? s->with.spread.ranks : 1;
    s->mine = recipe->shards / ranks;
    s->first = ranks > 1 ? nt_dist_rank() * s->mine : 0;
    s->samples = recipe->batch / recipe->shards;
    const nt_network *network = s->with.network;
    const nt_graph *graph = s->with.graph->graph;
    nt_value logits = nt_graph_output(graph, s->with.graph->logits)->value;
    s->image = nt_shape_elements(nt_graph_type(network->graph, network->inputs[0].value)->shape);
    s->target = nt_shape_pixels(nt_graph_type(graph, logits)->shape);
}

static nt_status make_runs(nt_train_shards *s, nt_error *error) {
    const nt_sharding *with = &s->with;
    nt_binding binding = nt_weights_bind(with->state->weights, NULL);
    if (!nt_recipe_joins(with->recipe))
        return nt_run_new(with->plan, binding, &s->run, error);
    NT_TRY(
        nt_lockstep_new(with->plan, binding, s->mine, with->recipe->shards, &s->lockstep, error));
    if (with->spread.ranks <= 1)
        return NT_OK;
    s->theirs = nt_alloc((size_t)nt_lockstep_numbers(s->lockstep) * sizeof(double));
    return s->theirs ? NT_OK : nt_error_say(error, NT_NO_MEMORY, "out of memory");
}

nt_status nt_train_shards_new(const nt_sharding *sharding, nt_train_shards **ret, nt_error *error) {
    nt_train_shards *s = nt_alloc_zero(sizeof *s);
    if (!s)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory");
    nt_arena_init(&s->arena);
    s->with = *sharding;
    take_part(s);
    nt_status status = lay_out(s) == NT_OK ? nt_shard_sum_init(&s->sum, s->size, s->mine, error)
                                           : nt_error_say(error, NT_NO_MEMORY, "out of memory");
    if (status == NT_OK)
        status = make_runs(s, error);
    if (status == NT_OK && sharding->spread.ranks > 1)
        status = nt_rank_sum_new(sharding->spread, s->size, &s->ranks, error);
    if (status != NT_OK) {
        nt_train_shards_free(s);
        return status;
    }
    *ret = s;
    return NT_OK;
}

/* What was given up, MPI has. */
void nt_train_shards_free(nt_train_shards *s) {
    if (!s)
        return;
    if (!s->ranks || !nt_rank_sum_given_up(s->ranks))
        nt_shard_sum_finish(&s->sum);
    if (s->theirs && s->status == NT_OK)
        nt_free(s->theirs, (size_t)nt_lockstep_numbers(s->lockstep) * sizeof(double));
    if (s->status == NT_OK)
        nt_lockstep_free(s->lockstep);
    nt_rank_sum_free(s->ranks);
    nt_run_free(s->run);
    nt_arena_finish(&s->arena);
    nt_free(s, sizeof *s);
}

/* --- one shard -------------------------------------------------------------------------------- */

static nt_run *run_of(const nt_train_shards *s, int i) {
    return s->lockstep ? nt_lockstep_run(s->lockstep, i) : s->run;
}

/* Takes a part of a shard's row; those before it are complete. */
static void take(nt_train_shards *s, int shard, const item *part, const float *values) {
    nt_shard_sum_take(&s->sum, shard, part->at, values, part->count);
    if (s->ranks && shard == s->mine - 1)
        nt_rank_sum_advance(s->ranks, part->at + part->count);
}

static void take_gradient(void *context, int32_t output, nt_tensor gradient) {
    const taker *t = context;
    take(t->shards, t->shard, t->shards->grad_of[output], gradient.f);
}

int nt_train_shards_count(const nt_train_shards *s) {
    return s->mine;
}

nt_run *nt_train_shards_feed(const nt_train_shards *s, int i, const float *images,
                             const int32_t *labels, uint64_t draw, nt_feed ret[2]) {
    int64_t before = (int64_t)i * s->samples;
    nt_run_set_draw(run_of(s, i), nt_hash_word(draw, (uint64_t)(s->first + i)));
    ret[0] = (nt_feed){s->with.network->inputs[0].name, images + before * s->image};
    ret[1] = (nt_feed){NT_TARGET, labels + before * s->target};
    return run_of(s, i);
}

/* The rest of a shard's row, once it has run. */
static void end_shard(nt_train_shards *s, int i, nt_train_count *count) {
    const nt_step_graph *graph = s->with.graph;
    const nt_run *run = run_of(s, i);
    for (int32_t u = 0; u < graph->update_count; u++)
        take(s, i, &s->updates[u], nt_run_output(run, s->updates[u].bound.output).f);
    const item loss = {.at = s->loss_at, .count = 1};
    take(s, i, &loss, nt_run_output(run, graph->loss).f);
    nt_train_count of_shard = nt_train_count_of(run, graph, s->feeds[2 * i + 1].data);
    count->counted += of_shard.counted;
    count->correct += of_shard.correct;
}

static nt_status run_in_turn(nt_train_shards *s, const float *images, const int32_t *labels,
                             uint64_t draw, nt_train_count *count, nt_error *error) {
    nt_run_refresh(s->run);
    for (int i = 0; i < s->mine; i++) {
        nt_train_shards_feed(s, i, images, labels, draw, &s->feeds[2 * i]);
        nt_run_set_take(s->run, take_gradient, &s->takers[i]);
        NT_TRY(nt_run_batch(s->run, &s->feeds[2 * i], 2, s->samples, error));
        end_shard(s, i, count);
    }
    return NT_OK;
}

/* --- all at once ------------------------------------------------------------------------------ */

/* The same tree as that of gradients. */
static void join_here(const nt_op *op, bool gradient, double *const *numbers, int shards,
                      int64_t count) {
    for (int apart = 1; apart < shards; apart *= 2)
        for (int i = 0; i < shards; i += 2 * apart)
            op->join(gradient, numbers[i + apart], numbers[i], count);
}

/* MPI only copies what it exchanges: a double goes as two floats. */
static nt_status join_ranks(nt_train_shards *s, const nt_op *op, bool gradient, double *numbers,
                            int64_t count) {
    nt_dist_exchange *exchange;
    for (int with = 1; with < s->with.spread.ranks; with *= 2) {
        if (nt_dist_swap(nt_dist_rank() ^ with, NT_RANK_TAG_OTHERS, (const float *)numbers,
                         s->theirs, 2 * count, &exchange) != NT_OK)
            return nt_error_say(s->error, NT_NO_MEMORY, "out of memory");
        NT_TRY(nt_rank_wait(&exchange, s->error));
        op->join(gradient, (const double *)s->theirs, numbers, count);
    }
    return NT_OK;
}

/* Once it has failed, the batch goes on to its end for nothing. */
static void join(void *context, const nt_op *op, bool gradient, double *const *numbers,
                 int64_t count) {
    nt_train_shards *s = context;
    join_here(op, gradient, numbers, s->mine, count);
    if (s->ranks && s->status == NT_OK)
        s->status = join_ranks(s, op, gradient, numbers[0], count);
    for (int i = 1; i < s->mine; i++)
        memcpy(numbers[i], numbers[0], (size_t)count * sizeof **numbers);
}

static nt_status run_at_once(nt_train_shards *s, const float *images, const int32_t *labels,
                             uint64_t draw, nt_train_count *count, nt_error *error) {
    s->error = error;
    for (int i = 0; i < s->mine; i++) {
        nt_train_shards_feed(s, i, images, labels, draw, &s->feeds[2 * i]);
        nt_run_set_take(run_of(s, i), take_gradient, &s->takers[i]);
    }
    NT_TRY(nt_lockstep_batch(s->lockstep, s->feeds, 2, s->samples, join, s, error));
    NT_TRY(s->status);
    for (int i = 0; i < s->mine; i++)
        end_shard(s, i, count);
    return NT_OK;
}

/* --- the step --------------------------------------------------------------------------------- */

enum { JOB = 1 << 15 };

typedef struct scaling {
    float *values, factor;
    int64_t count;
} scaling;

static void scale_job(const void *context, int job, int worker) {
    const scaling *s = context;
    int64_t from = (int64_t)job * JOB, to = s->count - from < JOB ? s->count : from + JOB;
    (void)worker;
    for (int64_t i = from; i < to; i++)
        s->values[i] *= s->factor;
}

/* From the sum over all shards to their mean. */
static float *mean_of(const nt_train_shards *s, const item *part) {
    const scaling all = {nt_shard_sum_row(&s->sum) + part->at, 1 / (float)s->with.recipe->shards,
                         part->count};
    nt_parallel((int)((part->count + JOB - 1) / JOB), scale_job, &all);
    return all.values;
}

typedef struct learning {
    nt_train_shards *shards;
    nt_step_moment moment;
} learning;

/* The row holds the sums. */
static void learn(void *context) {
    const learning *l = context;
    const nt_train_shards *s = l->shards;
    for (int32_t g = 0; g < s->grad_count; g++)
        nt_weight_update(s->with.recipe, s->with.state, &s->grads[g].bound, &l->moment,
                         mean_of(s, &s->grads[g]));
    for (int32_t u = 0; u < s->with.graph->update_count; u++) {
        const item *update = &s->updates[u];
        memcpy(nt_weights_at(s->with.state->weights, update->bound.state).f, mean_of(s, update),
               (size_t)update->count * sizeof(float));
    }
    nt_counters_count(s->with.state, s->with.graph->rates);
}

static nt_status run_shards(nt_train_shards *s, const float *images, const int32_t *labels,
                            uint64_t draw, nt_train_count *count, nt_error *error) {
    if (s->ranks)
        nt_rank_sum_begin(s->ranks, nt_shard_sum_row(&s->sum));
    nt_status status = s->lockstep ? run_at_once(s, images, labels, draw, count, error)
                                   : run_in_turn(s, images, labels, draw, count, error);
    for (int i = 0; i < s->mine; i++)
        nt_run_set_take(run_of(s, i), NULL, NULL);
    return status;
}

nt_status nt_train_shards_run(nt_train_shards *s, const float *images, const int32_t *labels,
                              nt_step_moment moment, float *ret_loss, nt_train_count *ret_count,
                              nt_error *error) {
    nt_train_count count = {0};
    NT_TRY(run_shards(s, images, labels, moment.draw, &count, error));
    if (s->ranks)
        NT_TRY(nt_rank_sum_end(s->ranks, error));
    *ret_loss = nt_shard_sum_row(&s->sum)[s->loss_at] / (float)s->with.recipe->shards;
    *ret_count = count;
    if (isfinite(*ret_loss))
        nt_team(learn, &(learning){s, moment});
    return NT_OK;
}
