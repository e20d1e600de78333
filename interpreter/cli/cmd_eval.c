/* nontrivial eval: one network with its weights, measured on one data set. */
#include "batch_norms.h"
#include "command.h"
#include "console.h"
#include "data_argument.h"
#include "eval_report.h"
#include "evaluation.h"
#include "file.h"
#include "json_out.h"
#include "progress_bar.h"
#include "signals.h"
#include "weights_file.h"

#include <time.h>

typedef struct eval_options {
    const char *weights, *map, *extra, *data, *logits, *confusion;
    int32_t split, limit, first, batch, batch_norm, conv, threads, normalise;
    int32_t window[2];
    nt_reals mean, deviation;
    bool json, quiet, verbose;
} eval_options;

static const char *const splits[] = {"train", "test", NULL};         /* as nt_split */
static const char *const batch_norms[] = {"running", "batch", NULL}; /* as nt_norm */
static const char *const normalisations[] = {"usual", "image", NULL};

static const nt_field eval_fields[] = {
    NT_OPTION_WEIGHTS(eval_options),
    {"data", NT_STRING, offsetof(eval_options, data),
     .doc = "a data set, KIND:ROOT; options of the kind may follow: ,name=value; or the images of "
            "a .npy file or of FILE.npz#NAME"},
    {"split", NT_CHOICE, offsetof(eval_options, split), "test", .choices = splits,
     .doc = "which part of it"},
    {"limit", NT_INT, offsetof(eval_options, limit), "0", 0, 2147483647,
     .doc = "only so many images: of each class or patient a share, always the same; 0: all"},
    {"first", NT_INT, offsetof(eval_options, first), "0", 0, 2147483647,
     .doc = "only the first so many images; 0: all"},
    {"batch", NT_INT, offsetof(eval_options, batch), "256", 1, 65536, .doc = "images a step"},
    {"batch-norm", NT_CHOICE, offsetof(eval_options, batch_norm), "running", .choices = batch_norms,
     .doc = "which statistics batch normalisation uses"},
    {"window", NT_PAIR, offsetof(eval_options, window), "0", 0, 1 << 20,
     .doc = "show the middle of each image, so many rows and columns; 0: all of it"},
    {"normalise", NT_CHOICE, offsetof(eval_options, normalise), "usual", .choices = normalisations,
     .doc = "as is usual for the data, or by each image's own mean and deviation"},
    {"mean", NT_REALS, offsetof(eval_options, mean), "[]",
     .doc = "of each channel, in place of what is usual; of bytes as parts of 255"},
    {"deviation", NT_REALS, offsetof(eval_options, deviation), "[]",
     .doc = "of each channel, beside --mean"},
    {"logits", NT_STRING, offsetof(eval_options, logits),
     .doc = "write every image's logits, in the files' order, to this .npy file; nothing is "
            "measured where the data have no classes, or others than the network"},
    {"confusion", NT_STRING, offsetof(eval_options, confusion),
     .doc = "write how often each class is taken for which to this .csv file"},
    NT_OPTION_CONV(eval_options),
    NT_OPTION_THREADS(eval_options),
    NT_OPTION_JSON(eval_options),
    NT_OPTION_QUIET(eval_options),
    NT_OPTION_VERBOSE(eval_options),
    {0},
};

static const nt_operand eval_operands[] = {{.name = "GRAPH", .doc = NT_GRAPH_DOC}, {0}};

/* All that one call needs, to be freed whatever happens. */
typedef struct eval_job {
    const eval_options *options;
    nt_arena arena;
    nt_network *network;
    nt_weights *weights;
    nt_dataset *dataset;
    nt_loader *loader;
    nt_eval_report scored;
    float mean[NT_MAX_CHANNELS], deviation[NT_MAX_CHANNELS];
    bool answers; /* nothing is measured, logits are all that is wanted */
    double seconds;
} eval_job;

