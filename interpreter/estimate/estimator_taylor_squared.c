/* The sum of what each element of the kernel alone would change of the loss, squared, to first
 * order:
 *
 *     mean over batches of  sum over w of (w dL/dw)²          L: the batch's mean loss
 *
 * (Molchanov et al., "Importance estimation for neural network pruning", CVPR 2019, equation 8, and
 * its sum over a set; likewise averaged over batches, here of 32 images, the last one by its
 * share).
 */
#include "estimator.h"

static void add(const nt_estimate_batch *b, double *sums) {
    double sum = 0;
    for (int64_t i = 0; i < b->elements; i++) {
        double change = (double)b->kernel[i] * (double)b->gradient[i];
        sum += change * change;
    }
    *sums += b->count * sum;
}

static double end(const nt_estimate_end *e) {
    return *e->sums / (double)e->samples;
}

const nt_estimator nt_estimator_taylor_squared = {
    .kind = {"taylor_squared", "sum of squares of its elements' first-order changes of the loss",
             nt_no_fields, 0},
    .after = "Molchanov et al., CVPR 2019",
    .gradient = true,
    .add = add,
    .end = end,
};
