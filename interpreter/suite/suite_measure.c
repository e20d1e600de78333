/* The cases of a suite with one seed's weights. */
#include "suite_run_private.h"

#include "suite_crew.h"
#include "trainer.h"

#include <string.h>

static const char *keep_words(nt_text *text, nt_arena *arena) {
    const char *copy = text->failed ? NULL : nt_arena_string(arena, text->bytes);
    nt_text_finish(text);
    return copy;
}

const char *nt_suite_context(const nt_suite_work *work, const char *weights,
                             const nt_loader *loader, nt_arena *arena) {
    const nt_provenance *from = &work->results->provenance;
    const nt_suite *suite = work->suite;
    nt_norm norm = (nt_norm)suite->evaluate.batch_norm;
    nt_text text;
    nt_text_init(&text);
    nt_text_printf(&text, "weights: %s\ndata: %s\nnorm: %s\n", weights, from->data,
                   nt_norm_names[norm]);
    if (norm != NT_NORM_RUNNING)
        nt_text_printf(&text, "batch: %d\n", suite->evaluate.batch);
    nt_loader_describe(loader, &text);
    return keep_words(&text, arena);
}

static const char *calibration_context_of(const nt_suite_work *work, nt_arena *arena) {
    nt_text text;
    nt_text_init(&text);
    nt_text_add(&text, "calibration:\n");
    if (work->calibration)
        nt_loader_describe(work->calibration, &text);
    return keep_words(&text, arena);
}

void nt_suite_tell_shards(const nt_suite_work *work) {
    const nt_measure_tally *tally = &work->tally;
    if (tally->spared > 0)
        nt_progress_note(work->options->progress,
                         "decided early: %lld of the %lld images of all cases were enough",
                         (long long)(tally->samples - tally->spared), (long long)tally->samples);
    if (work->tally.evaluated < work->tally.shards)
        nt_progress_note(work->options->progress, "evaluated %d of %d shards",
                         work->tally.evaluated, work->tally.shards);
}

static nt_status interrupted(const nt_suite_work *work, nt_status status) {
    nt_suite_tell_shards(work);
    nt_error_say(work->error, status, "%s while measuring; what is measured is saved",
                 nt_status_text(status));
    nt_error_hint(work->error, "give the same command to go on");
    return status;
}

/* How many cases of a group are measured as they are edited. */
static int32_t count_edited(const nt_suite_work *work, int g) {
    return work->suite->groups[g].retrain ? 0 : work->cases[g].count;
}

/* Each group's cases, as list_subjects has them. NULL when out of memory. */
static const nt_family *families_of(const nt_suite_work *work, nt_arena *arena) {
    nt_family *families = NT_ARENA_ARRAY(arena, nt_family, work->suite->group_count + 1);
    int32_t first = 1;
    for (int g = 0; families && g < work->suite->group_count; g++) {
        int32_t count = count_edited(work, g);
        families[g] = (nt_family){first, count, nt_group_decide(work->suite, g)};
        first += count;
    }
    return families;
}

nt_status nt_suite_measuring(const nt_suite_work *work, int s, const nt_loader *loader,
                             nt_arena *arena, nt_measuring *ret) {
    const nt_suite *suite = work->suite;
    *ret = (nt_measuring){
        .network = work->network,
        .weights = work->weights,
        .history = &work->history,
        .loader = loader,
        .calibration = work->calibration,
        .evaluation = {.batch = suite->evaluate.batch,
                       .metric = work->scoring.metric,
                       .passes = {.norm = (nt_norm)suite->evaluate.batch_norm, .conv = suite->conv},
                       .progress = work->options->progress},
        .numerics = work->numerics,
        .context = nt_suite_context(work, work->weight_digests[s], loader, arena),
        .calibration_context = calibration_context_of(work, arena),
        .no_initial = suite->weights.path
                          ? "the values that training began with are not known: give them under "
                            "`initial:` beside `weights:`"
                          : "the values that training began with are not known: the seed's folder "
                            "has no " NT_INITIAL_FILE,
        .no_snapshot = "the seed's folder has no weights of that epoch: it was trained before "
                       "'snapshots' asked for them",
        .store = work->store,
        .margin = suite->margin,
        .one_by_one = work->options->one_by_one,
        .known_only = work->options->known_only,
    };
    return ret->context && ret->calibration_context ? NT_OK : nt_suite_no_memory(work);
}

