/* The order of things: everything that can be wrong is looked at before anything is written; then,
 * seed by seed, weights are trained unless they are given, and the baseline and each case are
 * measured unless the journal knows the outcome already. */
#include "suite_run.h"

#include "alloc.h"
#include "attrs.h"
#include "file.h"
#include "journal.h"
#include "parallel.h"
#include "seed_weights.h"
#include "step_graph.h"
#include <string.h>

typedef struct suite_run {
    const nt_suite *suite;
    const nt_suite_options *options;
    nt_results *results;
    nt_dataset *dataset;
    nt_loader *loader;
    nt_journal *journal;
    nt_weights *weights; /* of the seed in hand */
    int32_t known;       /* outcomes that the journal had at the start */
    int lock;            /* of the run folder; -1: not taken */
    int64_t done, total; /* samples, over all cases and seeds */
    nt_error *error;
} suite_run;

static nt_status no_memory(const suite_run *run) {
    return nt_error_say(run->error, NT_NO_MEMORY, "out of memory running the suite '%s'",
                        run->suite->name);
}

/* --- what is to be done ----------------------------------------------------------------------- */

static nt_status list_cases(suite_run *run) {
    const nt_suite *suite = run->suite;
    nt_status status = NT_OK;
    for (int g = 0; g < suite->group_count; g++) {
        const nt_group *group = &suite->groups[g];
        nt_group_result *result = &run->results->groups[g];
        result->group = group;
        nt_status hooked = nt_group_list(group, run->results->network, run->options->report,
                                         &result->cases, run->error);
        if (hooked != NT_OK) {
            status = hooked;
            continue;
        }
        result->outcomes = NT_ARENA_ARRAY(&run->results->arena, nt_outcome,
                                          result->cases.count * suite->seed_count + 1);
        if (!result->outcomes)
            return no_memory(run);
    }
    return status;
}

static nt_status open_loader(suite_run *run, nt_error *error) {
    const nt_suite_data *data = &run->suite->data;
    NT_TRY(nt_dataset_open(data->kind, data->options, data->root, run->suite->path, &run->dataset,
                           error));
    const nt_data_info *info = nt_dataset_info(run->dataset);
    if (data->normalised && data->channels != info->shape.dim[0])
        return nt_error_say(error, NT_INVALID,
                            "'normalise' has %d channels, the images of %s have %d", data->channels,
                            info->folder, info->shape.dim[0]);
    NT_TRY(nt_evaluation_check(run->results->network, info, error));
    if (data->hold_out > 0)
        NT_TRY(nt_dataset_hold_out(run->dataset, data->hold_out, 0, error));
    if (run->suite->evaluate.split == NT_HELD_OUT && data->hold_out == 0) {
        nt_error_say(error, NT_INVALID, "the split 'held_out' is empty");
        nt_error_hint(error, "say under 'data' how many training images to 'hold_out'");
        return NT_INVALID;
    }
    return nt_loader_new(run->dataset, (nt_split)run->suite->evaluate.split,
                         run->suite->evaluate.limit, data->normalised ? data->mean : NULL,
                         data->normalised ? data->deviation : NULL, &run->loader, error);
}

/* What is wrong with the data is shown where the suite names them. */
static nt_status open_data(suite_run *run) {
    nt_error own;
    nt_error_init(&own);
    nt_status status = open_loader(run, &own);
    for (int i = 0; i < own.count; i++) {
        const nt_diagnostic *item = &own.items[i];
        nt_error_at(run->error, item->status, run->suite->data.place, "%s%s%s", item->where,
                    item->where[0] ? ": " : "", item->message);
        if (item->hint)
            nt_error_hint(run->error, "%s", item->hint);
    }
    nt_error_finish(&own);
    return status;
}

/* Finds what training would stumble over, before anything is written. */
static nt_status check_training(suite_run *run) {
    const nt_suite *suite = run->suite;
    const nt_recipe *recipe = suite->recipe;
    int32_t count = nt_dataset_count(run->dataset, NT_TRAIN);
    nt_step_graph *step;
    nt_error found;
    if (!recipe)
        return NT_OK;
    if (recipe->batch > count)
        return nt_error_at(run->error, NT_INVALID, suite->batch_place,
                           "a batch of %d is larger than the data, which have %d images to train "
                           "on",
                           recipe->batch, count);
    nt_error_init(&found);
    nt_status status = nt_step_graph_new(run->results->network, recipe, &step, &found);
    if (status == NT_OK)
        nt_step_graph_free(step);
    else
        nt_error_at(run->error, status, suite->loss_place, "%s", found.items[0].message);
    nt_error_finish(&found);
    NT_TRY(status);
    return nt_dataset_load(run->dataset, NT_TRAIN, run->error);
}

