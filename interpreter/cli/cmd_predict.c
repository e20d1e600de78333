/* nontrivial predict: what a network says of pictures: a class of each, or of each of its pixels.
 */
#include "command.h"
#include "console.h"
#include "culprit.h"
#include "data_argument.h"
#include "passes.h"
#include "predict.h"
#include "progress.h"
#include "progress_bar.h"
#include "score.h"
#include "signals.h"
#include "weights_file.h"

#include "alloc.h"
#include <string.h>
#include <sys/stat.h>

static const nt_field predict_fields[] = {
    NT_OPTION_WEIGHTS(nt_predict_options),
    {"out", NT_STRING, offsetof(nt_predict_options, out),
     .doc = "folder that masks and overlays are written to; wanted by networks that make masks"},
    {"labels", NT_LABELS, offsetof(nt_predict_options, labels), "",
     .doc = "the classes' names, each with its number in the masks of --truth"},
    {"truth", NT_STRING, offsetof(nt_predict_options, truth),
     .doc = "folder with masks of the same names, to compare with"},
    {"mean", NT_REALS, offsetof(nt_predict_options, mean), "[]",
     .doc = "of each channel; without, each image is normalised by its own mean and deviation"},
    {"deviation", NT_REALS, offsetof(nt_predict_options, deviation), "[]",
     .doc = "of each channel, beside --mean"},
    {"resize", NT_BOOL, offsetof(nt_predict_options, resize), "false",
     .doc = "resize pictures to cover the network's input; otherwise its size is cut from their "
            "middle"},
    {"batch", NT_INT, offsetof(nt_predict_options, batch), "16", 1, 65536, .doc = "images a step"},
    NT_OPTION_CONV(nt_predict_options),
    NT_OPTION_THREADS(nt_predict_options),
    NT_OPTION_QUIET(nt_predict_options),
    NT_OPTION_VERBOSE(nt_predict_options),
    {"json", NT_BOOL, offsetof(nt_predict_options, json), "false",
     .doc = "print JSON in place of CSV"},
    {0},
};

static const nt_operand predict_operands[] = {
    {.name = "GRAPH", .doc = NT_GRAPH_DOC},
    {.name = "PICTURES",
     .doc = "PNG, JPEG, TIFF or WebP files, or folders of them",
     .repeated = true},
    {0},
};

/* --- setting up ------------------------------------------------------------------------------- */

static nt_status load_network(nt_predict_job *job, const nt_arguments *arguments, nt_error *error) {
    const nt_predict_options *options = job->options;
    nt_weights_source source = {.map = options->map, .extra = options->extra};
    nt_progress_bar bar;
    nt_progress_bar_init(&bar, options->quiet);
    const nt_progress progress = {.note = nt_progress_bar_note, .context = &bar};
    NT_TRY(nt_network_load(arguments->words[0], arguments->settings, arguments->setting_count,
                           &job->network, error));
    if (job->network->input_count != 1)
        return nt_error_say(error, NT_INVALID, "the network '%s' has %d inputs; pictures are one",
                            job->network->name, job->network->input_count);
    if (nt_weights_new(job->network, &job->weights) != NT_OK)
        return nt_predict_no_memory(error);
    if (!nt_weights_source_split(options->weights, &job->arena, &source))
        return nt_error_say(error, NT_NO_MEMORY, "out of memory for the weights");
    NT_TRY(nt_weights_read(&source, &progress, job->weights, NULL, error));
    nt_graph *main;
    if (nt_graph_main(job->network->graph, &main) != NT_OK)
        return nt_predict_no_memory(error);
    const nt_pass_options passes = {.conv = options->conv};
    nt_status status = nt_passes_run(main, &passes, &job->graph, error);
    nt_graph_free(main);
    NT_TRY(status);
    NT_TRY(
        nt_plan_new_portions(job->graph, options->batch, nt_portions_cache(), &job->plan, error));
    NT_TRY(nt_run_new(job->plan, nt_weights_bind(job->weights, NULL), &job->run, error));
    job->input = nt_graph_type(job->network->graph, job->network->inputs[0].value)->shape;
    job->output = nt_graph_type(job->graph, nt_graph_output(job->graph, 0)->value)->shape;
    return NT_OK;
}

