/* nontrivial bench: where the time of a network goes, with random weights and images. */
#include "alloc.h"
#include "command.h"
#include "console.h"
#include "json_out.h"
#include "network_file.h"
#include "passes.h"
#include "profile.h"
#include "random.h"
#include "table.h"
#include "train_step.h"

#include <string.h>

typedef struct bench_options {
    int32_t batch, repeat, threads;
    bool train, json;
} bench_options;

static const nt_field bench_fields[] = {
    {"batch", NT_INT, offsetof(bench_options, batch), "128", 1, 65536, .doc = "images a step"},
    {"repeat", NT_INT, offsetof(bench_options, repeat), "5", 1, 10000,
     .doc = "how often the step is timed; the fastest counts"},
    {"train", NT_BOOL, offsetof(bench_options, train), "false",
     .doc = "a training step (cross-entropy, SGD with momentum) in place of an evaluation"},
    NT_OPTION_THREADS(bench_options),
    NT_OPTION_JSON(bench_options),
    {0},
};

static const nt_operand bench_operands[] = {{.name = "GRAPH", .doc = "a graph file"}, {0}};

/* One network, ready to run again and again. */
typedef struct bench {
    const bench_options *options;
    nt_arena arena;
    nt_network *network;
    nt_weights *weights;
    nt_graph *graph; /* of an evaluation */
    nt_plan *plan;
    nt_run *run;
    nt_recipe recipe;
    nt_train_step step; /* of training */
    float *images;
    int32_t *labels;
    size_t images_size, labels_size;
    double fastest; /* seconds of a whole step */
    nt_profile profile;
} bench;

static const nt_graph *graph_of(const bench *b) {
    return b->options->train ? b->step.graph->graph : b->graph;
}

static const nt_plan *plan_of(const bench *b) {
    return b->options->train ? b->step.plan : b->plan;
}

static nt_run *run_of(const bench *b) {
    return b->options->train ? b->step.run : b->run;
}

/* --- setting up ------------------------------------------------------------------------------- */

static nt_status no_memory(nt_error *error) {
    return nt_error_say(error, NT_NO_MEMORY, "out of memory");
}

static const void *record(bench *b, const nt_field *fields, size_t size, const char *text) {
    char why[NT_FIELD_WHY];
    void *made = nt_arena_alloc(&b->arena, size);
    bool ok = made && nt_fields_default(fields, made, &b->arena) &&
              nt_fields_parse(fields, made, &b->arena, text, why);
    return ok ? made : NULL;
}

static nt_status set_up_training(bench *b, nt_error *error) {
    nt_recipe *recipe = &b->recipe;
    *recipe = (nt_recipe){.epochs = 1,
                          .batch = b->options->batch,
                          .loss = nt_op_find("softmax_cross_entropy"),
                          .optimiser = nt_optimiser_find("sgd"),
                          .schedule = nt_schedule_find("constant")};
    recipe->loss_attrs = record(b, recipe->loss->fields, recipe->loss->attrs_size, "");
    recipe->optimiser_options =
        record(b, recipe->optimiser->fields, recipe->optimiser->options_size,
               "momentum=0.9 weight_decay=0.0005");
    if (!recipe->loss_attrs || !recipe->optimiser_options)
        return no_memory(error);
    NT_TRY(nt_train_step_init(&b->step, b->network, recipe, error));
    NT_TRY(nt_train_step_prepare(&b->step, error));
    for (size_t i = 0; i < nt_weights_count(b->weights); i++) {
        nt_tensor from = nt_weights_at(b->weights, i);
        memcpy(nt_weights_at(b->step.state->weights, i).data, from.data,
               (size_t)nt_type_stored(from.type) * sizeof(float));
    }
    return NT_OK;
}

static nt_status set_up_evaluation(bench *b, nt_error *error) {
    const nt_pass_options options = {0};
    NT_TRY(nt_passes_run(b->network->graph, &options, &b->graph, error));
    NT_TRY(nt_plan_new(b->graph, b->options->batch, &b->plan, error));
    return nt_run_new(b->plan, b->weights, &b->run, error);
}

