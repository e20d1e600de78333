/* The cases of a suite with one seed's weights, and each compared with the baseline. */
#include "suite_run_private.h"

#include "attrs.h"
#include "comparison.h"
#include "outcome.h"
#include "trainer.h"

#include <stdio.h>
#include <string.h>

/* In words, all that an outcome follows from but the graph and its edit: the program, the weights,
 * the samples. */
static const char *context_of(const nt_suite_work *work, int s, const nt_loader *loader,
                              nt_arena *arena) {
    const nt_provenance *from = &work->results->provenance;
    const nt_suite *suite = work->suite;
    nt_text text;
    nt_text_init(&text);
    nt_text_printf(&text, "by: %s, %s\n", from->program, from->library);
    nt_text_printf(&text, "weights: %s\ndata: %s\nsplit: %d\nheld out: %d\ncount: %d\nnorm: %d\n",
                   work->weight_digests[s], from->data, nt_loader_split(loader),
                   suite->data.hold_out, nt_loader_count(loader), suite->evaluate.batch_norm);
    if (suite->evaluate.batch_norm != NT_NORM_RUNNING)
        nt_text_printf(&text, "batch: %d\n", suite->evaluate.batch);
    if (suite->conv == NT_CONV_DIRECT)
        nt_text_add(&text, "conv: direct\n");
    nt_loader_describe(loader, &text);
    const char *copy = text.failed ? NULL : nt_arena_string(arena, text.bytes);
    nt_text_finish(&text);
    return copy;
}

void nt_suite_tell_shards(const nt_suite_work *work) {
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

nt_status nt_suite_measure(nt_suite_work *work, int s, const nt_loader *loader,
                           nt_subject *subjects, int32_t count, nt_arena *arena) {
    char calibration[64];
    snprintf(calibration, sizeof calibration, "calibration: %d\n",
             work->calibration ? nt_loader_count(work->calibration) : 0);
    const nt_suite *suite = work->suite;
    const nt_measuring measuring = {
        .network = work->network,
        .weights = work->weights,
        .initial = work->has_initial ? work->initial : NULL,
        .loader = loader,
        .calibration = work->calibration,
        .evaluation = {.batch = suite->evaluate.batch,
                       .metric = work->scoring.metric,
                       .passes = {.norm = (nt_norm)suite->evaluate.batch_norm, .conv = suite->conv},
                       .progress = work->options->progress},
        .context = context_of(work, s, loader, arena),
        .initial_context = work->initial_digest,
        .calibration_context = calibration,
        .no_initial = work->suite->weights
                          ? "the values that training began with are not known: give them under "
                            "`initial:` beside `weights:`"
                          : "the values that training began with are not known: the seed's folder "
                            "has no " NT_INITIAL_FILE,
        .store = work->store,
        .one_by_one = work->options->one_by_one,
    };
    if (!measuring.context)
        return nt_suite_no_memory(work);
    nt_status status = nt_measure(&measuring, subjects, count, arena, &work->tally, work->error);
    return nt_suite_stopped(status) ? interrupted(work, status) : status;
}

/* The baseline first, then the cases of all groups. */
static void list_subjects(const nt_suite_work *work, nt_subject *subjects) {
    *subjects++ = (nt_subject){0};
    for (int g = 0; g < work->suite->group_count; g++) {
        const nt_cases *cases = &work->cases[g];
        for (int32_t c = 0; c < cases->count; c++)
            *subjects++ = (nt_subject){.edits = {cases->items[c].edits, cases->items[c].count}};
    }
}

/* Notes which key each finding has, or why it has none. */
static nt_status note_keys(nt_suite_work *work, int s, const nt_subject *subjects) {
    nt_results *results = work->results;
    memcpy(results->baseline[s].key, subjects->key, sizeof subjects->key);
    for (int g = 0; g < work->suite->group_count; g++)
        for (int32_t c = 0; c < results->groups[g].case_count; c++) {
            const nt_subject *subject = ++subjects;
            nt_finding *finding = &results->groups[g].cases[c].findings[s];
            memcpy(finding->key, subject->key, sizeof subject->key);
            if (!subject->failure)
                continue;
            finding->failure = nt_arena_string(&results->arena, subject->failure);
            if (!finding->failure)
                return nt_suite_no_memory(work);
        }
    return NT_OK;
}

/* Reads what was measured, and compares each case with the baseline. */
static nt_status find_all(nt_suite_work *work, int s, nt_arena *arena) {
    nt_results *results = work->results;
    int32_t samples = nt_loader_count(work->loader);
    size_t size = (size_t)samples * (size_t)nt_score_bytes(work->scoring);
    unsigned char *baseline = nt_arena_alloc(arena, size), *other = nt_arena_alloc(arena, size);
    if (!baseline || !other)
        return nt_suite_no_memory(work);
    NT_TRY(nt_outcome_read(work->store, results->baseline[s].key, work->scoring, samples,
                           &results->baseline[s].outcome, baseline, work->error));
    const nt_comparison with = {.scoring = work->scoring,
                                .samples = samples,
                                .baseline = baseline,
                                .patients = results->samples.patients,
                                .margin = work->suite->margin};
    for (int g = 0; g < work->suite->group_count; g++)
        for (int32_t c = 0; c < results->groups[g].case_count; c++) {
            nt_finding *finding = &results->groups[g].cases[c].findings[s];
            if (finding->failure)
                continue;
            NT_TRY(nt_outcome_read(work->store, finding->key, work->scoring, samples,
                                   &finding->outcome, other, work->error));
            if (nt_finding_compare(finding, &with, other) != NT_OK)
                return nt_suite_no_memory(work);
        }
    return NT_OK;
}

nt_status nt_suite_measure_seed(nt_suite_work *work, int s) {
    nt_arena arena;
    nt_arena_init(&arena);
    int32_t count = 1 + nt_suite_count_cases(work);
    nt_subject *subjects = NT_ARENA_ARRAY(&arena, nt_subject, count);
    nt_status status = subjects ? NT_OK : nt_suite_no_memory(work);
    if (status == NT_OK) {
        list_subjects(work, subjects);
        status = nt_suite_measure(work, s, work->loader, subjects, count, &arena);
    }
    if (status == NT_OK || nt_suite_stopped(status)) {
        nt_status noted = note_keys(work, s, subjects);
        status = status == NT_OK ? noted : status;
    }
    if (status == NT_OK)
        status = find_all(work, s, &arena);
    nt_arena_finish(&arena);
    return status;
}
