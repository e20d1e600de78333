/* nontrivial shrink: an ablated network as a smaller one, checked against it.
 *
 * Graph and weights are written into a folder beside the one that is wanted, loaded again from
 * there, and compared with the ablated network image by image; only then the folder gets its name.
 */
#include "alloc.h"
#include "command.h"
#include "console.h"
#include "derived_weights.h"
#include "file.h"
#include "progress_bar.h"
#include "random.h"
#include "shrink_retrain.h"
#include "signals.h"
#include "weights_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const splits[] = {"train", "test", NULL}; /* as nt_split */

static const nt_field shrink_fields[] = {
    {"weights", NT_STRING, offsetof(nt_shrink_options, weights),
     .doc = "a file of safetensors or of torch.save; FILE#PART where it has several parts; without "
            "it the run's"},
    {"map", NT_STRING, offsetof(nt_shrink_options, map),
     .doc = "other names for its tensors: REGEX=NAME, several apart by blanks"},
    {"extra", NT_STRING, offsetof(nt_shrink_options, extra),
     .doc = "tensors of it to pass over: patterns with *, apart by blanks"},
    {"remove", NT_STRING, offsetof(nt_shrink_options, remove),
     .doc = "layers whose kernels become zero: names, blocks, patterns with *, apart by blanks; "
            "KIND: in front says another kind of ablation"},
    {"from", NT_STRING, offsetof(nt_shrink_options, from),
     .doc = "what cases of a run remove: RUN:GROUP:CASE, further ones behind commas; of RUN:GROUP "
            "its largest; of RUN the largest set that it shows to be trivial"},
    {"margin", NT_REAL, offsetof(nt_shrink_options, margin), "0.01", 0, 1,
     .doc = "a change of the metric within it is trivial, 0.01 is a point; with a run its own "
            "unless this is said"},
    {"seed", NT_INT, offsetof(nt_shrink_options, seed), "0", 0, 2147483647,
     .doc = "of which of the run's seeds the weights are; without it the first one's"},
    {"out", NT_STRING, offsetof(nt_shrink_options, out),
     .doc = "the folder to be made, of graph.yaml and weights.safetensors; always wanted"},
    {"fold-batch-norm", NT_BOOL, offsetof(nt_shrink_options, fold_batch_norm), "false",
     .doc = "make batch normalisations part of the layers before them"},
    {"data", NT_STRING, offsetof(nt_shrink_options, data),
     .doc = "a data set, KIND:ROOT, whose images the networks are shown, or the word 'random' for "
            "random ones; without it what the run measured, or random ones"},
    {"split", NT_CHOICE, offsetof(nt_shrink_options, split), "test", .choices = splits,
     .doc = "which part of it"},
    {"limit", NT_INT, offsetof(nt_shrink_options, limit), "0", 0, 2147483647,
     .doc = "only so many images; 0: all, or 64 random ones"},
    {"batch", NT_INT, offsetof(nt_shrink_options, batch), "128", 1, 65536, .doc = "images a step"},
    {"rounds", NT_INT, offsetof(nt_shrink_options, rounds), "5", 0, NT_MOST_ROUNDS,
     .doc = "how many turns both networks take at being timed; 0: none"},
    {"repeat", NT_INT, offsetof(nt_shrink_options, repeat), "3", 1, 10000,
     .doc = "how often a step is timed in each; the fastest counts"},
    {"retrain", NT_INT, offsetof(nt_shrink_options, retrain), "0", 0, 100000,
     .doc = "train the smaller network on for so many epochs by the run's recipe, and measure it"},
    {"retrain-rate", NT_REAL, offsetof(nt_shrink_options, retrain_rate), "0", 0, 1000,
     .doc = "at this learning rate; 0: by the recipe's schedule"},
    {"tolerance", NT_REAL, offsetof(nt_shrink_options, tolerance), "1e-05", 0, 1,
     .doc = "how much of the largest logit a logit may differ by"},
    {"mean", NT_REALS, offsetof(nt_shrink_options, mean), "[]",
     .doc = "of each channel, in place of what is usual; of bytes as parts of 255"},
    {"deviation", NT_REALS, offsetof(nt_shrink_options, deviation), "[]",
     .doc = "of each channel, beside --mean"},
    NT_OPTION_CONV(nt_shrink_options),
    NT_OPTION_THREADS(nt_shrink_options),
    NT_OPTION_JSON(nt_shrink_options),
    NT_OPTION_QUIET(nt_shrink_options),
    {0},
};

