/* Evaluation: the graph through the passes, a plan for the batch, then batch after batch, each of
 * its outputs counted as soon as it is there. Signals are looked at between batches. */
#include "evaluation.h"

#include "alloc.h"
#include "culprit.h"
#include "parallel.h"
#include "scheduler.h"
#include "signals.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

/* The samples' shape as the loading shows them. */
static nt_shape shown(const nt_data_info *data, const nt_loading *loading) {
    nt_shape shape = data->shape;
    for (int d = 0; d < 2; d++)
        if (loading->window[d] > 0)
            shape.dim[1 + d] = loading->window[d];
    return shape;
}

static nt_status check_output(const nt_network *network, const nt_data_info *data, nt_shape input,
                              nt_error *error) {
    char have[NT_SHAPE_TEXT], want[NT_SHAPE_TEXT];
    bool masks = data->target == NT_TARGET_MASK;
    nt_shape wanted =
        nt_shape_of(masks ? 3 : 1, (const int32_t[]){data->classes, input.dim[1], input.dim[2]});
    nt_shape output =
        nt_graph_type(network->graph, nt_graph_output(network->graph, 0)->value)->shape;
    if (nt_shape_equal(output, wanted))
        return NT_OK;
    nt_error_say(error, NT_INVALID, "the network '%s' gives %s, but %s of %d classes %s %s",
                 network->name, nt_shape_format(output, have), masks ? "masks" : "samples",
                 data->classes, masks ? "take" : "take a vector of", nt_shape_format(wanted, want));
    nt_error_hint(error, "set the network's parameters, as `nontrivial show` lists them, to fit "
                         "the data");
    return NT_INVALID;
}

nt_status nt_evaluation_check_input(const nt_network *network, const nt_data_info *data,
                                    const nt_loading *loading, nt_error *error) {
    char have[NT_SHAPE_TEXT], want[NT_SHAPE_TEXT];
    if (network->input_count != 1)
        return nt_error_say(error, NT_INVALID,
                            "the network '%s' has %d inputs; measuring it takes one", network->name,
                            network->input_count);
    nt_shape input = nt_graph_type(network->graph, network->inputs[0].value)->shape;
    nt_shape samples = shown(data, loading);
    if (nt_shape_equal(input, samples))
        return NT_OK;
    nt_error_say(error, NT_INVALID, "the network '%s' takes samples of %s, but those of %s are %s",
                 network->name, nt_shape_format(input, have), data->folder,
                 nt_shape_format(samples, want));
    nt_error_hint(error, "set the network's parameters, as `nontrivial show` lists them, to fit "
                         "the data, or show a window of the data");
    return NT_INVALID;
}

nt_status nt_evaluation_check(const nt_network *network, const nt_data_info *data,
                              const nt_loading *loading, nt_error *error) {
    NT_TRY(nt_evaluation_check_input(network, data, loading, error));
    if (!data->unlabelled)
        return check_output(network, data, shown(data, loading), error);
    nt_error_say(error, NT_INVALID, "the images in %s have no classes to measure by", data->folder);
    nt_error_hint(error, "give their labels or masks; `eval --logits` alone does without");
    return NT_INVALID;
}

bool nt_evaluation_can_measure(const nt_network *network, const nt_data_info *data,
                               const nt_loading *loading) {
    nt_error ignored;
    nt_error_init(&ignored);
    bool can = nt_evaluation_check(network, data, loading, &ignored) == NT_OK;
    nt_error_finish(&ignored);
    return can;
}

nt_status nt_evaluation_counts(const nt_outcome *outcome, const nt_loader *loader,
                               nt_error *error) {
    if (outcome->uncounted < outcome->total)
        return NT_OK;
    return nt_error_say(error, NT_INVALID,
                        "there is nothing to measure: every pixel of the split '%s' of %s is "
                        "ignored",
                        nt_split_name(nt_loader_split(loader)),
                        nt_dataset_info(nt_loader_dataset(loader))->folder);
}