static nt_status take_provenance(suite_run *run) {
    nt_provenance *from = &run->results->provenance;
    nt_text dump;
    from->program = "nontrivial " NT_VERSION;
    nt_ops_library(from->library);
    from->threads = nt_threads();
    memcpy(from->suite, run->suite->digest, sizeof from->suite);
    nt_text_init(&dump);
    nt_graph_dump(run->results->network->graph, &dump);
    bool ok = !dump.failed && nt_digest_bytes(dump.bytes, dump.length, from->graph);
    nt_text_finish(&dump);
    if (!ok)
        return no_memory(run);
    return nt_dataset_digest(run->dataset, from->data, run->error);
}

/* --- measuring -------------------------------------------------------------------------------- */

static void tell_progress(void *context, const char *what, const char *detail, int64_t done,
                          int64_t total) {
    const suite_run *run = context;
    (void)what, (void)total;
    nt_report_progress(run->options->report, "images of all cases", detail, run->done + done,
                       run->total);
}

/* What an outcome follows from: the program, the graph as it is evaluated, the weights, the
 * samples. */
static nt_status find_key(const suite_run *run, const nt_graph *graph, int s,
                          char ret_key[NT_DIGEST_HEX]) {
    const nt_provenance *from = &run->results->provenance;
    const nt_suite *suite = run->suite;
    nt_text text;
    nt_text_init(&text);
    nt_graph_dump(graph, &text);
    nt_text_printf(&text, "by: %s, %s\n", from->program, from->library);
    nt_text_printf(&text, "weights: %s\ndata: %s\nsplit: %d\nheld out: %d\ncount: %d\nnorm: %d\n",
                   from->weights[s], from->data, suite->evaluate.split, suite->data.hold_out,
                   nt_loader_count(run->loader), suite->evaluate.batch_norm);
    if (suite->evaluate.batch_norm == NT_NORM_BATCH)
        nt_text_printf(&text, "batch: %d\n", suite->evaluate.batch);
    if (suite->conv == NT_CONV_DIRECT)
        nt_text_add(&text, "conv: direct\n");
    for (int32_t c = 0; c < suite->data.channels; c++)
        nt_text_printf(&text, "normalise: %a %a\n", (double)suite->data.mean[c],
                       (double)suite->data.deviation[c]);
    bool ok = !text.failed && nt_digest_bytes(text.bytes, text.length, ret_key);
    nt_text_finish(&text);
    return ok ? NT_OK : no_memory(run);
}

static nt_status interrupted(const suite_run *run, nt_status status) {
    nt_error_say(run->error, status, "%s while measuring; what is measured is saved",
                 nt_status_text(status));
    nt_error_hint(run->error, "give the same command to go on");
    return status;
}

static nt_status measure(suite_run *run, const nt_graph *graph, int s, const nt_weights *weights,
                         nt_outcome *ret) {
    const nt_report report = {.progress = tell_progress, .context = run};
    const nt_evaluation evaluation = {
        .batch = run->suite->evaluate.batch,
        .passes = {.norm = (nt_norm)run->suite->evaluate.batch_norm, .conv = run->suite->conv},
        .report = &report};
    char key[NT_DIGEST_HEX];
    NT_TRY(find_key(run, graph, s, key));
    bool before;
    if (nt_journal_find(run->journal, key, ret, &before)) {
        run->known += before;
    } else {
        nt_status status =
            nt_evaluate(graph, weights, run->loader, &evaluation, ret, NULL, NULL, run->error);
        if (status == NT_INTERRUPTED || status == NT_TERMINATED)
            return interrupted(run, status);
        NT_TRY(status);
        NT_TRY(nt_journal_add(run->journal, key, *ret, run->error));
    }
    run->done += nt_loader_count(run->loader);
    return NT_OK;
}

static nt_status measure_case(suite_run *run, const nt_case *item, int s, const nt_weights *weights,
                              nt_outcome *ret) {
    const nt_network *network = run->results->network;
    int32_t *nodes = nt_alloc((size_t)item->layer_count * sizeof *nodes);
    nt_graph *edited = NULL;
    if (!nodes)
        return no_memory(run);
    for (int32_t i = 0; i < item->layer_count; i++)
        nodes[i] = network->layers[item->layers[i]].value.node;
    nt_status status = nt_edit_zero(network->graph, nodes, item->layer_count, &edited);
    nt_free(nodes, (size_t)item->layer_count * sizeof *nodes);
    if (status != NT_OK)
        return nt_error_say(run->error, status, "the case '%s' can't be made: %s", item->name,
                            nt_status_text(status));
    status = measure(run, edited, s, weights, ret);
    nt_graph_free(edited);
    return status;
}

