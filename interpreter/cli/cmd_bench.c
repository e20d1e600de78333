/* nontrivial bench: where the time of a network goes, with random weights and images. */
#include "alloc.h"
#include "bench.h"
#include "clock.h"
#include "command.h"
#include "network_file.h"
#include "random.h"

#include <string.h>

static const char *const compares[] = {"nothing", "algorithm", "portions", NULL};

static const char *const memories[] = {"kept", "returned", NULL}; /* as nt_peer_memory */

static const nt_field bench_fields[] = {
    {"batch", NT_INT, offsetof(nt_bench_options, batch), "128", 1, 65536, .doc = "images a step"},
    {"repeat", NT_INT, offsetof(nt_bench_options, repeat), "5", 1, 10000,
     .doc = "how often the step is timed, in each round; the fastest counts"},
    {"train", NT_BOOL, offsetof(nt_bench_options, train), "false",
     .doc = "a training step (cross-entropy, SGD with momentum) in place of an evaluation"},
    {"compare", NT_CHOICE, offsetof(nt_bench_options, compare), "nothing", .choices = compares,
     .doc = "algorithm: time the direct convolutions beside those chosen by shape; portions: time "
            "whole batches beside portions whose maps the caches hold"},
    {"peer", NT_STRING, offsetof(nt_bench_options, peer),
     .doc = "torch: time PyTorch in turns; its network is torchvision's of that name, or that of "
            "torch:PACKAGE:CALLABLE"},
    {"peer-args", NT_STRING, offsetof(nt_bench_options, peer_args),
     .doc = "arguments of that callable, as num_classes=10"},
    {"peer-memory", NT_CHOICE, offsetof(nt_bench_options, peer_memory), "kept", .choices = memories,
     .doc = "what the peer does with a step's memory: kept for the next step, as here, or returned "
            "and mapped anew, as glibc does"},
    {"rounds", NT_INT, offsetof(nt_bench_options, rounds), "3", 1, NT_MOST_ROUNDS,
     .doc = "with a peer: how many turns each takes"},
    NT_OPTION_CONV(nt_bench_options),
    NT_OPTION_THREADS(nt_bench_options),
    NT_OPTION_WIDE(nt_bench_options),
    NT_OPTION_JSON(nt_bench_options),
    {0},
};

static const nt_operand bench_operands[] = {{.name = "GRAPH", .doc = NT_GRAPH_DOC}, {0}};

static nt_run *run_of(const nt_bench *b, const nt_bench_side *at) {
    return b->options->train ? at->step.run : at->ready.run;
}

/* --- setting up ------------------------------------------------------------------------------- */

static nt_status no_memory(nt_error *error) {
    return nt_error_say(error, NT_NO_MEMORY, "out of memory");
}