/* --- over and over ---------------------------------------------------------------------------- */

struct nt_evaluator {
    const nt_loader *loader;
    nt_evaluation evaluation;
    nt_scoring scoring;
    const char *input;
    int32_t classes;
    int32_t required; /* an output; -1: none */
    nt_graph *graph;  /* after the passes */
    nt_plan *plan;
    nt_run *run;
    float *images;
    int32_t *targets;
    double *losses; /* of a batch's samples */
    size_t images_size, targets_size, losses_size;
};

static nt_status make_ready(nt_evaluator *e, const nt_graph *graph, const nt_weights *weights,
                            const nt_weights *more, nt_error *error) {
    const nt_network *network = nt_weights_network(weights);
    size_t batch = (size_t)e->evaluation.batch;
    e->scoring = nt_scoring_of(nt_dataset_info(nt_loader_dataset(e->loader)), e->evaluation.metric);
    e->input = network->inputs[0].name;
    e->classes = nt_graph_type(graph, nt_graph_output(graph, 0)->value)->shape.dim[0];
    e->images_size =
        batch * (size_t)nt_shape_elements(nt_loader_shape(e->loader)) * sizeof *e->images;
    e->targets_size = batch * (size_t)nt_loader_target_size(e->loader) * sizeof *e->targets;
    e->losses_size = batch * sizeof *e->losses;
    e->images = nt_alloc(e->images_size);
    e->targets = nt_alloc(e->targets_size);
    e->losses = nt_alloc(e->losses_size);
    if (!e->images || !e->targets || !e->losses)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory for a batch of %d",
                            e->evaluation.batch);
    NT_TRY(nt_passes_run(graph, &e->evaluation.passes, &e->graph, error));
    NT_TRY(
        nt_plan_new_portions(e->graph, e->evaluation.batch, nt_portions_cache(), &e->plan, error));
    return nt_run_new(e->plan, nt_weights_bind(weights, more), &e->run, error);
}

nt_status nt_evaluator_new(const nt_graph *graph, const nt_weights *weights, const nt_weights *more,
                           const nt_loader *loader, const nt_evaluation *evaluation,
                           nt_evaluator **ret, nt_error *error) {
    nt_evaluator *e = nt_alloc_zero(sizeof *e);
    if (!e)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory");
    e->loader = loader;
    e->required = -1;
    e->evaluation = *evaluation;
    nt_status status = make_ready(e, graph, weights, more, error);
    if (status != NT_OK) {
        nt_evaluator_free(e);
        return status;
    }
    *ret = e;
    return NT_OK;
}

void nt_evaluator_free(nt_evaluator *e) {
    if (!e)
        return;
    nt_run_free(e->run);
    nt_plan_free(e->plan);
    nt_graph_free(e->graph);
    nt_free(e->images, e->images_size);
    nt_free(e->targets, e->targets_size);
    nt_free(e->losses, e->losses_size);
    nt_free(e, sizeof *e);
}

/* One output of one batch. */
typedef struct counting {
    const nt_evaluator *evaluator;
    nt_tensor logits;
    unsigned char *outcomes;
    float *ret_logits; /* or NULL */
} counting;

/* An output that doesn't depend on the input holds one sample that stands for all. */
static void count_sample(const void *context, int job, int worker) {
    const counting *c = context;
    const nt_evaluator *e = c->evaluator;
    size_t size = (size_t)nt_shape_elements(c->logits.type.shape);
    const float *logits = c->logits.f + (c->logits.type.batched ? (size_t)job * size : 0);
    int64_t pixels = nt_loader_target_size(e->loader);
    (void)worker;
    nt_score_sample(e->scoring, logits, e->classes, e->targets + (size_t)job * (size_t)pixels,
                    pixels, c->outcomes + (size_t)job * (size_t)nt_score_bytes(e->scoring),
                    &e->losses[job]);
    if (c->ret_logits)
        memcpy(c->ret_logits + (size_t)job * size, logits, size * sizeof *logits);
}

