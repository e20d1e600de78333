/* What every part of running a suite asks. */
#include "suite_work.h"

#include "alloc.h"
#include "file.h"

nt_status nt_suite_no_memory(const nt_suite_work *work) {
    return nt_error_say(work->error, NT_NO_MEMORY, "out of memory running the suite '%s'",
                        work->suite->name);
}

bool nt_suite_stopped(nt_status status) {
    return status == NT_INTERRUPTED || status == NT_TERMINATED;
}

nt_status nt_suite_work_init(nt_suite_work *work, const nt_suite *suite,
                             const nt_suite_options *options, nt_error *error) {
    *work = (nt_suite_work){.suite = suite, .options = options, .lock = -1, .error = error};
    nt_arena_init(&work->arena);
    work->results = nt_results_new();
    work->cases = NT_ARENA_ARRAY(&work->arena, nt_cases, suite->group_count + 1);
    work->folder = options->part_count == 0
                       ? options->out
                       : nt_arena_printf(&work->arena, "%s/" NT_PART_FOLDER, options->out,
                                         options->part + 1, options->part_count);
    return work->results && work->cases && (work->folder || !options->out)
               ? NT_OK
               : nt_suite_no_memory(work);
}

void nt_suite_work_finish(nt_suite_work *work) {
    nt_store_close(work->store);
    nt_weights_free(work->from);
    nt_suite_forget(work);
    nt_weights_free(work->weights);
    nt_loader_free(work->calibration);
    nt_loader_free(work->held_out);
    nt_loader_free(work->loader);
    nt_dataset_free(work->dataset);
    if (work->lock >= 0)
        nt_folder_unlock(work->lock);
    nt_results_free(work->results);
    for (int g = 0; work->cases && g < work->suite->group_count; g++)
        nt_cases_finish(&work->cases[g]);
    nt_network_free(work->network);
    nt_arena_finish(&work->arena);
}

/* --- cases ------------------------------------------------------------------------------------ */

int32_t nt_suite_count_cases(const nt_suite_work *work) {
    int32_t count = 0;
    for (int g = 0; g < work->suite->group_count; g++)
        count += work->cases[g].count;
    return count;
}

bool nt_suite_any_case(const nt_suite_work *work, bool (*test)(const nt_cases *)) {
    for (int g = 0; g < work->suite->group_count; g++)
        if (test(&work->cases[g]))
            return true;
    return false;
}

/* Whether an edit that needs it may come; what is asked, nobody knows before. */
static bool may_need(const nt_cases *cases, unsigned need) {
    for (int32_t c = 0; c < cases->count; c++)
        if (nt_edits_need(&(nt_edits){cases->items[c].edits, cases->items[c].count}, need))
            return true;
    return cases->asks;
}

bool nt_suite_may_calibrate(const nt_cases *cases) {
    return may_need(cases, NT_NEEDS_CALIBRATION);
}

static bool wants(const nt_cases *cases, int32_t epoch) {
    for (int32_t c = 0; c < cases->count; c++)
        for (int32_t e = 0; e < cases->items[c].count; e++)
            if (nt_edit_epoch(&cases->items[c].edits[e]) == epoch)
                return true;
    return cases->asks;
}

bool nt_suite_may_want(const nt_suite_work *work, int32_t epoch) {
    for (int g = 0; g < work->suite->group_count; g++)
        if (wants(&work->cases[g], epoch) ||
            (work->suite->groups[g].retrain && work->suite->groups[g].retrain->from == epoch))
            return true;
    return false;
}

/* --- the past --------------------------------------------------------------------------------- */

nt_status nt_suite_remember(nt_suite_work *work, int32_t count) {
    nt_suite_forget(work);
    work->history.items = nt_alloc_zero((size_t)count * sizeof *work->history.items);
    if (!work->history.items)
        return nt_suite_no_memory(work);
    work->history.count = count;
    for (int32_t i = 0; i < count; i++)
        if (nt_weights_new(work->network, &work->history.items[i].weights) != NT_OK)
            return nt_suite_no_memory(work);
    return NT_OK;
}

void nt_suite_forget(nt_suite_work *work) {
    nt_history *history = &work->history;
    for (int32_t i = 0; i < history->count; i++)
        nt_weights_free(history->items[i].weights);
    nt_free(history->items, (size_t)history->count * sizeof *history->items);
    *history = (nt_history){0};
}
