/* Mistakes are looked for one after the other, and each is said, since who mends one wants to know
 * the next. Each is shown at the suite's value that mends it. */
#include "suite_ready.h"

#include "case_graph.h"
#include "evaluation.h"
#include "history.h"
#include "param_rates.h"
#include "step_graph.h"
#include "store.h"
#include <unistd.h>

typedef struct readying {
    const nt_suite *suite;
    const nt_network *network;
    const nt_cases *cases;
    nt_dataset *dataset;
    nt_error *error;
} readying;

static nt_status worse(nt_status a, nt_status b) {
    return a == NT_OK ? b : a;
}

nt_metric nt_suite_metric(const nt_suite *suite, const nt_data_info *info) {
    return suite->evaluate.has_metric ? suite->evaluate.metric : nt_metric_usual(info->target);
}

int32_t nt_suite_count_samples(const nt_suite *suite, const nt_dataset *dataset) {
    const nt_suite_evaluate *evaluate = &suite->evaluate;
    const nt_selecting select = {.limit = evaluate->limit, .first = evaluate->first};
    return nt_selecting_count(&select, nt_dataset_count(dataset, (nt_split)evaluate->split));
}

/* --- files ------------------------------------------------------------------------------------ */

static nt_status check_file(const readying *r, const nt_weights_source *source, const char *key) {
    if (!source->path || access(source->path, F_OK) == 0)
        return NT_OK;
    nt_error_in(r->error, NT_INVALID, source->path, -1,
                "there is no such file, which %s gives as '%s'", r->suite->path, key);
    return NT_INVALID;
}

static nt_status check_files(const readying *r) {
    nt_status status = check_file(r, &r->suite->weights, "weights");
    status = worse(status, check_file(r, &r->suite->initial, "initial"));
    return worse(status, check_file(r, &r->suite->from, "train.from"));
}

/* --- data ------------------------------------------------------------------------------------- */

static nt_status check_channels(const readying *r) {
    const nt_data_info *info = nt_dataset_info(r->dataset);
    const nt_suite_data *data = &r->suite->data;
    if (!data->loading.mean || data->channels == info->shape.dim[0])
        return NT_OK;
    return nt_error_say(r->error, NT_INVALID,
                        "'normalise' has %d channels, the images of %s have %d", data->channels,
                        info->folder, info->shape.dim[0]);
}

static nt_status check_metric(const readying *r) {
    const nt_data_info *info = nt_dataset_info(r->dataset);
    nt_metric metric = nt_suite_metric(r->suite, info);
    if (nt_metric_fits(metric, info->target))
        return NT_OK;
    nt_error_say(r->error, NT_INVALID, "the metric '%s' does not fit data with %s",
                 nt_metric_names[metric], info->target == NT_TARGET_MASK ? "masks" : "classes");
    nt_error_hint(r->error, "set evaluate.metrics to [%s]",
                  nt_metric_names[nt_metric_usual(info->target)]);
    return NT_INVALID;
}

/* Outcomes are saved by shards, and no batch crosses from one to the next; where a batch's own
 * statistics are used, this must not show. */
static nt_status check_batch(const readying *r) {
    int32_t batch = r->suite->evaluate.batch;
    if (r->suite->evaluate.batch_norm != NT_NORM_BATCH || NT_SHARD_SAMPLES % batch == 0)
        return NT_OK;
    nt_error_say(r->error, NT_INVALID,
                 "with 'batch_norm: batch' the batch must divide %d, which %d doesn't",
                 NT_SHARD_SAMPLES, batch);
    nt_error_hint(r->error, "set evaluate.batch to 250 or 500, for one");
    return NT_INVALID;
}

static nt_status check_network(const readying *r) {
    return nt_evaluation_check(r->network, nt_dataset_info(r->dataset), &r->suite->data.loading,
                               r->error);
}

/* --- splits ----------------------------------------------------------------------------------- */

static nt_status say_hold_out(const readying *r, const char *what) {
    nt_error_say(r->error, NT_INVALID, "%s", what);
    nt_error_hint(r->error, "say under 'data' how many training images to 'hold_out'");
    return NT_INVALID;
}

