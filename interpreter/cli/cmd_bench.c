/* nontrivial bench: where the time of a network goes, with random weights and images. */
#include "alloc.h"
#include "attrs.h"
#include "command.h"
#include "console.h"
#include "json_out.h"
#include "network_file.h"
#include "op_library.h"
#include "passes.h"
#include "profile.h"
#include "random.h"
#include "table.h"
#include "train_step.h"

#include <string.h>

typedef struct bench_options {
    int32_t batch, repeat, threads, conv, compare;
    bool train, json;
} bench_options;

enum { COMPARE_NOTHING, COMPARE_ALGORITHM };
static const char *const compares[] = {"nothing", "algorithm", NULL};

static const nt_field bench_fields[] = {
    {"batch", NT_INT, offsetof(bench_options, batch), "128", 1, 65536, .doc = "images a step"},
    {"repeat", NT_INT, offsetof(bench_options, repeat), "5", 1, 10000,
     .doc = "how often the step is timed; the fastest counts"},
    {"train", NT_BOOL, offsetof(bench_options, train), "false",
     .doc = "a training step (cross-entropy, SGD with momentum) in place of an evaluation"},
    {"compare", NT_CHOICE, offsetof(bench_options, compare), "nothing", .choices = compares,
     .doc = "algorithm: time the direct convolutions beside those chosen by shape"},
    NT_OPTION_CONV(bench_options),
    NT_OPTION_THREADS(bench_options),
    NT_OPTION_JSON(bench_options),
    {0},
};

static const nt_operand bench_operands[] = {{.name = "GRAPH", .doc = "a graph file"}, {0}};

/* One way to run the network: an evaluation's graph, or a training step. */
typedef struct side {
    int32_t conv;    /* NT_CONV_… */
    nt_graph *graph; /* of an evaluation; the two after it too */
    nt_plan *plan;
    nt_run *run;
    nt_recipe recipe;
    nt_train_step step;
    double fastest; /* seconds of a whole step */
    nt_profile profile;
} side;

/* One network, ready to run again and again. */
typedef struct bench {
    const bench_options *options;
    nt_arena arena;
    nt_network *network;
    nt_weights *weights;
    float *images;
    int32_t *labels;
    size_t images_size, labels_size;
    side sides[2]; /* the second for a comparison: all convolutions direct */
    int side_count;
    const char *kernels[NT_OPS_KERNELS]; /* of matrix products; */
    double peaks[NT_OPS_KERNELS];        /* with the vectors of each, GFLOP/s; 0: not known */
    int kernel_count;
    double peak; /* the greatest of them */
} bench;

static const nt_graph *graph_of(const bench *b, const side *at) {
    return b->options->train ? at->step.graph->graph : at->graph;
}

static const nt_plan *plan_of(const bench *b, const side *at) {
    return b->options->train ? at->step.plan : at->plan;
}

static nt_run *run_of(const bench *b, const side *at) {
    return b->options->train ? at->step.run : at->run;
}

/* --- setting up ------------------------------------------------------------------------------- */

static nt_status no_memory(nt_error *error) {
    return nt_error_say(error, NT_NO_MEMORY, "out of memory");
}

/* The cross-entropy of every output; NULL when out of memory. */
static const nt_loss_term *make_loss(bench *b) {
    const nt_op *op = &nt_op_softmax_cross_entropy;
    int32_t count = nt_graph_output_count(b->network->graph);
    nt_loss_term *terms = NT_ARENA_ARRAY(&b->arena, nt_loss_term, count);
    char why[NT_FIELD_WHY];
    const void *attrs = nt_kind_record(&op->kind, "", &b->arena, why);
    for (int32_t i = 0; terms && i < count; i++)
        terms[i] = (nt_loss_term){.op = op,
                                  .attrs = attrs,
                                  .of = nt_graph_output(b->network->graph, i)->name,
                                  .weight = 1};
    return attrs ? terms : NULL;
}