static const nt_operand shrink_operands[] = {
    {.name = "GRAPH", .doc = "a graph file; without it the run's", .optional = true}, {0}};

/* All that one call needs, to be freed whatever happens. */
typedef struct shrink_job {
    const nt_shrink_options *options;
    nt_arena arena;
    nt_progress_bar bar;
    nt_progress progress;
    nt_shrink_given given;
    nt_case_graph cases;
    nt_derived_weights derived;
    nt_shrunk shrunk;
    nt_network *loaded; /* the smaller network, as it was written */
    nt_weights *loaded_weights;
    float *images;
    size_t images_size;
    char *folder; /* that is being filled; NULL: there is none */
    nt_shrink_answer answer;
    nt_shrink_metric retrained;
} shrink_job;

static nt_status no_memory(nt_error *error) {
    return nt_error_say(error, NT_NO_MEMORY, "out of memory for the networks");
}

/* --- the smaller network ---------------------------------------------------------------------- */

/* Of the edited network. */
static nt_binding edited_tensors(const shrink_job *job) {
    return nt_weights_bind(job->given.weights, job->derived.weights);
}

static nt_status shrink(shrink_job *job, nt_error *error) {
    const nt_evaluation evaluation = {.batch = job->options->batch};
    const nt_shrink_given *given = &job->given;
    const nt_derive_source source = {.weights = given->weights, .evaluation = &evaluation};
    char why[NT_WHY] = "";
    nt_status status = nt_case_graph_init(&job->cases, given->network, &given->edits, 1, why);
    if (status == NT_INVALID)
        return nt_error_say(error, status, "%s", why);
    if (status != NT_OK)
        return no_memory(error);
    NT_TRY(nt_derived_weights_init(&job->derived, &job->cases, &source, error));
    return nt_shrink(given->network, job->cases.graph, edited_tensors(job),
                     job->options->fold_batch_norm, &job->shrunk, error);
}

/* --- the folder ------------------------------------------------------------------------------- */

static const char *in_folder(shrink_job *job, const char *name) {
    return nt_arena_printf(&job->arena, "%s/%s", job->folder, name);
}

static nt_status write_files(shrink_job *job, nt_error *error) {
    nt_text text;
    const char *graph = in_folder(job, NT_SHRINK_GRAPH),
               *weights = in_folder(job, NT_SHRINK_WEIGHTS);
    if (!graph || !weights)
        return no_memory(error);
    nt_text_init(&text);
    nt_status status = nt_network_write(job->shrunk.network, &text) == NT_OK
                           ? nt_file_replace(graph, text.bytes, text.length, error)
                           : no_memory(error);
    nt_text_finish(&text);
    NT_TRY(status);
    return nt_safetensors_write(weights, job->shrunk.weights, NULL, error);
}

/* A folder beside the one that is wanted. */
static nt_status make_folder(shrink_job *job, nt_error *error) {
    const char *out = job->options->out;
    char *folder = nt_arena_printf(&job->arena, "%s.XXXXXX", out);
    if (!folder)
        return no_memory(error);
    if (access(out, F_OK) == 0 && rmdir(out) != 0)
        return nt_error_in(error, NT_INVALID, out, -1, "is there already, and not an empty folder");
    if (!mkdtemp(folder))
        return nt_error_in(error, NT_IO, out, -1, "can't be made: %s", strerror(errno));
    job->folder = folder;
    return NT_OK;
}

