/* How far a network can be trusted to know how sure it is: of images with a class, the confidence,
 * the largest of the softmax, against the share that is right, in bins of equal width (Guo et al.,
 * ICML 2017). A run records it where it is asked to, of the baseline and of one case, with one
 * seed's weights, as reliability.json in its folder. */
#ifndef NT_RELIABILITY_H
#define NT_RELIABILITY_H

#include "arena.h"
#include "diagnostic.h"

#define NT_RELIABILITY_NAME "reliability.json"
enum { NT_RELIABILITY_BINS = 15 }; /* the i-th has what is above i / 15, up to (i + 1) / 15 */

typedef struct nt_reliability_bin {
    int32_t images, right;
    double confidence; /* sum over the images */
} nt_reliability_bin;

typedef struct nt_reliability_case {
    const char *group, *name; /* of the baseline, both NT_BASELINE */
    const char *key;          /* of its outcomes, */
    const char *numerics;     /* and theirs */
    nt_reliability_bin *bins; /* NT_RELIABILITY_BINS of them */
    int32_t bin_count;
} nt_reliability_case;

typedef struct nt_reliability {
    int32_t seed;
    nt_reliability_case *cases; /* the baseline first */
    int32_t case_count;
} nt_reliability;

/* Counts an image. False: a logit is not finite, and it is in no bin. */
bool nt_reliability_add(nt_reliability_bin *bins, const float *logits, int32_t classes,
                        int32_t label);

/* The expected calibration error: the mean over the images of how far their bin's share of right
 * ones is from its mean confidence. NaN of no images. */
double nt_reliability_error(const nt_reliability_bin *bins);

/* In the run folder. Of what was read, all is in `arena`. */
nt_status nt_reliability_write(const nt_reliability *reliability, const char *run, nt_error *error);
nt_status nt_reliability_read(const char *path, nt_arena *arena, nt_reliability *ret,
                              nt_error *error);

#endif
