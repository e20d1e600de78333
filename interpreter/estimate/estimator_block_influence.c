/* How far a unit turns what it is given: 1 less the mean, over the images, of the cosine between
 * what its short connection carries and the sum at its end, each a whole map (Men et al.,
 * "ShortGPT: layers in large language models are more redundant than you expect", arXiv 2403.03853,
 * 2024, who take the mean over tokens). */
#include "estimator.h"

#include <math.h>

static double total(const float *of, int32_t channels) {
    double sum = 0;
    for (int32_t c = 0; c < channels; c++)
        sum += (double)of[c];
    return sum;
}

/* Of two maps of zeros, which are alike, 1; of one, 0. */
static void add(const nt_estimate_batch *b, double *sums) {
    for (int32_t n = 0; n < b->count; n++) {
        int64_t at = (int64_t)n * b->channels;
        double both = total(b->product[NT_PRODUCT_SHORT_SUM] + at, b->channels);
        double before = total(b->product[NT_PRODUCT_SHORT_SHORT] + at, b->channels);
        double after = total(b->product[NT_PRODUCT_SUM_SUM] + at, b->channels);
        double lengths = sqrt(before) * sqrt(after);
        *sums += lengths > 0 ? both / lengths : before == after;
    }
}

static double end(const nt_estimate_end *e) {
    return 1 - *e->sums / (double)e->samples;
}

const nt_estimator nt_estimator_block_influence = {
    .kind = {"block_influence", "1 less the mean cosine of a unit's short connection and its sum",
             nt_no_fields, 0},
    .after = "Men et al., 2024",
    .units = true,
    .products =
        1u << NT_PRODUCT_SHORT_SUM | 1u << NT_PRODUCT_SHORT_SHORT | 1u << NT_PRODUCT_SUM_SUM,
    .add = add,
    .end = end,
};