static nt_status set_up_training(bench *b, side *at, nt_error *error) {
    nt_recipe *recipe = &at->recipe;
    *recipe = (nt_recipe){.epochs = 1,
                          .batch = b->options->batch,
                          .conv = at->conv,
                          .optimiser = nt_optimiser_find("sgd"),
                          .schedule = nt_schedule_find("constant")};
    recipe->loss = make_loss(b);
    recipe->loss_count = nt_graph_output_count(b->network->graph);
    char why[NT_FIELD_WHY];
    recipe->optimiser_options = nt_kind_record(&recipe->optimiser->kind,
                                               "momentum=0.9 weight_decay=0.0005", &b->arena, why);
    if (!recipe->loss || !recipe->optimiser_options)
        return no_memory(error);
    NT_TRY(nt_train_step_init(&at->step, b->network, recipe, error));
    NT_TRY(nt_train_step_prepare(&at->step, error));
    for (size_t i = 0; i < nt_weights_count(b->weights); i++) {
        nt_tensor from = nt_weights_at(b->weights, i);
        memcpy(nt_weights_at(at->step.state->weights, i).data, from.data,
               (size_t)nt_type_stored(from.type) * sizeof(float));
    }
    return NT_OK;
}

static nt_status set_up_evaluation(bench *b, side *at, nt_error *error) {
    const nt_pass_options options = {.conv = at->conv};
    nt_graph *main;
    if (nt_graph_main(b->network->graph, &main) != NT_OK)
        return no_memory(error);
    nt_status status = nt_passes_run(main, &options, &at->graph, error);
    nt_graph_free(main);
    NT_TRY(status);
    NT_TRY(nt_plan_new(at->graph, b->options->batch, &at->plan, error));
    return nt_run_new(at->plan, nt_weights_bind(b->weights, NULL), &at->run, error);
}

static nt_status set_up_sides(bench *b, nt_error *error) {
    bool compare = b->options->compare == COMPARE_ALGORITHM;
    if (compare && b->options->conv == NT_CONV_DIRECT)
        return nt_error_say(error, NT_USAGE,
                            "--compare algorithm has the direct convolutions as its second side; "
                            "leave out --conv direct");
    b->side_count = 1 + compare;
    b->sides[0].conv = b->options->conv;
    b->sides[1].conv = NT_CONV_DIRECT;
    for (int i = 0; i < b->side_count; i++)
        NT_TRY((b->options->train ? set_up_training : set_up_evaluation)(b, &b->sides[i], error));
    if (b->options->train) { /* each side has its own now */
        nt_weights_free(b->weights);
        b->weights = NULL;
    }
    return NT_OK;
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
    nt_shape logits =
        nt_graph_type(b->network->graph, nt_graph_output(b->network->graph, 0)->value)->shape;
    int64_t targets = logits.rank == 3 ? nt_shape_pixels(logits) : 1;
    b->labels_size = (size_t)b->options->batch * (size_t)targets * sizeof *b->labels;
    b->images = nt_alloc(b->images_size);
    b->labels = nt_alloc_zero(b->labels_size);
    if (!b->images || !b->labels || nt_weights_new(b->network, &b->weights) != NT_OK ||
        nt_weights_init(b->weights, 0) != NT_OK)
        return no_memory(error);
    nt_random random;
    nt_random_init(&random, 0, 0);
    for (int64_t i = 0; i < pixels; i++)
        b->images[i] = (float)nt_random_normal(&random);
    return set_up_sides(b, error);
}

static void tear_down(bench *b) {
    for (side *at = b->sides; at < b->sides + b->side_count; at++) {
        nt_profile_finish(&at->profile);
        nt_train_step_finish(&at->step);
        nt_run_free(at->run);
        nt_plan_free(at->plan);
        nt_graph_free(at->graph);
    }
    nt_weights_free(b->weights);
    nt_network_free(b->network);
    nt_free(b->images, b->images_size);
    nt_free(b->labels, b->labels_size);
    nt_arena_finish(&b->arena);
}

