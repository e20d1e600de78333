/* The order of things: every subject is edited alone, for its key and to see whether it can be
 * made; those that the store lacks are put into one graph, as far as they begin at the same shard
 * (and at most TOGETHER of them: what a graph shares is worth the more the more cases there are,
 * but its tables grow too), and the shards from there on are evaluated and saved. */
#include "measure.h"

#include "alloc.h"
#include "derived_weights.h"
#include "describe.h"
#include "outcome.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TOGETHER = 2048 };

typedef struct measure {
    const nt_measuring *m;
    const nt_subject *first; /* what the others are compared with */
    nt_subject **wanted;     /* those that the store lacks */
    int32_t wanted_count;
    int64_t done, total; /* samples, over all subjects */
    nt_measure_tally tally;
    const char *asked; /* how the numerics of outcomes must begin that will do */
    const char *other; /* numerics, of outcomes that will do; NULL: there are none */
    nt_arena *arena;
    nt_error *error;
} measure;

static nt_status no_memory(nt_error *error) {
    return nt_error_say(error, NT_NO_MEMORY, "out of memory measuring cases");
}

/* --- keys ------------------------------------------------------------------------------------- */

/* The graph as edited says what is computed, its parameters' names what they hold. */
static nt_status digest_graph(const nt_measuring *m, const nt_graph *graph, nt_subject *subject) {
    nt_text text;
    nt_text_init(&text);
    nt_graph_describe(graph, &text);
    nt_text_add(&text, m->context);
    if (nt_edits_need(&subject->edits, NT_NEEDS_INITIAL))
        nt_text_add(&text, m->initial_context);
    if (nt_edits_need(&subject->edits, NT_NEEDS_CALIBRATION) ||
        m->evaluation.passes.norm == NT_NORM_RECALIBRATED)
        nt_text_add(&text, m->calibration_context);
    bool ok = !text.failed && nt_digest_bytes(text.bytes, text.length, subject->key);
    nt_text_finish(&text);
    return ok ? NT_OK : NT_NO_MEMORY;
}

static nt_status find_key(const nt_measuring *m, nt_subject *subject, nt_arena *arena) {
    nt_case_graph alone;
    char why[NT_WHY];
    subject->failure = NULL;
    subject->key[0] = '\0';
    if (nt_edits_need(&subject->edits, NT_NEEDS_INITIAL) && !m->initial) {
        subject->failure = m->no_initial;
        return NT_OK;
    }
    nt_status status = nt_case_graph_init(&alone, m->network, &subject->edits, 1, why);
    if (status == NT_INVALID) {
        subject->failure = nt_arena_string(arena, why);
        return subject->failure ? NT_OK : NT_NO_MEMORY;
    }
    NT_TRY(status);
    status = digest_graph(m, alone.graph, subject);
    nt_case_graph_finish(&alone);
    return status;
}

/* --- one graph -------------------------------------------------------------------------------- */

/* A graph of some of the wanted subjects, ready to run. */
typedef struct batch {
    nt_subject **subjects;
    int32_t count;
    nt_case_graph cases;
    nt_derived_weights derived;
    nt_evaluator *evaluator;
    int32_t sample_bytes;
    unsigned char *outcomes; /* per output and sample of a shard */
    double *losses;          /* per output */
    nt_shard *shards;
} batch;

static nt_status make_graph(const measure *me, batch *b, nt_arena *arena) {
    char why[NT_WHY];
    nt_edits *edits = NT_ARENA_ARRAY(arena, nt_edits, b->count);
    b->sample_bytes = nt_score_bytes(
        nt_scoring_of(nt_dataset_info(nt_loader_dataset(me->m->loader)), me->m->evaluation.metric));
    b->losses = NT_ARENA_ARRAY(arena, double, b->count);
    b->outcomes =
        nt_arena_alloc(arena, (size_t)b->count * NT_SHARD_SAMPLES * (size_t)b->sample_bytes);
    b->shards = NT_ARENA_ARRAY(arena, nt_shard, b->count);
    if (!edits || !b->outcomes || !b->losses || !b->shards)
        return no_memory(me->error);
    for (int32_t i = 0; i < b->count; i++)
        edits[i] = b->subjects[i]->edits;
    return nt_case_graph_init(&b->cases, me->m->network, edits, b->count, why) == NT_OK
               ? NT_OK
               : no_memory(me->error);
}

static nt_status make_ready(const measure *me, batch *b, nt_arena *arena) {
    const nt_measuring *m = me->m;
    nt_evaluation evaluation = m->evaluation;
    const nt_derive_source source = {m->weights, m->initial, m->calibration, &m->evaluation};
    evaluation.progress = NULL;
    NT_TRY(make_graph(me, b, arena));
    NT_TRY(nt_derived_weights_init(&b->derived, &b->cases, &source, me->error));
    NT_TRY(nt_evaluator_new(b->cases.graph, m->weights, b->derived.weights, m->loader, &evaluation,
                            &b->evaluator, me->error));
    for (int32_t i = 0; i < b->count; i++)
        if (strcmp(b->subjects[b->cases.case_of[i]]->key, me->first->key) == 0)
            nt_evaluator_require(b->evaluator, i);
    return NT_OK;
}

