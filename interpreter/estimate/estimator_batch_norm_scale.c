/* The mean magnitude of the factors of the batch normalisation behind a layer, one for each channel
 * (Liu et al., "Learning efficient convolutional networks through network slimming", ICCV 2017, who
 * took channels by it). Of a layer without one nothing is said. */
#include "estimator.h"

#include <math.h>

static double end(const nt_estimate_end *e) {
    double sum = 0;
    if (!e->scale)
        return (double)NAN;
    int64_t channels = nt_shape_elements(e->scale->type.shape);
    for (int64_t i = 0; i < channels; i++)
        sum += fabs((double)e->scale->f[i]);
    return sum / (double)channels;
}

const nt_estimator nt_estimator_batch_norm_scale = {
    .kind = {"batch_norm_scale", "mean magnitude of the batch normalisation's weight behind it",
             nt_no_fields, 0},
    .after = "Liu et al., ICCV 2017",
    .end = end,
};
