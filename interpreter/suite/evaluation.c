/* Evaluation: the graph through the passes, a plan for the batch, then batch after batch, each
 * counted as soon as it is there. Signals are looked at between batches. */
#include "evaluation.h"

#include "alloc.h"
#include "scheduler.h"
#include "signals.h"
#include <math.h>
#include <string.h>

double nt_accuracy(nt_outcome outcome) {
    return outcome.total ? (double)outcome.correct / outcome.total : 0;
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

typedef struct pass_over {
    nt_run *run;
    const nt_loader *loader;
    const nt_evaluation *evaluation;
    const char *input;
    int32_t classes;
    float *images;
    int32_t *labels;
} pass_over;

static nt_status run_all(const pass_over *over, nt_outcome *outcome, unsigned char *right,
                         float *logits, nt_error *error) {
    int32_t total = nt_loader_count(over->loader), batch = over->evaluation->batch;
    for (int32_t first = 0; first < total; first += batch) {
        int32_t count = total - first < batch ? total - first : batch;
        NT_TRY(nt_signals_status());
        nt_loader_fill(over->loader, first, count, over->images, over->labels);
        nt_feed feed = {.name = over->input, .data = over->images};
        NT_TRY(nt_run_batch(over->run, &feed, 1, count, error));
        count_batch(nt_run_output(over->run, 0), over->labels, count, outcome,
                    right ? right + first : NULL,
                    logits ? logits + (size_t)first * (size_t)over->classes : NULL);
        nt_report_progress(over->evaluation->report, "images", "", first + count, total);
    }
    outcome->loss /= total;
    return NT_OK;
}

nt_status nt_evaluate(const nt_graph *graph, const nt_weights *weights, const nt_loader *loader,
                      const nt_evaluation *evaluation, nt_outcome *ret, unsigned char *ret_right,
                      float *ret_logits, nt_error *error) {
    const nt_network *network = nt_weights_network(weights);
    nt_graph *optimised = NULL;
    nt_plan *plan = NULL;
    nt_outcome outcome = {0};
    pass_over over = {.loader = loader,
                      .evaluation = evaluation,
                      .input = network->inputs[0].name,
                      .classes =
                          nt_graph_type(graph, nt_graph_output(graph, 0)->value)->shape.dim[0]};
    nt_shape shape = nt_graph_type(network->graph, network->inputs[0].value)->shape;
    size_t images_size =
        (size_t)evaluation->batch * (size_t)nt_shape_elements(shape) * sizeof(float);
    size_t labels_size = (size_t)evaluation->batch * sizeof(int32_t);
    over.images = nt_alloc(images_size);
    over.labels = nt_alloc(labels_size);
    nt_status status = NT_OK;
    if (!over.images || !over.labels)
        status =
            nt_error_say(error, NT_NO_MEMORY, "out of memory for a batch of %d", evaluation->batch);
    if (status == NT_OK)
        status = nt_passes_run(graph, &evaluation->passes, &optimised, error);
    if (status == NT_OK)
        status = nt_plan_new(optimised, evaluation->batch, &plan, error);
    if (status == NT_OK)
        status = nt_run_new(plan, weights, &over.run, error);
    if (status == NT_OK)
        status = run_all(&over, &outcome, ret_right, ret_logits, error);
    nt_run_free(over.run);
    nt_plan_free(plan);
    nt_graph_free(optimised);
    nt_free(over.images, images_size);
    nt_free(over.labels, labels_size);
    if (status == NT_OK)
        *ret = outcome;
    return status;
}
