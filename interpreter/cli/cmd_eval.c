/* nontrivial eval: one network with its weights, measured on one data set. */
#include "command.h"
#include "console.h"
#include "data_argument.h"
#include "evaluation.h"
#include "file.h"
#include "json_out.h"
#include "npy.h"
#include "progress.h"
#include "safetensors.h"
#include "signals.h"

#include "alloc.h"
#include <time.h>

typedef struct eval_options {
    const char *weights, *data, *logits;
    int32_t split, limit, batch, batch_norm, conv, threads;
    bool json, quiet;
} eval_options;

static const char *const splits[] = {"train", "test", NULL};         /* as nt_split */
static const char *const batch_norms[] = {"running", "batch", NULL}; /* as nt_norm */

static const nt_field eval_fields[] = {
    {"weights", NT_STRING, offsetof(eval_options, weights),
     .doc = "a safetensors file; always wanted"},
    {"data", NT_STRING, offsetof(eval_options, data),
     .doc = "a data set, KIND:ROOT; options of the kind may follow: ,name=value"},
    {"split", NT_CHOICE, offsetof(eval_options, split), "test", .choices = splits,
     .doc = "which part of it"},
    {"limit", NT_INT, offsetof(eval_options, limit), "0", 0, 2147483647,
     .doc = "only the first so many images; 0: all"},
    {"batch", NT_INT, offsetof(eval_options, batch), "256", 1, 65536, .doc = "images a step"},
    {"batch-norm", NT_CHOICE, offsetof(eval_options, batch_norm), "running", .choices = batch_norms,
     .doc = "which statistics batch normalisation uses"},
    {"logits", NT_STRING, offsetof(eval_options, logits),
     .doc = "write every image's logits to this .npy file"},
    NT_OPTION_CONV(eval_options),
    NT_OPTION_THREADS(eval_options),
    NT_OPTION_JSON(eval_options),
    NT_OPTION_QUIET(eval_options),
    {0},
};

static const nt_operand eval_operands[] = {{.name = "GRAPH", .doc = "a graph file"}, {0}};

/* All that one call needs, to be freed whatever happens. */
typedef struct eval_job {
    const eval_options *options;
    nt_arena arena;
    nt_network *network;
    nt_weights *weights;
    nt_dataset *dataset;
    nt_loader *loader;
    float *logits;
    size_t logits_size;
    double seconds;
} eval_job;

static nt_status load(eval_job *job, const nt_arguments *arguments, nt_error *error) {
    const eval_options *options = job->options;
    nt_safetensors_note note;
    NT_TRY(nt_network_load(arguments->words[0], arguments->settings, arguments->setting_count,
                           &job->network, error));
    NT_TRY(nt_data_argument_open(options->data, NULL, 0, &job->arena, &job->dataset, error));
    NT_TRY(nt_evaluation_check(job->network, nt_dataset_info(job->dataset), error));
    if (nt_weights_new(job->network, &job->weights) != NT_OK)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory for the weights");
    NT_TRY(nt_safetensors_read(options->weights, job->weights, &note, error));
    char conversions[NT_SAFETENSORS_TEXT];
    if (nt_safetensors_describe(&note, conversions) && !options->quiet)
        fprintf(stderr, "%s: %s\n", options->weights, conversions);
    const nt_loading loading = {.limit = options->limit};
    return nt_loader_new(job->dataset, (nt_split)options->split, &loading, &job->loader, error);
}

static nt_status evaluate(eval_job *job, nt_outcome *ret, nt_error *error) {
    const eval_options *options = job->options;
    nt_progress_bar bar;
    struct timespec began, ended;
    nt_progress_bar_init(&bar, options->quiet);
    const nt_report report = {.progress = nt_progress_bar_show, .context = &bar};
    const nt_evaluation evaluation = {
        .batch = options->batch,
        .passes = {.norm = (nt_norm)options->batch_norm, .conv = options->conv},
        .report = &report};
    clock_gettime(CLOCK_MONOTONIC, &began);
    nt_status status = nt_evaluate(job->network->graph, job->weights, job->loader, &evaluation, ret,
                                   job->logits, error);
    clock_gettime(CLOCK_MONOTONIC, &ended);
    nt_progress_bar_finish(&bar);
    job->seconds =
        (double)(ended.tv_sec - began.tv_sec) + 1e-9 * (double)(ended.tv_nsec - began.tv_nsec);
    return status;
}

static nt_status print_outcome(const eval_job *job, nt_outcome outcome) {
    const char *split = splits[job->options->split];
    double accuracy = nt_accuracy(outcome);
    if (job->options->json)
        return nt_json_print(json_pack(
            "{s:s, s:s, s:s, s:s, s:o, s:i, s:i, s:o, s:o}", "network", job->network->name, "data",
            nt_dataset_info(job->dataset)->folder, "split", split, "metric", "accuracy", "value",
            nt_json_real(accuracy), "correct", (int)outcome.correct, "total", (int)outcome.total,
            "loss", nt_json_real(nt_mean_loss(outcome)), "seconds", nt_json_real(job->seconds)));
    nt_text text;
    nt_text_init(&text);
    nt_text_printf(&text, "%s on the split '%s' of %s\n", job->network->name, split,
                   nt_dataset_info(job->dataset)->folder);
    nt_text_printf(&text, "accuracy  %.4f  (%d of %d)\nloss      %.4f\n", accuracy, outcome.correct,
                   outcome.total, nt_mean_loss(outcome));
    return nt_print(&text);
}

static nt_status run_job(eval_job *job, const nt_arguments *arguments, nt_error *error) {
    const eval_options *options = job->options;
    nt_outcome outcome;
    NT_TRY(load(job, arguments, error));
    int32_t classes = nt_dataset_info(job->dataset)->classes, count = nt_loader_count(job->loader);
    if (options->logits) {
        nt_file *probe; /* a path that can't be written is better found before the work */
        NT_TRY(nt_file_create(options->logits, &probe, error));
        nt_file_abandon(probe);
        job->logits_size = (size_t)count * (size_t)classes * sizeof *job->logits;
        job->logits = nt_alloc(job->logits_size);
        if (!job->logits)
            return nt_error_say(error, NT_NO_MEMORY, "out of memory for the logits");
    }
    NT_TRY(evaluate(job, &outcome, error));
    if (options->logits)
        NT_TRY(nt_npy_write(options->logits, count, classes, job->logits, error));
    return print_outcome(job, outcome);
}

static nt_status run(const nt_arguments *arguments, nt_error *error) {
    eval_job job = {.options = arguments->record};
    if (!job.options->weights || !job.options->data) {
        nt_error_say(error, NT_USAGE, "'eval' wants --weights FILE and --data KIND:ROOT");
        nt_error_hint(error, "see 'nontrivial help eval'");
        return NT_USAGE;
    }
    nt_signals_catch();
    nt_threads_set(job.options->threads);
    nt_arena_init(&job.arena);
    nt_status status = run_job(&job, arguments, error);
    nt_free(job.logits, job.logits_size);
    nt_loader_free(job.loader);
    nt_dataset_free(job.dataset);
    nt_weights_free(job.weights);
    nt_network_free(job.network);
    nt_arena_finish(&job.arena);
    return status;
}

const nt_command nt_command_eval = {
    .name = "eval",
    .doc = "measure a network with its weights on a data set",
    .syntax = {.options = eval_fields,
               .record_size = sizeof(eval_options),
               .operands = eval_operands,
               .settings = NT_SETTINGS_DOC},
    .run = run,
};
