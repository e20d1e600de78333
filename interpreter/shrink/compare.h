/* Whether a smaller network says the same as the edited one that it was made of. */
#ifndef NT_COMPARE_H
#define NT_COMPARE_H

#include "passes.h"
#include "scheduler.h"
#include "shrink.h"

/* A graph, as loaded or edited, and its tensors. */
typedef struct nt_compared {
    const nt_graph *graph;
    nt_binding binding;
} nt_compared;

typedef struct nt_comparison nt_comparison;

/* Makes both ready to run with so many images at most. They must outlive it. */
nt_status nt_comparison_new(const nt_compared *edited, const nt_compared *smaller, int32_t batch,
                            const nt_pass_options *passes, nt_comparison **ret, nt_error *error);
void nt_comparison_free(nt_comparison *comparison); /* takes NULL */

/* Runs both on `count` images, and keeps what differs most. */
nt_status nt_comparison_add(nt_comparison *comparison, const float *images, int32_t count,
                            nt_error *error);

/* Over all images so far: the largest difference of a logit, the largest logit of the edited
 * network, and the number of the image that differs most, -1 without any. */
typedef struct nt_difference {
    double most, logit;
    int32_t image, images;
} nt_difference;

nt_difference nt_comparison_difference(const nt_comparison *comparison);

/* `most` in parts of `logit`; infinite where a logit is no number. */
double nt_difference_relative(const nt_difference *difference);

/* The first layer of `network`, which is the shrunk one, perhaps loaded again, whose values on this
 * image differ by more than `tolerance` of its largest one. NULL: there is none. */
nt_status nt_comparison_find(const nt_shrunk *shrunk, nt_binding edited_binding,
                             const nt_network *network, nt_binding binding, const float *image,
                             double tolerance, const char **ret, nt_error *error);

#endif
