/* Evaluation: the graph through the passes, a plan for the batch, then batch after batch, each of
 * its outputs counted as soon as it is there. Signals are looked at between batches. */
#include "evaluation.h"

#include "alloc.h"
#include "scheduler.h"
#include "signals.h"
#include <math.h>
#include <string.h>

double nt_accuracy(nt_outcome outcome) {
    return outcome.total ? (double)outcome.correct / outcome.total : 0;
}

double nt_mean_loss(nt_outcome outcome) {
    return outcome.total ? outcome.loss / outcome.total : 0;
}

double nt_change(nt_outcome outcome, nt_outcome baseline) {
    return outcome.total ? (double)(outcome.correct - baseline.correct) / outcome.total : 0;
}

nt_status nt_evaluation_check(const nt_network *network, const nt_data_info *data,
                              nt_error *error) {
    char have[NT_SHAPE_TEXT], want[NT_SHAPE_TEXT];
    if (network->input_count != 1 || nt_graph_output_count(network->graph) != 1)
        return nt_error_say(error, NT_INVALID,
                            "the network '%s' has %d inputs and %d outputs; classification takes "
                            "one of each",
                            network->name, network->input_count,
                            nt_graph_output_count(network->graph));
    nt_shape input = nt_graph_type(network->graph, network->inputs[0].value)->shape;
    if (!nt_shape_equal(input, data->shape)) {
        nt_error_say(error, NT_INVALID,
                     "the network '%s' takes samples of %s, but those of %s are %s", network->name,
                     nt_shape_format(input, have), data->folder,
                     nt_shape_format(data->shape, want));
        nt_error_hint(error,
                      "set the network's parameters, as `nontrivial show` lists them, to fit "
                      "the data");
        return NT_INVALID;
    }
    nt_shape output =
        nt_graph_type(network->graph, nt_graph_output(network->graph, 0)->value)->shape;
    if (output.rank != 1 || output.dim[0] != data->classes)
        return nt_error_say(error, NT_INVALID,
                            "the network '%s' gives %s, but the data have %d classes",
                            network->name, nt_shape_format(output, have), data->classes);
    return NT_OK;
}

/* The position of the largest logit; -1 if one of them is NaN. */
static int32_t largest(const float *logits, int32_t classes) {
    int32_t best = 0;
    for (int32_t c = 0; c < classes; c++) {
        if (isnan(logits[c]))
            return -1;
        if (logits[c] > logits[best])
            best = c;
    }
    return best;
}

static double cross_entropy(const float *logits, int32_t classes, int32_t label) {
    double top = logits[0], sum = 0;
    for (int32_t c = 1; c < classes; c++)
        top = logits[c] > top ? logits[c] : top;
    for (int32_t c = 0; c < classes; c++)
        sum += exp(logits[c] - top);
    return log(sum) + top - logits[label];
}

/* Counts one batch. An output that doesn't depend on the input holds one row that stands for all.
 */
static void count_batch(nt_tensor logits, const int32_t *labels, int32_t count, nt_outcome *outcome,
                        unsigned char *right, float *ret_logits) {
    int32_t classes = logits.type.shape.dim[0];
    for (int32_t i = 0; i < count; i++) {
        const float *row = logits.f + (logits.type.batched ? (size_t)i * (size_t)classes : 0);
        bool hit = largest(row, classes) == labels[i];
        outcome->correct += hit;
        outcome->loss += cross_entropy(row, classes, labels[i]);
        if (right)
            right[i] = hit;
        if (ret_logits)
            memcpy(ret_logits + (size_t)i * (size_t)classes, row,
                   (size_t)classes * sizeof *ret_logits);
    }
    outcome->total += count;
}

/* --- over and over ---------------------------------------------------------------------------- */

struct nt_evaluator {
    const nt_loader *loader;
    nt_evaluation evaluation;
    const char *input;
    int32_t classes;
    nt_graph *graph; /* after the passes */
    nt_plan *plan;
    nt_run *run;
    float *images;
    int32_t *labels;
    size_t images_size, labels_size;
};

static nt_status make_ready(nt_evaluator *e, const nt_graph *graph, const nt_weights *weights,
                            const nt_weights *more, nt_error *error) {
    const nt_network *network = nt_weights_network(weights);
    nt_shape shape = nt_graph_type(network->graph, network->inputs[0].value)->shape;
    int32_t batch = e->evaluation.batch;
    e->input = network->inputs[0].name;
    e->classes = nt_graph_type(graph, nt_graph_output(graph, 0)->value)->shape.dim[0];
    e->images_size = (size_t)batch * (size_t)nt_shape_elements(shape) * sizeof *e->images;
    e->labels_size = (size_t)batch * sizeof *e->labels;
    e->images = nt_alloc(e->images_size);
    e->labels = nt_alloc(e->labels_size);
    if (!e->images || !e->labels)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory for a batch of %d", batch);
    NT_TRY(nt_passes_run(graph, &e->evaluation.passes, &e->graph, error));
    NT_TRY(nt_plan_new(e->graph, batch, &e->plan, error));
    return nt_run_new(e->plan, weights, more, &e->run, error);
}

nt_status nt_evaluator_new(const nt_graph *graph, const nt_weights *weights, const nt_weights *more,
                           const nt_loader *loader, const nt_evaluation *evaluation,
                           nt_evaluator **ret, nt_error *error) {
    nt_evaluator *e = nt_alloc_zero(sizeof *e);
    if (!e)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory");
    e->loader = loader;
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
    nt_free(e->labels, e->labels_size);
    nt_free(e, sizeof *e);
}

nt_status nt_evaluator_run(nt_evaluator *e, int32_t first, int32_t count, nt_outcome *ret_outcomes,
                           unsigned char *ret_right, float *ret_logits, nt_error *error) {
    int32_t outputs = nt_graph_output_count(e->graph);
    memset(ret_outcomes, 0, (size_t)outputs * sizeof *ret_outcomes);
    for (int32_t done = 0; done < count; done += e->evaluation.batch) {
        int32_t batch = count - done < e->evaluation.batch ? count - done : e->evaluation.batch;
        NT_TRY(nt_signals_status());
        nt_loader_fill(e->loader, first + done, batch, e->images, e->labels);
        nt_feed feed = {.name = e->input, .data = e->images};
        NT_TRY(nt_run_batch(e->run, &feed, 1, batch, error));
        for (int32_t i = 0; i < outputs; i++)
            count_batch(nt_run_output(e->run, i), e->labels, batch, &ret_outcomes[i],
                        ret_right ? ret_right + (size_t)i * (size_t)count + done : NULL,
                        i == 0 && ret_logits ? ret_logits + (size_t)done * (size_t)e->classes
                                             : NULL);
        nt_report_progress(e->evaluation.report, "images", "", first + done + batch,
                           nt_loader_count(e->loader));
    }
    return NT_OK;
}

/* --- once ------------------------------------------------------------------------------------- */

nt_status nt_evaluate(const nt_graph *graph, const nt_weights *weights, const nt_loader *loader,
                      const nt_evaluation *evaluation, nt_outcome *ret, float *ret_logits,
                      nt_error *error) {
    nt_evaluator *evaluator;
    nt_outcome outcome;
    NT_TRY(nt_evaluator_new(graph, weights, NULL, loader, evaluation, &evaluator, error));
    nt_status status =
        nt_evaluator_run(evaluator, 0, nt_loader_count(loader), &outcome, NULL, ret_logits, error);
    nt_evaluator_free(evaluator);
    if (status == NT_OK)
        *ret = outcome;
    return status;
}