/* --- timing ----------------------------------------------------------------------------------- */

static nt_status run_once(const bench *b, side *at, nt_error *error) {
    /* The rate is small: random labels must not make the weights run away. */
    const nt_step_moment moment = {.rate = 1e-4, .number = 1};
    float loss;
    if (!b->options->train) {
        nt_feed feed = {b->network->inputs[0].name, b->images};
        return nt_run_batch(at->run, &feed, 1, b->options->batch, error);
    }
    return nt_train_step_run(&at->step, b->images, b->labels, moment, &loss, error);
}

static nt_status time_step(const bench *b, side *at, nt_error *error) {
    double began = nt_profile_clock();
    NT_TRY(run_once(b, at, error));
    double seconds = nt_profile_clock() - began;
    if (at->fastest == 0 || seconds < at->fastest)
        at->fastest = seconds;
    return NT_OK;
}

static void measure_peaks(bench *b) {
    b->kernel_count = nt_ops_kernels(b->kernels);
    for (int i = 0; i < b->kernel_count; i++) {
        b->peaks[i] = nt_ops_peak(b->kernels[i]);
        if (b->peaks[i] > b->peak)
            b->peak = b->peaks[i];
    }
}

/* Whole steps first, the sides in turn; then as many with every node watched. */
static nt_status time_steps(bench *b, nt_error *error) {
    for (int i = 0; i < b->side_count; i++)
        NT_TRY(run_once(b, &b->sides[i], error)); /* warms up; runs what is only run once */
    for (int32_t r = 0; r < b->options->repeat; r++)
        for (int i = 0; i < b->side_count; i++)
            NT_TRY(time_step(b, &b->sides[i], error));
    for (int i = 0; i < b->side_count; i++) {
        side *at = &b->sides[i];
        if (nt_profile_init(&at->profile, run_of(b, at), graph_of(b, at)) != NT_OK)
            return no_memory(error);
        for (int32_t r = 0; r < b->options->repeat; r++)
            NT_TRY(run_once(b, at, error));
    }
    return NT_OK;
}

/* --- the report ------------------------------------------------------------------------------- */

typedef struct row {
    const nt_node *node;
    const char *algorithm;
    double seconds, share;
    /* Effective: by the multiply-adds that the literature counts; 0: it counts none. */
    double gflops, of_peak;
    double megabytes; /* of its outputs */
} row;

/* How many products of the forward pass's size a step takes: one, or of a gradient one for the data
 * and one for the weights, as far as they are wanted. */
static int products_of(const nt_node *node, const nt_step *step) {
    if (!node->grad)
        return 1;
    return (step->out[0] != NT_NOWHERE) + (node->out_count > 1 && step->out[1] != NT_NOWHERE);
}

static row row_of(const bench *b, const side *at, int32_t step) {
    const nt_graph *graph = graph_of(b, at);
    const nt_step *planned = &plan_of(b, at)->varying[step];
    int32_t number = planned->node;
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
    row r = {.node = node, .algorithm = "", .seconds = at->profile.fastest[number]};
    if (node->op->algorithm)
        r.algorithm = node->op->algorithm(node->attrs, in, out, node->grad != NULL);
    if (node->op->multiply_adds && r.seconds > 0) {
        double adds = (double)node->op->multiply_adds(node->attrs, in, out) * b->options->batch;
        r.gflops = 2e-9 * adds * products_of(node, planned) / r.seconds;
        r.of_peak = b->peak > 0 ? r.gflops / b->peak : 0;
    }
    for (int32_t k = 0; k < node->out_count; k++)
        r.megabytes += 1e-6 * sizeof(float) * (double)nt_type_stored(node->out[k]) *
                       (node->out[k].batched ? b->options->batch : 1);
    r.share = r.seconds / at->fastest;
    return r;
}

