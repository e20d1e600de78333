/* Everything that can be wrong with a suite, looked at before anything is computed or written. */
#include "suite_run_private.h"

#include "parallel.h"
#include "seed_weights.h"
#include "step_graph.h"
#include <string.h>

nt_status nt_suite_make_findings(const nt_suite_work *work, nt_group_result *result) {
    result->findings = NT_ARENA_ARRAY(&work->results->arena, nt_finding,
                                      result->cases.count * work->suite->seed_count + 1);
    return result->findings ? NT_OK : nt_suite_no_memory(work);
}

static nt_status list_cases(nt_suite_work *work) {
    const nt_suite *suite = work->suite;
    nt_status status = NT_OK;
    for (int g = 0; g < suite->group_count; g++) {
        const nt_group *group = &suite->groups[g];
        nt_group_result *result = &work->results->groups[g];
        result->group = group;
        nt_status hooked = nt_group_list(group, work->results->network, work->options->progress,
                                         &result->cases, work->error);
        if (hooked != NT_OK) {
            status = hooked;
            continue;
        }
        NT_TRY(nt_suite_make_findings(work, result));
    }
    return status;
}

bool nt_suite_any_case(const nt_results *results, bool (*test)(const nt_cases *)) {
    for (int g = 0; g < results->suite->group_count; g++)
        if (test(&results->groups[g].cases))
            return true;
    return false;
}

static bool asks(const nt_cases *cases) {
    return cases->asks;
}

/* Whether an edit that needs it may come; what is asked, nobody knows before. */
static bool may_need(const nt_cases *cases, unsigned need) {
    for (int32_t c = 0; c < cases->count; c++)
        if (nt_edits_need(&(nt_edits){cases->items[c].edits, cases->items[c].count}, need))
            return true;
    return cases->asks;
}

static bool may_calibrate(const nt_cases *cases) {
    return may_need(cases, NT_NEEDS_CALIBRATION);
}

bool nt_suite_may_reinit(const nt_cases *cases) {
    return may_need(cases, NT_NEEDS_INITIAL);
}

static nt_status make_loader(nt_suite_work *work, nt_split split, int32_t limit, nt_loader **ret,
                             nt_error *error) {
    nt_loading loading = work->suite->data.loading;
    loading.limit = limit;
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
    if (nt_suite_any_case(work->results, asks)) {
        if (suite->data.hold_out == 0) {
            nt_error_say(
                error, NT_INVALID,
                "a hook asks while it runs, and there are no held-out images to answer on");
            nt_error_hint(error, "say under 'data' how many training images to 'hold_out'");
            return NT_INVALID;
        }
        if (suite->weights)
            nt_progress_note(work->options->progress,
                             "the hooks that ask are answered on training images that the given "
                             "weights may have been trained on");
        NT_TRY(make_loader(work, NT_HELD_OUT, 0, &work->held_out, error));
    }
    if (suite->evaluate.batch_norm != NT_NORM_RECALIBRATED &&
        !nt_suite_any_case(work->results, may_calibrate))
        return NT_OK;
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
    NT_TRY(make_loader(work, NT_TRAIN, count, &work->calibration, error));
    work->results->calibration = nt_loader_count(work->calibration);
    return NT_OK;
}

static nt_status choose_metric(nt_suite_work *work, const nt_data_info *info, nt_error *error) {
    const nt_suite_evaluate *evaluate = &work->suite->evaluate;
    nt_metric usual = nt_metric_usual(info->target);
    nt_metric metric = evaluate->has_metric ? evaluate->metric : usual;
    work->results->scoring = nt_scoring_of(info, metric);
    if (nt_metric_fits(metric, info->target))
        return NT_OK;
    nt_error_say(error, NT_INVALID, "the metric '%s' does not fit data with %s",
                 nt_metric_names[metric], info->target == NT_TARGET_MASK ? "masks" : "classes");
    nt_error_hint(error, "set evaluate.metrics to [%s]", nt_metric_names[usual]);
    return NT_INVALID;
}

/* The names and patients of the samples that are measured. */
static nt_status list_samples(nt_suite_work *work, nt_error *error) {
    int32_t count = nt_loader_count(work->loader);
    nt_split split = nt_loader_split(work->loader);
    nt_results *results = work->results;
    const char **names = NT_ARENA_ARRAY(&results->arena, const char *, count);
    int32_t *patients = NT_ARENA_ARRAY(&results->arena, int32_t, count);
    if (!names || !patients)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory");
    for (int32_t i = 0; i < count; i++) {
        const char *name = nt_dataset_name(work->dataset, split, i);
        names[i] = name ? nt_arena_string(&results->arena, name) : NULL;
        patients[i] = nt_dataset_patient(work->dataset, split, i);
    }
    results->names = results->scoring.target == NT_TARGET_MASK && names[0] ? names : NULL;
    results->patients = patients[0] >= 0 ? patients : NULL;
    return NT_OK;
}

