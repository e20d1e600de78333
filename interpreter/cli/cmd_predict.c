/* nontrivial predict: what a network says of pictures: a class of each, or of each of its pixels.
 */
#include "command.h"
#include "console.h"
#include "finding.h"
#include "overlay.h"
#include "passes.h"
#include "picture_tree.h"
#include "progress.h"
#include "report.h"
#include "safetensors.h"
#include "scheduler.h"
#include "score.h"
#include "signals.h"

#include "alloc.h"
#include "file.h"
#include <math.h>
#include <string.h>
#include <sys/stat.h>

typedef struct predict_options {
    const char *weights, *out, *truth, *labels;
    nt_reals mean, deviation;
    int32_t batch, conv, threads;
    bool resize, quiet;
} predict_options;

static const nt_field predict_fields[] = {
    {"weights", NT_STRING, offsetof(predict_options, weights),
     .doc = "a safetensors file; always wanted"},
    {"out", NT_STRING, offsetof(predict_options, out),
     .doc = "folder that masks and overlays are written to; wanted by networks that make masks"},
    {"labels", NT_LABELS, offsetof(predict_options, labels), "",
     .doc = "the classes' names, each with its number in the masks of --truth"},
    {"truth", NT_STRING, offsetof(predict_options, truth),
     .doc = "folder with masks of the same names, to compare with"},
    {"mean", NT_REALS, offsetof(predict_options, mean), "[]",
     .doc = "of each channel; without, each image is normalised by its own mean and deviation"},
    {"deviation", NT_REALS, offsetof(predict_options, deviation), "[]",
     .doc = "of each channel, beside --mean"},
    {"resize", NT_BOOL, offsetof(predict_options, resize), "false",
     .doc = "resize pictures to cover the network's input; otherwise its size is cut from their "
            "middle"},
    {"batch", NT_INT, offsetof(predict_options, batch), "16", 1, 65536, .doc = "images a step"},
    NT_OPTION_CONV(predict_options),
    NT_OPTION_THREADS(predict_options),
    NT_OPTION_QUIET(predict_options),
    {0},
};

static const nt_operand predict_operands[] = {
    {.name = "GRAPH", .doc = "a graph file"},
    {.name = "PICTURES", .doc = "PNG or JPEG files, or folders of them", .repeated = true},
    {0},
};

/* All that one call needs, to be freed whatever happens. */
typedef struct predict_job {
    const predict_options *options;
    nt_arena arena;
    nt_labels labels;
    nt_network *network;
    nt_weights *weights;
    nt_graph *graph;
    nt_plan *plan;
    nt_run *run;
    nt_shape input, output;
    nt_picture_files pictures, truths;
    float *images, *inputs; /* of a batch: as they are, and normalised */
    size_t images_size;
    int32_t *taken; /* numbers of the pictures in the batch */
    int32_t taken_count, failures;
    nt_text csv;
} predict_job;

static bool makes_masks(const predict_job *job) {
    return job->output.rank == 3;
}

static nt_status no_memory(nt_error *error) {
    return nt_error_say(error, NT_NO_MEMORY, "out of memory");
}

/* --- setting up ------------------------------------------------------------------------------- */

static nt_status load_network(predict_job *job, const nt_arguments *arguments, nt_error *error) {
    const predict_options *options = job->options;
    NT_TRY(nt_network_load(arguments->words[0], arguments->settings, arguments->setting_count,
                           &job->network, error));
    if (job->network->input_count != 1)
        return nt_error_say(error, NT_INVALID, "the network '%s' has %d inputs; pictures are one",
                            job->network->name, job->network->input_count);
    if (nt_weights_new(job->network, &job->weights) != NT_OK)
        return no_memory(error);
    NT_TRY(nt_safetensors_read(options->weights, job->weights, NULL, error));
    nt_graph *main;
    if (nt_graph_main(job->network->graph, &main) != NT_OK)
        return no_memory(error);
    const nt_pass_options passes = {.conv = options->conv};
    nt_status status = nt_passes_run(main, &passes, &job->graph, error);
    nt_graph_free(main);
    NT_TRY(status);
    NT_TRY(nt_plan_new(job->graph, options->batch, &job->plan, error));
    NT_TRY(nt_run_new(job->plan, job->weights, NULL, &job->run, error));
    job->input = nt_graph_type(job->network->graph, job->network->inputs[0].value)->shape;
    job->output = nt_graph_type(job->graph, nt_graph_output(job->graph, 0)->value)->shape;
    return NT_OK;
}

