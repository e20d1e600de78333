/* Both graphs are made, taken through the passes and planned, as running them would; the time is
 * predicted from the products that they execute and from the rate of a convolution of middling
 * size, timed on the spot. */
#include "suite_plan.h"

#include "alloc.h"
#include "attrs.h"
#include "case_graph.h"
#include "clock.h"
#include "edited_network.h"
#include "graph_cost.h"
#include "parallel.h"
#include "plan.h"
#include "step_graph.h"
#include "suite_ready.h"
#include "suite_run_private.h"
#include <string.h>

/* --- rate ------------------------------------------------------------------------------------- */

enum { PROBE_CHANNELS = 128, PROBE_SIDE = 8, PROBE_BATCH = 32, PROBE_FEWEST = 10 };

static const double probe_seconds = 0.015;

static nt_status append_convolution(nt_network *network, nt_value *ret) {
    char why[NT_WHY], text[NT_FIELD_WHY];
    const nt_op *op = &nt_op_conv2d;
    const nt_type type =
        nt_type_map(nt_shape_of(3, (int32_t[]){PROBE_CHANNELS, PROBE_SIDE, PROBE_SIDE}));
    const nt_site site = {.name = "probe", .stage = "", .block = "", .kind = ""};
    nt_value x;
    NT_TRY(nt_network_add_input(network, "x", type, &x));
    const void *attrs =
        nt_kind_record(&op->kind, "channels=128 kernel=3 pad=1 bias=false", &network->arena, text);
    if (!attrs)
        return NT_NO_MEMORY;
    NT_TRY(nt_network_append(network, op, attrs, &x, 1, &site, ret, why));
    NT_TRY(nt_graph_add_output(network->graph, "y", *ret));
    return nt_network_seal(network);
}

static nt_status time_probe(nt_network *network, const nt_weights *weights, double *ret_seconds,
                            nt_error *error) {
    size_t size = (size_t)PROBE_BATCH * PROBE_CHANNELS * PROBE_SIDE * PROBE_SIDE * sizeof(float);
    float *x = nt_alloc_zero(size);
    nt_graph *graph = NULL;
    nt_plan *plan = NULL;
    nt_run *run = NULL;
    const nt_feed feed = {.name = "x", .data = x};
    nt_status status = x ? NT_OK : NT_NO_MEMORY;
    if (status == NT_OK)
        status = nt_passes_run(network->graph, &(nt_pass_options){0}, &graph, error);
    if (status == NT_OK)
        status = nt_plan_new(graph, PROBE_BATCH, &plan, error);
    if (status == NT_OK)
        status = nt_run_new(plan, nt_weights_bind(weights, NULL), &run, error);
    double spent = 0;
    for (int i = 0; status == NT_OK && (i < PROBE_FEWEST || spent < probe_seconds); i++) {
        double began = nt_clock();
        status = nt_run_batch(run, &feed, 1, PROBE_BATCH, error);
        double seconds = nt_clock() - began;
        spent += seconds;
        if (i == 0 || seconds < *ret_seconds)
            *ret_seconds = seconds;
    }
    nt_run_free(run);
    nt_plan_free(plan);
    nt_graph_free(graph);
    nt_free(x, size);
    return status;
}

static nt_status find_rate(double *ret, nt_error *error) {
    nt_network *network = nt_network_new("probe");
    nt_weights *weights = NULL;
    nt_value value = {0};
    double seconds = 0;
    nt_status status = network ? append_convolution(network, &value) : NT_NO_MEMORY;
    if (status == NT_OK)
        status = nt_weights_new(network, &weights);
    if (status == NT_OK)
        status = time_probe(network, weights, &seconds, error);
    if (status == NT_OK) {
        const nt_node *node = nt_graph_node(network->graph, value.node);
        const nt_type *in = nt_graph_type(network->graph, node->in[0]);
        *ret =
            (double)PROBE_BATCH * (double)node->op->executed(node->attrs, in, node->out) / seconds;
    }
    nt_weights_free(weights);
    nt_network_free(network);
    return status;
}

