/* What a network says of a picture: the likeliest classes, or a mask. */
#include "finding.h"
#include "overlay.h"
#include "predict.h"
#include "score.h"

#include "alloc.h"
#include "file.h"
#include "json_out.h"
#include <math.h>
#include <string.h>

/* A class as JSON: its name, or its number. */
static json_t *class_json(const nt_predict_job *job, int32_t class) {
    return job->labels.count ? json_string(job->labels.names[class]) : json_integer(class);
}

static void add_class(const nt_predict_job *job, int32_t class, nt_text *csv) {
    if (job->labels.count)
        nt_csv_text(csv, job->labels.names[class]);
    else
        nt_text_printf(csv, "%d", class);
}

/* The classes from the likeliest on, each with its probability. */
void nt_predict_add_classes(nt_predict_job *job, const char *name, const float *logits) {
    enum { TOP = 5 };
    int32_t classes = job->output.dim[0], last = -1;
    double sum = 0, top = -INFINITY;
    for (int32_t c = 0; c < classes; c++)
        top = fmax(top, (double)logits[c]);
    for (int32_t c = 0; c < classes; c++)
        sum += exp((double)logits[c] - top);
    json_t *likeliest = job->options->json ? json_array() : NULL;
    nt_csv_text(&job->csv, name);
    for (int k = 0; k < TOP && k < classes; k++) {
        int32_t best = -1; /* below the last in logit, or equal and behind it */
        for (int32_t c = 0; c < classes; c++) {
            bool left =
                last < 0 || logits[c] < logits[last] || (logits[c] == logits[last] && c > last);
            if (left && (best < 0 || logits[c] > logits[best]))
                best = c;
        }
        nt_text_add(&job->csv, ",");
        add_class(job, best, &job->csv);
        double probability = exp((double)logits[best] - top) / sum;
        nt_text_printf(&job->csv, ",%.4f", probability);
        if (job->options->json)
            likeliest =
                nt_json_append(likeliest, json_pack("{s:o, s:o}", "class", class_json(job, best),
                                                    "probability", nt_json_real(probability)));
        last = best;
    }
    nt_text_add(&job->csv, "\n");
    if (job->options->json)
        job->answers = nt_json_append(job->answers,
                                      json_pack("{s:s, s:o}", "name", name, "classes", likeliest));
}

static nt_status read_truth(const nt_predict_job *job, const nt_picture_file *picture,
                            unsigned char *ret, nt_error *error) {
    const nt_picture_file *found = NULL;
    nt_picture_seen seen[2];
    nt_pair_doubts doubts;
    nt_picture_form form;
    for (int32_t i = 0; i < job->truths.count && !found; i++)
        if (strcmp(job->truths.items[i].stem, picture->stem) == 0)
            found = &job->truths.items[i];
    if (!found)
        return nt_error_in(error, NT_INVALID, job->options->truth, -1, "has no mask '%s'",
                           picture->stem);
    const char *const paths[] = {picture->path, found->path};
    NT_TRY(nt_pictures_look(paths, 2, seen, error));
    NT_TRY(nt_picture_check_pairs(paths, seen, 1, false, &doubts, error));
    NT_TRY(nt_predict_form(job, found->path, &form, error));
    size_t size = (size_t)form.rows * (size_t)form.columns;
    unsigned char *whole = nt_alloc(size);
    if (!whole)
        return nt_predict_no_memory(error);
    const nt_mask_key key = {.labels = job->labels};
    nt_status status = nt_picture_to_mask(&form, &key, &found->path, 1, whole, error);
    if (status == NT_OK)
        nt_predict_cut(job, &form, whole, 1, ret);
    nt_free(whole, size);
    return status;
}

/* Dice of one image (score.h). */
static nt_status find_dice(const nt_predict_job *job, const float *logits,
                           const unsigned char *truth, double *ret, nt_error *error) {
    int64_t pixels = nt_shape_pixels(job->output);
    const nt_scoring scoring = {NT_TARGET_MASK, job->output.dim[0], NT_DICE};
    size_t size = (size_t)nt_score_bytes(scoring);
    int32_t *target = nt_alloc((size_t)pixels * sizeof *target);
    unsigned char *outcome = nt_alloc(size);
    bool room = target && outcome;
    double loss;
    for (int64_t p = 0; room && p < pixels; p++)
        target[p] = truth[p];
    if (room) {
        nt_score_sample(scoring, logits, job->output.dim[0], target, pixels, outcome, &loss);
        *ret = nt_score_value(scoring, outcome);
    }
    nt_free(target, (size_t)pixels * sizeof *target);
    nt_free(outcome, size);
    return room ? NT_OK : nt_predict_no_memory(error);
}

