/* The order of things: everything that can be wrong is looked at before anything is written; then,
 * seed by seed, weights are trained unless they are given, and the baseline and all cases are
 * measured unless the store has them. */
#include "suite_run_private.h"

#include "dist.h"
#include "file.h"
#include "packed.h"
#include "recipe_finding.h"
#include "results_compare.h"
#include "results_file.h"
#include "results_list.h"
#include "suite_crew.h"
#include "suite_retrain.h"
#include "suite_train_seeds.h"
#include "suite_worker.h"
#include <string.h>

/* --- one seed --------------------------------------------------------------------------------- */

/* What one seed gave is listed in the store, so that it can be looked at while others go on. */
static nt_status run_seed(nt_suite_work *work, int s, bool only_train) {
    if (work->suite->recipe)
        NT_TRY(nt_suite_find_weights(work, s));
    if (s == 0)
        NT_TRY(nt_suite_write_source(work, false));
    if (only_train)
        return NT_OK;
    if (s > 0 && work->calibration)
        NT_TRY(nt_suite_draw_calibration(work, s, work->error));
    if (s == 0)
        NT_TRY(nt_suite_search(work));
    NT_TRY(nt_suite_measure_seed(work, s));
    if (work->options->part_count > 0)
        return NT_OK;
    NT_TRY(nt_suite_retrain_seed(work, s));
    NT_TRY(nt_results_compare(work->results, work->store, work->scoring, s, work->error));
    NT_TRY(nt_suite_estimate_seed(work, s));
    if (s == 0) {
        NT_TRY(nt_suite_overlays(work));
        NT_TRY(nt_suite_reliability(work));
    }
    return nt_results_store(work->results, work->store, work->error);
}

/* --- all of it -------------------------------------------------------------------------------- */

/* All that every process of a run does. */
static nt_status begin(nt_suite_work *work) {
    NT_TRY(nt_suite_list(work));
    NT_TRY(nt_suite_prepare(work));
    NT_TRY(nt_suite_take_numerics(work));
    NT_TRY(nt_suite_gather_source(work));
    NT_TRY(nt_suite_describe(work));
    NT_TRY(nt_suite_check_digest(work->suite, nt_dataset_info(work->dataset)->folder,
                                 work->results->provenance.data, work->error));
    return nt_weights_new(work->network, &work->weights) == NT_OK ? NT_OK
                                                                  : nt_suite_no_memory(work);
}

/* Up to where the run folder is ours. */
static nt_status open_folder(nt_suite_work *work) {
    if (work->suite->weights.path)
        NT_TRY(nt_suite_find_weights(work, 0));
    NT_TRY(nt_folder_make(work->options->out, work->error));
    NT_TRY(nt_folder_make(work->folder, work->error));
    NT_TRY(nt_folder_lock(work->folder, &work->lock, work->error));
    nt_folder_sweep(work->folder);
    NT_TRY(nt_suite_write_source(work, true));
    return nt_store_open(work->folder, &work->store, work->error);
}

/* Writes the outcomes beside what follows from them. */
static nt_status pack(nt_suite_work *work) {
    nt_arena arena;
    nt_packed packed;
    nt_arena_init(&arena);
    nt_status status = nt_packed_make(work->results, work->store, &arena, &packed, work->error);
    if (status == NT_OK)
        status = nt_packed_write(&packed, work->folder, work->error);
    nt_arena_finish(&arena);
    return status;
}

static nt_status end(nt_suite_work *work) {
    NT_TRY(nt_results_find_recipes(work->results, work->store, work->scoring, work->error));
    if (nt_results_judge(work->results) != NT_OK)
        return nt_suite_no_memory(work);
    NT_TRY(nt_suite_note_numerics(work));
    NT_TRY(pack(work));
    NT_TRY(nt_results_write(work->results, work->folder, work->error));
    nt_suite_tell_shards(work);
    if (work->tally.known > 0)
        nt_progress_note(work->options->progress,
                         "%d outcomes were known from before, in " NT_STORE_NAME,
                         work->tally.known);
    return NT_OK;
}

/* What a part of a run did; NT_FAILED where some of it could not be done. */
static nt_status tell_part(const nt_suite_work *work) {
    const nt_suite_options *options = work->options;
    const nt_measure_tally *tally = &work->tally;
    if (tally->given_up > 0) {
        nt_error_say(work->error, NT_FAILED,
                     "%d of this part's %d units could not be evaluated, twice; the notes say why",
                     tally->given_up, tally->units);
        nt_error_hint(work->error, "the same command tries them again");
        return NT_FAILED;
    }
    nt_progress_note(options->progress,
                     "part %d of %d is measured: %d units, in %s; 'nontrivial merge %s' puts the "
                     "parts together",
                     options->part + 1, options->part_count, tally->units, work->folder,
                     options->out);
    return NT_OK;
}

/* Trains this part's share of the seeds, each in its folder of the run folder. */
static nt_status train_part(nt_suite_work *work) {
    const nt_suite_options *options = work->options;
    NT_TRY(nt_folder_make(options->out, work->error));
    for (int s = options->part; s < work->suite->seed_count; s += options->part_count)
        NT_TRY(nt_suite_train_seed(work, s, 0, work->error));
    return NT_OK;
}

/* Goes through the seeds. */
static nt_status run_seeds(nt_suite_work *work, bool only_train) {
    if (work->crew && work->suite->recipe)
        NT_TRY(nt_suite_train_seeds(work));
    for (int s = 0; s < work->suite->seed_count; s++)
        NT_TRY(run_seed(work, s, only_train));
    if (only_train)
        return NT_OK;
    return work->options->part_count == 0 ? end(work) : tell_part(work);
}

static nt_status lead(nt_suite_work *work, bool only_train) {
    NT_TRY(nt_suite_crew_new(work, &work->crew));
    if (work->crew)
        NT_TRY(nt_suite_crew_gather(work->crew));
    if (only_train && work->options->part_count > 0)
        return train_part(work);
    NT_TRY(open_folder(work));
    if (!only_train)
        nt_suite_note_cases(work);
    return run_seeds(work, only_train);
}

/* Prepares, and leads or follows. The results are the caller's if all went well. */
static nt_status run_all(const nt_suite *suite, const nt_suite_options *options, bool only_train,
                         nt_results **ret, nt_error *error) {
    nt_suite_work work;
    nt_status status = nt_suite_work_init(&work, suite, options, error);
    if (status == NT_OK && !only_train)
        status = nt_suite_check_parts(suite, options, error);
    bool leads = nt_dist_rank() == 0;
    *ret = NULL;
    if (status == NT_OK)
        status = begin(&work);
    if (status == NT_OK)
        status = leads ? lead(&work, only_train) : nt_suite_serve(&work);
    if (nt_suite_stopped(status) && work.store && !only_train) /* what there is can be looked at */
        nt_results_store(work.results, work.store, error);
    if (status == NT_OK && leads && options->part_count == 0) {
        *ret = work.results;
        work.results = NULL;
    }
    nt_suite_crew_free(work.crew);
    nt_suite_work_finish(&work);
    return status;
}

nt_status nt_suite_run(const nt_suite *suite, const nt_suite_options *options, nt_results **ret,
                       nt_error *error) {
    return run_all(suite, options, false, ret, error);
}

nt_status nt_suite_train(const nt_suite *suite, const nt_suite_options *options, nt_error *error) {
    nt_results *results;
    if (!suite->recipe)
        return nt_error_in(error, NT_INVALID, suite->path, -1,
                           "gives weights, so there is nothing to train");
    NT_TRY(run_all(suite, options, true, &results, error));
    nt_results_free(results);
    return NT_OK;
}