/* --- costs ------------------------------------------------------------------------------------ */

static void add_cost(nt_suite_cost *cost, nt_graph_cost more) {
    cost->nodes += more.nodes;
    cost->multiply_adds += more.multiply_adds;
    cost->executed += more.executed;
}

/* Adds what some cases cost together. NT_INVALID, without an error, if one can't be made. */
static nt_status add_cases(const nt_suite_work *work, const nt_edits *edits, int32_t count,
                           nt_suite_cost *cost) {
    const nt_suite *suite = work->suite;
    const nt_pass_options passes = {.norm = (nt_norm)suite->evaluate.batch_norm,
                                    .conv = suite->conv};
    nt_case_graph cases;
    nt_graph *graph = NULL;
    nt_plan *plan = NULL;
    char why[NT_WHY];
    nt_status status = nt_case_graph_init(&cases, work->network, edits, count, why);
    if (status != NT_OK)
        return status == NT_INVALID ? status : nt_suite_no_memory(work);
    status = nt_passes_run(cases.graph, &passes, &graph, work->error);
    if (status == NT_OK)
        status = nt_plan_new_portions(graph, suite->evaluate.batch, nt_portions_cache(), &plan,
                                      work->error);
    if (status == NT_OK)
        add_cost(cost, nt_graph_cost_of(graph));
    if (status == NT_OK && plan->slab_size > cost->memory)
        cost->memory = plan->slab_size;
    nt_plan_free(plan);
    nt_graph_free(graph);
    nt_case_graph_finish(&cases);
    return status;
}

/* Leaves out the cases that can't be made. */
static nt_status add_all(const nt_suite_work *work, nt_edits *edits, nt_suite_plan *plan) {
    int32_t good = 0;
    for (int32_t i = 0; i < plan->cases; i++) {
        nt_status status = add_cases(work, &edits[i], 1, &plan->loop);
        if (status == NT_OK)
            edits[good++] = edits[i];
        else if (status == NT_INVALID)
            plan->failing++;
        else
            return status;
    }
    return add_cases(work, edits, good, &plan->merged);
}

/* --- training --------------------------------------------------------------------------------- */

/* Epochs that seed number s still takes. */
static int32_t epochs_left(const nt_suite *suite, const nt_run_state *done, int s) {
    for (int32_t i = 0; done && done->seeds && i < done->seed_count; i++)
        if (done->seeds[i].seed == suite->seeds[s])
            return done->seeds[i].trained ? 0 : suite->recipe->epochs - done->seeds[i].epoch;
    return suite->recipe->epochs;
}

static nt_status plan_training(const nt_suite_work *work, const nt_run_state *done,
                               nt_suite_plan *plan) {
    const nt_suite *suite = work->suite;
    nt_step_graph *step;
    nt_graph_cost cost = {0};
    if (!suite->recipe)
        return NT_OK;
    plan->train_samples = nt_dataset_count(work->dataset, NT_TRAIN);
    for (int s = 0; s < suite->seed_count; s++)
        plan->epochs_left += epochs_left(suite, done, s);
    NT_TRY(nt_step_graph_new(work->network, suite->recipe, &step, work->error));
    nt_status status = nt_graph_step_cost(step->graph, &cost);
    nt_step_graph_free(step);
    plan->step_executed = cost.executed;
    plan->training_seconds =
        (double)cost.executed * plan->train_samples * plan->epochs_left / plan->rate;
    return status == NT_OK ? NT_OK : nt_suite_no_memory(work);
}

/* --- retraining ------------------------------------------------------------------------------- */