static nt_status set_up(bench *b, const nt_arguments *arguments, nt_error *error) {
    NT_TRY(nt_network_load(arguments->words[0], arguments->settings, arguments->setting_count,
                           &b->network, error));
    if (b->network->input_count != 1)
        return nt_error_say(error, NT_INVALID, "'bench' takes networks with one input, not %d",
                            b->network->input_count);
    nt_shape shape = nt_graph_type(b->network->graph, b->network->inputs[0].value)->shape;
    int64_t pixels = nt_shape_elements(shape) * b->options->batch;
    b->images_size = (size_t)pixels * sizeof *b->images;
    b->labels_size = (size_t)b->options->batch * sizeof *b->labels;
    b->images = nt_alloc(b->images_size);
    b->labels = nt_alloc_zero(b->labels_size);
    if (!b->images || !b->labels || nt_weights_new(b->network, &b->weights) != NT_OK ||
        nt_weights_init(b->weights, 0) != NT_OK)
        return no_memory(error);
    nt_random random;
    nt_random_init(&random, 0, 0);
    for (int64_t i = 0; i < pixels; i++)
        b->images[i] = (float)nt_random_normal(&random);
    return b->options->train ? set_up_training(b, error) : set_up_evaluation(b, error);
}

static void tear_down(bench *b) {
    nt_train_step_finish(&b->step);
    nt_run_free(b->run);
    nt_plan_free(b->plan);
    nt_graph_free(b->graph);
    nt_weights_free(b->weights);
    nt_network_free(b->network);
    nt_free(b->images, b->images_size);
    nt_free(b->labels, b->labels_size);
    nt_arena_finish(&b->arena);
}

/* --- timing ----------------------------------------------------------------------------------- */

static nt_status run_once(bench *b, nt_error *error) {
    const double rate = 1e-4; /* small: random labels must not make the weights run away */
    float loss;
    if (!b->options->train) {
        nt_feed feed = {b->network->inputs[0].name, b->images};
        return nt_run_batch(b->run, &feed, 1, b->options->batch, error);
    }
    NT_TRY(nt_train_step_run(&b->step, b->images, b->labels, 0, &loss, error));
    nt_train_step_apply(&b->step, rate, 1);
    return NT_OK;
}

/* Whole steps first, then as many with every node watched. */
static nt_status time_steps(bench *b, nt_error *error) {
    NT_TRY(run_once(b, error)); /* warms up; runs what is only run once */
    for (int32_t i = 0; i < b->options->repeat; i++) {
        double began = nt_profile_clock();
        NT_TRY(run_once(b, error));
        double seconds = nt_profile_clock() - began;
        if (i == 0 || seconds < b->fastest)
            b->fastest = seconds;
    }
    if (nt_profile_init(&b->profile, run_of(b), graph_of(b)) != NT_OK)
        return no_memory(error);
    nt_status status = NT_OK;
    for (int32_t i = 0; status == NT_OK && i < b->options->repeat; i++)
        status = run_once(b, error);
    return status;
}

/* --- the report ------------------------------------------------------------------------------- */

typedef struct row {
    const nt_node *node;
    const char *algorithm;
    double seconds, share;
    double
        gflops; /* effective: by the multiply-adds that the literature counts; 0: it counts none */
    double megabytes; /* of its outputs */
} row;

static row row_of(const bench *b, int32_t number) {
    const nt_graph *graph = graph_of(b);
    const nt_node *node = nt_graph_node(graph, number);
    nt_type types[NT_MAX_INPUTS + NT_MAX_PARAMS];
    const nt_type *in = types, *out = node->out;
    if (node->grad) {
        in = node->grad->in;
        out = node->grad->out;
    } else {
        for (int32_t i = 0; i < node->in_count; i++)
            types[i] = *nt_graph_type(graph, node->in[i]);
    }
    row r = {.node = node, .algorithm = "", .seconds = b->profile.fastest[number]};
    if (node->op->algorithm)
        r.algorithm = node->op->algorithm(node->attrs, in, out, node->grad != NULL);
    if (node->op->multiply_adds && r.seconds > 0) {
        double adds = (double)node->op->multiply_adds(node->attrs, in, out) * b->options->batch;
        r.gflops = 2e-9 * adds * (node->grad ? 2 : 1) / r.seconds;
    }
    for (int32_t k = 0; k < node->out_count; k++)
        r.megabytes += 1e-6 * sizeof(float) * (double)nt_type_stored(node->out[k]) *
                       (node->out[k].batched ? b->options->batch : 1);
    r.share = r.seconds / b->fastest;
    return r;
}