/* Images of a patient depend on one another, and whole patients come too seldom for early looks. */
static nt_status check_decide(const readying *r) {
    nt_split split = (nt_split)r->suite->evaluate.split;
    if (!nt_suite_decides(r->suite) || nt_dataset_patient(r->dataset, split, 0) < 0)
        return NT_OK;
    nt_error_say(r->error, NT_INVALID,
                 "cases can't be decided early on images of patients, which depend on one another");
    nt_error_hint(r->error, "leave out 'decide': all images are needed to compare patients");
    return NT_INVALID;
}

static nt_status check_measured(const readying *r) {
    const nt_suite *suite = r->suite;
    nt_split split = (nt_split)suite->evaluate.split;
    if (split == NT_HELD_OUT && suite->data.hold_out == 0)
        return say_hold_out(r, "the split 'held_out' is empty");
    return nt_loader_check(r->dataset, split, &suite->data.loading, r->error);
}

static nt_status check_norms(const readying *r) {
    return nt_suite_check_norms(r->suite, r->network, nt_suite_count_samples(r->suite, r->dataset),
                                r->error);
}

/* Hooks that ask are answered on held-out images. */
static nt_status check_asking(const readying *r) {
    bool asks = false;
    for (int g = 0; g < r->suite->group_count; g++)
        asks = asks || r->cases[g].asks;
    if (!asks)
        return NT_OK;
    if (r->suite->data.hold_out == 0)
        return say_hold_out(
            r, "a hook asks while it runs, and there are no held-out images to answer on");
    return nt_suite_check_norms(r->suite, r->network, nt_dataset_count(r->dataset, NT_HELD_OUT),
                                r->error);
}

/* What is found from training images takes some. */
static nt_status check_calibration(const readying *r) {
    const nt_suite_evaluate *evaluate = &r->suite->evaluate;
    bool again = evaluate->batch_norm == NT_NORM_RECALIBRATED, calibrates = again;
    for (int g = 0; g < r->suite->group_count; g++)
        for (int32_t c = 0; c < r->cases[g].count; c++) {
            const nt_case *item = &r->cases[g].items[c];
            calibrates = calibrates ||
                         nt_edits_need(&(nt_edits){item->edits, item->count}, NT_NEEDS_CALIBRATION);
        }
    if (!calibrates)
        return NT_OK;
    NT_TRY(nt_loader_check(r->dataset, NT_TRAIN, &r->suite->data.loading, r->error));
    int32_t count = nt_dataset_count(r->dataset, NT_TRAIN);
    count = count < evaluate->calibration ? count : evaluate->calibration;
    if (!again || count >= evaluate->batch)
        return NT_OK;
    return nt_error_say(r->error, NT_INVALID,
                        "recalibration takes whole batches: %d calibration images are fewer than a "
                        "batch of %d",
                        count, evaluate->batch);
}

/* --- the past --------------------------------------------------------------------------------- */

/* Snapshots are sorted. */
static bool is_kept(const nt_suite *suite, int32_t epoch) {
    const nt_recipe *recipe = suite->recipe;
    int32_t low = 0, high = recipe ? recipe->snapshot_count : 0;
    while (low < high) {
        int32_t middle = low + (high - low) / 2;
        if (recipe->snapshots[middle] == epoch)
            return true;
        if (recipe->snapshots[middle] < epoch)
            low = middle + 1;
        else
            high = middle;
    }
    return epoch <= 0;
}

/* Where retraining begins is to be kept, too. */
static nt_status check_begins(const readying *r) {
    nt_status status = NT_OK;
    for (int g = 0; g < r->suite->group_count; g++) {
        const nt_retrain *retrain = r->suite->groups[g].retrain;
        if (retrain && retrain->from == 0 && !r->suite->recipe && !r->suite->initial.path) {
            status = nt_error_at(r->error, NT_INVALID, retrain->from_location,
                                 "the values that training began with are not known");
            nt_error_hint(r->error, "give them under `initial:` beside `weights:`");
        } else if (retrain && !is_kept(r->suite, retrain->from)) {
            status = nt_error_at(r->error, NT_INVALID, retrain->from_location,
                                 "the weights after epoch %d are not kept", retrain->from);
            nt_error_hint(r->error, "add it to 'snapshots' under 'train'");
        }
    }
    return status;
}

