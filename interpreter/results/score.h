/* Metrics. Of each sample a few bytes are counted, its outcome, from which every number about it
 * and about many follows:
 *
 *     a class      one byte: 1, its largest logit, the first if several are equal, is its class's;
 *                  0, it isn't
 *     a mask       for each class three counts of pixels, 32 bits each, low byte first: those that
 *                  are of the class and predicted as it, those predicted as it, those of it.
 *                  Pixels without a class (NT_NO_CLASS) count nowhere
 *     a failure    every bit 1, in either form: a logit is not finite, and nothing follows from it
 *
 * With these counts b, p and t of a class, its Dice coefficient (Dice 1945, Ecology 26) is
 * 2 b / (p + t), its intersection over union (Jaccard) b / (p + t - b). Class 0 is the background:
 * an image's Dice is the mean over the other classes that are in its mask or in the prediction, so
 * that a class which is only predicted gives 0; an image with none of them, whose empty mask was
 * predicted empty, has 1, and one without a pixel that counts has none. The mean over the images
 * that have one is what is called `dice`; `set_dice` adds the counts up first. */
#ifndef NT_SCORE_H
#define NT_SCORE_H

#include "dataset.h"
#include "metric.h"

typedef struct nt_scoring {
    nt_target target;
    int32_t classes; /* of a mask */
    nt_metric metric;
} nt_scoring;

/* What outcomes of a sample say. */
nt_scoring nt_scoring_of(const nt_data_info *data, nt_metric metric);
nt_metric nt_metric_usual(nt_target target); /* accuracy, dice */
bool nt_metric_fits(nt_metric metric, nt_target target);

/* --- one sample ------------------------------------------------------------------------------- */

int32_t nt_score_bytes(nt_scoring scoring); /* of one outcome */

bool nt_score_is_finite(const float *logits, int64_t count); /* all of them */

/* The position of the largest logit, the first of equal ones. */
int32_t nt_score_guess(const float *logits, int32_t classes);

/* The same for each pixel of [pixels][classes]. */
void nt_score_mask(const float *logits, int32_t classes, int64_t pixels, unsigned char *ret);

/* Scoring as it was when outcomes of so many bytes were counted; false: there is none. */
bool nt_scoring_from_bytes(int32_t bytes, nt_metric metric, nt_scoring *ret);

/* Counts a sample from its logits ([classes], or [pixels][classes]) and its target; also gives the
 * cross-entropy, of a mask the mean over its pixels that count; NaN of a failure. */
void nt_score_sample(nt_scoring scoring, const float *logits, int32_t classes,
                     const int32_t *target, int64_t pixels, unsigned char *ret_outcome,
                     double *ret_loss);

/* 0 to 1; NaN of a failure, and of an image without a pixel that counts. */
double nt_score_value(nt_scoring scoring, const unsigned char *outcome);
bool nt_score_failed(nt_scoring scoring, const unsigned char *outcome);

/* --- many ------------------------------------------------------------------------------------- */

/* Sums outcomes up, sample after sample; `loss` is the sum of the cross-entropies. */
nt_outcome nt_score_total(nt_scoring scoring, const unsigned char *outcomes, int32_t samples,
                          double loss);

/* Of masks, a class's counts over all samples. */
typedef struct nt_class_score {
    int64_t both, predicted, there; /* pixels */
} nt_class_score;

void nt_score_classes(nt_scoring scoring, const unsigned char *outcomes, int32_t samples,
                      nt_class_score *ret_classes);
double nt_class_dice(nt_class_score score); /* NaN: it is nowhere */
double nt_class_iou(nt_class_score score);

#endif