/* What can be found wrong before anything is computed. */
static nt_status check(const nt_predict_job *job, nt_error *error) {
    const nt_predict_options *o = job->options;
    int32_t channels = job->input.dim[0], classes = job->output.dim[0];
    bool map = nt_predict_makes_masks(job) && job->output.dim[1] == job->input.dim[1] &&
               job->output.dim[2] == job->input.dim[2];
    if (job->input.rank != 3 || (channels != 1 && channels != 3))
        return nt_error_say(error, NT_INVALID,
                            "the network takes %d channels; pictures have 1 or 3", channels);
    if (!map && job->output.rank != 1)
        return nt_error_say(error, NT_INVALID,
                            "the network's output is neither a vector of "
                            "logits nor a map of them of the input's size");
    NT_TRY(nt_data_argument_check_norm(&o->mean, &o->deviation, channels, error));
    if (job->labels.count && job->labels.count != classes)
        return nt_error_say(error, NT_USAGE, "--labels names %d classes; the network has %d",
                            job->labels.count, classes);
    if (map && !o->out)
        return nt_error_say(error, NT_USAGE, "a network that makes masks wants --out FOLDER");
    if (o->truth && (!map || !job->labels.count))
        return nt_error_say(error, NT_USAGE,
                            "--truth wants masks, and --labels with the numbers "
                            "of the classes in them");
    return NT_OK;
}

static nt_status append(nt_predict_job *job, const nt_picture_file *files, int32_t count) {
    nt_picture_files all = {.count = job->pictures.count + count};
    all.items = NT_ARENA_ARRAY(&job->arena, nt_picture_file, all.count);
    if (!all.items)
        return NT_NO_MEMORY;
    if (job->pictures.count)
        memcpy(all.items, job->pictures.items, (size_t)job->pictures.count * sizeof *all.items);
    memcpy(all.items + job->pictures.count, files, (size_t)count * sizeof *files);
    job->pictures = all;
    return NT_OK;
}

/* A folder's pictures, or one; its name is then the file's own. */
static nt_status list_word(nt_predict_job *job, const char *word, nt_error *error) {
    struct stat info;
    nt_picture_files found;
    if (stat(word, &info) == 0 && S_ISDIR(info.st_mode)) {
        NT_TRY(nt_picture_files_list(word, &job->arena, &found, error));
        return append(job, found.items, found.count) == NT_OK ? NT_OK : nt_predict_no_memory(error);
    }
    const char *slash = strrchr(word, '/'), *base = slash ? slash + 1 : word;
    const char *dot = strrchr(base, '.');
    nt_picture_file file = {
        .path = word,
        .stem = nt_arena_substring(&job->arena, base, dot ? (size_t)(dot - base) : strlen(base))};
    return file.stem && append(job, &file, 1) == NT_OK ? NT_OK : nt_predict_no_memory(error);
}

static nt_status set_up(nt_predict_job *job, const nt_arguments *arguments, nt_error *error) {
    const nt_predict_options *o = job->options;
    if (!nt_labels_read(o->labels, &job->arena, &job->labels))
        return nt_predict_no_memory(error);
    NT_TRY(load_network(job, arguments, error));
    NT_TRY(check(job, error));
    for (int i = 1; i < arguments->word_count; i++)
        NT_TRY(list_word(job, arguments->words[i], error));
    if (job->pictures.count == 0)
        return nt_error_say(error, NT_INVALID, "there are no PNG, JPEG, TIFF or WebP pictures");
    if (o->truth)
        NT_TRY(nt_picture_files_list(o->truth, &job->arena, &job->truths, error));
    job->images_size =
        (size_t)o->batch * (size_t)nt_shape_elements(job->input) * sizeof *job->images;
    job->images = nt_alloc(job->images_size);
    job->inputs = nt_alloc(job->images_size);
    job->taken = NT_ARENA_ARRAY(&job->arena, int32_t, o->batch);
    return job->images && job->inputs && job->taken ? NT_OK : nt_predict_no_memory(error);
}

/* --- all of them ------------------------------------------------------------------------------ */

/* A picture that is no good is told of, and the others go on. */
static void report(nt_predict_job *job, nt_error *own) {
    nt_print_error(own);
    nt_error_finish(own);
    nt_error_init(own);
    job->failures++;
}

/* What the network says of number `i` of the batch; `masks` is room for two. */
static nt_status say_one(nt_predict_job *job, int32_t i, unsigned char *masks, nt_error *error) {
    nt_tensor logits = nt_run_output(job->run, 0);
    int64_t size = nt_shape_elements(job->output);
    const nt_picture_file *picture = &job->pictures.items[job->taken[i]];
    const float *mine = logits.f + (logits.type.batched ? i * size : 0);
    const float *image = job->images + i * nt_shape_elements(job->input);
    const nt_feed feed = {.name = job->network->inputs[0].name, .data = job->inputs};
    if (!nt_score_is_finite(mine, size))
        return nt_culprit_say(job->run, job->graph, &feed, job->taken_count,
                              (nt_suspects){.output = 0, .sample = i}, picture->path, error);
    if (nt_predict_makes_masks(job))
        return nt_predict_write_masks(job, picture, image, mine, masks,
                                      masks + nt_shape_pixels(job->input), error);
    nt_predict_add_classes(job, picture->stem, mine);
    return NT_OK;
}

