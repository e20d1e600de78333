/* What taking a layer's channels away adds to the loss, to second order, with the empirical Fisher
 * information in place of the curvature (Theis et al., "Faster gaze prediction with dense networks
 * and Fisher pruning", arXiv 1801.05787, 2018):
 *
 *     1 / 2N  sum over images n and channels c of  (sum over places of  a dL_n/da)²
 *
 * a: the layer's own output, before a normalisation; L_n: the image's own loss. */
#include "estimator.h"

static void add(const nt_estimate_batch *b, double *sums) {
    double to_sum = (double)b->pixels * b->count; /* L is a mean over the batch */
    for (int64_t i = 0; i < (int64_t)b->count * b->channels; i++) {
        double change = to_sum * (double)b->product[NT_PRODUCT_OUT_GRADIENT][i];
        *sums += change * change;
    }
}

static double end(const nt_estimate_end *e) {
    return *e->sums / (2 * (double)e->samples);
}

const nt_estimator nt_estimator_fisher = {
    .kind = {"fisher",
             "second-order change of the loss without its channels, by Fisher information",
             nt_no_fields, 0},
    .after = "Theis et al., 2018",
    .products = 1u << NT_PRODUCT_OUT_GRADIENT,
    .add = add,
    .end = end,
};
