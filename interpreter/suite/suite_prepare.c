/* Everything that can be wrong with a suite, looked at before anything is computed or written. */
#include "suite_run_private.h"

#include "step_graph.h"

static bool asks(const nt_cases *cases) {
    return cases->asks;
}

static nt_status make_loader(const nt_suite_work *work, nt_split split, nt_selecting select,
                             nt_loader **ret, nt_error *error) {
    nt_loading loading = work->suite->data.loading;
    loading.select = select;
    return nt_loader_new(work->dataset, split, &loading, ret, error);
}

/* Outcomes are saved by shards, and no batch crosses from one to the next; where a batch's own
 * statistics are used, this must not show. */
static nt_status check_batch(const nt_suite *suite, nt_error *error) {
    if (suite->evaluate.batch_norm != NT_NORM_BATCH ||
        NT_SHARD_SAMPLES % suite->evaluate.batch == 0)
        return NT_OK;
    nt_error_say(error, NT_INVALID,
                 "with 'batch_norm: batch' the batch must divide %d, which %d doesn't",
                 NT_SHARD_SAMPLES, suite->evaluate.batch);
    nt_error_hint(error, "set evaluate.batch to 250 or 500, for one");
    return NT_INVALID;
}

/* For hooks that ask, and for what is found from training images. */
static nt_status open_other_loaders(nt_suite_work *work, nt_error *error) {
    const nt_suite *suite = work->suite;
    if (nt_suite_any_case(work, asks)) {
        if (suite->data.hold_out == 0) {
            nt_error_say(
                error, NT_INVALID,
                "a hook asks while it runs, and there are no held-out images to answer on");
            nt_error_hint(error, "say under 'data' how many training images to 'hold_out'");
            return NT_INVALID;
        }
        if (suite->weights.path)
            nt_progress_note(work->options->progress,
                             "the hooks that ask are answered on training images that the given "
                             "weights may have been trained on");
        const nt_selecting all = {.order = NT_ORDER_SHUFFLED};
        NT_TRY(make_loader(work, NT_HELD_OUT, all, &work->held_out, error));
        NT_TRY(nt_suite_check_norms(suite, work->network, nt_loader_count(work->held_out), error));
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
    if (suite->evaluate.batch_norm == NT_NORM_RECALIBRATED) {
        if (count > 0 && count < batch)
            return nt_error_say(error, NT_INVALID,
                                "recalibration takes whole batches: %d calibration images are "
                                "fewer than a batch of %d",
                                count, batch);
        count -= count % batch;
    }
    const nt_selecting select = {
        .order = NT_ORDER_CALIBRATION, .limit = count, .seed = suite->seeds[s]};
    NT_TRY(make_loader(work, NT_TRAIN, select, &drawn, error));
    nt_loader_free(work->calibration);
    work->calibration = drawn;
    return NT_OK;
}

static nt_status choose_metric(nt_suite_work *work, const nt_data_info *info, nt_error *error) {
    const nt_suite_evaluate *evaluate = &work->suite->evaluate;
    nt_metric usual = nt_metric_usual(info->target);
    nt_metric metric = evaluate->has_metric ? evaluate->metric : usual;
    work->scoring = nt_scoring_of(info, metric);
    if (nt_metric_fits(metric, info->target))
        return NT_OK;
    nt_error_say(error, NT_INVALID, "the metric '%s' does not fit data with %s",
                 nt_metric_names[metric], info->target == NT_TARGET_MASK ? "masks" : "classes");
    nt_error_hint(error, "set evaluate.metrics to [%s]", nt_metric_names[usual]);
    return NT_INVALID;
}

/* Images of a patient depend on one another, and whole patients come too seldom for early looks. */
static nt_status check_decide(const nt_suite_work *work, nt_error *error) {
    nt_split split = (nt_split)work->suite->evaluate.split;
    if (!nt_suite_decides(work->suite) || nt_dataset_patient(work->dataset, split, 0) < 0)
        return NT_OK;
    nt_error_say(error, NT_INVALID,
                 "cases can't be decided early on images of patients, which depend on one another");
    nt_error_hint(error, "leave out 'decide': all images are needed to compare patients");
    return NT_INVALID;
}

static nt_status open_loader(nt_suite_work *work, nt_error *error) {
    const nt_suite_data *data = &work->suite->data;
    const nt_data_info *info = nt_dataset_info(work->dataset);
    if (data->loading.mean && data->channels != info->shape.dim[0])
        return nt_error_say(error, NT_INVALID,
                            "'normalise' has %d channels, the images of %s have %d", data->channels,
                            info->folder, info->shape.dim[0]);
    NT_TRY(nt_evaluation_check(work->network, info, &data->loading, error));
    NT_TRY(choose_metric(work, info, error));
    if (data->hold_out > 0)
        NT_TRY(nt_dataset_hold_out(work->dataset, data->hold_out, 0, error));
    if (work->suite->evaluate.split == NT_HELD_OUT && data->hold_out == 0) {
        nt_error_say(error, NT_INVALID, "the split 'held_out' is empty");
        nt_error_hint(error, "say under 'data' how many training images to 'hold_out'");
        return NT_INVALID;
    }
    NT_TRY(check_batch(work->suite, error));
    const nt_suite_evaluate *evaluate = &work->suite->evaluate;
    const nt_selecting select = {
        .order = NT_ORDER_SHUFFLED, .limit = evaluate->limit, .first = evaluate->first};
    NT_TRY(make_loader(work, (nt_split)evaluate->split, select, &work->loader, error));
    NT_TRY(nt_suite_check_norms(work->suite, work->network, nt_loader_count(work->loader), error));
    NT_TRY(check_decide(work, error));
    return open_other_loaders(work, error);
}

static nt_status open_data(nt_suite_work *work) {
    nt_error own;
    NT_TRY(
        nt_suite_look_at_data(work->suite, work->options->progress, &work->dataset, work->error));
    nt_error_init(&own);
    nt_status status = open_loader(work, &own);
    nt_suite_blame_data(work->suite, &own, work->error);
    return status;
}

/* Finds what training would stumble over, before anything is written. */
static nt_status check_training(nt_suite_work *work) {
    const nt_suite *suite = work->suite;
    const nt_recipe *recipe = suite->recipe;
    int32_t count = nt_dataset_count(work->dataset, NT_TRAIN);
    nt_step_graph *step;
    nt_error found;
    if (!recipe)
        return NT_OK;
    if (recipe->batch > count)
        return nt_error_at(work->error, NT_INVALID, suite->batch_location,
                           "a batch of %d is larger than the data, which have %d images to train "
                           "on",
                           recipe->batch, count);
    NT_TRY(nt_suite_check_training_norms(suite, work->network, work->error));
    nt_error_init(&found);
    nt_status status = nt_step_graph_new(work->network, recipe, &step, &found);
    if (status == NT_OK)
        nt_step_graph_free(step);
    else
        nt_error_at(work->error, status, suite->loss_location, "%s", found.items[0].message);
    nt_error_finish(&found);
    NT_TRY(status);
    return nt_dataset_load(work->dataset, NT_TRAIN, work->error);
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
    NT_TRY(check_training(work));
    return read_from(work);
}
