/* Outcomes are held as the store keeps them, one after the other (score.h), and all that is printed
 * is counted from them; logits are kept besides where classes are ranked or a file is wanted. */
#include "eval_report.h"

#include "alloc.h"
#include "console.h"
#include "file.h"
#include "finding.h"
#include "findings_table.h"
#include "fit.h"
#include "json_out.h"
#include "npy.h"
#include "table.h"
#include <math.h>
#include <string.h>

enum { TOP = 5, MOST_CLASSES = 255 };

static const nt_data_info *data_of(const nt_eval_report *s) {
    return nt_dataset_info(nt_loader_dataset(s->loader));
}

static bool masks(const nt_eval_report *s) {
    return s->scoring.target == NT_TARGET_MASK;
}

nt_status nt_eval_report_init(nt_eval_report *s, const nt_loader *loader, nt_shape shape,
                              bool want_logits, nt_error *error) {
    const nt_data_info *data = nt_dataset_info(nt_loader_dataset(loader));
    size_t count = (size_t)nt_loader_count(loader);
    *s = (nt_eval_report){.loader = loader, .shape = shape};
    s->scoring = nt_scoring_of(data, nt_metric_usual(data->target));
    s->outcomes_size = count * (size_t)nt_score_bytes(s->scoring);
    s->outcomes = nt_alloc(s->outcomes_size);
    if (want_logits || !masks(s)) {
        s->logits_size = count * (size_t)nt_shape_elements(shape) * sizeof *s->logits;
        s->logits = nt_alloc(s->logits_size);
    }
    if (s->outcomes && (s->logits || s->logits_size == 0))
        return NT_OK;
    return nt_error_say(error, NT_NO_MEMORY, "out of memory for the outcomes of %zu images", count);
}

void nt_eval_report_finish(nt_eval_report *s) {
    nt_free(s->outcomes, s->outcomes_size);
    nt_free(s->logits, s->logits_size);
    *s = (nt_eval_report){0};
}

/* --- files ------------------------------------------------------------------------------------ */

/* [pixel][class] to [class][pixel], of one image. */
static void turn(const nt_eval_report *s, const float *image, float *ret) {
    int64_t pixels = nt_shape_pixels(s->shape), classes = s->shape.dim[0];
    for (int64_t p = 0; p < pixels; p++)
        for (int64_t c = 0; c < classes; c++)
            ret[c * pixels + p] = image[p * classes + c];
}

/* Of the samples in the split's order, where each stands in the loader's: `places` has room for as
 * many as the split has. */
static void find_places(const nt_eval_report *s, int32_t *places, int32_t split) {
    int32_t count = 0;
    for (int32_t n = 0; n < split; n++)
        places[n] = -1;
    for (int32_t i = 0; i < nt_loader_count(s->loader); i++)
        places[nt_loader_sample(s->loader, i)] = i;
    for (int32_t n = 0; n < split; n++)
        if (places[n] >= 0)
            places[count++] = places[n];
}

nt_status nt_eval_report_write_logits(const nt_eval_report *s, const char *path, nt_error *error) {
    int32_t split = data_of(s)->counts[nt_loader_split(s->loader)];
    int32_t count = nt_loader_count(s->loader), dims[4] = {count};
    size_t one = (size_t)nt_shape_elements(s->shape), size = (size_t)split * sizeof(int32_t);
    for (int d = 0; d < s->shape.rank; d++)
        dims[1 + d] = s->shape.dim[d];
    float *sorted = nt_alloc(s->logits_size);
    int32_t *places = nt_alloc(size);
    nt_status status = NT_NO_MEMORY;
    if (sorted && places) {
        find_places(s, places, split);
        for (int32_t i = 0; i < count; i++)
            turn(s, s->logits + (size_t)places[i] * one, sorted + (size_t)i * one);
        status = nt_npy_write(path, dims, 1 + s->shape.rank, sorted, error);
    } else {
        nt_error_say(error, status, "out of memory writing %s", path);
    }
    nt_free(sorted, s->logits_size);
    nt_free(places, size);
    return status;
}

static void add_confusion(const nt_eval_report *s, const int32_t *often, nt_text *csv) {
    const nt_data_info *data = data_of(s);
    nt_text_add(csv, "class");
    for (int32_t c = 0; c < data->classes; c++) {
        nt_text_add(csv, ",");
        nt_csv_text(csv, data->class_names[c]);
    }
    for (int32_t r = 0; r < data->classes; r++) {
        nt_text_add(csv, "\n");
        nt_csv_text(csv, data->class_names[r]);
        for (int32_t c = 0; c < data->classes; c++)
            nt_text_printf(csv, ",%d", often[(size_t)r * (size_t)data->classes + (size_t)c]);
    }
    nt_text_add(csv, "\n");
}

nt_status nt_eval_report_write_confusion(const nt_eval_report *s, const char *path,
                                         nt_error *error) {
    size_t classes = (size_t)data_of(s)->classes, size = classes * classes * sizeof(int32_t);
    nt_text csv;
    if (masks(s))
        return nt_error_say(error, NT_USAGE, "--confusion is for images with a class, not masks");
    int32_t *often = nt_alloc_zero(size);
    if (!often)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory writing %s", path);
    for (int32_t i = 0; i < s->outcome.total; i++) {
        int32_t guess = nt_score_guess(s->logits + (size_t)i * classes, (int32_t)classes);
        often[(size_t)nt_loader_label(s->loader, i) * classes + (size_t)guess]++;
    }
    nt_text_init(&csv);
    add_confusion(s, often, &csv);
    nt_free(often, size);
    nt_status status = csv.failed
                           ? nt_error_say(error, NT_NO_MEMORY, "out of memory writing %s", path)
                           : nt_file_replace(path, csv.bytes, csv.length, error);
    nt_text_finish(&csv);
    return status;
}