static nt_status name_folder(shrink_job *job, nt_error *error) {
    const char *out = job->options->out;
    if (rename(job->folder, out) != 0)
        return nt_error_in(error, NT_IO, out, -1, "can't be made: %s", strerror(errno));
    job->folder = NULL;
    return NT_OK;
}

static void drop_folder(shrink_job *job) {
    static const char *const names[] = {NT_SHRINK_GRAPH, NT_SHRINK_WEIGHTS, NT_SHRINK_JSON,
                                        NT_SHRINK_RETRAIN};
    for (size_t i = 0; job->folder && i < sizeof names / sizeof *names; i++) {
        const char *path = in_folder(job, names[i]);
        if (path)
            unlink(path);
    }
    if (job->folder)
        rmdir(job->folder);
}

static nt_status load_again(shrink_job *job, nt_error *error) {
    const nt_weights_source source = {.path = in_folder(job, NT_SHRINK_WEIGHTS)};
    const char *graph = in_folder(job, NT_SHRINK_GRAPH);
    if (!graph || !source.path)
        return no_memory(error);
    NT_TRY(nt_network_load(graph, NULL, 0, &job->loaded, error));
    if (nt_weights_new(job->loaded, &job->loaded_weights) != NT_OK)
        return no_memory(error);
    return nt_weights_read(&source, &job->progress, job->loaded_weights, NULL, error);
}

/* --- whether it says the same ----------------------------------------------------------------- */

static int32_t image_count(const shrink_job *job) {
    enum { RANDOM = 64 };
    if (job->given.loader)
        return nt_loader_count(job->given.loader);
    return job->options->limit ? job->options->limit : RANDOM;
}

static int64_t image_elements(const shrink_job *job) {
    const nt_network *network = job->given.network;
    return nt_shape_elements(nt_graph_type(network->graph, network->inputs[0].value)->shape);
}

static void fill_random(const shrink_job *job, int32_t first, int32_t count) {
    int64_t elements = image_elements(job);
    for (int32_t n = 0; n < count; n++) {
        nt_random random;
        nt_random_init(&random, NT_STREAM_SAMPLES, (uint64_t)(first + n));
        for (int64_t e = 0; e < elements; e++)
            job->images[n * elements + e] = (float)nt_random_normal(&random);
    }
}

static nt_status fill(const shrink_job *job, int32_t first, int32_t count, nt_error *error) {
    if (job->given.loader)
        return nt_loader_fill(job->given.loader, first, count, job->images, NULL, error);
    fill_random(job, first, count);
    return NT_OK;
}

static nt_status show_all(shrink_job *job, nt_comparison *comparison, nt_error *error) {
    int32_t total = image_count(job), batch = job->options->batch;
    for (int32_t first = 0; first < total; first += batch) {
        int32_t count = total - first < batch ? total - first : batch;
        NT_TRY(nt_signals_status());
        NT_TRY(fill(job, first, count, error));
        NT_TRY(nt_comparison_add(comparison, job->images, count, error));
        nt_progress_bar_show(&job->bar, "comparing", "", first + count, total);
    }
    nt_progress_bar_finish(&job->bar);
    return NT_OK;
}

/* Names the layer where it begins, on the image that differs most. */
static nt_status say_difference(shrink_job *job, nt_error *error) {
    const nt_difference *d = &job->answer.difference;
    const char *layer;
    NT_TRY(fill(job, d->image, 1, error));
    NT_TRY(nt_comparison_find(&job->shrunk, edited_tensors(job), job->loaded,
                              nt_weights_bind(job->loaded_weights, NULL), job->images,
                              job->options->tolerance, &layer, error));
    nt_error_say(error, NT_FAILED,
                 "the smaller network's logits differ by %.2g of the largest, more than %.2g",
                 nt_difference_relative(d), job->options->tolerance);
    if (layer)
        nt_error_hint(error, "it begins at '%s'", layer);
    return NT_FAILED;
}