/* The same step of the other side, whose graphs differ in nothing but the convolutions' algorithms,
 * if it is one that has them; 0: it has not. */
static double seconds_of_other(const bench *b, int32_t step) {
    const side *other = &b->sides[1];
    if (b->side_count == 1)
        return 0;
    row r = row_of(b, other, step);
    return r.node->op->algorithm ? r.seconds : 0;
}

static const nt_column columns[] = {
    {"node", NT_LEFT},     {"op", NT_LEFT},     {"algorithm", NT_LEFT},
    {"ms", NT_RIGHT},      {"share", NT_RIGHT}, {"GFLOP/s", NT_RIGHT},
    {"of peak", NT_RIGHT}, {"MB", NT_RIGHT},    {0}};
static const nt_column columns_compared[] = {{"node", NT_LEFT},
                                             {"op", NT_LEFT},
                                             {"algorithm", NT_LEFT},
                                             {"ms", NT_RIGHT},
                                             {"share", NT_RIGHT},
                                             {"GFLOP/s", NT_RIGHT},
                                             {"of peak", NT_RIGHT},
                                             {"MB", NT_RIGHT},
                                             {"direct ms", NT_RIGHT},
                                             {"gain", NT_RIGHT},
                                             {0}};

static void add_comparison(const bench *b, int32_t step, double seconds, nt_table *table) {
    double other = seconds_of_other(b, step);
    if (other > 0) {
        nt_table_cellf(table, "%.3f", 1e3 * other);
        nt_table_cellf(table, "%.2f", other / seconds);
    } else {
        nt_table_cell(table, "");
        nt_table_cell(table, "");
    }
}

static void add_rate(const row *r, nt_table *table) {
    if (r->gflops > 0)
        nt_table_cellf(table, "%.0f", r->gflops);
    else
        nt_table_cell(table, "");
    if (r->of_peak > 0)
        nt_table_cellf(table, "%.0f %%", 100 * r->of_peak);
    else
        nt_table_cell(table, "");
}

static void add_peaks(const bench *b, nt_text *text) {
    bool any = false;
    for (int i = 0; i < b->kernel_count; i++)
        if (b->peaks[i] > 0) {
            nt_text_printf(text, "%s%.0f GFLOP/s with %s",
                           any ? ", " : "peak of the processor: ", b->peaks[i], b->kernels[i]);
            any = true;
        }
    if (any)
        nt_text_add(text, "\n");
}

static void add_totals(const bench *b, nt_text *text) {
    const side *at = &b->sides[0];
    const nt_plan *plan = plan_of(b, at);
    char library[NT_OPS_LIBRARY];
    nt_ops_library(library);
    nt_text_printf(
        text,
        "\n%s, batch %d, %d thread%s, %s: %.2f ms a step, %.1f images/s\n"
        "memory of a run: %.1f MB (%.1f MB of values, %.1f MB without reuse; %.1f MB that "
        "stands still; %.1f MB alive at once)\n",
        b->options->train ? "training" : "evaluation", b->options->batch, nt_threads(),
        nt_threads() == 1 ? "" : "s", library, 1e3 * at->fastest, b->options->batch / at->fastest,
        1e-6 * (double)plan->slab_size, 1e-6 * (double)plan->varying_size,
        1e-6 * (double)plan->naive_size, 1e-6 * (double)plan->fixed_size,
        1e-6 * (double)plan->alive_size);
    add_peaks(b, text);
    if (b->side_count > 1)
        nt_text_printf(text, "with direct convolutions alone: %.2f ms a step, %.1f images/s\n",
                       1e3 * b->sides[1].fastest, b->options->batch / b->sides[1].fastest);
}