/* Trains and measures one network more, with each seed. */
static nt_status plan_retrained(const nt_suite_work *work, const nt_retrain *retrain,
                                const nt_edits *edits, nt_suite_plan *plan) {
    nt_edited edited;
    nt_step_graph *step = NULL;
    nt_graph_cost cost = {0};
    char why[NT_WHY];
    nt_status status = nt_edited_network_init(&edited, work->network, edits, why);
    if (status == NT_OK)
        status = nt_step_graph_new(edited.network, &retrain->recipe, &step, work->error);
    if (status == NT_OK && nt_graph_step_cost(step->graph, &cost) != NT_OK)
        status = nt_suite_no_memory(work);
    nt_step_graph_free(step);
    nt_edited_finish(&edited);
    plan->failing += status == NT_INVALID;
    if (status != NT_OK)
        return status == NT_INVALID ? NT_OK : status;
    int32_t epochs = retrain->recipe.epochs * plan->seeds;
    plan->retrainings += plan->seeds;
    plan->retraining_epochs += epochs;
    plan->retraining_seconds +=
        (double)cost.executed * nt_dataset_count(work->dataset, NT_TRAIN) * epochs / plan->rate;
    NT_TRY(add_cases(work, edits, 1, &plan->loop));
    return add_cases(work, edits, 1, &plan->merged);
}

static nt_status plan_retraining(const nt_suite_work *work, nt_suite_plan *plan) {
    const nt_edits none = {0};
    for (int g = 0; g < work->suite->group_count; g++) {
        const nt_retrain *retrain = work->suite->groups[g].retrain;
        if (!retrain)
            continue;
        NT_TRY(plan_retrained(work, retrain, &none, plan));
        plan->cases++;
        for (int32_t c = 0; c < work->cases[g].count; c++, plan->cases++) {
            const nt_edits edits = {work->cases[g].items[c].edits, work->cases[g].items[c].count};
            NT_TRY(plan_retrained(work, retrain, &edits, plan));
        }
    }
    return NT_OK;
}

/* --- together --------------------------------------------------------------------------------- */

static nt_status make(nt_suite_work *work, const nt_run_state *done, nt_suite_plan *plan) {
    nt_status listed = nt_suite_list(work);
    if (!work->network)
        return listed;
    nt_suite_note_cases(work);
    nt_status ready = nt_suite_make_ready(work->suite, work->network, work->cases,
                                          work->options->progress, &work->dataset, work->error);
    NT_TRY(listed);
    NT_TRY(ready);
    plan->samples = nt_suite_count_samples(work->suite, work->dataset);
    plan->cases = 1;
    for (int g = 0; g < work->suite->group_count; g++) {
        plan->asking += work->cases[g].asks;
        plan->cases += work->suite->groups[g].retrain ? 0 : work->cases[g].count;
    }
    nt_edits *edits = NT_ARENA_ARRAY(&work->arena, nt_edits, plan->cases), *next = edits + 1;
    if (!edits)
        return nt_suite_no_memory(work);
    for (int g = 0; g < work->suite->group_count; g++)
        for (int32_t c = 0; !work->suite->groups[g].retrain && c < work->cases[g].count;
             c++, next++)
            *next = (nt_edits){work->cases[g].items[c].edits, work->cases[g].items[c].count};
    NT_TRY(add_all(work, edits, plan));
    NT_TRY(find_rate(&plan->rate, work->error));
    NT_TRY(plan_retraining(work, plan));
    double samples = (double)plan->samples * plan->seeds;
    plan->loop.seconds = samples * (double)plan->loop.executed / plan->rate;
    plan->merged.seconds = samples * (double)plan->merged.executed / plan->rate;
    return plan_training(work, done, plan);
}

nt_status nt_suite_plan_make(const nt_suite *suite, const nt_run_state *done,
                             const nt_progress *progress, nt_suite_plan *ret, nt_error *error) {
    const nt_suite_options options = {.progress = progress};
    nt_suite_plan plan = {.seeds = suite->seed_count, .threads = nt_threads()};
    nt_suite_work work;
    nt_status status = nt_suite_work_init(&work, suite, &options, error);
    if (status == NT_OK)
        status = make(&work, done, &plan);
    nt_suite_work_finish(&work);
    if (status == NT_OK)
        *ret = plan;
    return status;
}
