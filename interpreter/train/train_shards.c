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
#include "parallel.h"
#include "shard_sum.h"
#include <math.h>
#include <string.h>

/* A part of the row. */
typedef struct item {
    nt_bound bound;
    int64_t at, count;
} item;

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

static nt_status lay_out(nt_train_shards *s) {
    const nt_step_graph *graph = s->with.graph;
    const nt_plan *plan = s->with.plan;
    s->grads = NT_ARENA_ARRAY(&s->arena, item, plan->handed_count);
    s->updates = NT_ARENA_ARRAY(&s->arena, item, graph->update_count);
    s->grad_of = NT_ARENA_ARRAY(&s->arena, const item *, nt_graph_output_count(graph->graph));
    if (!s->grads || !s->updates || !s->grad_of)
        return NT_NO_MEMORY;
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

nt_status nt_train_shards_new(const nt_sharding *sharding, nt_train_shards **ret, nt_error *error) {
    nt_train_shards *s = nt_alloc_zero(sizeof *s);
    if (!s)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory");
    nt_arena_init(&s->arena);
    s->with = *sharding;
    take_part(s);
    nt_status status = lay_out(s) == NT_OK ? nt_shard_sum_init(&s->sum, s->size, s->mine, error)
                                           : nt_error_say(error, NT_NO_MEMORY, "out of memory");
    if (status == NT_OK && sharding->spread.ranks > 1)
        status = nt_rank_sum_new(sharding->spread, s->size, &s->ranks, error);
    if (status != NT_OK) {
        nt_train_shards_free(s);
        return status;
    }
    *ret = s;
    return NT_OK;
}

void nt_train_shards_free(nt_train_shards *s) {
    if (!s)
        return;
    if (!s->ranks || !nt_rank_sum_given_up(s->ranks))
        nt_shard_sum_finish(&s->sum);
    nt_rank_sum_free(s->ranks);
    nt_arena_finish(&s->arena);
    nt_free(s, sizeof *s);
}

/* --- one shard -------------------------------------------------------------------------------- */

/* Takes a part of the row; those before it are complete. */
static void take(nt_train_shards *s, const item *part, const float *values) {
    nt_shard_sum_take(&s->sum, part->at, values, part->count);
    if (s->ranks && nt_shard_sum_is_last(&s->sum))
        nt_rank_sum_advance(s->ranks, part->at + part->count);
}

static void take_gradient(void *context, int32_t output, nt_tensor gradient) {
    nt_train_shards *s = context;
    take(s, s->grad_of[output], gradient.f);
}

int nt_train_shards_count(const nt_train_shards *s) {
    return s->mine;
}

void nt_train_shards_feed(const nt_train_shards *s, int i, const float *images,
                          const int32_t *labels, uint64_t draw, nt_feed ret[2]) {
    int64_t before = (int64_t)i * s->samples;
    nt_run_set_draw(s->with.run, nt_hash_word(draw, (uint64_t)(s->first + i)));
    ret[0] = (nt_feed){s->with.network->inputs[0].name, images + before * s->image};
    ret[1] = (nt_feed){NT_TARGET, labels + before * s->target};
}

static nt_status run_shard(nt_train_shards *s, const nt_feed feeds[2], nt_train_count *count,
                           nt_error *error) {
    const nt_step_graph *graph = s->with.graph;
    nt_run *run = s->with.run;
    NT_TRY(nt_run_batch(run, feeds, 2, s->samples, error));
    for (int32_t u = 0; u < graph->update_count; u++)
        take(s, &s->updates[u], nt_run_output(run, s->updates[u].bound.output).f);
    const item loss = {.at = s->loss_at, .count = 1};
    take(s, &loss, nt_run_output(run, graph->loss).f);
    nt_train_count of_shard = nt_train_count_of(run, graph, feeds[1].data);
    count->counted += of_shard.counted;
    count->correct += of_shard.correct;
    nt_shard_sum_next(&s->sum);
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
    const scaling all = {s->sum.rows[0] + part->at, 1 / (float)s->with.recipe->shards, part->count};
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
        nt_weight_update(s->with.recipe, s->with.state, s->grads[g].bound.state, &l->moment,
                         mean_of(s, &s->grads[g]));
    for (int32_t u = 0; u < s->with.graph->update_count; u++) {
        const item *update = &s->updates[u];
        memcpy(nt_weights_at(s->with.state->weights, update->bound.state).f, mean_of(s, update),
               (size_t)update->count * sizeof(float));
    }
    nt_counters_count(s->with.state);
}

/* The last shard's row becomes their sum, part by part. */
static nt_status run_shards(nt_train_shards *s, const float *images, const int32_t *labels,
                            uint64_t draw, nt_train_count *count, nt_error *error) {
    nt_feed feeds[2];
    nt_status status = NT_OK;
    nt_run_refresh(s->with.run);
    nt_run_set_take(s->with.run, take_gradient, s);
    nt_shard_sum_begin(&s->sum);
    for (int i = 0; status == NT_OK && i < s->mine; i++) {
        if (s->ranks && nt_shard_sum_is_last(&s->sum))
            nt_rank_sum_begin(s->ranks, s->sum.rows[0]);
        nt_train_shards_feed(s, i, images, labels, draw, feeds);
        status = run_shard(s, feeds, count, error);
    }
    nt_run_set_take(s->with.run, NULL, NULL);
    return status;
}

nt_status nt_train_shards_run(nt_train_shards *s, const float *images, const int32_t *labels,
                              nt_step_moment moment, float *ret_loss, nt_train_count *ret_count,
                              nt_error *error) {
    nt_train_count count = {0};
    NT_TRY(run_shards(s, images, labels, moment.draw, &count, error));
    if (s->ranks)
        NT_TRY(nt_rank_sum_end(s->ranks, error));
    *ret_loss = s->sum.rows[0][s->loss_at] / (float)s->with.recipe->shards;
    *ret_count = count;
    if (isfinite(*ret_loss))
        nt_team(learn, &(learning){s, moment});
    return NT_OK;
}