static int64_t count_class(const nt_predict_job *job, const unsigned char *mask, int32_t class) {
    int64_t pixels = nt_shape_pixels(job->output), count = 0;
    for (int64_t p = 0; p < pixels; p++)
        count += mask[p] == class;
    return count;
}

static void append_mask(nt_predict_job *job, const char *name, const unsigned char *mask,
                        const char *const paths[2], double dice) {
    json_t *list = json_array();
    for (int32_t c = 0; c < job->output.dim[0]; c++)
        list = nt_json_append(list, json_pack("{s:o, s:I}", "class", class_json(job, c), "count",
                                              (json_int_t)count_class(job, mask, c)));
    job->answers = nt_json_append(
        job->answers, json_pack("{s:o, s:o, s:o, s:o, s:o*}", "name", nt_json_text(name), "mask",
                                nt_json_text(paths[0]), "overlay", nt_json_text(paths[1]), "pixels",
                                list, "dice", job->options->truth ? nt_json_real(dice) : NULL));
}

/* name, pixels of each class, Dice */
static void add_mask(nt_predict_job *job, const char *name, const unsigned char *mask,
                     double dice) {
    nt_csv_text(&job->csv, name);
    for (int32_t c = 0; c < job->output.dim[0]; c++)
        nt_text_printf(&job->csv, ",%lld", (long long)count_class(job, mask, c));
    if (job->options->truth && isnan(dice)) /* no pixel of the truth counts */
        nt_text_add(&job->csv, ",");
    else if (job->options->truth)
        nt_text_printf(&job->csv, ",%.4f", dice);
    nt_text_add(&job->csv, "\n");
}

nt_status nt_predict_write_masks(nt_predict_job *job, const nt_picture_file *picture,
                                 const float *image, const float *logits, unsigned char *mask,
                                 unsigned char *truth, nt_error *error) {
    nt_overlay overlay = {.rows = job->input.dim[1],
                          .columns = job->input.dim[2],
                          .channels = job->input.dim[0],
                          .image = image,
                          .mask = mask};
    double dice = (double)NAN;
    nt_score_mask(logits, job->output.dim[0], nt_shape_pixels(job->output), mask);
    if (job->options->truth) {
        NT_TRY(read_truth(job, picture, truth, error));
        overlay.truth = truth;
        NT_TRY(find_dice(job, logits, truth, &dice, error));
    }
    const char *stem = picture->stem;
    char *path = nt_arena_printf(&job->arena, "%s/%s", job->options->out, stem);
    char *mask_path = nt_arena_printf(&job->arena, "%s/%s.mask.png", job->options->out, stem);
    char *over_path = nt_arena_printf(&job->arena, "%s/%s.overlay.png", job->options->out, stem);
    if (!path || !mask_path || !over_path)
        return nt_predict_no_memory(error);
    *strrchr(path, '/') = '\0';
    NT_TRY(nt_folder_make(path, error));
    NT_TRY(nt_overlay_write_mask(&overlay, mask_path, error));
    NT_TRY(nt_overlay_write(&overlay, over_path, error));
    add_mask(job, stem, mask, dice);
    if (job->options->json)
        append_mask(job, stem, mask, (const char *const[]){mask_path, over_path}, dice);
    return NT_OK;
}

void nt_predict_add_header(nt_predict_job *job) {
    int32_t classes = job->output.dim[0];
    nt_text_add(&job->csv, "name");
    for (int k = 1; !nt_predict_makes_masks(job) && k <= 5 && k <= classes; k++)
        nt_text_printf(&job->csv, ",class_%d,probability_%d", k, k);
    for (int32_t c = 0; nt_predict_makes_masks(job) && c < classes; c++) {
        nt_text_add(&job->csv, ",");
        add_class(job, c, &job->csv);
    }
    nt_text_add(&job->csv, job->options->truth ? ",dice\n" : "\n");
}
