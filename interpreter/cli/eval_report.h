/* What `eval` measured, and how it says it: for samples with a class, accuracy, top five and a
 * confusion matrix; for masks, the metrics of the images and of each class. */
#ifndef NT_EVAL_REPORT_H
#define NT_EVAL_REPORT_H

#include "evaluation.h"

typedef struct nt_eval_report {
    const nt_loader *loader;
    nt_scoring scoring;
    nt_shape shape; /* of one sample's logits */
    nt_outcome outcome;
    unsigned char *outcomes; /* sample after sample, as the loader has them: see score.h */
    float *logits;           /* the same, NHWC; NULL for masks, unless they are wanted */
    size_t outcomes_size, logits_size;
} nt_eval_report;

/* Room for all samples of the loader; `shape`: of the network's first output. */
nt_status nt_eval_report_init(nt_eval_report *scored, const nt_loader *loader, nt_shape shape,
                              bool want_logits, nt_error *error);
void nt_eval_report_finish(nt_eval_report *scored);

/* Once outcome, outcomes and logits are filled in: logits as .npy, (images, classes) or (images,
 * classes, rows, columns), in the split's order; how often each class (rows) was taken for which
 * (columns) as CSV, which masks don't have: NT_USAGE. */
nt_status nt_eval_report_write_logits(const nt_eval_report *scored, const char *path,
                                      nt_error *error);
nt_status nt_eval_report_write_confusion(const nt_eval_report *scored, const char *path,
                                         nt_error *error);

typedef struct nt_eval_report_of {
    const char *network, *split;
    double seconds;
} nt_eval_report_of;

nt_status nt_eval_report_print(const nt_eval_report *scored, const nt_eval_report_of *of);
nt_status nt_eval_report_print_json(const nt_eval_report *scored, const nt_eval_report_of *of);

#endif
