/* One watch for each case. Differences are read back from the store, shard by shard, so that it
 * makes none whether they were measured just now or before. */
#include "deciding.h"

#include "alloc.h"
#include "comparison.h"
#include "outcome.h"
#include <math.h>
#include <string.h>

/* Below so many samples the outlook of a bet says nothing. */
enum { EARLIEST_END = 500 };

typedef struct watched {
    nt_subject *subject;
    nt_watch watch;
    nt_judgement judgement;
    double sum; /* of the differences */
    bool failed;
} watched;

struct nt_decider {
    nt_arena arena;
    const nt_measuring *m;
    const nt_subject *first;
    nt_scoring scoring;
    watched **families; /* the watched of each, of those that decide */
    nt_judged *judged;  /* room for the largest of them */
    unsigned char *baseline, *outcomes;
    double *differences;
    const char *numerics; /* those of `baseline`; NULL: nothing was read yet */
};

/* --- making ----------------------------------------------------------------------------------- */

static nt_status no_memory(nt_error *error) {
    return nt_error_say(error, NT_NO_MEMORY, "out of memory for deciding early");
}

static bool watch_family(nt_decider *d, int32_t f, nt_subject *subjects) {
    const nt_family *family = &d->m->families[f];
    int32_t samples = nt_loader_count(d->m->loader);
    d->families[f] = NT_ARENA_ARRAY(&d->arena, watched, family->count);
    for (int32_t i = 0; d->families[f] && i < family->count; i++) {
        watched *w = &d->families[f][i];
        w->subject = &subjects[family->first + i];
        w->subject->open = !w->subject->failure;
        nt_watch_init(&w->watch, d->m->margin, nt_decide_population(family->decide, samples));
    }
    return d->families[f] != NULL;
}

static bool make(nt_decider *d, nt_subject *subjects) {
    size_t samples = (size_t)nt_loader_count(d->m->loader);
    size_t size = samples * (size_t)nt_score_bytes(d->scoring);
    int32_t largest = 1;
    d->families = NT_ARENA_ARRAY(&d->arena, watched *, d->m->family_count + 1);
    d->baseline = nt_arena_alloc(&d->arena, size);
    d->outcomes = nt_arena_alloc(&d->arena, size);
    d->differences = NT_ARENA_ARRAY(&d->arena, double, samples);
    if (!d->families || !d->baseline || !d->outcomes || !d->differences)
        return false;
    for (int32_t f = 0; f < d->m->family_count; f++) {
        const nt_family *family = &d->m->families[f];
        largest = family->count > largest ? family->count : largest;
        if (family->decide != NT_DECIDE_NOT && !watch_family(d, f, subjects))
            return false;
    }
    d->judged = NT_ARENA_ARRAY(&d->arena, nt_judged, largest);
    return d->judged != NULL;
}

nt_status nt_decider_new(const nt_measuring *measuring, nt_subject *subjects, nt_decider **ret,
                         nt_error *error) {
    nt_decider *d = nt_alloc_zero(sizeof *d);
    if (!d)
        return no_memory(error);
    nt_arena_init(&d->arena);
    d->m = measuring;
    d->first = subjects;
    d->scoring = nt_scoring_of(nt_dataset_info(nt_loader_dataset(measuring->loader)),
                               measuring->evaluation.metric);
    if (!make(d, subjects)) {
        nt_decider_free(d);
        return no_memory(error);
    }
    *ret = d;
    return NT_OK;
}

void nt_decider_free(nt_decider *d) {
    if (!d)
        return;
    nt_arena_finish(&d->arena);
    nt_free(d, sizeof *d);
}

/* --- looking ---------------------------------------------------------------------------------- */

static nt_status read_outcomes(const nt_decider *d, const nt_subject *subject, int32_t samples,
                               const char *numerics, unsigned char *ret, nt_error *error) {
    nt_outcome ignored;
    return nt_outcome_read(d->m->store, subject->key, numerics, d->scoring, samples, &ignored, ret,
                           error);
}

static void close_at(nt_subject *subject, int32_t samples, const char *decision) {
    subject->open = false;
    subject->samples = samples;
    subject->decision = decision;
}

/* A failure is certain as soon as there is one. */
static void close_failed(const nt_decider *d, watched *w, int32_t from, int32_t samples) {
    size_t bytes = (size_t)nt_score_bytes(d->scoring);
    for (int32_t i = from; i < samples && !w->failed; i++)
        w->failed = nt_score_failed(d->scoring, d->outcomes + (size_t)i * bytes);
    if (w->failed)
        close_at(w->subject, samples, NULL);
}

static nt_status watch_one(nt_decider *d, watched *w, int32_t from, int32_t samples,
                           nt_error *error) {
    nt_subject *subject = w->subject;
    size_t skipped = (size_t)from * (size_t)nt_score_bytes(d->scoring);
    const nt_comparison with = {
        .scoring = d->scoring, .samples = samples - from, .baseline = d->baseline + skipped};
    if (!d->numerics || strcmp(d->numerics, subject->numerics) != 0)
        NT_TRY(read_outcomes(d, d->first, samples, subject->numerics, d->baseline, error));
    d->numerics = subject->numerics;
    NT_TRY(read_outcomes(d, subject, samples, subject->numerics, d->outcomes, error));
    close_failed(d, w, from, samples);
    if (w->failed)
        return NT_OK;
    nt_comparison_changes(&with, d->outcomes + skipped, d->differences);
    nt_watch_look(&w->watch, d->differences, samples - from);
    for (int32_t i = 0; i < samples - from; i++)
        w->sum += isnan(d->differences[i]) ? 0 : d->differences[i];
    w->judgement.p = nt_watch_p(&w->watch);
    w->judgement.margin = nt_watch_test(&w->watch);
    return NT_OK;
}

/* Decides among a family's cases. Those that failed count for nothing. */
static nt_status decide(nt_decider *d, int32_t f, int32_t samples) {
    const nt_family *family = &d->m->families[f];
    int32_t count = 0, left = nt_loader_count(d->m->loader) - samples, open = 0;
    for (int32_t i = 0; i < family->count; i++) {
        watched *w = &d->families[f][i];
        if (!w->subject->failure && !w->failed)
            d->judged[count++] = (nt_judged){&w->judgement, w->sum};
    }
    NT_TRY(nt_judge(d->judged, count));
    for (int32_t i = 0; i < family->count; i++) {
        const watched *w = &d->families[f][i];
        if (w->subject->open && w->judgement.verdict != NT_UNDECIDED)
            close_at(w->subject, samples, nt_verdict_name(w->judgement.verdict));
        open += w->subject->open;
    }
    if (family->decide != NT_DECIDE_POPULATION || samples < EARLIEST_END || left == 0)
        return NT_OK;
    for (int32_t i = 0; i < family->count; i++) {
        const watched *w = &d->families[f][i];
        if (w->subject->open && nt_watch_hopeless(&w->watch, left, NT_ALPHA / open))
            close_at(w->subject, samples, NT_GIVEN_UP);
    }
    return NT_OK;
}

nt_status nt_decider_look(nt_decider *d, int32_t before, int32_t samples, nt_error *error) {
    d->numerics = NULL;
    for (int32_t f = 0; f < d->m->family_count; f++) {
        if (!d->families[f])
            continue;
        for (int32_t i = 0; i < d->m->families[f].count; i++)
            if (d->families[f][i].subject->open)
                NT_TRY(watch_one(d, &d->families[f][i], before, samples, error));
        if (decide(d, f, samples) != NT_OK)
            return no_memory(error);
    }
    return NT_OK;
}