/* What can be found wrong before anything is computed. */
static nt_status check(const predict_job *job, nt_error *error) {
    const predict_options *o = job->options;
    int32_t channels = job->input.dim[0], classes = job->output.dim[0];
    bool map = makes_masks(job) && job->output.dim[1] == job->input.dim[1] &&
               job->output.dim[2] == job->input.dim[2];
    if (job->input.rank != 3 || (channels != 1 && channels != 3))
        return nt_error_say(error, NT_INVALID,
                            "the network takes %d channels; pictures have 1 or 3", channels);
    if (!map && job->output.rank != 1)
        return nt_error_say(error, NT_INVALID,
                            "the network's output is neither a vector of "
                            "logits nor a map of them of the input's size");
    if (o->mean.count != o->deviation.count || (o->mean.count && o->mean.count != channels))
        return nt_error_say(error, NT_USAGE,
                            "--mean and --deviation need a number for each of %d channels",
                            channels);
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

static nt_status append(predict_job *job, const nt_picture_file *files, int32_t count) {
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
static nt_status list_word(predict_job *job, const char *word, nt_error *error) {
    struct stat info;
    nt_picture_files found;
    if (stat(word, &info) == 0 && S_ISDIR(info.st_mode)) {
        NT_TRY(nt_picture_files_list(word, &job->arena, &found, error));
        return append(job, found.items, found.count) == NT_OK ? NT_OK : no_memory(error);
    }
    const char *slash = strrchr(word, '/'), *base = slash ? slash + 1 : word;
    const char *dot = strrchr(base, '.');
    nt_picture_file file = {
        .path = word,
        .stem = nt_arena_substring(&job->arena, base, dot ? (size_t)(dot - base) : strlen(base))};
    return file.stem && append(job, &file, 1) == NT_OK ? NT_OK : no_memory(error);
}

static nt_status set_up(predict_job *job, const nt_arguments *arguments, nt_error *error) {
    const predict_options *o = job->options;
    if (!nt_labels_read(o->labels, &job->arena, &job->labels))
        return no_memory(error);
    NT_TRY(load_network(job, arguments, error));
    NT_TRY(check(job, error));
    for (int i = 1; i < arguments->word_count; i++)
        NT_TRY(list_word(job, arguments->words[i], error));
    if (job->pictures.count == 0)
        return nt_error_say(error, NT_INVALID, "there are no PNG or JPEG pictures");
    if (o->truth)
        NT_TRY(nt_picture_files_list(o->truth, &job->arena, &job->truths, error));
    job->images_size =
        (size_t)o->batch * (size_t)nt_shape_elements(job->input) * sizeof *job->images;
    job->images = nt_alloc(job->images_size);
    job->inputs = nt_alloc(job->images_size);
    job->taken = NT_ARENA_ARRAY(&job->arena, int32_t, o->batch);
    return job->images && job->inputs && job->taken ? NT_OK : no_memory(error);
}

/* --- one picture ------------------------------------------------------------------------------ */

/* The form that a picture is read in: the network's size, or its own, which must be as large. */
static nt_status find_form(const predict_job *job, const char *path, nt_picture_form *ret,
                           nt_error *error) {
    const int32_t own[2] = {0, 0}, *size = job->input.dim + 1;
    NT_TRY(nt_picture_form_find(path, job->options->resize ? size : own, job->input.dim[0], ret,
                                error));
    if (ret->rows >= size[0] && ret->columns >= size[1])
        return NT_OK;
    nt_error_in(error, NT_INVALID, path, -1, "has %d x %d pixels; the network takes %d x %d",
                ret->columns, ret->rows, size[1], size[0]);
    nt_error_hint(error, "--resize makes it fit");
    return NT_INVALID;
}

/* Copies the middle of rows x columns things of `thing` bytes. */
static void cut_middle(const predict_job *job, const nt_picture_form *form, const void *from,
                       size_t thing, void *to) {
    int32_t rows = job->input.dim[1], columns = job->input.dim[2];
    int32_t top = (form->rows - rows) / 2, left = (form->columns - columns) / 2;
    for (int32_t r = 0; r < rows; r++)
        memcpy((char *)to + (size_t)r * (size_t)columns * thing,
               (const char *)from +
                   ((size_t)(top + r) * (size_t)form->columns + (size_t)left) * thing,
               (size_t)columns * thing);
}

/* Reads pixels as floats from 0 to 1, in the network's size. */
static nt_status read_picture(const predict_job *job, const char *path, float *ret_image,
                              nt_error *error) {
    nt_picture_form form;
    NT_TRY(find_form(job, path, &form, error));
    size_t pixels = (size_t)form.rows * (size_t)form.columns * (size_t)form.channels;
    size_t size = pixels * sizeof(float);
    float *whole = nt_alloc(size);
    if (!whole)
        return no_memory(error);
    nt_status status = nt_picture_to_pixels(&form, path, whole, error);
    if (form.pixel == NT_PIXEL_BYTE)
        for (size_t i = pixels; status == NT_OK && i-- > 0;) /* in place, from the end */
            whole[i] = (float)((const unsigned char *)whole)[i] / 255.0f;
    if (status == NT_OK)
        cut_middle(job, &form, whole, (size_t)form.channels * sizeof *whole, ret_image);
    nt_free(whole, size);
    return status;
}

static void normalise(const predict_job *job, const float *image, float *ret) {
    const predict_options *o = job->options;
    int64_t count = nt_shape_elements(job->input);
    double mean = 0, variance = 0;
    if (o->mean.count) {
        for (int64_t i = 0; i < count; i++) {
            int64_t c = i % o->mean.count;
            ret[i] = (image[i] - (float)o->mean.items[c]) / (float)o->deviation.items[c];
        }
        return;
    }
    for (int64_t i = 0; i < count; i++)
        mean += (double)image[i] / (double)count;
    for (int64_t i = 0; i < count; i++)
        variance += ((double)image[i] - mean) * ((double)image[i] - mean) / (double)count;
    double scale = variance > 0 ? 1 / sqrt(variance) : 0;
    for (int64_t i = 0; i < count; i++)
        ret[i] = (float)(((double)image[i] - mean) * scale);
}

/* --- what is said of it ----------------------------------------------------------------------- */

static void add_class(const predict_job *job, int32_t class, nt_text *csv) {
    if (job->labels.count)
        nt_csv_text(csv, job->labels.names[class]);
    else
        nt_text_printf(csv, "%d", class);
}

/* The classes from the likeliest on, each with its probability. */
static void add_classes(predict_job *job, const char *name, const float *logits) {
    enum { TOP = 5 };
    int32_t classes = job->output.dim[0], last = -1;
    double sum = 0, top = -INFINITY;
    for (int32_t c = 0; c < classes; c++)
        top = fmax(top, (double)logits[c]);
    for (int32_t c = 0; c < classes; c++)
        sum += exp((double)logits[c] - top);
    nt_csv_text(&job->csv, name);
    for (int k = 0; k < TOP && k < classes; k++) {
        int32_t best = -1; /* below the last in logit, or equal and behind it */
        for (int32_t c = 0; c < classes; c++) {
            bool left =
                last < 0 || logits[c] < logits[last] || (logits[c] == logits[last] && c > last);
            if (left && (best < 0 || logits[c] > logits[best]))
                best = c;
        }
        if (best < 0)
            break;
        nt_text_add(&job->csv, ",");
        add_class(job, best, &job->csv);
        nt_text_printf(&job->csv, ",%.4f", exp((double)logits[best] - top) / sum);
        last = best;
    }
    nt_text_add(&job->csv, "\n");
}

static nt_status read_truth(const predict_job *job, const char *stem, unsigned char *ret,
                            nt_error *error) {
    const nt_picture_file *found = NULL;
    nt_picture_form form;
    for (int32_t i = 0; i < job->truths.count && !found; i++)
        if (strcmp(job->truths.items[i].stem, stem) == 0)
            found = &job->truths.items[i];
    if (!found)
        return nt_error_in(error, NT_INVALID, job->options->truth, -1, "has no mask '%s'", stem);
    NT_TRY(find_form(job, found->path, &form, error));
    size_t size = (size_t)form.rows * (size_t)form.columns;
    unsigned char *whole = nt_alloc(size);
    if (!whole)
        return no_memory(error);
    const nt_mask_key key = {.labels = job->labels};
    nt_status status = nt_picture_to_mask(&form, &key, found->path, whole, error);
    if (status == NT_OK)
        cut_middle(job, &form, whole, 1, ret);
    nt_free(whole, size);
    return status;
}

/* Dice of one image (score.h). */
static double dice_of(const predict_job *job, const float *logits, const unsigned char *truth) {
    int64_t pixels = nt_shape_pixels(job->output);
    const nt_scoring scoring = {NT_TARGET_MASK, job->output.dim[0], NT_DICE};
    size_t size = (size_t)nt_score_bytes(scoring);
    int32_t *target = nt_alloc((size_t)pixels * sizeof *target);
    unsigned char *outcome = nt_alloc(size);
    double loss, dice = (double)NAN;
    for (int64_t p = 0; target && p < pixels; p++)
        target[p] = truth[p];
    if (target && outcome) {
        nt_score_sample(scoring, logits, job->output.dim[0], target, pixels, outcome, &loss);
        dice = nt_score_value(scoring, outcome);
    }
    nt_free(target, (size_t)pixels * sizeof *target);
    nt_free(outcome, size);
    return dice;
}

static void find_mask(const predict_job *job, const float *logits, unsigned char *mask) {
    int32_t classes = job->output.dim[0];
    for (int64_t p = 0; p < nt_shape_pixels(job->output); p++, logits += classes) {
        int32_t best = 0;
        for (int32_t c = 1; c < classes; c++)
            best = logits[c] > logits[best] ? c : best;
        mask[p] = (unsigned char)best;
    }
}

/* name, pixels of each class, Dice */
static void add_mask(predict_job *job, const char *name, const unsigned char *mask, double dice) {
    int64_t pixels = nt_shape_pixels(job->output);
    nt_csv_text(&job->csv, name);
    for (int32_t c = 0; c < job->output.dim[0]; c++) {
        int64_t count = 0;
        for (int64_t p = 0; p < pixels; p++)
            count += mask[p] == c;
        nt_text_printf(&job->csv, ",%lld", (long long)count);
    }
    if (job->options->truth)
        nt_text_printf(&job->csv, ",%.4f", dice);
    nt_text_add(&job->csv, "\n");
}

static nt_status write_masks(predict_job *job, const char *stem, const float *image,
                             const float *logits, unsigned char *mask, unsigned char *truth,
                             nt_error *error) {
    nt_overlay overlay = {.rows = job->input.dim[1],
                          .columns = job->input.dim[2],
                          .channels = job->input.dim[0],
                          .image = image,
                          .mask = mask};
    double dice = (double)NAN;
    find_mask(job, logits, mask);
    if (job->options->truth) {
        NT_TRY(read_truth(job, stem, truth, error));
        overlay.truth = truth;
        dice = dice_of(job, logits, truth);
    }
    char *path = nt_arena_printf(&job->arena, "%s/%s", job->options->out, stem);
    char *mask_path = nt_arena_printf(&job->arena, "%s/%s.mask.png", job->options->out, stem);
    char *over_path = nt_arena_printf(&job->arena, "%s/%s.overlay.png", job->options->out, stem);
    if (!path || !mask_path || !over_path)
        return no_memory(error);
    *strrchr(path, '/') = '\0';
    NT_TRY(nt_folder_make(path, error));
    NT_TRY(nt_overlay_write_mask(&overlay, mask_path, error));
    NT_TRY(nt_overlay_write(&overlay, over_path, error));
    add_mask(job, stem, mask, dice);
    return NT_OK;
}

/* --- all of them ------------------------------------------------------------------------------ */

/* A picture that is no good is told of, and the others go on. */
static void report(predict_job *job, nt_error *own) {
    nt_print_error(own);
    nt_error_finish(own);
    nt_error_init(own);
    job->failures++;
}

static nt_status say_all(predict_job *job, nt_error *own, nt_error *error) {
    nt_tensor logits = nt_run_output(job->run, 0);
    size_t size = (size_t)nt_shape_elements(job->output);
    size_t image = (size_t)nt_shape_elements(job->input);
    size_t pixels = (size_t)nt_shape_pixels(job->input);
    unsigned char *masks = nt_alloc(2 * pixels);
    if (!masks)
        return no_memory(error);
    for (int32_t i = 0; i < job->taken_count; i++) {
        const char *stem = job->pictures.items[job->taken[i]].stem;
        const float *mine = logits.f + (logits.type.batched ? (size_t)i * size : 0);
        if (!makes_masks(job))
            add_classes(job, stem, mine);
        else if (write_masks(job, stem, job->images + (size_t)i * image, mine, masks,
                             masks + pixels, own) != NT_OK)
            report(job, own);
    }
    nt_free(masks, 2 * pixels);
    return NT_OK;
}

static nt_status run_batch(predict_job *job, nt_error *own, nt_error *error) {
    nt_feed feed = {.name = job->network->inputs[0].name, .data = job->inputs};
    if (job->taken_count == 0)
        return NT_OK;
    NT_TRY(nt_run_batch(job->run, &feed, 1, job->taken_count, error));
    nt_status status = say_all(job, own, error);
    job->taken_count = 0;
    return status;
}

static nt_status run_all(predict_job *job, nt_error *own, nt_error *error) {
    nt_progress_bar bar;
    size_t size = (size_t)nt_shape_elements(job->input);
    nt_status status = NT_OK;
    nt_progress_bar_init(&bar, job->options->quiet);
    for (int32_t i = 0; status == NT_OK && i < job->pictures.count; i++) {
        float *image = job->images + (size_t)job->taken_count * size;
        status = nt_signals_status();
        if (status == NT_OK && read_picture(job, job->pictures.items[i].path, image, own) != NT_OK)
            report(job, own);
        else if (status == NT_OK) {
            normalise(job, image, job->inputs + (size_t)job->taken_count * size);
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

static void add_header(predict_job *job) {
    int32_t classes = job->output.dim[0];
    nt_text_add(&job->csv, "name");
    for (int k = 1; !makes_masks(job) && k <= 5 && k <= classes; k++)
        nt_text_printf(&job->csv, ",class_%d,probability_%d", k, k);
    for (int32_t c = 0; makes_masks(job) && c < classes; c++) {
        nt_text_add(&job->csv, ",");
        add_class(job, c, &job->csv);
    }
    nt_text_add(&job->csv, job->options->truth ? ",dice\n" : "\n");
}

static nt_status run_job(predict_job *job, const nt_arguments *arguments, nt_error *error) {
    nt_error own;
    NT_TRY(set_up(job, arguments, error));
    nt_error_init(&own);
    add_header(job);
    nt_status status = run_all(job, &own, error);
    nt_error_finish(&own);
    nt_status printed = nt_print(&job->csv);
    NT_TRY(status);
    NT_TRY(printed);
    return job->failures == 0
               ? NT_OK
               : nt_error_say(error, NT_FAILED, "%d of %d pictures could not be used",
                              job->failures, job->pictures.count);
}

static nt_status run(const nt_arguments *arguments, nt_error *error) {
    predict_job job = {.options = arguments->record};
    if (!job.options->weights) {
        nt_error_say(error, NT_USAGE, "'predict' wants --weights FILE");
        nt_error_hint(error, "see 'nontrivial help predict'");
        return NT_USAGE;
    }
    nt_signals_catch();
    nt_threads_set(job.options->threads);
    nt_arena_init(&job.arena);
    nt_text_init(&job.csv);
    nt_status status = run_job(&job, arguments, error);
    nt_text_finish(&job.csv);
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
    .name = "predict",
    .doc = "classify or segment pictures with a network and its weights",
    .detail =
        "A network with a vector of logits prints the likeliest classes of each picture as CSV.\n"
        "One with a map of them writes NAME.mask.png, whose palette's numbers are the classes, "
        "and\n"
        "NAME.overlay.png, and prints how many pixels each class has; with --truth also Dice, and\n"
        "the overlay shows the truth's outline in white.\n",
    .syntax = {.options = predict_fields,
               .record_size = sizeof(predict_options),
               .operands = predict_operands,
               .settings = NT_SETTINGS_DOC},
    .run = run,
};