/* Adds the losses sample by sample, so that their sum doesn't depend on the batch. */
static void count_batch(const counting *c, int32_t count, double *loss) {
    nt_parallel(count, count_sample, c);
    for (int32_t i = 0; i < count; i++)
        *loss += c->evaluator->losses[i];
}

void nt_evaluator_require(nt_evaluator *e, int32_t output) {
    e->required = output;
}

/* Says where it began that sample number `sample` of the batch just run, which begins at sample
 * `first`, has a logit of the required output that is not finite. */
static nt_status blame(nt_evaluator *e, int32_t first, int32_t count, int32_t sample,
                       nt_error *error) {
    const nt_feed feed = {.name = e->input, .data = e->images};
    int32_t number = nt_loader_sample(e->loader, first + sample);
    const char *name =
        nt_dataset_name(nt_loader_dataset(e->loader), nt_loader_split(e->loader), number);
    char image[120];
    if (name)
        snprintf(image, sizeof image, "image %d ('%s')", number, name);
    else
        snprintf(image, sizeof image, "image %d", number);
    return nt_culprit_say(e->run, e->graph, &feed, count,
                          (nt_suspects){.output = e->required, .sample = sample}, image, error);
}

/* The required output's outcomes of the batch just run. */
static nt_status check_required(nt_evaluator *e, int32_t first, int32_t count,
                                const unsigned char *outcomes, nt_error *error) {
    size_t bytes = (size_t)nt_score_bytes(e->scoring);
    for (int32_t i = 0; i < count; i++)
        if (nt_score_failed(e->scoring, outcomes + (size_t)i * bytes))
            return blame(e, first, count, i, error);
    return NT_OK;
}

nt_status nt_evaluator_run(nt_evaluator *e, int32_t first, int32_t count,
                           unsigned char *ret_outcomes, double *losses, float *ret_logits,
                           nt_error *error) {
    int32_t outputs = nt_graph_output_count(e->graph);
    size_t bytes = (size_t)nt_score_bytes(e->scoring);
    for (int32_t done = 0; done < count; done += e->evaluation.batch) {
        int32_t batch = count - done < e->evaluation.batch ? count - done : e->evaluation.batch;
        NT_TRY(nt_signals_status());
        NT_TRY(nt_loader_fill(e->loader, first + done, batch, e->images, e->targets, error));
        nt_feed feed = {.name = e->input, .data = e->images};
        NT_TRY(nt_run_batch(e->run, &feed, 1, batch, error));
        for (int32_t i = 0; i < outputs; i++) {
            counting c = {.evaluator = e,
                          .logits = nt_run_output(e->run, i),
                          .outcomes =
                              ret_outcomes + ((size_t)i * (size_t)count + (size_t)done) * bytes};
            if (i == 0 && ret_logits)
                c.ret_logits =
                    ret_logits + (size_t)done * (size_t)nt_shape_elements(c.logits.type.shape);
            count_batch(&c, batch, &losses[i]);
            if (i == e->required)
                NT_TRY(check_required(e, first + done, batch, c.outcomes, error));
        }
        nt_progress_step(e->evaluation.progress, "images", "", first + done + batch,
                         nt_loader_count(e->loader));
    }
    return NT_OK;
}

/* --- once ------------------------------------------------------------------------------------- */