/* The cross-entropy of every output; NULL when out of memory. */
static const nt_loss_term *make_loss(nt_bench *b) {
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

static nt_status set_up_training(nt_bench *b, nt_bench_side *at, nt_error *error) {
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
    NT_TRY(nt_train_step_prepare(&at->step, (nt_spread){0}, error));
    for (size_t i = 0; i < nt_weights_count(b->weights); i++) {
        nt_tensor from = nt_weights_at(b->weights, i);
        memcpy(nt_weights_at(at->step.state->weights, i).data, from.data,
               (size_t)nt_type_stored(from.type) * sizeof(float));
    }
    return NT_OK;
}

static nt_status set_up_evaluation(nt_bench *b, nt_bench_side *at, nt_error *error) {
    const nt_ready_how how = {b->options->batch, at->conv, at->cache};
    return nt_ready_init(&at->ready, b->network, nt_weights_bind(b->weights, NULL), &how, error);
}

static nt_status set_up_sides(nt_bench *b, nt_error *error) {
    nt_bench_compare compare = (nt_bench_compare)b->options->compare;
    if (compare == NT_COMPARE_ALGORITHM && b->options->conv == NT_CONV_DIRECT)
        return nt_error_say(error, NT_USAGE,
                            "--compare algorithm has the direct convolutions as its second side; "
                            "leave out --conv direct");
    if (compare == NT_COMPARE_PORTIONS && b->options->train)
        return nt_error_say(error, NT_USAGE,
                            "--compare portions is of evaluations: a training step takes its batch "
                            "whole; leave out --train");
    b->side_count = 1 + (compare != NT_COMPARE_NOTHING);
    b->sides[0].conv = b->options->conv;
    b->sides[0].cache = nt_portions_cache();
    b->sides[1] = b->sides[0];
    if (compare == NT_COMPARE_ALGORITHM)
        b->sides[1].conv = NT_CONV_DIRECT;
    else
        b->sides[1].cache = 0;
    for (int i = 0; i < b->side_count; i++)
        NT_TRY((b->options->train ? set_up_training : set_up_evaluation)(b, &b->sides[i], error));
    if (b->options->train) { /* each side has its own now */
        nt_weights_free(b->weights);
        b->weights = NULL;
    }
    return NT_OK;
}

static nt_status check_peer(const nt_bench *b, const nt_arguments *arguments, nt_error *error) {
    const char *peer = b->options->peer;
    if (!peer && nt_arguments_have(arguments, "rounds"))
        return nt_error_say(error, NT_USAGE, "--rounds is of a comparison: it wants --peer");
    if (!peer && nt_arguments_have(arguments, "peer-memory"))
        return nt_error_say(error, NT_USAGE, "--peer-memory is of a peer: it wants --peer");
    if (b->options->peer_args && (!peer || strcmp(peer, "torch") == 0))
        return nt_error_say(error, NT_USAGE, "--peer-args wants --peer torch:PACKAGE:CALLABLE");
    if (peer && strcmp(peer, "torch") != 0 && strncmp(peer, "torch:", 6) != 0)
        return nt_error_say(error, NT_USAGE,
                            "--peer is 'torch' or 'torch:PACKAGE:CALLABLE', not '%s'", peer);
    return NT_OK;
}

static nt_status set_up_peer(nt_bench *b, nt_error *error) {
    const nt_bench_options *options = b->options;
    const nt_torch_job job = {.network = b->network,
                              .peer = options->peer,
                              .args = options->peer_args ? options->peer_args : "",
                              .batch = options->batch,
                              .repeat = options->repeat,
                              .train = options->train,
                              .memory = (nt_peer_memory)options->peer_memory};
    b->round_count = options->peer ? options->rounds : 1;
    b->rounds = NT_ARENA_ARRAY(&b->arena, nt_bench_round, b->round_count);
    if (!b->rounds)
        return no_memory(error);
    return options->peer ? nt_torch_peer_start(&job, &b->peer, error) : NT_OK;
}

static nt_status set_up(nt_bench *b, const nt_arguments *arguments, nt_error *error) {
    NT_TRY(check_peer(b, arguments, error));
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
    NT_TRY(set_up_sides(b, error));
    return set_up_peer(b, error);
}

static void tear_down(nt_bench *b) {
    nt_torch_peer_stop(b->peer);
    for (nt_bench_side *at = b->sides; at < b->sides + b->side_count; at++) {
        nt_profile_finish(&at->profile);
        nt_train_step_finish(&at->step);
        nt_ready_finish(&at->ready);
    }
    nt_weights_free(b->weights);
    nt_network_free(b->network);
    nt_free(b->images, b->images_size);
    nt_free(b->labels, b->labels_size);
    nt_arena_finish(&b->arena);
}

/* --- timing ----------------------------------------------------------------------------------- */

/* What a turn is of. */
typedef struct side_of {
    nt_bench *bench;
    nt_bench_side *side;
} side_of;

static nt_status run_once(void *of, nt_error *error) {
    /* The rate is small: random labels must not make the weights run away. */
    const nt_step_moment moment = {.rate = 1e-4, .number = 1};
    const nt_bench *b = ((side_of *)of)->bench;
    nt_bench_side *at = ((side_of *)of)->side;
    float loss;
    if (!b->options->train)
        return nt_ready_run(&at->ready, b->images, b->options->batch, error);
    return nt_train_step_run(&at->step, b->images, b->labels, moment, &loss, error);
}

static void measure_peaks(nt_bench *b) {
    b->kernel_count = nt_ops_kernels(b->kernels);
    for (int i = 0; i < b->kernel_count; i++) {
        b->peaks[i] = nt_ops_peak(b->kernels[i]);
        if (b->peaks[i] > b->peak)
            b->peak = b->peaks[i];
    }
}

/* How often nodes run in a step: each once a portion. */
static double node_runs(const nt_bench *b, const nt_bench_side *at) {
    const nt_plan *plan = nt_bench_plan(b, at);
    double runs = 0;
    for (int32_t s = 0; s < plan->varying_count; s++) {
        int32_t samples = nt_plan_samples(plan, s);
        runs += (plan->batch + samples - 1) / samples;
    }
    return runs;
}

/* What looking at the clocks takes of a step: two readings a node's run and two of the whole step;
 * and in each section every thread looks twice. */
static double watching_of(const nt_bench *b) {
    enum { TRIES = 1000 };
    const nt_bench_side *at = &b->sides[0];
    double reading = 1, look = 1;
    for (int i = 0; i < TRIES; i++) {
        double began = nt_clock();
        nt_reading now = nt_timing_now();
        double ended = nt_clock();
        reading = now.clock - began < reading ? now.clock - began : reading;
        look = ended - now.clock < look ? ended - now.clock : look;
    }
    return 2 * (node_runs(b, at) + 1) * reading +
           2 * look * (double)at->whole.sections / (double)at->whole.runs;
}

static nt_status warm_up(nt_bench *b, nt_error *error) {
    for (int i = 0; i < b->side_count; i++) {
        nt_bench_side *at = &b->sides[i];
        NT_TRY(run_once(&(side_of){b, at}, error)); /* and what is only run once */
        if (nt_profile_init(&at->profile, run_of(b, at), nt_bench_graph(b, at)) != NT_OK)
            return no_memory(error);
    }
    return NT_OK;
}

static nt_status run_peer(void *of, int32_t round, nt_error *error) {
    nt_bench *b = of;
    return b->peer ? nt_torch_peer_run(b->peer, &b->rounds[round].torch, error) : NT_OK;
}

/* Of each repeat the whole step and its nodes are timed; sides and the peer take turns. */
static nt_status time_steps(nt_bench *b, nt_error *error) {
    side_of sides[2];
    nt_turn turns[2];
    NT_TRY(warm_up(b, error));
    for (int i = 0; i < b->side_count; i++) {
        double *seconds = NT_ARENA_ARRAY(&b->arena, double, b->round_count);
        if (!seconds)
            return no_memory(error);
        sides[i] = (side_of){b, &b->sides[i]};
        turns[i] = (nt_turn){run_once, &sides[i], &b->sides[i].whole, seconds};
    }
    const nt_turns all = {turns, b->side_count, b->round_count, b->options->repeat, run_peer, b};
    NT_TRY(nt_turns_take(&all, error));
    for (int32_t r = 0; r < b->round_count; r++)
        b->rounds[r].ours = turns[0].seconds[r];
    b->watching = watching_of(b);
    return NT_OK;
}

static nt_status run(const nt_arguments *arguments, nt_error *error) {
    nt_bench b = {.options = arguments->record};
    nt_arena_init(&b.arena);
    nt_threads_set(b.options->threads);
    nt_status status = set_up(&b, arguments, error);
    measure_peaks(&b);
    if (status == NT_OK)
        status = time_steps(&b, error);
    if (status == NT_OK)
        status = nt_bench_print(&b);
    tear_down(&b);
    return status;
}

const nt_command nt_command_bench = {
    .kind = {.name = "bench",
             .doc = "say where the time of a network goes",
             .fields = bench_fields,
             .size = sizeof(nt_bench_options)},
    .detail =
        "Weights and images are random. GFLOP/s count the multiply-adds of a direct convolution,\n"
        "whatever the algorithm executes: it can be more than the peak, which is measured by\n"
        "nothing but fused multiply-adds on all threads. Share is of the fastest whole step.\n"
        "Waiting is the part of the threads' time in which they had nothing to do: at the ends of\n"
        "parallel sections, and while one thread worked alone. Each number is of the same steps.\n",
    .examples = "nontrivial bench graphs/resnet18.yaml --batch 32 --threads 2\n",
    .syntax = {.operands = bench_operands, .settings = NT_SETTINGS_DOC},
    .run = run,
};
