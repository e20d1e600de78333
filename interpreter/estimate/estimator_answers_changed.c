/* How often the network answers otherwise without a unit's branch: the share of images, of masks
 * the share of pixels, whose answer changes, rightly or wrongly. It asks no label, but a run
 * without each unit. A unit at 0 is inert. */
#include "estimator.h"

enum { CHANGED, ANSWERS };

static void add(const nt_estimate_batch *b, double *sums) {
    for (int64_t i = 0; i < b->count * b->answer_count; i++)
        sums[CHANGED] += b->answers[i] != b->without[i];
    sums[ANSWERS] += (double)(b->count * b->answer_count);
}

static double end(const nt_estimate_end *e) {
    return e->sums[CHANGED] / e->sums[ANSWERS];
}

const nt_estimator nt_estimator_answers_changed = {
    .kind = {"answers_changed", "share of images whose answer changes without the unit's branch",
             nt_no_fields, 0},
    .after = "",
    .units = true,
    .answers = true,
    .add = add,
    .end = end,
};
