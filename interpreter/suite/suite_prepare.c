/* Everything that can be wrong with a suite, looked at before anything is computed or written. */
#include "suite_run_private.h"

#include "suite_ready.h"

static bool asks(const nt_cases *cases) {
    return cases->asks;
}

static nt_status make_loader(const nt_suite_work *work, nt_split split, nt_selecting select,
                             nt_loader **ret, nt_error *error) {
    nt_loading loading = work->suite->data.loading;
    loading.select = select;
    return nt_loader_new(work->dataset, split, &loading, ret, error);
}

/* For hooks that ask, and for what is found from training images. */
static nt_status open_other_loaders(nt_suite_work *work, nt_error *error) {
    const nt_suite *suite = work->suite;
    if (nt_suite_any_case(work, asks)) {
        if (suite->weights.path)
            nt_progress_note(work->options->progress,
                             "the hooks that ask are answered on training images that the given "
                             "weights may have been trained on");
        const nt_selecting all = {.order = NT_ORDER_SHUFFLED};
        NT_TRY(make_loader(work, NT_HELD_OUT, all, &work->held_out, error));
    }
    bool calibrates = suite->evaluate.batch_norm == NT_NORM_RECALIBRATED ||
                      nt_suite_any_case(work, nt_suite_may_calibrate);
    return calibrates ? nt_suite_draw_calibration(work, 0, error) : NT_OK;
}

nt_status nt_suite_draw_calibration(nt_suite_work *work, int s, nt_error *error) {
    const nt_suite *suite = work->suite;
    nt_loader *drawn;
    int32_t count = nt_dataset_count(work->dataset, NT_TRAIN), batch = suite->evaluate.batch;
    count = count < suite->evaluate.calibration ? count : suite->evaluate.calibration;
    if (suite->evaluate.batch_norm == NT_NORM_RECALIBRATED)
        count -= count % batch;
    const nt_selecting select = {
        .order = NT_ORDER_CALIBRATION, .limit = count, .seed = suite->seeds[s]};
    NT_TRY(make_loader(work, NT_TRAIN, select, &drawn, error));
    nt_loader_free(work->calibration);
    work->calibration = drawn;
    return NT_OK;
}

static nt_status open_loaders(nt_suite_work *work, nt_error *error) {
    const nt_suite_evaluate *evaluate = &work->suite->evaluate;
    const nt_data_info *info = nt_dataset_info(work->dataset);
    const nt_selecting select = {
        .order = NT_ORDER_SHUFFLED, .limit = evaluate->limit, .first = evaluate->first};
    work->scoring = nt_scoring_of(info, nt_suite_metric(work->suite, info));
    NT_TRY(make_loader(work, (nt_split)evaluate->split, select, &work->loader, error));
    NT_TRY(open_other_loaders(work, error));
    NT_TRY(nt_suite_check_estimates(work, error));
    return work->suite->recipe || nt_suite_retrains(work->suite)
               ? nt_dataset_load(work->dataset, NT_TRAIN, error)
               : NT_OK;
}

/* Now images are read. */
static nt_status open_data(nt_suite_work *work) {
    nt_error own;
    NT_TRY(nt_suite_make_ready(work->suite, work->network, work->cases, work->options->progress,
                               &work->dataset, work->error));
    nt_error_init(&own);
    nt_status status = open_loaders(work, &own);
    nt_suite_blame(work->suite, "data.root", &own, work->error);
    return status;
}

static nt_status read_from(nt_suite_work *work) {
    const nt_weights_source *source = &work->suite->from;
    if (!source->path)
        return NT_OK;
    work->from_absent = NT_ARENA_ARRAY(&work->arena, bool, work->network->state_count);
    if (!work->from_absent || nt_weights_new(work->network, &work->from) != NT_OK)
        return nt_suite_no_memory(work);
    NT_TRY(nt_weights_read(source, work->options->progress, work->from, work->from_absent,
                           work->error));
    return nt_weights_source_digest(source, work->from_digest, work->error);
}

nt_status nt_suite_list(nt_suite_work *work) {
    const nt_suite *suite = work->suite;
    NT_TRY(nt_network_load(suite->graph, suite->settings, suite->setting_count, &work->network,
                           work->error));
    return nt_groups_list(suite, work->network, work->options->progress, work->cases, work->error);
}

void nt_suite_note_cases(const nt_suite_work *work) {
    for (int g = 0; g < work->suite->group_count; g++)
        nt_group_note(&work->suite->groups[g], &work->cases[g], work->options->progress);
}

nt_status nt_suite_prepare(nt_suite_work *work) {
    NT_TRY(open_data(work));
    return read_from(work);
}