static nt_status say_all(nt_predict_job *job, nt_error *own, nt_error *error) {
    size_t pixels = (size_t)nt_shape_pixels(job->input);
    unsigned char *masks = nt_alloc(2 * pixels);
    if (!masks)
        return nt_predict_no_memory(error);
    for (int32_t i = 0; i < job->taken_count; i++)
        if (say_one(job, i, masks, own) != NT_OK)
            report(job, own);
    nt_free(masks, 2 * pixels);
    return NT_OK;
}

static nt_status run_batch(nt_predict_job *job, nt_error *own, nt_error *error) {
    nt_feed feed = {.name = job->network->inputs[0].name, .data = job->inputs};
    if (job->taken_count == 0)
        return NT_OK;
    NT_TRY(nt_run_batch(job->run, &feed, 1, job->taken_count, error));
    nt_status status = say_all(job, own, error);
    job->taken_count = 0;
    return status;
}

static nt_status run_all(nt_predict_job *job, nt_error *own, nt_error *error) {
    nt_progress_bar bar;
    size_t size = (size_t)nt_shape_elements(job->input);
    nt_status status = NT_OK;
    nt_progress_bar_init(&bar, job->options->quiet);
    if (job->options->verbose)
        nt_progress_bar_be_verbose(&bar);
    for (int32_t i = 0; status == NT_OK && i < job->pictures.count; i++) {
        float *image = job->images + (size_t)job->taken_count * size;
        status = nt_signals_status();
        if (status == NT_OK &&
            nt_predict_read(job, job->pictures.items[i].path, image, own) != NT_OK)
            report(job, own);
        else if (status == NT_OK) {
            nt_predict_normalise(job, image, job->inputs + (size_t)job->taken_count * size);
            job->taken[job->taken_count++] = i;
        }
        if (status == NT_OK && job->taken_count == job->options->batch)
            status = run_batch(job, own, error);
        nt_progress_bar_show(&bar, "pictures", "", i + 1, job->pictures.count);
    }
    if (status == NT_OK)
        status = run_batch(job, own, error);
    nt_progress_bar_finish(&bar);
    return status;
}

static nt_status print(nt_predict_job *job) {
    if (!job->options->json)
        return nt_print(&job->csv);
    json_t *answers = job->answers;
    job->answers = NULL;
    return nt_json_print(
        json_pack("{s:s, s:o}", "network", job->network->name, "pictures", answers));
}

static nt_status run_job(nt_predict_job *job, const nt_arguments *arguments, nt_error *error) {
    nt_error own;
    NT_TRY(set_up(job, arguments, error));
    nt_error_init(&own);
    nt_predict_add_header(job);
    nt_status status = run_all(job, &own, error);
    nt_error_finish(&own);
    nt_status printed = print(job);
    NT_TRY(status);
    NT_TRY(printed);
    return job->failures == 0
               ? NT_OK
               : nt_error_say(error, NT_FAILED, "%d of %d pictures could not be used",
                              job->failures, job->pictures.count);
}

static nt_status run(const nt_arguments *arguments, nt_error *error) {
    nt_predict_job job = {.options = arguments->record};
    if (!job.options->weights) {
        nt_error_say(error, NT_USAGE, "'predict' wants --weights FILE");
        nt_error_hint(error, "see 'nontrivial help predict'");
        return NT_USAGE;
    }
    nt_signals_catch();
    nt_threads_set(job.options->threads);
    nt_arena_init(&job.arena);
    nt_text_init(&job.csv);
    job.answers = job.options->json ? json_array() : NULL;
    nt_status status = run_job(&job, arguments, error);
    nt_text_finish(&job.csv);
    json_decref(job.answers);
    nt_free(job.images, job.images_size);
    nt_free(job.inputs, job.images_size);
    nt_run_free(job.run);
    nt_plan_free(job.plan);
    nt_graph_free(job.graph);
    nt_weights_free(job.weights);
    nt_network_free(job.network);
    nt_arena_finish(&job.arena);
    return status;
}

const nt_command nt_command_predict = {
    .kind = {.name = "predict",
             .doc = "classify or segment pictures with a network and its weights",
             .fields = predict_fields,
             .size = sizeof(nt_predict_options)},
    .detail =
        "A network with a vector of logits prints the likeliest classes of each picture as CSV.\n"
        "One with a map of them writes NAME.mask.png, whose palette's numbers are the classes, "
        "and\n"
        "NAME.overlay.png, and prints how many pixels each class has; with --truth also Dice, and\n"
        "the overlay shows the truth's outline in white.\n",
    .examples = "nontrivial predict net.yaml pictures --weights net.safetensors\n"
                "nontrivial predict unet.yaml pictures --weights unet.pt --out masks\n",
    .syntax = {.operands = predict_operands, .settings = NT_SETTINGS_DOC},
    .run = run,
};
