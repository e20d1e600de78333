/* The order of things: every subject is edited alone, for its key and to see whether it can be
 * made; those that the store lacks are put into one graph, as far as they begin at the same shard
 * (and at most TOGETHER of them: what a graph shares is worth the more the more cases there are,
 * but its tables grow too), and the shards from there on are evaluated and saved. */
#include "measure.h"

#include "case_batch.h"
#include "case_units.h"
#include "deciding.h"
#include "describe.h"
#include "outcome.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TOGETHER = 2048 };

typedef struct measure {
    const nt_measuring *m;
    const nt_subject *first; /* what the others are compared with */
    nt_subject **asking;     /* those of which the store lacks some */
    int32_t asking_count;
    nt_subject **wanted; /* the same, each key once */
    int32_t wanted_count;
    bool wanted_all;     /* everybody who asks is among them */
    nt_case_batch batch; /* the last graph */
    nt_derived_weights derived;
    bool derived_for_all; /* whatever graph comes next */
    nt_case_units *units; /* NULL: this process evaluates all of it alone */
    nt_decider *decider;  /* NULL: nothing ends early */
    int64_t done, total;  /* samples, over all subjects */
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

/* The digests of the earlier weights that a case wants, by rising epoch. */
static void add_history(const nt_measuring *m, const nt_edits *edits, nt_text *text) {
    for (int32_t i = 0; m->history && i < m->history->count; i++) {
        const nt_past *past = &m->history->items[i];
        bool wanted = false;
        for (int32_t e = 0; e < edits->count; e++)
            wanted = wanted || nt_edit_epoch(&edits->items[e]) == past->epoch;
        if (wanted && past->epoch > 0)
            nt_text_printf(text, "\nafter epoch %d: ", past->epoch);
        if (wanted)
            nt_text_add(text, past->digest);
    }
}

/* Why an edit can't have what it wants of the history; NULL: it can. */
static const char *lacking(const nt_measuring *m, const nt_edits *edits) {
    for (int32_t e = 0; e < edits->count; e++) {
        int32_t epoch = nt_edit_epoch(&edits->items[e]);
        if (epoch >= 0 && !nt_history_at(m->history, epoch))
            return epoch == 0 ? m->no_initial : m->no_snapshot;
    }
    return NULL;
}

/* The graph as edited says what is computed, its parameters' names what they hold. */
static nt_status digest_graph(const nt_measuring *m, const nt_graph *graph, nt_subject *subject) {
    nt_text text;
    nt_text_init(&text);
    nt_graph_describe(graph, &text);
    nt_text_add(&text, m->context);
    add_history(m, &subject->edits, &text);
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
    subject->key[0] = '\0';
    if ((subject->failure = lacking(m, &subject->edits)))
        return NT_OK;
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

/* The graph of these subjects, which may be the last one. Statistics of batches depend on all of
 * the graph, and are not for cases that end early. */
static nt_status find_batch(measure *me, nt_subject **subjects, int32_t count) {
    if (nt_case_batch_is_of(&me->batch, subjects, count))
        return NT_OK;
    nt_case_batch_finish(&me->batch);
    NT_TRY(nt_case_batch_init(&me->batch, me->m, subjects, count, me->first->key, &me->derived,
                              !me->derived_for_all, me->error));
    me->derived_for_all =
        me->derived_for_all || (me->decider && me->wanted_all && count == me->wanted_count);
    return NT_OK;
}

/* Samples of some cases are measured. */
static void tell(void *context, int32_t cases, int32_t samples) {
    measure *me = context;
    char detail[64];
    me->done += (int64_t)samples * cases;
    me->tally.evaluated++;
    snprintf(detail, sizeof detail, "%d of %d cases at once", cases, me->wanted_count);
    nt_progress_step(me->m->evaluation.progress, "images of all cases", detail, me->done,
                     me->total);
}

/* Evaluates the batch at hand up to `samples`. */
static nt_status run_batch(measure *me, int32_t samples) {
    nt_case_batch *b = &me->batch;
    int32_t done = b->subjects[0]->done;
    while (done < samples) {
        const char *why;
        int32_t rest = NT_SHARD_SAMPLES - done % NT_SHARD_SAMPLES;
        int32_t count = rest < samples - done ? rest : samples - done;
        NT_TRY(nt_case_batch_run(b, done, count, me->arena, &why, me->error));
        if (why)
            NT_TRY(nt_case_batch_give_up(b, done, count, why, me->arena, me->error));
        else
            tell(me, b->count, count);
        done += count;
    }
    return NT_OK;
}

/* --- all of them ------------------------------------------------------------------------------ */

/* Whether the store has all of a subject: computed as this process does, or else with numerics with
 * which it has all of the first one, too. Says which they are, or are to be. */
static nt_status look_up(measure *me, nt_subject *subject, const nt_subject *first, bool *ret) {
    const nt_measuring *m = me->m;
    nt_measured found;
    const char *other = NULL;
    NT_TRY(nt_store_find(m->store, subject->key, m->numerics, &found, me->error));
    bool whole = found.samples > 0 && found.done == found.samples;
    if (!whole && !m->own_numerics)
        NT_TRY(nt_store_find_shared(m->store, subject->key, first->key, me->asked, me->arena,
                                    &other, me->error));
    subject->done = found.done;
    subject->numerics = other ? other : m->numerics;
    me->other = other ? other : me->other;
    *ret = whole || other;
    return NT_OK;
}

static void note_subject(measure *me, nt_subject *subject, bool whole) {
    me->tally.known += whole;
    if (!whole)
        me->asking[me->asking_count++] = subject;
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
    if (me->asking_count == 0)
        nt_progress_note(progress, "outcomes that were measured with '%s' are kept", me->other);
    else
        nt_progress_note(progress,
                         "this run was begun with '%s'; it goes on with '%s': what is new is "
                         "measured with that, and the baseline again",
                         me->other, me->m->numerics);
}

static nt_status find_keys(measure *me, nt_subject *subjects, int32_t count) {
    for (int32_t i = 0; i < count; i++)
        if (find_key(me->m, &subjects[i], me->arena) != NT_OK)
            return no_memory(me->error);
    return NT_OK;
}

static nt_status find_wanted(measure *me, nt_subject *subjects, int32_t count) {
    const char *cases = NULL;
    bool own = false, whole;
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

/* By how many samples there are already, then by key. */
static int compare(const void *a, const void *b) {
    const nt_subject *x = *(nt_subject *const *)a, *y = *(nt_subject *const *)b;
    if (x->done != y->done)
        return x->done < y->done ? -1 : 1;
    return strcmp(x->key, y->key);
}

/* Of those that ask for more than they have, up to `samples`, each key once. Those that begin at
 * the same sample go together, so that none is computed again for the sake of another. */
static void find_unique(measure *me, int32_t samples) {
    int32_t kept = 0, count = 0;
    for (int32_t i = 0; i < me->asking_count; i++)
        if (me->asking[i]->done < samples)
            me->wanted[count++] = me->asking[i];
    qsort(me->wanted, (size_t)count, sizeof *me->wanted, compare);
    for (int32_t i = 0; i < count; i++)
        if (kept == 0 || strcmp(me->wanted[kept - 1]->key, me->wanted[i]->key) != 0)
            me->wanted[kept++] = me->wanted[i];
    me->wanted_count = kept;
    me->wanted_all = count == me->asking_count;
}

/* How many of the wanted, from the first on, make the next graph. */
static int32_t next_batch(const measure *me, int32_t first) {
    int32_t count = 1, most = me->m->one_by_one && !me->units ? 1 : TOGETHER;
    while (count < most && first + count < me->wanted_count &&
           me->wanted[first + count]->done == me->wanted[first]->done)
        count++;
    return count;
}

/* The wanted from `first` on. */
static nt_status run_next(measure *me, int32_t first, int32_t count, int32_t samples) {
    if (me->units)
        return nt_case_units_run(me->units, me->wanted + first, count, samples, tell, me, me->arena,
                                 me->error);
    NT_TRY(find_batch(me, me->wanted + first, count));
    return run_batch(me, samples);
}

/* Of those with one key one was wanted: what became of it became of all. */
static void share_failures(const measure *me) {
    for (int32_t i = 0; i < me->wanted_count; i++)
        for (int32_t k = 0; me->wanted[i]->failure && k < me->asking_count; k++)
            if (strcmp(me->asking[k]->key, me->wanted[i]->key) == 0)
                me->asking[k]->failure = me->wanted[i]->failure;
}

/* Measures all that ask for it up to `samples`. */
static nt_status advance(measure *me, int32_t samples) {
    int32_t count;
    find_unique(me, samples);
    for (int32_t first = 0; first < me->wanted_count; first += count) {
        count = next_batch(me, first);
        NT_TRY(run_next(me, first, count, samples));
    }
    share_failures(me);
    for (int32_t i = 0; i < me->asking_count; i++)
        if (me->asking[i]->done < samples)
            me->asking[i]->done = samples;
    return NT_OK;
}

/* How much there is to do, as far as can be said. */
static void foresee(measure *me) {
    int32_t samples = nt_loader_count(me->m->loader);
    find_unique(me, samples);
    me->total = me->done;
    for (int32_t i = 0; i < me->wanted_count; i++)
        me->total += samples - me->wanted[i]->done;
}

/* --- ending early ----------------------------------------------------------------------------- */

/* Those whose end is found ask for nothing more. */
static void stop_asking(measure *me) {
    int32_t kept = 0, samples = nt_loader_count(me->m->loader);
    for (int32_t i = 0; i < me->asking_count; i++)
        if (!me->asking[i]->failure && (me->asking[i]->open || me->asking[i]->samples == samples))
            me->asking[kept++] = me->asking[i];
    me->asking_count = kept;
    foresee(me);
}

/* What could not be evaluated is not looked at either. */
static void close_failed(nt_subject *subjects, int32_t count) {
    for (int32_t i = 0; i < count; i++)
        subjects[i].open = subjects[i].open && !subjects[i].failure;
}

/* Measures up to one look after the other, with what is open then. */
static nt_status decide_all(measure *me, nt_subject *subjects, int32_t count) {
    int32_t samples = nt_loader_count(me->m->loader), before = 0;
    NT_TRY(nt_decider_new(me->m, subjects, &me->decider, me->error));
    for (int32_t look = nt_look_next(0, samples); before < samples;
         before = look, look = nt_look_next(look, samples)) {
        NT_TRY(advance(me, look));
        close_failed(subjects, count);
        NT_TRY(nt_decider_look(me->decider, before, look, me->error));
        stop_asking(me);
    }
    for (int32_t i = 1; i < count; i++) {
        me->tally.samples += subjects[i].failure ? 0 : samples;
        me->tally.spared += subjects[i].failure ? 0 : samples - subjects[i].samples;
    }
    return NT_OK;
}

/* --- together --------------------------------------------------------------------------------- */

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
                               subject->samples, &outcome, NULL, me->error));
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

/* How many shards there are of the graphs that all of it takes. */
static int32_t count_shards(measure *me, int32_t samples) {
    int32_t shards = 0;
    find_unique(me, samples);
    for (int32_t first = 0; first < me->wanted_count; first += next_batch(me, first))
        shards += nt_shard_count(samples);
    return shards;
}

/* What is wanted of all subjects, whatever the store has: parts are cut alike everywhere. */
static nt_status measure_part(measure *me, nt_subject *subjects, int32_t count) {
    for (int32_t i = 0; i < count; i++) {
        subjects[i].done = 0;
        subjects[i].numerics = me->m->numerics;
        subjects[i].samples = nt_loader_count(me->m->loader);
        if (!subjects[i].failure)
            me->asking[me->asking_count++] = &subjects[i];
    }
    foresee(me);
    if (me->wanted_count == 0)
        return NT_OK;
    return nt_case_units_run_part(me->units, me->wanted, me->wanted_count, *me->m->part, tell, me,
                                  &me->total, &me->tally.units, &me->tally.given_up, me->arena,
                                  me->error);
}

static nt_status count_lacking(const measure *me, int64_t *ret) {
    int32_t total = nt_loader_count(me->m->loader), samples;
    *ret = 0;
    for (int32_t i = 0; i < me->wanted_count; i++)
        for (int32_t number = 0; number < nt_shard_count(total); number++) {
            NT_TRY(nt_store_has_shard(me->m->store, me->wanted[i]->key, me->m->numerics, number,
                                      &samples, me->error));
            *ret += nt_shard_samples(total, number) - samples;
        }
    return NT_OK;
}

static nt_status say_lacking(const measure *me, int32_t count) {
    int64_t lacking;
    nt_text images;
    NT_TRY(count_lacking(me, &lacking));
    nt_text_init(&images);
    nt_text_count(&images, lacking);
    nt_error_say(me->error, NT_FAILED, "%d of %d cases lack %s images in all", me->wanted_count,
                 count, images.bytes);
    nt_error_hint(me->error, "run the parts that are not there or did not end, which go on from "
                             "what they have, then merge again");
    nt_text_finish(&images);
    return NT_FAILED;
}

static nt_status measure_all(measure *me, nt_subject *subjects, int32_t count,
                             const nt_measure_tally *before) {
    int32_t samples = nt_loader_count(me->m->loader);
    bool decide = false;
    me->first = subjects;
    me->asking = NT_ARENA_ARRAY(me->arena, nt_subject *, count);
    me->wanted = NT_ARENA_ARRAY(me->arena, nt_subject *, count);
    me->asked = nt_arena_substring(me->arena, me->m->numerics, strcspn(me->m->numerics, ";"));
    if (!me->asking || !me->wanted || !me->asked)
        return no_memory(me->error);
    if (me->m->hands || me->m->part)
        NT_TRY(nt_case_units_new(me->m, me->first, &me->units, me->error));
    NT_TRY(find_keys(me, subjects, count));
    if (me->m->part)
        return measure_part(me, subjects, count);
    NT_TRY(find_wanted(me, subjects, count));
    tell_numerics(me, before);
    for (int32_t i = 0; i < count; i++)
        subjects[i].samples = samples;
    for (int32_t f = 0; f < me->m->family_count; f++)
        decide = decide || me->m->families[f].decide != NT_DECIDE_NOT;
    me->tally.shards = decide ? 0 : count_shards(me, samples);
    foresee(me);
    if (me->m->known_only && me->wanted_count > 0)
        return say_lacking(me, count);
    NT_TRY(decide ? decide_all(me, subjects, count) : advance(me, samples));
    return find_failures(me, subjects, count);
}

nt_status nt_measure(const nt_measuring *measuring, nt_subject *subjects, int32_t count,
                     nt_arena *arena, nt_measure_tally *tally, nt_error *error) {
    measure me = {.m = measuring, .arena = arena, .error = error};
    nt_status status = measure_all(&me, subjects, count, tally);
    nt_case_batch_finish(&me.batch);
    nt_case_units_free(me.units);
    nt_derived_weights_finish(&me.derived);
    nt_decider_free(me.decider);
    if (tally) {
        tally->known += me.tally.known;
        tally->shards += me.tally.shards;
        tally->evaluated += me.tally.evaluated;
        tally->mixed = tally->mixed || me.tally.mixed;
        tally->samples += me.tally.samples;
        tally->spared += me.tally.spared;
        tally->units += me.tally.units;
        tally->given_up += me.tally.given_up;
    }
    return status;
}