nt_status nt_suite_measure(nt_suite_work *work, int s, const nt_loader *loader,
                           nt_subject *subjects, int32_t count, bool early, nt_arena *arena) {
    const nt_part part = {.number = work->options->part,
                          .of = work->options->part_count,
                          .seed = s,
                          .seeds = work->suite->seed_count};
    nt_measuring measuring;
    NT_TRY(nt_suite_measuring(work, s, loader, arena, &measuring));
    NT_TRY(nt_suite_crew_hands(work->crew, s, loader == work->held_out, &measuring.hands));
    if (early) {
        measuring.families = families_of(work, arena);
        measuring.family_count = work->suite->group_count;
        measuring.part = part.of > 0 ? &part : NULL;
        if (!measuring.families)
            return nt_suite_no_memory(work);
    }
    nt_status status = nt_measure(&measuring, subjects, count, arena, &work->tally, work->error);
    return nt_suite_stopped(status) ? interrupted(work, status) : status;
}

/* The baseline first, then the cases of all groups but those that are retrained. */
static void list_subjects(const nt_suite_work *work, nt_subject *subjects) {
    *subjects++ = (nt_subject){0};
    for (int g = 0; g < work->suite->group_count; g++) {
        const nt_cases *cases = &work->cases[g];
        for (int32_t c = 0; c < count_edited(work, g); c++)
            *subjects++ = (nt_subject){.edits = {cases->items[c].edits, cases->items[c].count}};
    }
}

/* A copy that the results keep; NULL of NULL. */
static nt_status keep(nt_suite_work *work, const char *text, const char **ret) {
    *ret = text ? nt_arena_string(&work->results->arena, text) : NULL;
    return text && !*ret ? nt_suite_no_memory(work) : NT_OK;
}

/* Notes which key and numerics each finding has, or why it has none. */
static nt_status note_keys(nt_suite_work *work, int s, const nt_subject *subjects) {
    nt_results *results = work->results;
    memcpy(results->baseline[s].key, subjects->key, sizeof subjects->key);
    NT_TRY(keep(work, subjects->numerics, &results->baseline[s].numerics));
    for (int g = 0; g < work->suite->group_count; g++)
        for (int32_t c = 0; c < count_edited(work, g); c++) {
            const nt_subject *subject = ++subjects;
            nt_finding *finding = &results->groups[g].cases[c].findings[s];
            memcpy(finding->key, subject->key, sizeof subject->key);
            NT_TRY(keep(work, subject->numerics, &finding->numerics));
            NT_TRY(keep(work, subject->failure, &finding->failure));
            NT_TRY(keep(work, subject->decision, &finding->decision));
            finding->decide = nt_group_decide(work->suite, g);
            finding->outcome.total = subject->samples;
        }
    return NT_OK;
}

nt_status nt_suite_measure_seed(nt_suite_work *work, int s) {
    nt_arena arena;
    nt_arena_init(&arena);
    int32_t count = 1;
    for (int g = 0; g < work->suite->group_count; g++)
        count += count_edited(work, g);
    nt_subject *subjects = NT_ARENA_ARRAY(&arena, nt_subject, count);
    nt_status status = subjects ? NT_OK : nt_suite_no_memory(work);
    if (status == NT_OK) {
        list_subjects(work, subjects);
        status = nt_suite_measure(work, s, work->loader, subjects, count, true, &arena);
    }
    if (work->options->part_count > 0) {
        nt_arena_finish(&arena);
        return status;
    }
    if (status == NT_OK || nt_suite_stopped(status)) {
        nt_status noted = note_keys(work, s, subjects);
        status = status == NT_OK ? noted : status;
    }
    nt_arena_finish(&arena);
    return status;
}
