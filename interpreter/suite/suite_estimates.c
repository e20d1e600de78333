/* Estimates beside a run: of each seed's weights, into the results. They follow from the weights
 * and the images alone, and are made anew by every run, which takes two passes over a few images.
 */
#include "suite_run_private.h"

#include "estimate.h"

static nt_loading loading_of(const nt_suite_work *work, int s) {
    const nt_suite *suite = work->suite;
    nt_loading loading = suite->data.loading;
    int32_t count = nt_dataset_count(work->dataset, (nt_split)suite->estimate.split);
    count = count < suite->estimate.images ? count : suite->estimate.images;
    loading.select =
        (nt_selecting){.order = NT_ORDER_CALIBRATION, .limit = count, .seed = suite->seeds[s]};
    return loading;
}

nt_status nt_suite_check_estimates(const nt_suite_work *work, nt_error *error) {
    if (work->suite->estimate.count == 0)
        return NT_OK;
    const nt_loading loading = loading_of(work, 0);
    return nt_loader_check(work->dataset, (nt_split)work->suite->estimate.split, &loading, error);
}

/* --- into the results ------------------------------------------------------------------------- */

static bool looks(const nt_estimator *by) {
    return by->add != NULL;
}

static nt_status keep(nt_suite_work *work, int s, const nt_estimator *by,
                      const nt_estimates *estimates, int32_t images, nt_estimate_result *ret) {
    nt_arena *arena = &work->results->arena;
    nt_estimate_value *values = NT_ARENA_ARRAY(arena, nt_estimate_value, estimates->count + 1);
    if (!values)
        return nt_suite_no_memory(work);
    for (int32_t i = 0; i < estimates->count; i++) {
        values[i].layer = nt_arena_string(arena, estimates->layers[i]->name);
        values[i].value = estimates->values[i];
        if (!values[i].layer)
            return nt_suite_no_memory(work);
    }
    *ret = (nt_estimate_result){
        .by = by->kind.name,
        .doc = by->kind.doc,
        .after = by->after,
        .seed = work->suite->seeds[s],
        .split = looks(by) ? nt_split_name((nt_split)work->suite->estimate.split) : NULL,
        .images = looks(by) ? images : 0,
        .numerics = nt_arena_string(arena, work->numerics),
        .values = values,
        .value_count = estimates->count};
    return ret->numerics ? NT_OK : nt_suite_no_memory(work);
}

/* Of each estimator one of each seed. */
static nt_status make_room(nt_suite_work *work) {
    nt_results *results = work->results;
    int32_t count = work->suite->estimate.count * work->suite->seed_count;
    if (results->estimates)
        return NT_OK;
    results->estimates = NT_ARENA_ARRAY(&results->arena, nt_estimate_result, count);
    results->estimate_count = count;
    return results->estimates ? NT_OK : nt_suite_no_memory(work);
}

static nt_status estimate(nt_suite_work *work, int s, const nt_loader *images, nt_arena *arena) {
    const nt_suite_estimate *asked = &work->suite->estimate;
    const nt_estimating estimating = {.network = work->network,
                                      .weights = work->weights,
                                      .images = images,
                                      .by = asked->by,
                                      .count = asked->count,
                                      .progress = work->options->progress};
    nt_estimates *all = NT_ARENA_ARRAY(arena, nt_estimates, asked->count);
    if (!all)
        return nt_suite_no_memory(work);
    NT_TRY(nt_estimate(&estimating, arena, all, work->error));
    NT_TRY(make_room(work));
    for (int32_t k = 0; k < asked->count; k++)
        NT_TRY(keep(work, s, asked->by[k], &all[k], nt_loader_count(images),
                    &work->results->estimates[k * work->suite->seed_count + s]));
    return NT_OK;
}

nt_status nt_suite_estimate_seed(nt_suite_work *work, int s) {
    nt_loader *images = NULL;
    nt_arena arena;
    if (work->suite->estimate.count == 0)
        return NT_OK;
    const nt_loading loading = loading_of(work, s);
    nt_arena_init(&arena);
    nt_status status = nt_loader_new(work->dataset, (nt_split)work->suite->estimate.split, &loading,
                                     &images, work->error);
    if (status == NT_OK)
        status = estimate(work, s, images, &arena);
    nt_loader_free(images);
    nt_arena_finish(&arena);
    return status;
}
