/* Outcomes of a part of a shard are added to those that the shard has, in memory where the batch
 * has just run them, or else from the store, and the whole is saved anew: so a shard's bytes and
 * the sum of its losses don't depend on the parts. */
#include "case_batch.h"

#include "graph_cost.h"
#include <string.h>

enum { ATTEMPTS = 2 };

static nt_status no_memory(nt_error *error) {
    return nt_error_say(error, NT_NO_MEMORY, "out of memory for a graph of cases");
}

static const char *key_of(const nt_case_batch *b, int32_t output) {
    return b->subjects[b->cases.case_of[output]]->key;
}

/* --- making ----------------------------------------------------------------------------------- */

static nt_status make_room(nt_case_batch *b, nt_subject *const *subjects) {
    size_t size = (size_t)b->count * NT_SHARD_SAMPLES * (size_t)b->sample_bytes;
    b->subjects = NT_ARENA_ARRAY(&b->arena, nt_subject *, b->count);
    b->losses = NT_ARENA_ARRAY(&b->arena, double, b->count);
    b->outcomes = nt_arena_alloc(&b->arena, size);
    b->shard = nt_arena_alloc(&b->arena, size);
    b->shards = NT_ARENA_ARRAY(&b->arena, nt_shard, b->count);
    if (!b->subjects || !b->outcomes || !b->shard || !b->losses || !b->shards)
        return NT_NO_MEMORY;
    memcpy(b->subjects, subjects, (size_t)b->count * sizeof *b->subjects);
    return NT_OK;
}

static nt_status make_graph(nt_case_batch *b) {
    char why[NT_WHY];
    nt_edits *edits = NT_ARENA_ARRAY(&b->arena, nt_edits, b->count);
    for (int32_t i = 0; edits && i < b->count; i++)
        edits[i] = b->subjects[i]->edits;
    return edits ? nt_case_graph_init(&b->cases, b->m->network, edits, b->count, why)
                 : NT_NO_MEMORY;
}

nt_status nt_case_batch_init(nt_case_batch *b, const nt_measuring *m, nt_subject **subjects,
                             int32_t count, const char *required, nt_derived_weights *derived,
                             bool derive, nt_error *error) {
    const nt_data_info *data = nt_dataset_info(nt_loader_dataset(m->loader));
    *b = (nt_case_batch){.m = m,
                         .count = count,
                         .derived = derived,
                         .derive = derive,
                         .required = required,
                         .sample_bytes = nt_score_bytes(nt_scoring_of(data, m->evaluation.metric)),
                         .next = -1};
    nt_arena_init(&b->arena);
    return make_room(b, subjects) == NT_OK && make_graph(b) == NT_OK ? NT_OK : no_memory(error);
}

static nt_status make_evaluator(nt_case_batch *b, nt_error *error) {
    const nt_measuring *m = b->m;
    const nt_derive_source source = {m->weights, m->history, m->calibration, &m->evaluation};
    nt_evaluation evaluation = m->evaluation;
    evaluation.progress = NULL;
    if (b->derive) {
        nt_derived_weights_finish(b->derived);
        NT_TRY(nt_derived_weights_init(b->derived, &b->cases, &source, error));
        b->derive = false;
    }
    NT_TRY(nt_evaluator_new(b->cases.graph, m->weights, b->derived->weights, m->loader, &evaluation,
                            &b->evaluator, error));
    for (int32_t i = 0; i < b->count; i++)
        if (strcmp(key_of(b, i), b->required) == 0)
            nt_evaluator_require(b->evaluator, i);
    return NT_OK;
}

void nt_case_batch_finish(nt_case_batch *b) {
    if (b->count == 0)
        return;
    nt_evaluator_free(b->evaluator);
    nt_case_graph_finish(&b->cases);
    nt_arena_finish(&b->arena);
    *b = (nt_case_batch){0};
}

void nt_case_batch_rest(nt_case_batch *b) {
    nt_evaluator_free(b->evaluator);
    b->evaluator = NULL;
}

bool nt_case_batch_is_of(const nt_case_batch *b, nt_subject *const *subjects, int32_t count) {
    return b->count == count &&
           memcmp(b->subjects, subjects, (size_t)count * sizeof *subjects) == 0;
}

nt_status nt_case_batch_cost(const nt_case_batch *b, double *ret, nt_error *error) {
    nt_graph *graph = NULL;
    NT_TRY(nt_passes_run(b->cases.graph, &b->m->evaluation.passes, &graph, error));
    *ret = (double)nt_graph_cost_of(graph).executed;
    nt_graph_free(graph);
    return NT_OK;
}

/* --- running ---------------------------------------------------------------------------------- */

nt_status nt_case_batch_has(const nt_case_batch *b, int32_t first, int32_t count, bool *ret,
                            nt_error *error) {
    int32_t number = first / NT_SHARD_SAMPLES, samples;
    *ret = true;
    for (int32_t i = 0; *ret && i < b->count; i++) {
        NT_TRY(
            nt_store_has_shard(b->m->store, key_of(b, i), b->m->numerics, number, &samples, error));
        *ret = samples >= first % NT_SHARD_SAMPLES + count;
    }
    return NT_OK;
}

