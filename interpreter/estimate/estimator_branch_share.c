/* How large a unit's branch is beside its short connection: the ratio of their root mean squares
 * over all images and places. A unit near 0 is inert. */
#include "estimator.h"

#include <math.h>

enum { BRANCH, SHORT };

static void add(const nt_estimate_batch *b, double *sums) {
    for (int64_t i = 0; i < (int64_t)b->count * b->channels; i++) {
        sums[BRANCH] += (double)b->product[NT_PRODUCT_BRANCH_BRANCH][i];
        sums[SHORT] += (double)b->product[NT_PRODUCT_SHORT_SHORT][i];
    }
}

static double end(const nt_estimate_end *e) {
    return e->sums[SHORT] > 0 ? sqrt(e->sums[BRANCH] / e->sums[SHORT]) : (double)NAN;
}

const nt_estimator nt_estimator_branch_share = {
    .kind = {"branch_share",
             "root mean square of a unit's branch over that of its short connection", nt_no_fields,
             0},
    .after = "",
    .units = true,
    .products = 1u << NT_PRODUCT_BRANCH_BRANCH | 1u << NT_PRODUCT_SHORT_SHORT,
    .add = add,
    .end = end,
};
