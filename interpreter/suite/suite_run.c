/* The order of things: everything that can be wrong is looked at before anything is written; then,
 * seed by seed, weights are trained unless they are given, and the baseline and all cases are
 * measured unless the store has them. */
#include "suite_run_private.h"

#include "dist.h"
#include "file.h"
#include "packed.h"
#include "recipe_finding.h"
#include "results_file.h"
#include "results_list.h"
#include "seed_weights.h"
#include <string.h>
#include <unistd.h>

/* --- one seed --------------------------------------------------------------------------------- */

static nt_status read_initial(nt_suite_work *work, const nt_weights_source *source) {
    work->has_initial = false;
    bool given = work->suite->initial.path != NULL;
    if (!source->path || !nt_suite_any_case(work, nt_suite_may_reinit) ||
        (!given && access(source->path, R_OK) != 0)) /* the cases that want it will say so */
        return NT_OK;
    if (!work->initial && nt_weights_new(work->network, &work->initial) != NT_OK)
        return nt_suite_no_memory(work);
    NT_TRY(nt_weights_read(source, NULL, work->initial, NULL, work->error));
    NT_TRY(nt_weights_source_digest(source, work->initial_digest, work->error));
    work->has_initial = true;
    return NT_OK;
}

/* Reads the given weights, or trains those of seed number s. */
static nt_status find_weights(nt_suite_work *work, int s) {
    const nt_seed_source source = {.suite = work->suite,
                                   .metric = work->scoring.metric,
                                   .dataset = work->dataset,
                                   .data_digest = work->results->provenance.data,
                                   .from = work->from,
                                   .from_absent = work->from_absent,
                                   .from_digest = work->from_digest,
                                   .folder = work->options->out,
                                   .progress = work->options->progress};
    nt_seed_files files;
    NT_TRY(nt_seed_weights(&source, s, work->weights, work->weight_digests[s], &work->arena, &files,
                           work->error));
    if (nt_dist_rank() > 0)
        return NT_OK;
    NT_TRY(nt_suite_note_training(work, &files.weights));
    return read_initial(work, &files.initial);
}

/* What one seed gave is listed in the store, so that it can be looked at while others go on. */
static nt_status run_seed(nt_suite_work *work, int s, bool only_train) {
    if (work->suite->recipe)
        NT_TRY(find_weights(work, s));
    if (nt_dist_rank() > 0) /* it helped to train */
        return NT_OK;
    if (s == 0)
        NT_TRY(nt_suite_write_source(work, false));
    if (only_train)
        return NT_OK;
    if (s > 0 && work->calibration)
        NT_TRY(nt_suite_draw_calibration(work, s, work->error));
    if (s == 0)
        NT_TRY(nt_suite_search(work));
    NT_TRY(nt_suite_measure_seed(work, s));
    if (s == 0)
        NT_TRY(nt_suite_overlays(work));
    return nt_results_store(work->results, work->store, work->error);
}

/* --- all of it -------------------------------------------------------------------------------- */

/* What is repeated is repeated on the same data. */
static nt_status check_data(const nt_suite_work *work) {
    const char *wanted = work->suite->data_digest, *found = work->results->provenance.data;
    if (!wanted || strcmp(wanted, found) == 0)
        return NT_OK;
    nt_error_at(work->error, NT_INVALID, work->suite->data.location,
                "the data in %s are not those of the run: their SHA-256 is %s, not %s",
                nt_dataset_info(work->dataset)->folder, found, wanted);
    nt_error_hint(work->error, "give the folder with the run's own by --set data.root=FOLDER");
    return NT_INVALID;
}

/* Up to where the run folder is ours. */
static nt_status begin(nt_suite_work *work) {
    const char *out = work->options->out;
    NT_TRY(nt_suite_list(work));
    NT_TRY(nt_suite_prepare(work));
    NT_TRY(nt_suite_take_numerics(work));
    NT_TRY(nt_suite_gather_source(work));
    NT_TRY(nt_suite_describe(work));
    NT_TRY(check_data(work));
    if (nt_weights_new(work->network, &work->weights) != NT_OK)
        return nt_suite_no_memory(work);
    if (work->suite->weights.path)
        NT_TRY(find_weights(work, 0));
    if (nt_dist_rank() > 0)
        return NT_OK;
    NT_TRY(nt_folder_make(out, work->error));
    NT_TRY(nt_folder_lock(out, &work->lock, work->error));
    nt_folder_sweep(out);
    NT_TRY(nt_suite_write_source(work, true));
    return nt_store_open(out, &work->store, work->error);
}

/* Writes the outcomes beside what follows from them. */
static nt_status pack(nt_suite_work *work) {
    nt_arena arena;
    nt_packed packed;
    nt_arena_init(&arena);
    nt_status status = nt_packed_make(work->results, work->store, &arena, &packed, work->error);
    if (status == NT_OK)
        status = nt_packed_write(&packed, work->options->out, work->error);
    nt_arena_finish(&arena);
    return status;
}

static nt_status end(nt_suite_work *work) {
    NT_TRY(nt_results_find_recipes(work->results, work->store, work->scoring, work->error));
    if (nt_results_judge(work->results) != NT_OK)
        return nt_suite_no_memory(work);
    NT_TRY(nt_suite_note_numerics(work));
    NT_TRY(pack(work));
    NT_TRY(nt_results_write(work->results, work->options->out, work->error));
    nt_suite_tell_shards(work);
    if (work->tally.known > 0)
        nt_progress_note(work->options->progress,
                         "%d outcomes were known from before, in " NT_STORE_NAME,
                         work->tally.known);
    return NT_OK;
}

/* Prepares, and goes through the seeds. The results are the caller's if all went well. */
static nt_status run_all(const nt_suite *suite, const nt_suite_options *options, bool only_train,
                         nt_results **ret, nt_error *error) {
    nt_suite_work work;
    nt_status status = nt_suite_work_init(&work, suite, options, error);
    if (status == NT_OK)
        status = begin(&work);
    if (status == NT_OK && !only_train)
        nt_suite_note_cases(&work);
    for (int s = 0; status == NT_OK && s < suite->seed_count; s++)
        status = run_seed(&work, s, only_train);
    if (status == NT_OK && !only_train)
        status = end(&work);
    else if (nt_suite_stopped(status) && work.store) /* what there is can be looked at */
        nt_results_store(work.results, work.store, error);
    if (status == NT_OK) {
        *ret = work.results;
        work.results = NULL;
    }
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
