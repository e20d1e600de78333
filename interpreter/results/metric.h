/* Which metrics there are, and what one says of many samples; how they are counted is score.h's. */
#ifndef NT_METRIC_H
#define NT_METRIC_H

#include <stdint.h>

typedef enum nt_metric {
    NT_ACCURACY, /* share of the samples that are right */
    NT_DICE,     /* mean over the images */
    NT_IOU       /* the same with the intersection over union */
} nt_metric;

extern const char *const nt_metric_names[]; /* "accuracy", "dice", "iou"; NULL ends the list */

typedef struct nt_outcome {
    nt_metric metric;
    int32_t total;     /* samples */
    int32_t uncounted; /* of them, images of which no pixel counts; they are in no mean */
    int32_t failed;    /* of them, those with a logit that is not finite; where there are any, no
                        * number below is one */
    int32_t failure;   /* the first of these; -1: some */
    double value;      /* the metric: mean over the samples; NaN if none counts, 0 without any */
    double loss;       /* mean of the cross-entropies, likewise */

    int32_t correct; /* of samples with a class */

    /* Of masks, over all pixels together: Dice and intersection over union, each the mean over the
     * classes but the background that occur, and the share of the pixels that are right; NaN if
     * there are none. */
    double set_dice, set_iou, pixel_accuracy;
} nt_outcome;

#endif