static nt_status say_not_kept(const readying *r, int g, const nt_case *item, int32_t epoch) {
    nt_error_at(r->error, NT_INVALID, r->suite->groups[g].location,
                "the case '%s' of the group '%s' wants the weights after epoch %d, which %s",
                item->name, r->suite->groups[g].name, epoch,
                r->suite->recipe ? "are not kept" : "nobody knows of given ones");
    if (!r->suite->recipe)
        nt_error_hint(r->error, "only 'train' with 'snapshots' keeps them");
    else if (epoch > r->suite->recipe->epochs)
        nt_error_hint(r->error, "training ends after epoch %d", r->suite->recipe->epochs);
    else
        nt_error_hint(r->error, "add it to 'snapshots' under 'train'");
    return NT_INVALID;
}

/* What an edit takes from the course of training is to be kept. Of a group the first says so. */
static nt_status check_snapshots(const readying *r) {
    nt_status status = check_begins(r);
    for (int g = 0; r->cases && g < r->suite->group_count; g++) {
        bool said = false;
        for (int32_t c = 0; c < r->cases[g].count && !said; c++) {
            const nt_case *item = &r->cases[g].items[c];
            for (int32_t e = 0; e < item->count && !said; e++) {
                int32_t epoch = nt_edit_epoch(&item->edits[e]);
                said = !is_kept(r->suite, epoch);
                if (said)
                    status = say_not_kept(r, g, item, epoch);
            }
        }
    }
    return status;
}

static nt_status hold_out(const readying *r) {
    int32_t count = r->suite->data.hold_out;
    return count > 0 ? nt_dataset_hold_out(r->dataset, count, 0, r->error) : NT_OK;
}

/* --- training --------------------------------------------------------------------------------- */

static nt_status check_loss(const readying *r, const nt_recipe *recipe, nt_location location) {
    nt_step_graph *step;
    nt_error found;
    nt_error_init(&found);
    nt_status status = nt_step_graph_new(r->network, recipe, &step, &found);
    if (status == NT_OK)
        nt_step_graph_free(step);
    else
        nt_error_at(r->error, status, location, "%s", found.items[0].message);
    nt_error_finish(&found);
    return status;
}

/* What it names must be there before its loss can be looked at. */
static nt_status check_recipe(const readying *r) {
    NT_TRY(nt_param_rates_check(r->suite->recipe, r->network, r->error));
    return check_loss(r, r->suite->recipe, nt_yaml_location(r->suite->root, "train.loss"));
}

static nt_status check_batch_fits(const readying *r, const nt_recipe *recipe,
                                  nt_location location) {
    int32_t count = nt_dataset_count(r->dataset, NT_TRAIN);
    if (recipe->batch <= count)
        return NT_OK;
    return nt_error_at(r->error, NT_INVALID, location,
                       "a batch of %d is larger than the data, which have %d images to train on",
                       recipe->batch, count);
}

/* What retraining does otherwise than training. */
static nt_status check_retrains(const readying *r) {
    nt_status status = NT_OK;
    for (int g = 0; g < r->suite->group_count; g++) {
        const nt_retrain *retrain = r->suite->groups[g].retrain;
        if (!retrain)
            continue;
        status = worse(status, nt_param_rates_check(&retrain->recipe, r->network, r->error));
        status = worse(status, check_loss(r, &retrain->recipe, retrain->location));
        if (r->dataset)
            status = worse(status, check_batch_fits(r, &retrain->recipe, retrain->location));
    }
    return status;
}

static nt_status check_training(const readying *r) {
    const nt_recipe *recipe = r->suite->recipe;
    nt_status status = check_retrains(r);
    if (!recipe)
        return status;
    status =
        worse(status, check_batch_fits(r, recipe, nt_yaml_location(r->suite->root, "train.batch")));
    status = worse(status, nt_suite_check_training_norms(r->suite, r->network, r->error));
    return worse(status, check_recipe(r));
}

