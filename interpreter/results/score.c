/* An outcome is what a metric needs to know of one sample: of a class one byte, whether it was
 * right; of a mask, for each class three counts of pixels, 32 bits each, little-endian:
 *
 *     in both masks | in the prediction | in the truth
 *
 * A failure is bytes of 255: no count of pixels, and no answer of one that is right or wrong.
 * All metrics are computed from outcomes, whether they were just measured or come from the store.
 */
#include "score.h"

#include <math.h>
#include <string.h>

const char *const nt_metric_names[] = {
    [NT_ACCURACY] = "accuracy", [NT_DICE] = "dice", [NT_IOU] = "iou", NULL};

enum { BOTH, PREDICTED, THERE, COUNTS };
enum { MOST_CLASSES = 255, CLASS_BYTES = COUNTS * 4, FAILED = 255 };

nt_metric nt_metric_usual(nt_target target) {
    return target == NT_TARGET_CLASS ? NT_ACCURACY : NT_DICE;
}

bool nt_metric_fits(nt_metric metric, nt_target target) {
    return (metric == NT_ACCURACY) == (target == NT_TARGET_CLASS);
}

nt_scoring nt_scoring_of(const nt_data_info *data, nt_metric metric) {
    return (nt_scoring){data->target, data->classes, metric};
}

int32_t nt_score_bytes(nt_scoring scoring) {
    return scoring.target == NT_TARGET_CLASS ? 1 : scoring.classes * CLASS_BYTES;
}

bool nt_scoring_from_bytes(int32_t bytes, nt_metric metric, nt_scoring *ret) {
    nt_scoring scoring = {.target = NT_TARGET_CLASS, .metric = metric};
    if (bytes != 1)
        scoring = (nt_scoring){NT_TARGET_MASK, bytes / CLASS_BYTES, metric};
    if (nt_score_bytes(scoring) != bytes || (bytes != 1 && scoring.classes < 2) ||
        scoring.classes > MOST_CLASSES || !nt_metric_fits(metric, scoring.target))
        return false;
    *ret = scoring;
    return true;
}

/* --- one sample ------------------------------------------------------------------------------- */

bool nt_score_is_finite(const float *logits, int64_t count) {
    for (int64_t i = 0; i < count; i++)
        if (!isfinite(logits[i]))
            return false;
    return true;
}

int32_t nt_score_guess(const float *logits, int32_t classes) {
    int32_t best = 0;
    for (int32_t c = 1; c < classes; c++)
        if (logits[c] > logits[best])
            best = c;
    return best;
}

void nt_score_mask(const float *logits, int32_t classes, int64_t pixels, unsigned char *ret) {
    for (int64_t p = 0; p < pixels; p++)
        ret[p] = (unsigned char)nt_score_guess(logits + p * classes, classes);
}

static double cross_entropy(const float *logits, int32_t classes, int32_t label) {
    double top = (double)logits[0], sum = 0;
    for (int32_t c = 1; c < classes; c++)
        top = (double)logits[c] > top ? (double)logits[c] : top;
    for (int32_t c = 0; c < classes; c++)
        sum += exp((double)logits[c] - top);
    return log(sum) + top - (double)logits[label];
}

static void put(unsigned char *outcome, int32_t class, int what, uint32_t count) {
    unsigned char *at = outcome + class * CLASS_BYTES + what * 4;
    for (int b = 0; b < 4; b++)
        at[b] = (unsigned char)(count >> 8 * b);
}