static nt_status compare(shrink_job *job, nt_error *error) {
    const nt_pass_options passes = {.conv = job->options->conv};
    const nt_compared edited = {job->shrunk.edited, edited_tensors(job)};
    const nt_compared smaller = {job->loaded->graph, nt_weights_bind(job->loaded_weights, NULL)};
    nt_comparison *comparison;
    NT_TRY(nt_comparison_new(&edited, &smaller, job->options->batch, &passes, &comparison, error));
    nt_status status = show_all(job, comparison, error);
    job->answer.difference = nt_comparison_difference(comparison);
    nt_comparison_free(comparison);
    NT_TRY(status);
    if (nt_difference_relative(&job->answer.difference) <= job->options->tolerance)
        return NT_OK;
    return say_difference(job, error);
}

/* --- what it wins ----------------------------------------------------------------------------- */

/* On random images, which take as long as any. */
static nt_status find_won(shrink_job *job, nt_error *error) {
    const nt_shrink_options *o = job->options;
    const nt_shrink_given *given = &job->given;
    const nt_shrink_side sides[] = {{given->network, given->weights},
                                    {job->loaded, job->loaded_weights}};
    const nt_shrink_timing timing = {o->batch, o->rounds,   o->repeat,
                                     o->conv,  job->images, &job->progress};
    const nt_evaluation evaluation = {.batch = o->batch,
                                      .metric = given->metric,
                                      .passes = {.conv = o->conv},
                                      .progress = &job->progress};
    nt_shrink_won *won = &job->answer.won;
    fill_random(job, 0, o->batch);
    NT_TRY(nt_shrink_time(sides, &timing, won, error));
    won->has_metric = given->has_metric;
    if (given->has_metric)
        NT_TRY(nt_shrink_measure(sides, given->loader, &evaluation, given->margin, &won->metric,
                                 error));
    nt_progress_bar_finish(&job->bar);
    return NT_OK;
}

/* --- all of it -------------------------------------------------------------------------------- */

/* Beside the network, what is printed. */
static nt_status write_answer(shrink_job *job, const char *folder, nt_error *error) {
    const char *path = nt_arena_printf(&job->arena, "%s/" NT_SHRINK_JSON, folder);
    nt_text text;
    nt_text_init(&text);
    nt_status status = path && nt_shrink_format(&job->answer, job->options, &text) == NT_OK
                           ? nt_file_replace(path, text.bytes, text.length, error)
                           : no_memory(error);
    nt_text_finish(&text);
    return status;
}

/* The folder has its name by then: what is interrupted stays. */
static nt_status retrain(shrink_job *job, nt_error *error) {
    const nt_shrink_given *given = &job->given;
    const nt_shrink_side sides[] = {{given->network, given->weights},
                                    {job->loaded, job->loaded_weights}};
    const nt_evaluation evaluation = {.batch = job->options->batch,
                                      .metric = given->metric,
                                      .passes = {.conv = job->options->conv},
                                      .progress = &job->progress};
    NT_TRY(nt_shrink_retrain(given, job->options->out, job->loaded_weights, error));
    if (!given->has_metric)
        return NT_OK;
    NT_TRY(nt_shrink_measure(sides, given->loader, &evaluation, given->margin, &job->retrained,
                             error));
    nt_progress_bar_finish(&job->bar);
    job->answer.retrained = &job->retrained;
    return write_answer(job, job->options->out, error);
}

