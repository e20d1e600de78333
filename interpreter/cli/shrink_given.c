#include "shrink_given.h"

#include "data_argument.h"
#include "evaluation.h"
#include "shrink_cases.h"
#include "suite_ready.h"
#include "weights_file.h"
#include <string.h>

#define RANDOM "random" /* in place of a data set */

static nt_status no_memory(nt_error *error) {
    return nt_error_say(error, NT_NO_MEMORY, "out of memory for the network");
}

nt_status nt_shrink_given_check(const nt_shrink_given *given, nt_error *error) {
    const nt_shrink_options *o = given->options;
    bool named = given->arguments->word_count > 0;
    const char *wants = NULL;
    if (!o->out)
        wants = "--out DIR";
    else if (!o->from && !o->remove)
        wants = "--remove LAYERS or --from RUN";
    else if (!o->from && !named)
        wants = "GRAPH, or --from RUN";
    else if (!o->from && !o->weights)
        wants = "--weights FILE, or --from RUN";
    else if (!named && given->arguments->setting_count > 0)
        wants = "GRAPH for --set; the run's own has its settings";
    if (!wants)
        return NT_OK;
    nt_error_say(error, NT_USAGE, "'shrink' wants %s", wants);
    nt_error_hint(error, "see 'nontrivial help shrink'");
    return NT_USAGE;
}

/* --- network ---------------------------------------------------------------------------------- */

static nt_status load_network(nt_shrink_given *g, nt_error *error) {
    const nt_arguments *arguments = g->arguments;
    if (arguments->word_count > 0)
        NT_TRY(nt_network_load(arguments->words[0], arguments->settings, arguments->setting_count,
                               &g->network, error));
    else {
        NT_TRY(nt_shrink_run_suite(&g->run, error));
        const nt_suite *suite = g->run.suite;
        NT_TRY(nt_network_load(suite->graph, suite->settings, suite->setting_count, &g->network,
                               error));
    }
    if (g->network->input_count == 1)
        return NT_OK;
    return nt_error_say(error, NT_INVALID, "the network '%s' has %d inputs; images are one",
                        g->network->name, g->network->input_count);
}

static nt_status load_weights(nt_shrink_given *g, nt_error *error) {
    const nt_shrink_options *o = g->options;
    nt_weights_source source = {.map = o->map, .extra = o->extra};
    const int32_t *seed = nt_arguments_have(g->arguments, "seed") ? &o->seed : NULL;
    if (!o->weights)
        NT_TRY(nt_shrink_run_weights(&g->run, seed, &source, error));
    else if (!nt_weights_source_split(o->weights, g->arena, &source))
        return no_memory(error);
    if (nt_weights_new(g->network, &g->weights) != NT_OK)
        return no_memory(error);
    return nt_weights_read(&source, g->progress, g->weights, NULL, error);
}

/* --- images ----------------------------------------------------------------------------------- */

static nt_status open_named(nt_shrink_given *g, nt_error *error) {
    const nt_shrink_options *o = g->options;
    nt_loading loading = {.select = {.order = NT_ORDER_SHUFFLED, .limit = o->limit}};
    NT_TRY(nt_data_argument_open(o->data, NULL, 0, g->arena, &g->dataset, error));
    const nt_data_info *info = nt_dataset_info(g->dataset);
    NT_TRY(nt_data_argument_check_norm(&o->mean, &o->deviation, info->shape.dim[0], error));
    for (int32_t c = 0; c < o->mean.count; c++) {
        g->mean[c] = (float)o->mean.items[c];
        g->deviation[c] = (float)o->deviation.items[c];
    }
    loading.mean = o->mean.count ? g->mean : NULL;
    loading.deviation = o->mean.count ? g->deviation : NULL;
    NT_TRY(nt_evaluation_check_input(g->network, info, &loading, error));
    g->has_metric = nt_evaluation_can_measure(g->network, info, &loading);
    g->metric = nt_metric_usual(info->target);
    return nt_loader_new(g->dataset, (nt_split)o->split, &loading, &g->loader, error);
}

/* Those that the run measured, or, with a limit, a part of them. */
static nt_status open_run(nt_shrink_given *g, nt_error *error) {
    NT_TRY(nt_shrink_run_suite(&g->run, error));
    nt_suite *suite = g->run.suite;
    if (g->options->limit > 0) {
        suite->evaluate.limit = g->options->limit;
        suite->evaluate.first = 0;
    }
    if (suite->evaluate.batch_norm != NT_NORM_RUNNING)
        nt_progress_note(g->progress, "the run measured with other statistics of batch "
                                      "normalisation than the trained ones, which are folded here");
    NT_TRY(nt_suite_open_samples(suite, g->network, &g->dataset, &g->loader, error));
    g->metric = nt_suite_metric(suite, nt_dataset_info(g->dataset));
    g->has_metric = true;
    return NT_OK;
}

static nt_status open_data(nt_shrink_given *g, nt_error *error) {
    const char *data = g->options->data;
    g->margin = nt_arguments_have(g->arguments, "margin") ? g->options->margin
                : g->run.folder                           ? g->run.results->setup.margin
                                                          : NT_USUAL_MARGIN;
    if (data && strcmp(data, RANDOM) == 0)
        return NT_OK;
    if (data)
        return open_named(g, error);
    return g->run.folder ? open_run(g, error) : NT_OK;
}

/* --- what is to be removed -------------------------------------------------------------------- */

static nt_status find_edits(nt_shrink_given *g, nt_error *error) {
    const nt_shrink_options *o = g->options;
    const double *margin = nt_arguments_have(g->arguments, "margin") ? &o->margin : NULL;
    if (o->remove)
        NT_TRY(nt_shrink_words(g->network, o->remove, g->arena, &g->edits, error));
    if (o->from)
        NT_TRY(nt_shrink_run_edits(&g->run, g->network, margin, &g->edits, &g->from, error));
    for (int32_t i = 0; i < g->edits.count; i++)
        if (g->edits.items[i].kind->needs)
            return nt_error_say(error, NT_INVALID,
                                "an ablation '%s' follows from more than the weights",
                                g->edits.items[i].kind->kind.name);
    return NT_OK;
}

nt_status nt_shrink_given_load(nt_shrink_given *given, nt_error *error) {
    if (given->options->from)
        NT_TRY(nt_shrink_run_init(&given->run, given->options->from, given->arena, error));
    NT_TRY(load_network(given, error));
    NT_TRY(find_edits(given, error));
    NT_TRY(load_weights(given, error));
    return open_data(given, error);
}

void nt_shrink_given_finish(nt_shrink_given *given) {
    nt_loader_free(given->loader);
    nt_dataset_free(given->dataset);
    nt_weights_free(given->weights);
    nt_network_free(given->network);
    nt_shrink_run_finish(&given->run);
}
