/* How much the loss would change, to first order, were the kernel zero:
 *
 *     | sum over w of  w dL/dw |                L: the mean loss over all images
 *
 * the expansion of L around the trained weights, taken at zero (Molchanov et al., "Importance
 * estimation for neural network pruning", CVPR 2019, of a whole layer together). */
#include "estimator.h"

#include <math.h>

static void add(const nt_estimate_batch *b, double *sums) {
    double sum = 0;
    for (int64_t i = 0; i < b->elements; i++)
        sum += (double)b->kernel[i] * (double)b->gradient[i];
    *sums += b->count * sum;
}

static double end(const nt_estimate_end *e) {
    return fabs(*e->sums) / (double)e->samples;
}

const nt_estimator nt_estimator_taylor = {
    .kind = {"taylor", "first-order change of the loss with its kernel at zero", nt_no_fields, 0},
    .after = "Molchanov et al., CVPR 2019",
    .gradient = true,
    .add = add,
    .end = end,
};