static nt_status run_job(shrink_job *job, nt_error *error) {
    const nt_shrink_given *given = &job->given;
    NT_TRY(nt_shrink_given_load(&job->given, error));
    if (job->options->retrain > 0)
        NT_TRY(nt_shrink_retrain_check(&job->given, error));
    job->images_size =
        (size_t)job->options->batch * (size_t)image_elements(job) * sizeof *job->images;
    job->images = nt_alloc(job->images_size);
    if (!job->images)
        return no_memory(error);
    NT_TRY(shrink(job, error));
    NT_TRY(make_folder(job, error));
    NT_TRY(write_files(job, error));
    NT_TRY(load_again(job, error));
    NT_TRY(compare(job, error));
    NT_TRY(find_won(job, error));
    job->answer.network = given->network->name;
    job->answer.from = given->from;
    job->answer.edits = given->edits.count;
    job->answer.images = given->dataset ? nt_dataset_info(given->dataset)->folder : NULL;
    if (nt_shrink_channels_of(&job->cases, given->weights, job->loaded, &job->arena,
                              &job->answer.channels) != NT_OK)
        return no_memory(error);
    NT_TRY(write_answer(job, job->folder, error));
    if (job->options->retrain > 0)
        NT_TRY(nt_shrink_retrain_write(&job->given, job->folder, error));
    NT_TRY(name_folder(job, error));
    if (job->options->retrain > 0)
        NT_TRY(retrain(job, error));
    return nt_shrink_print(&job->answer, job->options);
}

static nt_status run(const nt_arguments *arguments, nt_error *error) {
    shrink_job job = {.options = arguments->record};
    job.given = (nt_shrink_given){.arguments = arguments,
                                  .options = job.options,
                                  .arena = &job.arena,
                                  .progress = &job.progress};
    NT_TRY(nt_shrink_given_check(&job.given, error));
    nt_signals_catch();
    nt_threads_set(job.options->threads);
    nt_arena_init(&job.arena);
    nt_progress_bar_init(&job.bar, job.options->quiet);
    job.progress = (nt_progress){
        .step = nt_progress_bar_show, .note = nt_progress_bar_note, .context = &job.bar};
    nt_status status = run_job(&job, error);
    drop_folder(&job);
    nt_free(job.images, job.images_size);
    nt_weights_free(job.loaded_weights);
    nt_network_free(job.loaded);
    nt_shrunk_finish(&job.shrunk);
    nt_derived_weights_finish(&job.derived);
    nt_case_graph_finish(&job.cases);
    nt_shrink_given_finish(&job.given);
    nt_arena_finish(&job.arena);
    return status;
}

const nt_command nt_command_shrink = {
    .kind = {.name = "shrink",
             .doc = "write an ablated network as a smaller one that says the same",
             .fields = shrink_fields,
             .size = sizeof(nt_shrink_options)},
    .detail = "What the removed kernels leave is constant, and is folded into the biases and\n"
              "normalisations around it, or into parameters where there are none. What only fed\n"
              "them goes. Before the folder gets its name both networks are loaded and compared,\n"
              "timed in turns and, on a data set, measured. The folder keeps it as shrink.json.\n"
              "With --retrain the folder also has retrain.yaml, a suite of the smaller network,\n"
              "and what it trains is in retrained/.\n",
    .examples = "nontrivial shrink graphs/resnet34.yaml --weights net.safetensors \\\n"
                "    --remove 'layer3.2 layer3.4.*' --data cifar10:data --out smaller\n"
                "nontrivial shrink graphs/resnet34.yaml --weights net.safetensors \\\n"
                "    --remove 'channels,share=0.3,coupled=true:*' --out smaller\n"
                "nontrivial shrink graphs/resnet34.yaml --weights net.safetensors \\\n"
                "    --from runs/cifar10-resnet34:greedy:5 --out smaller\n"
                "nontrivial shrink --from runs/cifar10-resnet34 --margin 0.005 --out smaller\n"
                "nontrivial shrink --from runs/cifar10-resnet34 --retrain 3 --out smaller\n",
    .syntax = {.operands = shrink_operands, .settings = NT_SETTINGS_DOC},
    .run = run,
};