static nt_status set_norm(eval_job *job, nt_loading *loading, nt_error *error) {
    const nt_reals *mean = &job->options->mean, *deviation = &job->options->deviation;
    int32_t channels = nt_dataset_info(job->dataset)->shape.dim[0];
    NT_TRY(nt_data_argument_check_norm(mean, deviation, channels, error));
    if (mean->count == 0)
        return NT_OK;
    for (int32_t c = 0; c < channels; c++) {
        job->mean[c] = (float)mean->items[c];
        job->deviation[c] = (float)deviation->items[c];
    }
    loading->mean = job->mean;
    loading->deviation = job->deviation;
    return NT_OK;
}

static nt_status check_data(eval_job *job, const nt_loading *loading, nt_error *error) {
    const nt_data_info *info = nt_dataset_info(job->dataset);
    NT_TRY(nt_evaluation_check_input(job->network, info, loading, error));
    job->answers = job->options->logits && !job->options->confusion &&
                   !nt_evaluation_can_measure(job->network, info, loading);
    return job->answers ? NT_OK : nt_evaluation_check(job->network, info, loading, error);
}

static nt_status load(eval_job *job, const nt_arguments *arguments, nt_error *error) {
    const eval_options *options = job->options;
    nt_weights_source source = {.map = options->map, .extra = options->extra};
    nt_progress_bar bar;
    nt_progress_bar_init(&bar, options->quiet);
    const nt_progress progress = {.note = nt_progress_bar_note, .context = &bar};
    NT_TRY(nt_network_load(arguments->words[0], arguments->settings, arguments->setting_count,
                           &job->network, error));
    NT_TRY(nt_data_argument_open(options->data, NULL, 0, &job->arena, &job->dataset, error));
    nt_loading loading = {
        .select = {.order = NT_ORDER_SHUFFLED, .limit = options->limit, .first = options->first},
        .by_image = options->normalise == 1,
        .window = {options->window[0], options->window[1]}};
    NT_TRY(set_norm(job, &loading, error));
    NT_TRY(check_data(job, &loading, error));
    if (nt_weights_new(job->network, &job->weights) != NT_OK)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory for the weights");
    if (!nt_weights_source_split(options->weights, &job->arena, &source))
        return nt_error_say(error, NT_NO_MEMORY, "out of memory for the weights");
    NT_TRY(nt_weights_read(&source, &progress, job->weights, NULL, error));
    return nt_loader_new(job->dataset, (nt_split)options->split, &loading, &job->loader, error);
}

/* The last batch may be of one sample. */
static nt_status check_norms(const eval_job *job, nt_error *error) {
    char why[NT_WHY];
    if (job->options->batch_norm == NT_NORM_RUNNING ||
        nt_batch_norms_suffice(job->network->graph, 1, job->options->batch,
                               nt_loader_count(job->loader), why))
        return NT_OK;
    if (!why[0])
        return nt_error_say(error, NT_NO_MEMORY, "out of memory");
    nt_error_say(error, NT_INVALID, "with --batch-norm batch %s", why);
    nt_error_hint(error, "take another --batch, of at least two, that leaves no last one of one");
    return NT_INVALID;
}

static nt_status evaluate(eval_job *job, nt_error *error) {
    const eval_options *options = job->options;
    nt_progress_bar bar;
    struct timespec began, ended;
    nt_progress_bar_init(&bar, options->quiet);
    if (options->verbose)
        nt_progress_bar_be_verbose(&bar);
    const nt_progress progress = {.step = nt_progress_bar_show, .context = &bar};
    const nt_evaluation evaluation = {
        .batch = options->batch,
        .metric = job->scored.scoring.metric,
        .passes = {.norm = (nt_norm)options->batch_norm, .conv = options->conv},
        .progress = &progress};
    clock_gettime(CLOCK_MONOTONIC, &began);
    nt_status status =
        job->answers
            ? nt_evaluate_answers(job->network->graph, job->weights, job->loader, &evaluation,
                                  job->scored.logits, error)
            : nt_evaluate(job->network->graph, job->weights, job->loader, &evaluation,
                          &job->scored.outcome, job->scored.outcomes, job->scored.logits, error);
    clock_gettime(CLOCK_MONOTONIC, &ended);
    nt_progress_bar_finish(&bar);
    job->seconds =
        (double)(ended.tv_sec - began.tv_sec) + 1e-9 * (double)(ended.tv_nsec - began.tv_nsec);
    return status;
}