/* --- numbers ---------------------------------------------------------------------------------- */

/* Samples whose class is among the TOP largest logits; of equal ones the first come first. */
static int32_t count_top(const nt_eval_report *s) {
    int32_t classes = s->shape.dim[0], right = 0;
    for (int32_t i = 0; i < s->outcome.total; i++) {
        const float *logits = s->logits + (size_t)i * (size_t)classes;
        int32_t label = nt_loader_label(s->loader, i), before = 0;
        for (int32_t c = 0; c < classes; c++)
            before += logits[c] > logits[label] || (logits[c] == logits[label] && c < label);
        right += before < TOP;
    }
    return right;
}

static bool has_top(const nt_eval_report *s) {
    return !masks(s) && s->shape.dim[0] > TOP;
}

static void add_share(nt_table *table, double share) {
    if (isnan(share))
        nt_table_cell(table, "–");
    else
        nt_table_cellf(table, "%.4f", share);
}

static void print_classes(const nt_eval_report *s, nt_text *text) {
    static const nt_column columns[] = {{"class", .align = NT_LEFT},
                                        {"dice", .align = NT_RIGHT},
                                        {"iou", .align = NT_RIGHT},
                                        {"share of pixels", .align = NT_RIGHT},
                                        {0}};
    nt_class_score scores[MOST_CLASSES];
    nt_table table;
    int64_t pixels = 0;
    bool absent = false;
    nt_score_classes(s->scoring, s->outcomes, s->outcome.total, scores);
    for (int32_t c = 0; c < s->scoring.classes; c++)
        pixels += scores[c].there;
    nt_table_init(&table, columns);
    for (int32_t c = 0; c < s->scoring.classes; c++) {
        nt_table_cell(&table, data_of(s)->class_names[c]);
        add_share(&table, nt_class_dice(scores[c]));
        add_share(&table, nt_class_iou(scores[c]));
        nt_table_cellf(&table, "%.4f", (double)scores[c].there / (double)pixels);
        absent = absent || isnan(nt_class_dice(scores[c]));
    }
    nt_text_add(text, "\nover all images together\n\n");
    nt_table_format(&table, text);
    if (absent)
        nt_text_add(text, "–: in no mask and in no prediction\n");
    nt_table_finish(&table);
}

nt_status nt_eval_report_print(const nt_eval_report *s, const nt_eval_report_of *of) {
    const nt_outcome *outcome = &s->outcome;
    nt_text text;
    nt_text_init(&text);
    nt_text_printf(&text, "%s on the split '%s' of %s\n", of->network, of->split,
                   data_of(s)->folder);
    if (masks(s))
        nt_text_printf(&text,
                       "dice      %.4f  (mean of %d images; of all pixels together %.4f)\n"
                       "iou       %.4f  (of all pixels together)\npixels    %.4f  are right\n",
                       outcome->value, outcome->total - outcome->uncounted, outcome->set_dice,
                       outcome->set_iou, outcome->pixel_accuracy);
    else
        nt_text_printf(&text, "accuracy  %.4f  (%d of %d)\n", outcome->value, outcome->correct,
                       outcome->total);
    if (has_top(s)) {
        int32_t right = count_top(s);
        nt_text_printf(&text, "top %d     %.4f  (%d of %d)\n", TOP, (double)right / outcome->total,
                       right, outcome->total);
    }
    nt_text_printf(&text, "loss      %.4f\n", outcome->loss);
    nt_findings_note_uncounted(outcome, &text);
    if (masks(s))
        print_classes(s, &text);
    nt_text_break(&text, (size_t)nt_console_width(stdout));
    return nt_print(&text);
}

static json_t *classes_json(const nt_eval_report *s) {
    nt_class_score scores[MOST_CLASSES];
    json_t *list = json_array();
    nt_score_classes(s->scoring, s->outcomes, s->outcome.total, scores);
    for (int32_t c = 0; c < s->scoring.classes; c++)
        list = nt_json_append(
            list, json_pack("{s:s, s:o, s:o, s:I, s:I, s:I}", "class", data_of(s)->class_names[c],
                            "dice", nt_json_real(nt_class_dice(scores[c])), "iou",
                            nt_json_real(nt_class_iou(scores[c])), "both",
                            (json_int_t)scores[c].both, "predicted",
                            (json_int_t)scores[c].predicted, "there", (json_int_t)scores[c].there));
    return list;
}

nt_status nt_eval_report_print_json(const nt_eval_report *s, const nt_eval_report_of *of) {
    const nt_outcome *outcome = &s->outcome;
    bool m = masks(s);
    return nt_json_print(json_pack(
        "{s:s, s:o, s:s, s:s, s:o, s:o*, s:o*, s:i, s:o*, s:o, s:o*, s:o*, s:o*, s:o*, s:o}",
        "network", of->network, "data", nt_json_text(data_of(s)->folder), "split", of->split,
        "metric", nt_metric_names[outcome->metric], "value", nt_json_real(outcome->value),
        "correct", m ? NULL : json_integer(outcome->correct), "top5",
        has_top(s) ? json_integer(count_top(s)) : NULL, "total", (int)outcome->total, "uncounted",
        outcome->uncounted ? json_integer(outcome->uncounted) : NULL, "loss",
        nt_json_real(outcome->loss), "set_dice", m ? nt_json_real(outcome->set_dice) : NULL,
        "set_iou", m ? nt_json_real(outcome->set_iou) : NULL, "pixel_accuracy",
        m ? nt_json_real(outcome->pixel_accuracy) : NULL, "classes", m ? classes_json(s) : NULL,
        "seconds", nt_json_real(of->seconds)));
}