static nt_status evaluate(const nt_graph *graph, const nt_weights *weights, const nt_loader *loader,
                          const nt_evaluation *evaluation, nt_outcome *ret,
                          unsigned char *ret_outcomes, float *ret_logits, nt_error *error) {
    nt_evaluator *evaluator;
    double loss = 0;
    int32_t count = nt_loader_count(loader);
    NT_TRY(nt_evaluator_new(graph, weights, NULL, loader, evaluation, &evaluator, error));
    nt_scoring scoring = evaluator->scoring;
    nt_evaluator_require(evaluator, 0);
    nt_status status =
        nt_evaluator_run(evaluator, 0, count, ret_outcomes, &loss, ret_logits, error);
    nt_evaluator_free(evaluator);
    if (status != NT_OK)
        return status;
    nt_outcome outcome = nt_score_total(scoring, ret_outcomes, count, loss);
    NT_TRY(nt_evaluation_counts(&outcome, loader, error));
    *ret = outcome;
    return NT_OK;
}

nt_status nt_evaluate(const nt_graph *graph, const nt_weights *weights, const nt_loader *loader,
                      const nt_evaluation *evaluation, nt_outcome *ret, unsigned char *ret_outcomes,
                      float *ret_logits, nt_error *error) {
    nt_scoring scoring =
        nt_scoring_of(nt_dataset_info(nt_loader_dataset(loader)), evaluation->metric);
    size_t size = (size_t)nt_loader_count(loader) * (size_t)nt_score_bytes(scoring);
    unsigned char *outcomes = ret_outcomes ? ret_outcomes : nt_alloc(size);
    nt_graph *main = NULL;
    nt_status status = outcomes ? nt_graph_main(graph, &main) : NT_NO_MEMORY;
    if (status != NT_OK)
        nt_error_say(error, status, "out of memory");
    else
        status = evaluate(main, weights, loader, evaluation, ret, outcomes, ret_logits, error);
    nt_graph_free(main);
    if (!ret_outcomes)
        nt_free(outcomes, size);
    return status;
}

/* --- answers alone ---------------------------------------------------------------------------- */

/* Of the batch just run, which begins at sample `first`. */
static nt_status check_answers(nt_evaluator *e, int32_t first, int32_t count, const float *logits,
                               int64_t size, nt_error *error) {
    for (int64_t i = 0; i < count * size; i++)
        if (!isfinite(logits[i]))
            return blame(e, first, count, (int32_t)(i / size), error);
    return NT_OK;
}

static nt_status answer(nt_evaluator *e, float *ret_logits, nt_error *error) {
    int32_t total = nt_loader_count(e->loader);
    nt_evaluator_require(e, 0);
    for (int32_t first = 0, count; first < total; first += count) {
        count = total - first < e->evaluation.batch ? total - first : e->evaluation.batch;
        NT_TRY(nt_signals_status());
        NT_TRY(nt_loader_fill(e->loader, first, count, e->images, NULL, error));
        nt_feed feed = {.name = e->input, .data = e->images};
        NT_TRY(nt_run_batch(e->run, &feed, 1, count, error));
        nt_tensor logits = nt_run_output(e->run, 0);
        int64_t size = nt_shape_elements(logits.type.shape);
        for (int32_t i = 0; i < count; i++)
            memcpy(ret_logits + (first + i) * size, logits.f + (logits.type.batched ? i * size : 0),
                   (size_t)size * sizeof *ret_logits);
        NT_TRY(check_answers(e, first, count, ret_logits + first * size, size, error));
        nt_progress_step(e->evaluation.progress, "images", "", first + count, total);
    }
    return NT_OK;
}

nt_status nt_evaluate_answers(const nt_graph *graph, const nt_weights *weights,
                              const nt_loader *loader, const nt_evaluation *evaluation,
                              float *ret_logits, nt_error *error) {
    nt_graph *main = NULL;
    nt_evaluator *evaluator;
    nt_status status = nt_graph_main(graph, &main);
    if (status != NT_OK)
        return nt_error_say(error, status, "out of memory");
    status = nt_evaluator_new(main, weights, NULL, loader, evaluation, &evaluator, error);
    if (status == NT_OK) {
        status = answer(evaluator, ret_logits, error);
        nt_evaluator_free(evaluator);
    }
    nt_graph_free(main);
    return status;
}