nt_status nt_case_batch_begin(nt_case_batch *b, int32_t first, nt_error *error) {
    int32_t number = first / NT_SHARD_SAMPLES, begun = first % NT_SHARD_SAMPLES;
    size_t room = NT_SHARD_SAMPLES * (size_t)b->sample_bytes;
    for (int32_t i = 0; i < b->count; i++) {
        int32_t found = 0;
        b->losses[i] = 0;
        if (begun > 0)
            NT_TRY(nt_store_read_shard(b->m->store, key_of(b, i), b->m->numerics, number,
                                       b->sample_bytes, b->shard + (size_t)i * room, &found,
                                       &b->losses[i], error));
        if (found != begun)
            return nt_error_say(error, NT_FAILED,
                                "shard %d of %.16s… has %d samples where %d were measured", number,
                                key_of(b, i), found, begun);
    }
    return NT_OK;
}

nt_status nt_case_batch_compute(nt_case_batch *b, int32_t first, int32_t count, nt_error *error) {
    if (!b->evaluator)
        NT_TRY(make_evaluator(b, error));
    return nt_evaluator_run(b->evaluator, first, count, b->outcomes, b->losses, NULL, error);
}

nt_status nt_case_batch_save(nt_case_batch *b, int32_t first, int32_t count,
                             const unsigned char *outcomes, const double *losses, nt_error *error) {
    size_t bytes = (size_t)b->sample_bytes, room = NT_SHARD_SAMPLES * bytes;
    size_t begun = (size_t)(first % NT_SHARD_SAMPLES) * bytes, part = (size_t)count * bytes;
    for (int32_t i = 0; i < b->count; i++) {
        unsigned char *shard = b->shard + (size_t)i * room;
        memcpy(shard + begun, outcomes + (size_t)i * part, part);
        b->shards[i] = (nt_shard){.key = key_of(b, i),
                                  .numerics = b->m->numerics,
                                  .samples = nt_loader_count(b->m->loader),
                                  .sample_bytes = b->sample_bytes,
                                  .number = first / NT_SHARD_SAMPLES,
                                  .outcomes = shard,
                                  .size = begun + part,
                                  .loss = losses[i]};
    }
    b->next = first + count;
    return nt_store_put_shards(b->m->store, b->shards, (size_t)b->count, error);
}

/* NT_OK with *ret_why where it fails, but may not do so again. */
static nt_status attempt(nt_case_batch *b, int32_t first, int32_t count, nt_arena *arena,
                         const char **ret_why, nt_error *error) {
    nt_error own;
    nt_error_init(&own);
    nt_status status = nt_case_batch_compute(b, first, count, &own);
    *ret_why = NULL;
    if (nt_case_batch_may_pass(status)) {
        *ret_why = nt_error_line(&own, status, arena);
        status = *ret_why ? NT_OK : no_memory(error);
        nt_case_batch_rest(b);
    }
    if (status != NT_OK)
        nt_error_move(error, &own);
    nt_error_finish(&own);
    return status;
}

nt_status nt_case_batch_run(nt_case_batch *b, int32_t first, int32_t count, nt_arena *arena,
                            const char **ret_why, nt_error *error) {
    bool goes_on = first % NT_SHARD_SAMPLES > 0 && b->next == first;
    for (int i = 0; i < ATTEMPTS; i++) {
        if (i > 0 || !goes_on)
            NT_TRY(nt_case_batch_begin(b, first, error));
        NT_TRY(attempt(b, first, count, arena, ret_why, error));
        if (!*ret_why)
            return nt_case_batch_save(b, first, count, b->outcomes, b->losses, error);
    }
    return NT_OK;
}

/* --- what fails ------------------------------------------------------------------------------- */

bool nt_case_batch_may_pass(nt_status status) {
    return status == NT_NO_MEMORY || status == NT_IO;
}

nt_status nt_case_batch_give_up(nt_case_batch *b, int32_t first, int32_t count, const char *why,
                                nt_arena *arena, nt_error *error) {
    const char *words = nt_arena_printf(arena, "images %d to %d could not be evaluated, twice: %s",
                                        first, first + count - 1, why);
    if (!words)
        return no_memory(error);
    for (int32_t i = 0; i < b->count; i++)
        if (strcmp(b->subjects[i]->key, b->required) == 0)
            return nt_error_say(error, NT_FAILED, "the baseline failed: %s", words);
    nt_progress_note(b->m->evaluation.progress, "of %d case%s %s", b->count,
                     b->count == 1 ? "" : "s", words);
    for (int32_t i = 0; i < b->count; i++)
        if (!b->subjects[i]->failure)
            b->subjects[i]->failure = words;
    return NT_OK;
}