/* What is seen without data. */
nt_status nt_suite_check_alone(const nt_suite *suite, const nt_network *network,
                               const nt_cases *cases, nt_error *error) {
    const readying r = {.suite = suite, .network = network, .cases = cases, .error = error};
    nt_status status =
        worse(check_snapshots(&r), nt_suite_check_training_norms(suite, network, error));
    status = worse(status, check_retrains(&r));
    status = worse(status, nt_suite_check_norms(suite, network, 0, error));
    return suite->recipe ? worse(status, check_recipe(&r)) : status;
}

/* --- together --------------------------------------------------------------------------------- */

/* A check, and the suite's value that is to blame if it fails. */
typedef struct blamed {
    nt_status (*check)(const readying *r);
    const char *path;
} blamed;

static const blamed of_images[] = {{check_channels, "data.normalise"},
                                   {check_network, "graph"},
                                   {check_metric, "evaluate.metrics"},
                                   {check_batch, "evaluate.batch"},
                                   {NULL, NULL}};

static const blamed of_held_out[] = {{hold_out, "data.hold_out"}, {NULL, NULL}};

static const blamed of_splits[] = {{check_measured, "data.root"},
                                   {check_norms, "evaluate.batch"},
                                   {check_decide, "decide"},
                                   {check_asking, "data.hold_out"},
                                   {check_calibration, "evaluate.calibration"},
                                   {NULL, NULL}};

static nt_status check_each(const readying *r, const blamed *checks) {
    nt_status status = NT_OK;
    for (const blamed *item = checks; item->check; item++) {
        readying own = *r;
        nt_error found;
        nt_error_init(&found);
        own.error = &found;
        status = worse(status, item->check(&own));
        nt_suite_blame(r->suite, item->path, &found, r->error);
    }
    return status;
}

static nt_status check_data(const readying *r) {
    nt_status status = check_each(r, of_images), held = check_each(r, of_held_out);
    if (held != NT_OK)
        return worse(status, held);
    status = worse(status, check_each(r, of_splits));
    return worse(status, check_training(r));
}

nt_status nt_suite_make_ready(const nt_suite *suite, const nt_network *network,
                              const nt_cases *cases, const nt_progress *progress, nt_dataset **ret,
                              nt_error *error) {
    readying r = {.suite = suite, .network = network, .cases = cases, .error = error};
    nt_status status = check_files(&r);
    nt_status opened = nt_suite_look_at_data(suite, progress, &r.dataset, error);
    status = opened == NT_OK ? worse(status, check_snapshots(&r)) : status;
    status = worse(status, opened);
    status = worse(status, opened == NT_OK ? check_data(&r)
                                           : nt_suite_check_alone(suite, network, cases, error));
    if (status == NT_OK)
        *ret = r.dataset;
    else
        nt_dataset_free(r.dataset);
    return status;
}

/* --- samples alone ---------------------------------------------------------------------------- */

static nt_status open_samples(readying *r, nt_loader **ret, nt_error *error) {
    const nt_suite *suite = r->suite;
    const nt_suite_evaluate *evaluate = &suite->evaluate;
    char digest[NT_DIGEST_HEX];
    nt_loading loading = suite->data.loading;
    loading.select = (nt_selecting){
        .order = NT_ORDER_SHUFFLED, .limit = evaluate->limit, .first = evaluate->first};
    if (suite->data_digest) {
        NT_TRY(nt_dataset_digest(r->dataset, digest, error));
        NT_TRY(nt_suite_check_digest(suite, nt_dataset_info(r->dataset)->folder, digest, error));
    }
    NT_TRY(check_each(r, of_images));
    NT_TRY(check_each(r, of_held_out));
    nt_error own;
    nt_error_init(&own);
    nt_status status = nt_loader_new(r->dataset, (nt_split)evaluate->split, &loading, ret, &own);
    nt_suite_blame(suite, "data.root", &own, error);
    return status;
}

nt_status nt_suite_open_samples(const nt_suite *suite, const nt_network *network,
                                nt_dataset **ret_dataset, nt_loader **ret_loader, nt_error *error) {
    readying r = {.suite = suite, .network = network, .error = error};
    NT_TRY(nt_suite_look_at_data(suite, NULL, &r.dataset, error));
    nt_status status = open_samples(&r, ret_loader, error);
    if (status == NT_OK)
        *ret_dataset = r.dataset;
    else
        nt_dataset_free(r.dataset);
    return status;
}