static uint32_t get(const unsigned char *outcome, int32_t class, int what) {
    const unsigned char *at = outcome + class * CLASS_BYTES + what * 4;
    return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static void score_mask(nt_scoring scoring, const float *logits, const int32_t *target,
                       int64_t pixels, unsigned char *ret_outcome, double *ret_loss) {
    uint32_t counts[MOST_CLASSES][COUNTS];
    int32_t classes = scoring.classes;
    int64_t counted = 0;
    double loss = 0;
    memset(counts, 0, (size_t)classes * sizeof *counts);
    for (int64_t p = 0; p < pixels; p++, logits += classes) {
        int32_t class = target[p], guess = nt_score_guess(logits, classes);
        if (class == NT_NO_CLASS)
            continue;
        counted++;
        counts[class][THERE]++;
        loss += cross_entropy(logits, classes, class);
        counts[guess][PREDICTED]++;
        counts[class][BOTH] += guess == class;
    }
    for (int32_t c = 0; c < classes; c++)
        for (int what = 0; what < COUNTS; what++)
            put(ret_outcome, c, what, counts[c][what]);
    *ret_loss = counted ? loss / (double)counted : 0;
}

void nt_score_sample(nt_scoring scoring, const float *logits, int32_t classes,
                     const int32_t *target, int64_t pixels, unsigned char *ret_outcome,
                     double *ret_loss) {
    int64_t places = scoring.target == NT_TARGET_MASK ? pixels : 1;
    if (!nt_score_is_finite(logits, places * classes)) {
        memset(ret_outcome, FAILED, (size_t)nt_score_bytes(scoring));
        *ret_loss = (double)NAN;
        return;
    }
    if (scoring.target == NT_TARGET_MASK) {
        score_mask(scoring, logits, target, pixels, ret_outcome, ret_loss);
        return;
    }
    *ret_outcome = nt_score_guess(logits, classes) == *target;
    *ret_loss = cross_entropy(logits, classes, *target);
}

double nt_class_dice(nt_class_score score) {
    int64_t size = score.predicted + score.there;
    return size ? 2 * (double)score.both / (double)size : (double)NAN;
}

double nt_class_iou(nt_class_score score) {
    int64_t size = score.predicted + score.there - score.both;
    return size ? (double)score.both / (double)size : (double)NAN;
}

static nt_class_score read_class(const unsigned char *outcome, int32_t class) {
    return (nt_class_score){.both = get(outcome, class, BOTH),
                            .predicted = get(outcome, class, PREDICTED),
                            .there = get(outcome, class, THERE)};
}

static int64_t count_pixels(const nt_class_score *scores, int32_t classes) {
    int64_t pixels = 0;
    for (int32_t c = 0; c < classes; c++)
        pixels += scores[c].there;
    return pixels;
}

/* The mean over the classes but the background that occur; 1 if none does, NaN without pixels. */
static double mean_over_classes(const nt_class_score *scores, int32_t classes, nt_metric metric) {
    double sum = 0;
    int32_t count = 0;
    if (count_pixels(scores, classes) == 0)
        return (double)NAN;
    for (int32_t c = 1; c < classes; c++) {
        double value = metric == NT_IOU ? nt_class_iou(scores[c]) : nt_class_dice(scores[c]);
        if (isnan(value))
            continue;
        sum += value;
        count++;
    }
    return count ? sum / count : 1;
}

bool nt_score_failed(nt_scoring scoring, const unsigned char *outcome) {
    for (int32_t i = 0; i < nt_score_bytes(scoring); i++)
        if (outcome[i] != FAILED)
            return false;
    return true;
}

double nt_score_value(nt_scoring scoring, const unsigned char *outcome) {
    nt_class_score scores[MOST_CLASSES];
    if (nt_score_failed(scoring, outcome))
        return (double)NAN;
    if (scoring.target == NT_TARGET_CLASS)
        return outcome[0] != 0;
    for (int32_t c = 0; c < scoring.classes; c++)
        scores[c] = read_class(outcome, c);
    return mean_over_classes(scores, scoring.classes, scoring.metric);
}

/* --- many ------------------------------------------------------------------------------------- */

void nt_score_classes(nt_scoring scoring, const unsigned char *outcomes, int32_t samples,
                      nt_class_score *ret_classes) {
    size_t size = (size_t)nt_score_bytes(scoring);
    memset(ret_classes, 0, (size_t)scoring.classes * sizeof *ret_classes);
    for (int32_t i = 0; i < samples; i++)
        for (int32_t c = 0; c < scoring.classes; c++) {
            nt_class_score one = read_class(outcomes + (size_t)i * size, c);
            ret_classes[c].both += one.both;
            ret_classes[c].predicted += one.predicted;
            ret_classes[c].there += one.there;
        }
}

static void total_masks(nt_scoring scoring, const unsigned char *outcomes, nt_outcome *outcome) {
    nt_class_score scores[MOST_CLASSES];
    int64_t right = 0, pixels;
    nt_score_classes(scoring, outcomes, outcome->total, scores);
    pixels = count_pixels(scores, scoring.classes);
    for (int32_t c = 0; c < scoring.classes; c++)
        right += scores[c].both;
    outcome->set_dice = mean_over_classes(scores, scoring.classes, NT_DICE);
    outcome->set_iou = mean_over_classes(scores, scoring.classes, NT_IOU);
    outcome->pixel_accuracy = pixels ? (double)right / (double)pixels : (double)NAN;
}

/* A loss that is no number tells of a failure that the outcomes themselves do not: they were
 * counted before there were marks for it. */
static void note_failures(nt_scoring scoring, const unsigned char *outcomes, double loss,
                          nt_outcome *outcome) {
    size_t size = (size_t)nt_score_bytes(scoring);
    for (int32_t i = 0; i < outcome->total; i++)
        if (nt_score_failed(scoring, outcomes + (size_t)i * size) && outcome->failed++ == 0)
            outcome->failure = i;
    if (outcome->failed > 0 || isfinite(loss))
        return;
    outcome->failed = 1;
    outcome->failure = -1;
}

nt_outcome nt_score_total(nt_scoring scoring, const unsigned char *outcomes, int32_t samples,
                          double loss) {
    nt_outcome outcome = {.metric = scoring.metric, .total = samples};
    size_t size = (size_t)nt_score_bytes(scoring);
    double sum = 0;
    note_failures(scoring, outcomes, loss, &outcome);
    if (outcome.failed > 0) {
        outcome.value = outcome.loss = (double)NAN;
        outcome.set_dice = outcome.set_iou = outcome.pixel_accuracy = (double)NAN;
        return outcome;
    }
    for (int32_t i = 0; i < samples; i++) {
        double value = nt_score_value(scoring, outcomes + (size_t)i * size);
        sum += isnan(value) ? 0 : value;
        outcome.uncounted += isnan(value);
    }
    int32_t counted = samples - outcome.uncounted;
    outcome.value = counted ? sum / counted : samples ? (double)NAN : 0;
    outcome.loss = counted ? loss / counted : samples ? (double)NAN : 0;
    if (scoring.target == NT_TARGET_CLASS)
        outcome.correct = (int32_t)sum;
    else
        total_masks(scoring, outcomes, &outcome);
    return outcome;
}