static nt_status measure_seed(suite_run *run, int s, const nt_weights *weights) {
    const nt_suite *suite = run->suite;
    NT_TRY(measure(run, run->results->network->graph, s, weights, &run->results->baseline[s]));
    for (int g = 0; g < suite->group_count; g++) {
        nt_group_result *group = &run->results->groups[g];
        for (int32_t c = 0; c < group->cases.count; c++)
            NT_TRY(measure_case(run, &group->cases.items[c], s, weights,
                                &group->outcomes[c * suite->seed_count + s]));
    }
    return NT_OK;
}

/* Reads the given weights, or trains those of seed number s. */
static nt_status find_weights(suite_run *run, int s) {
    const nt_seed_source source = {.suite = run->suite,
                                   .dataset = run->dataset,
                                   .data_digest = run->results->provenance.data,
                                   .folder = run->options->out,
                                   .report = run->options->report};
    return nt_seed_weights(&source, s, run->weights, run->results->provenance.weights[s],
                           run->error);
}

static nt_status run_seed(suite_run *run, int s, bool only_train) {
    if (run->suite->recipe)
        NT_TRY(find_weights(run, s));
    return only_train ? NT_OK : measure_seed(run, s, run->weights);
}

/* --- all of it -------------------------------------------------------------------------------- */

static nt_status prepare(suite_run *run) {
    const nt_suite *suite = run->suite;
    nt_results *results = run->results;
    size_t seeds = (size_t)suite->seed_count;
    results->baseline = NT_ARENA_ARRAY(&results->arena, nt_outcome, seeds);
    results->groups = NT_ARENA_ARRAY(&results->arena, nt_group_result, suite->group_count + 1);
    results->provenance.weights = nt_arena_alloc(&results->arena, seeds * NT_DIGEST_HEX);
    if (!results->baseline || !results->groups || !results->provenance.weights)
        return no_memory(run);
    NT_TRY(nt_network_load(suite->graph, suite->settings, suite->setting_count, &results->network,
                           run->error));
    NT_TRY(list_cases(run));
    NT_TRY(open_data(run));
    NT_TRY(check_training(run));
    NT_TRY(take_provenance(run));
    if (nt_weights_new(results->network, &run->weights) != NT_OK)
        return no_memory(run);
    if (suite->weights)
        NT_TRY(find_weights(run, 0));
    int64_t cases = 1;
    for (int g = 0; g < suite->group_count; g++)
        cases += results->groups[g].cases.count;
    run->total = cases * suite->seed_count * nt_loader_count(run->loader);
    NT_TRY(nt_folder_make(run->options->out, run->error));
    NT_TRY(nt_folder_lock(run->options->out, &run->lock, run->error));
    nt_folder_sweep(run->options->out);
    const char *journal = nt_arena_printf(&results->arena, "%s/measured.csv", run->options->out);
    return journal ? nt_journal_open(journal, &run->journal, run->error) : no_memory(run);
}

static void finish(suite_run *run) {
    nt_journal_close(run->journal);
    nt_weights_free(run->weights);
    nt_loader_free(run->loader);
    nt_dataset_free(run->dataset);
    if (run->lock >= 0)
        nt_folder_unlock(run->lock);
}

/* Prepares, and goes through the seeds. The results are the caller's if all went well. */
static nt_status run_all(const nt_suite *suite, const nt_suite_options *options, bool only_train,
                         nt_results **ret, nt_error *error) {
    suite_run run = {.suite = suite, .options = options, .lock = -1, .error = error};
    run.results = nt_alloc_zero(sizeof *run.results);
    if (!run.results)
        return no_memory(&run);
    run.results->suite = suite;
    nt_arena_init(&run.results->arena);
    nt_status status = prepare(&run);
    for (int s = 0; status == NT_OK && s < suite->seed_count; s++)
        status = run_seed(&run, s, only_train);
    if (status == NT_OK && !only_train)
        status = nt_results_write(run.results, options->out, error);
    if (status == NT_OK && run.known > 0)
        nt_report_note(options->report, "%d outcomes were known from before, in measured.csv",
                       run.known);
    finish(&run);
    if (status != NT_OK) {
        nt_results_free(run.results);
        return status;
    }
    *ret = run.results;
    return NT_OK;
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
