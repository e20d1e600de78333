/* The mean magnitude of the kernel's elements (Han et al., "Learning both weights and connections
 * for efficient neural networks", NIPS 2015; of a whole layer its L1 norm over their number, so
 * that large layers are not ahead for their size). */
#include "estimator.h"

#include <math.h>

static double end(const nt_estimate_end *e) {
    double sum = 0;
    for (int64_t i = 0; i < nt_type_stored(e->kernel->type); i++)
        sum += fabs((double)e->kernel->f[i]);
    return sum / (double)nt_shape_elements(e->kernel->type.shape);
}

const nt_estimator nt_estimator_magnitude = {
    .kind = {"magnitude", "mean magnitude of the kernel's elements", nt_no_fields, 0},
    .after = "Han et al., NIPS 2015",
    .end = end,
};