/* Evaluates one shard, unless all have it, and saves it for those that lack it. */
static nt_status run_shard(measure *me, batch *b, int32_t number) {
    const nt_measuring *m = me->m;
    int32_t total = nt_loader_count(m->loader), lacking = 0;
    int32_t samples = nt_shard_samples(total, number);
    bool has, all = true;
    char detail[64];
    for (int32_t i = 0; i < b->count && all; i++)
        NT_TRY(nt_store_has(m->store, b->subjects[i]->key, m->numerics, number, &all, me->error));
    me->done += (int64_t)samples * b->count;
    if (all)
        return NT_OK;
    NT_TRY(nt_evaluator_run(b->evaluator, number * NT_SHARD_SAMPLES, samples, b->outcomes,
                            b->losses, NULL, me->error));
    size_t size = (size_t)samples * (size_t)b->sample_bytes;
    me->tally.evaluated++;
    for (int32_t i = 0; i < b->count; i++) {
        const char *key = b->subjects[b->cases.case_of[i]]->key;
        NT_TRY(nt_store_has(m->store, key, m->numerics, number, &has, me->error));
        if (!has)
            b->shards[lacking++] = (nt_shard){.key = key,
                                              .numerics = m->numerics,
                                              .samples = total,
                                              .sample_bytes = b->sample_bytes,
                                              .number = number,
                                              .outcomes = b->outcomes + (size_t)i * size,
                                              .size = size,
                                              .loss = b->losses[i]};
    }
    NT_TRY(nt_store_put_shards(m->store, b->shards, (size_t)lacking, me->error));
    snprintf(detail, sizeof detail, "%d of %d cases at once", b->count, me->wanted_count);
    nt_progress_step(m->evaluation.progress, "images of all cases", detail, me->done, me->total);
    return NT_OK;
}

static nt_status run_batch(measure *me, int32_t first, int32_t count) {
    batch b = {.subjects = me->wanted + first, .count = count};
    nt_arena arena;
    nt_arena_init(&arena);
    nt_status status = make_ready(me, &b, &arena);
    int32_t shards = nt_shard_count(nt_loader_count(me->m->loader));
    for (int32_t i = 0; status == NT_OK && i < shards; i++)
        status = run_shard(me, &b, i);
    nt_evaluator_free(b.evaluator);
    nt_derived_weights_finish(&b.derived);
    nt_case_graph_finish(&b.cases);
    nt_arena_finish(&arena);
    return status;
}

/* --- all of them ------------------------------------------------------------------------------ */

/* Whether the store has all of a subject: computed as this process does, or else with numerics with
 * which it has all of the first one, too. Says which they are, or are to be. */
static nt_status look_up(measure *me, nt_subject *subject, const nt_subject *first, bool *ret) {
    const nt_measuring *m = me->m;
    nt_measured found;
    const char *other = NULL;
    NT_TRY(nt_store_find(m->store, subject->key, m->numerics, &found, me->error));
    bool whole = found.shards == nt_shard_count(nt_loader_count(m->loader));
    if (!whole)
        NT_TRY(nt_store_find_shared(m->store, subject->key, first->key, me->asked, me->arena,
                                    &other, me->error));
    subject->shards = found.shards;
    subject->numerics = other ? other : m->numerics;
    me->other = other ? other : me->other;
    *ret = whole || other;
    return NT_OK;
}

static void note_subject(measure *me, nt_subject *subject, bool whole) {
    me->tally.known += whole;
    if (!whole)
        me->wanted[me->wanted_count++] = subject;
}

/* The first subject goes with the cases: it must have numerics that one of them has, and those of
 * this process if one of them has these. */
static nt_status look_up_first(measure *me, nt_subject *first, bool own, const char *cases) {
    bool whole;
    NT_TRY(look_up(me, first, first, &whole));
    if (own && first->numerics != me->m->numerics) {
        first->numerics = me->m->numerics;
        whole = false;
    } else if (!own && cases) {
        first->numerics = cases;
    }
    note_subject(me, first, whole);
    return NT_OK;
}

static void tell_numerics(measure *me, const nt_measure_tally *before) {
    const nt_progress *progress = me->m->evaluation.progress;
    me->tally.mixed = me->other != NULL;
    if (!me->other || !before || before->mixed)
        return;
    if (me->wanted_count == 0)
        nt_progress_note(progress, "outcomes that were measured with '%s' are kept", me->other);
    else
        nt_progress_note(progress,
                         "this run was begun with '%s'; it goes on with '%s': what is new is "
                         "measured with that, and the baseline again",
                         me->other, me->m->numerics);
}

