/* What `eval` measured, and how it says it: for samples with a class, accuracy, top five and a
 * confusion matrix; for masks, the metrics of the images and of each class. */
#ifndef NT_SCORED_H
#define NT_SCORED_H

#include "evaluation.h"

typedef struct nt_scored {
    const nt_loader *loader;
    nt_scoring scoring;
    nt_shape shape; /* of one sample's logits */
    nt_outcome outcome;
    unsigned char *outcomes; /* sample after sample: see score.h */
    float *logits;           /* the same, NHWC; NULL for masks, unless they are wanted */
    size_t outcomes_size, logits_size;
} nt_scored;

/* Room for all samples of the loader; `shape`: of the network's first output. */
nt_status nt_scored_init(nt_scored *scored, const nt_loader *loader, nt_shape shape,
                         bool want_logits, nt_error *error);
void nt_scored_finish(nt_scored *scored);

/* Once outcome, outcomes and logits are filled in: logits as .npy, (images, classes) or (images,
 * classes, rows, columns); how often each class (rows) was taken for which (columns) as CSV, which
 * masks don't have: NT_USAGE. */
nt_status nt_scored_write_logits(const nt_scored *scored, const char *path, nt_error *error);
nt_status nt_scored_write_confusion(const nt_scored *scored, const char *path, nt_error *error);

typedef struct nt_scored_of {
    const char *network, *split;
    double seconds;
} nt_scored_of;

nt_status nt_scored_print(const nt_scored *scored, const nt_scored_of *of);
nt_status nt_scored_print_json(const nt_scored *scored, const nt_scored_of *of);

#endif