static nt_status list_classes(nt_suite_work *work, const nt_data_info *info, nt_error *error) {
    nt_results *results = work->results;
    const char **classes = NT_ARENA_ARRAY(&results->arena, const char *, info->classes);
    for (int32_t i = 0; classes && i < info->classes; i++)
        if (!(classes[i] = nt_arena_string(&results->arena, info->class_names[i])))
            classes = NULL;
    if (!classes)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory");
    results->classes = classes;
    results->class_count = info->classes;
    return NT_OK;
}

static nt_status open_loader(nt_suite_work *work, nt_error *error) {
    const nt_suite_data *data = &work->suite->data;
    NT_TRY(nt_dataset_open(data->kind, data->options, data->root, work->suite->path, &work->dataset,
                           error));
    const nt_data_info *info = nt_dataset_info(work->dataset);
    if (data->loading.mean && data->channels != info->shape.dim[0])
        return nt_error_say(error, NT_INVALID,
                            "'normalise' has %d channels, the images of %s have %d", data->channels,
                            info->folder, info->shape.dim[0]);
    NT_TRY(nt_evaluation_check(work->results->network, info, &data->loading, error));
    NT_TRY(choose_metric(work, info, error));
    NT_TRY(list_classes(work, info, error));
    if (data->hold_out > 0)
        NT_TRY(nt_dataset_hold_out(work->dataset, data->hold_out, 0, error));
    if (work->suite->evaluate.split == NT_HELD_OUT && data->hold_out == 0) {
        nt_error_say(error, NT_INVALID, "the split 'held_out' is empty");
        nt_error_hint(error, "say under 'data' how many training images to 'hold_out'");
        return NT_INVALID;
    }
    NT_TRY(check_batch(work->suite, error));
    NT_TRY(make_loader(work, (nt_split)work->suite->evaluate.split, work->suite->evaluate.limit,
                       &work->loader, error));
    NT_TRY(list_samples(work, error));
    return open_other_loaders(work, error);
}

/* What is wrong with the data is shown where the suite names them. */
static nt_status open_data(nt_suite_work *work) {
    nt_error own;
    nt_error_init(&own);
    nt_status status = open_loader(work, &own);
    for (int i = 0; i < own.count; i++) {
        const nt_diagnostic *item = &own.items[i];
        nt_error_at(work->error, item->status, work->suite->data.location, "%s%s%s", item->where,
                    item->where[0] ? ": " : "", item->message);
        if (item->hint)
            nt_error_hint(work->error, "%s", item->hint);
    }
    nt_error_finish(&own);
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
    nt_error_init(&found);
    nt_status status = nt_step_graph_new(work->results->network, recipe, &step, &found);
    if (status == NT_OK)
        nt_step_graph_free(step);
    else
        nt_error_at(work->error, status, suite->loss_location, "%s", found.items[0].message);
    nt_error_finish(&found);
    NT_TRY(status);
    return nt_dataset_load(work->dataset, NT_TRAIN, work->error);
}

static nt_status read_from(nt_suite_work *work) {
    if (!work->suite->from)
        return NT_OK;
    if (nt_weights_new(work->results->network, &work->from) != NT_OK)
        return nt_suite_no_memory(work);
    return nt_given_weights(work->suite->from, work->options->progress, work->from,
                            work->from_digest, work->error);
}

static nt_status take_provenance(nt_suite_work *work) {
    nt_provenance *from = &work->results->provenance;
    nt_text dump;
    from->program = "nontrivial " NT_VERSION;
    nt_ops_library(from->library);
    from->threads = nt_threads();
    memcpy(from->suite, work->suite->digest, sizeof from->suite);
    nt_text_init(&dump);
    nt_graph_dump(work->results->network->graph, &dump);
    bool ok = !dump.failed && nt_digest_bytes(dump.bytes, dump.length, from->graph);
    nt_text_finish(&dump);
    if (!ok)
        return nt_suite_no_memory(work);
    return nt_dataset_digest(work->dataset, from->data, work->error);
}

nt_status nt_suite_list(nt_suite_work *work) {
    const nt_suite *suite = work->suite;
    NT_TRY(nt_network_load(suite->graph, suite->settings, suite->setting_count,
                           &work->results->network, work->error));
    return list_cases(work);
}

nt_status nt_suite_prepare(nt_suite_work *work) {
    NT_TRY(open_data(work));
    NT_TRY(check_training(work));
    NT_TRY(read_from(work));
    return take_provenance(work);
}