static nt_status find_wanted(measure *me, nt_subject *subjects, int32_t count) {
    const char *cases = NULL;
    bool own = false, whole;
    for (int32_t i = 0; i < count; i++)
        if (find_key(me->m, &subjects[i], me->arena) != NT_OK)
            return no_memory(me->error);
    for (int32_t i = 1; i < count; i++) {
        if (subjects[i].failure)
            continue;
        NT_TRY(look_up(me, &subjects[i], &subjects[0], &whole));
        note_subject(me, &subjects[i], whole);
        own = own || subjects[i].numerics == me->m->numerics;
        cases = cases ? cases : subjects[i].numerics;
    }
    return subjects[0].failure ? NT_OK : look_up_first(me, &subjects[0], own, cases);
}

/* By how many shards there are already, then by key. */
static int compare(const void *a, const void *b) {
    const nt_subject *x = *(nt_subject *const *)a, *y = *(nt_subject *const *)b;
    if (x->shards != y->shards)
        return x->shards < y->shards ? -1 : 1;
    return strcmp(x->key, y->key);
}

/* Cases that begin at the same shard go together, so that none is computed again for the sake of
 * another; equal ones are one. */
static void sort_wanted(measure *me) {
    int32_t kept = 0;
    qsort(me->wanted, (size_t)me->wanted_count, sizeof *me->wanted, compare);
    for (int32_t i = 0; i < me->wanted_count; i++)
        if (kept == 0 || strcmp(me->wanted[kept - 1]->key, me->wanted[i]->key) != 0)
            me->wanted[kept++] = me->wanted[i];
    me->wanted_count = kept;
}

/* How many of the wanted, from the first on, make the next graph. */
static int32_t next_batch(const measure *me, int32_t first) {
    int32_t count = 1, most = me->m->one_by_one ? 1 : TOGETHER;
    while (count < most && first + count < me->wanted_count &&
           me->wanted[first + count]->shards == me->wanted[first]->shards)
        count++;
    return count;
}

/* Looks through what is measured for outcomes that are none. */
static nt_status find_failures(measure *me, nt_subject *subjects, int32_t count) {
    const nt_loader *loader = me->m->loader;
    const nt_dataset *dataset = nt_loader_dataset(loader);
    const nt_scoring scoring = nt_scoring_of(nt_dataset_info(dataset), me->m->evaluation.metric);
    for (int32_t i = 0; i < count; i++) {
        nt_subject *subject = &subjects[i];
        nt_outcome outcome;
        if (subject->failure)
            continue;
        NT_TRY(nt_outcome_read(me->m->store, subject->key, subject->numerics, scoring,
                               nt_loader_count(loader), &outcome, NULL, me->error));
        if (outcome.failed == 0) {
            NT_TRY(nt_evaluation_counts(&outcome, loader, me->error));
            continue;
        }
        int32_t number = outcome.failure < 0 ? -1 : nt_loader_sample(loader, outcome.failure);
        const char *name =
            number < 0 ? NULL : nt_dataset_name(dataset, nt_loader_split(loader), number);
        subject->failure = nt_outcome_failure(number, name, me->arena);
        if (!subject->failure)
            return no_memory(me->error);
        if (i == 0)
            return nt_error_say(me->error, NT_FAILED, "the baseline failed: %s", subject->failure);
    }
    return NT_OK;
}

static nt_status measure_all(measure *me, nt_subject *subjects, int32_t count,
                             const nt_measure_tally *before) {
    int32_t samples = nt_loader_count(me->m->loader);
    me->first = subjects;
    me->wanted = NT_ARENA_ARRAY(me->arena, nt_subject *, count);
    me->asked = nt_arena_substring(me->arena, me->m->numerics, strcspn(me->m->numerics, ";"));
    if (!me->wanted || !me->asked)
        return no_memory(me->error);
    NT_TRY(find_wanted(me, subjects, count));
    tell_numerics(me, before);
    sort_wanted(me);
    me->total = (int64_t)me->wanted_count * samples;
    for (int32_t first = 0; first < me->wanted_count; first += next_batch(me, first))
        me->tally.shards += nt_shard_count(samples);
    for (int32_t first = 0; first < me->wanted_count; first += next_batch(me, first))
        NT_TRY(run_batch(me, first, next_batch(me, first)));
    return find_failures(me, subjects, count);
}

nt_status nt_measure(const nt_measuring *measuring, nt_subject *subjects, int32_t count,
                     nt_arena *arena, nt_measure_tally *tally, nt_error *error) {
    measure me = {.m = measuring, .arena = arena, .error = error};
    nt_status status = measure_all(&me, subjects, count, tally);
    if (tally) {
        tally->known += me.tally.known;
        tally->shards += me.tally.shards;
        tally->evaluated += me.tally.evaluated;
        tally->mixed = tally->mixed || me.tally.mixed;
    }
    return status;
}