static const nt_column columns[] = {
    {"node", NT_LEFT},   {"op", NT_LEFT},       {"algorithm", NT_LEFT}, {"ms", NT_RIGHT},
    {"share", NT_RIGHT}, {"GFLOP/s", NT_RIGHT}, {"MB", NT_RIGHT},       {0}};

static nt_status print_table(const bench *b) {
    const nt_plan *plan = plan_of(b);
    nt_table table;
    nt_text text;
    nt_text_init(&text);
    nt_table_init(&table, columns);
    for (int32_t s = 0; s < plan->varying_count; s++) {
        row r = row_of(b, plan->varying[s].node);
        nt_table_cell(&table, r.node->name);
        nt_table_cellf(&table, "%s%s", r.node->op->name, r.node->grad ? " gradient" : "");
        nt_table_cell(&table, r.algorithm);
        nt_table_cellf(&table, "%.3f", 1e3 * r.seconds);
        nt_table_cellf(&table, "%.1f %%", 100 * r.share);
        if (r.gflops > 0)
            nt_table_cellf(&table, "%.0f", r.gflops);
        else
            nt_table_cell(&table, "");
        nt_table_cellf(&table, "%.1f", r.megabytes);
    }
    nt_table_format(&table, &text);
    nt_table_finish(&table);
    char library[NT_OPS_LIBRARY];
    nt_ops_library(library);
    nt_text_printf(&text,
                   "\n%s, batch %d, %d thread%s, %s: %.2f ms a step, %.1f images/s\n"
                   "memory of a run: %.1f MB (%.1f MB of values, %.1f MB without reuse)\n",
                   b->options->train ? "training" : "evaluation", b->options->batch, nt_threads(),
                   nt_threads() == 1 ? "" : "s", library, 1e3 * b->fastest,
                   b->options->batch / b->fastest, 1e-6 * (double)plan->slab_size,
                   1e-6 * (double)plan->varying_size, 1e-6 * (double)plan->naive_size);
    return nt_print(&text);
}

static nt_status print_json(const bench *b) {
    const nt_plan *plan = plan_of(b);
    json_t *nodes = json_array();
    char library[NT_OPS_LIBRARY];
    nt_ops_library(library);
    for (int32_t s = 0; s < plan->varying_count; s++) {
        row r = row_of(b, plan->varying[s].node);
        nodes = nt_json_append(
            nodes, json_pack("{s:s, s:s, s:b, s:s, s:o, s:o, s:o}", "node", r.node->name, "op",
                             r.node->op->name, "gradient", r.node->grad != NULL, "algorithm",
                             r.algorithm, "seconds", nt_json_real(r.seconds), "gflops",
                             nt_json_real(r.gflops), "megabytes", nt_json_real(r.megabytes)));
    }
    return nt_json_print(json_pack(
        "{s:s, s:s, s:i, s:i, s:s, s:o, s:o, s:o, s:o}", "network", b->network->name, "mode",
        b->options->train ? "training" : "evaluation", "batch", (int)b->options->batch, "threads",
        nt_threads(), "library", library, "seconds", nt_json_real(b->fastest), "images_per_second",
        nt_json_real(b->options->batch / b->fastest), "run_bytes",
        json_integer((json_int_t)plan->slab_size), "nodes", nodes));
}

static nt_status run(const nt_arguments *arguments, nt_error *error) {
    bench b = {.options = arguments->record};
    nt_arena_init(&b.arena);
    nt_threads_set(b.options->threads);
    nt_status status = set_up(&b, arguments, error);
    if (status == NT_OK)
        status = time_steps(&b, error);
    if (status == NT_OK)
        status = b.options->json ? print_json(&b) : print_table(&b);
    nt_profile_finish(&b.profile);
    tear_down(&b);
    return status;
}

const nt_command nt_command_bench = {
    .name = "bench",
    .doc = "say where the time of a network goes",
    .detail =
        "Weights and images are random. GFLOP/s count the multiply-adds of a direct convolution,\n"
        "whatever the algorithm executes. Share is of the fastest whole step.\n",
    .syntax = {.options = bench_fields,
               .record_size = sizeof(bench_options),
               .operands = bench_operands,
               .settings = NT_SETTINGS_DOC},
    .run = run,
};
