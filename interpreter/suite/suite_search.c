/* Hooks that ask: questions are cases, answered on the held-out images, so that what a search picks
 * is not picked for the images that its result is measured on. */
#include "suite_run_private.h"

#include "outcome.h"

/* Answers the questions, with the baseline among them to compare with. */
static nt_status answer(nt_suite_work *work, int s, const nt_cases *questions,
                        nt_answer *ret_answers, nt_arena *arena) {
    int32_t count = questions->count, samples = nt_loader_count(work->held_out);
    nt_subject *subjects = NT_ARENA_ARRAY(arena, nt_subject, count + 1);
    nt_outcome baseline, outcome;
    if (!subjects)
        return nt_suite_no_memory(work);
    for (int32_t i = 0; i < count; i++)
        subjects[i + 1].edits = (nt_edits){questions->items[i].edits, questions->items[i].count};
    NT_TRY(nt_suite_measure(work, s, work->held_out, subjects, count + 1, false, arena));
    const nt_scoring scoring = work->scoring;
    for (int32_t i = 0; i < count; i++) {
        const nt_subject *subject = &subjects[i + 1];
        ret_answers[i] = (nt_answer){.failure = subject->failure};
        if (subject->failure)
            continue;
        NT_TRY(nt_outcome_read(work->store, subject->key, subject->numerics, scoring, samples,
                               &outcome, NULL, work->error));
        NT_TRY(nt_outcome_read(work->store, subjects->key, subject->numerics, scoring, samples,
                               &baseline, NULL, work->error));
        ret_answers[i] = (nt_answer){.metric = nt_metric_names[outcome.metric],
                                     .value = outcome.value,
                                     .loss = outcome.loss,
                                     .correct = outcome.correct,
                                     .total = outcome.total,
                                     .change = outcome.value - baseline.value};
    }
    return NT_OK;
}

/* Drives a hook to its end. */
static nt_status converse(nt_suite_work *work, int s, nt_hook *hook) {
    nt_cases questions = {0};
    nt_status status = nt_hook_next(hook, NULL, &questions, work->error);
    while (status == NT_OK && questions.count > 0) {
        nt_arena arena;
        nt_arena_init(&arena);
        nt_answer *answers = NT_ARENA_ARRAY(&arena, nt_answer, questions.count);
        status = answers ? answer(work, s, &questions, answers, &arena) : nt_suite_no_memory(work);
        if (status == NT_OK)
            status = nt_hook_next(hook, answers, &questions, work->error);
        nt_arena_finish(&arena);
    }
    return status;
}

/* The cases that a hook which asks comes to, with the first seed's weights. */
static nt_status search(nt_suite_work *work, int g) {
    nt_hook *hook;
    NT_TRY(nt_group_open(&work->suite->groups[g], work->network, work->options->progress, &hook,
                         work->error));
    nt_status status = converse(work, 0, hook);
    if (status == NT_OK) {
        nt_cases_finish(&work->cases[g]);
        status = nt_hook_result(hook, &work->cases[g], work->error);
    }
    nt_hook_free(hook);
    if (status != NT_OK)
        return status;
    nt_group_note(&work->suite->groups[g], &work->cases[g], work->options->progress);
    return nt_suite_describe_group(work, g);
}

nt_status nt_suite_search(nt_suite_work *work) {
    for (int g = 0; g < work->suite->group_count; g++)
        if (work->cases[g].asks)
            NT_TRY(search(work, g));
    return nt_groups_check_controls(work->suite, work->cases, true, work->error);
}