/* A path that can't be written is better found before the work. */
static nt_status try_path(const char *path, nt_error *error) {
    nt_file *probe;
    if (!path)
        return NT_OK;
    NT_TRY(nt_file_create(path, &probe, error));
    nt_file_abandon(probe);
    return NT_OK;
}

/* Without a measurement. */
static nt_status print_answers(const eval_job *job) {
    const eval_options *options = job->options;
    int32_t count = nt_loader_count(job->loader);
    if (options->json)
        return nt_json_print(
            json_pack("{s:s, s:o, s:s, s:i, s:o, s:o}", "network", job->network->name, "data",
                      nt_json_text(nt_dataset_info(job->dataset)->folder), "split",
                      splits[options->split], "total", (int)count, "logits",
                      nt_json_text(options->logits), "seconds", nt_json_real(job->seconds)));
    nt_text text = {0};
    nt_text_printf(&text, "logits of %d images in %s; nothing is measured\n", count,
                   options->logits);
    return nt_print(&text);
}

static nt_status run_job(eval_job *job, const nt_arguments *arguments, nt_error *error) {
    const eval_options *options = job->options;
    NT_TRY(load(job, arguments, error));
    NT_TRY(check_norms(job, error));
    NT_TRY(try_path(options->logits, error));
    NT_TRY(try_path(options->confusion, error));
    nt_shape logits =
        nt_graph_type(job->network->graph, nt_graph_output(job->network->graph, 0)->value)->shape;
    NT_TRY(nt_eval_report_init(&job->scored, job->loader, logits, options->logits != NULL, error));
    NT_TRY(evaluate(job, error));
    if (options->logits)
        NT_TRY(nt_eval_report_write_logits(&job->scored, options->logits, error));
    if (options->confusion)
        NT_TRY(nt_eval_report_write_confusion(&job->scored, options->confusion, error));
    if (job->answers)
        return print_answers(job);
    const nt_eval_report_of of = {
        .network = job->network->name, .split = splits[options->split], .seconds = job->seconds};
    return options->json ? nt_eval_report_print_json(&job->scored, &of)
                         : nt_eval_report_print(&job->scored, &of);
}

static nt_status run(const nt_arguments *arguments, nt_error *error) {
    eval_job job = {.options = arguments->record};
    if (!job.options->weights || !job.options->data) {
        nt_error_say(error, NT_USAGE, "'eval' wants --weights FILE and --data KIND:ROOT");
        nt_error_hint(error, "see 'nontrivial help eval'");
        return NT_USAGE;
    }
    if (job.options->limit > 0 && job.options->first > 0)
        return nt_error_say(error, NT_USAGE, "--limit and --first don't go together");
    nt_signals_catch();
    nt_threads_set(job.options->threads);
    nt_arena_init(&job.arena);
    nt_status status = run_job(&job, arguments, error);
    nt_eval_report_finish(&job.scored);
    nt_loader_free(job.loader);
    nt_dataset_free(job.dataset);
    nt_weights_free(job.weights);
    nt_network_free(job.network);
    nt_arena_finish(&job.arena);
    return status;
}

const nt_command nt_command_eval = {
    .kind = {.name = "eval",
             .doc = "measure a network with its weights on a data set",
             .fields = eval_fields,
             .size = sizeof(eval_options)},
    .examples = "nontrivial eval net.yaml --weights net.safetensors --data cifar10:data\n",
    .syntax = {.operands = eval_operands, .settings = NT_SETTINGS_DOC},
    .run = run,
};