static nt_status print_table(const bench *b) {
    const side *at = &b->sides[0];
    nt_table table;
    nt_text text;
    nt_text_init(&text);
    nt_table_init(&table, b->side_count > 1 ? columns_compared : columns);
    for (int32_t s = 0; s < plan_of(b, at)->varying_count; s++) {
        row r = row_of(b, at, s);
        nt_table_cell(&table, r.node->name);
        nt_table_cellf(&table, "%s%s", r.node->op->kind.name, r.node->grad ? " gradient" : "");
        nt_table_cell(&table, r.algorithm);
        nt_table_cellf(&table, "%.3f", 1e3 * r.seconds);
        nt_table_cellf(&table, "%.1f %%", 100 * r.share);
        add_rate(&r, &table);
        nt_table_cellf(&table, "%.1f", r.megabytes);
        if (b->side_count > 1)
            add_comparison(b, s, r.seconds, &table);
    }
    nt_table_format(&table, &text);
    nt_table_finish(&table);
    add_totals(b, &text);
    return nt_print(&text);
}

static json_t *json_row(const bench *b, int32_t step) {
    row r = row_of(b, &b->sides[0], step);
    double other = seconds_of_other(b, step);
    return json_pack("{s:s, s:s, s:b, s:s, s:o, s:o, s:o, s:o, s:o*}", "node", r.node->name, "op",
                     r.node->op->kind.name, "gradient", r.node->grad != NULL, "algorithm",
                     r.algorithm, "seconds", nt_json_real(r.seconds), "gflops",
                     nt_json_real(r.gflops), "of_peak", nt_json_real(r.of_peak), "megabytes",
                     nt_json_real(r.megabytes), "direct_seconds",
                     other > 0 ? nt_json_real(other) : NULL);
}

static json_t *json_peaks(const bench *b) {
    json_t *peaks = json_object();
    for (int i = 0; i < b->kernel_count; i++)
        if (b->peaks[i] > 0)
            json_object_set_new(peaks, b->kernels[i], nt_json_real(b->peaks[i]));
    return peaks;
}

static nt_status print_json(const bench *b) {
    const side *at = &b->sides[0];
    const nt_plan *plan = plan_of(b, at);
    json_t *nodes = json_array();
    char library[NT_OPS_LIBRARY];
    nt_ops_library(library);
    for (int32_t s = 0; s < plan->varying_count; s++)
        nodes = nt_json_append(nodes, json_row(b, s));
    return nt_json_print(
        json_pack("{s:s, s:s, s:i, s:i, s:s, s:o, s:o, s:o, s:o*, s:o, s:o}", "network",
                  b->network->name, "mode", b->options->train ? "training" : "evaluation", "batch",
                  (int)b->options->batch, "threads", nt_threads(), "library", library,
                  "peak_gflops", json_peaks(b), "seconds", nt_json_real(at->fastest),
                  "images_per_second", nt_json_real(b->options->batch / at->fastest),
                  "direct_seconds", b->side_count > 1 ? nt_json_real(b->sides[1].fastest) : NULL,
                  "run_bytes", json_integer((json_int_t)plan->slab_size), "nodes", nodes));
}

static nt_status run(const nt_arguments *arguments, nt_error *error) {
    bench b = {.options = arguments->record};
    nt_arena_init(&b.arena);
    nt_threads_set(b.options->threads);
    nt_status status = set_up(&b, arguments, error);
    measure_peaks(&b);
    if (status == NT_OK)
        status = time_steps(&b, error);
    if (status == NT_OK)
        status = b.options->json ? print_json(&b) : print_table(&b);
    tear_down(&b);
    return status;
}

const nt_command nt_command_bench = {
    .kind = {.name = "bench",
             .doc = "say where the time of a network goes",
             .fields = bench_fields,
             .size = sizeof(bench_options)},
    .detail =
        "Weights and images are random. GFLOP/s count the multiply-adds of a direct convolution,\n"
        "whatever the algorithm executes: it can be more than the peak, which is measured by\n"
        "nothing but fused multiply-adds on all threads. Share is of the fastest whole step.\n",
    .syntax = {.operands = bench_operands, .settings = NT_SETTINGS_DOC},
    .run = run,
};
