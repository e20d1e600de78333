/* Gaussian noise on every value. */
#include "augment.h"

#include <math.h>

typedef struct noise_options {
    double deviation;
} noise_options;

static const nt_field fields[] = {
    {"deviation", NT_REAL, offsetof(noise_options, deviation), "0.05", 0, 10,
     .doc = "at most, as a share of the image's own deviation"},
    {0},
};

static double deviation_of(const float *values, int64_t count) {
    double mean = 0, variance = 0;
    for (int64_t i = 0; i < count; i++)
        mean += (double)values[i];
    mean /= (double)count;
    for (int64_t i = 0; i < count; i++)
        variance += ((double)values[i] - mean) * ((double)values[i] - mean);
    return sqrt(variance / (double)count);
}

static void apply(const nt_augment_call *call) {
    const noise_options *o = call->options;
    int64_t count = nt_shape_elements(call->shape);
    double share = nt_random_uniform(call->random) * o->deviation;
    double deviation = share * deviation_of(call->image, count);
    nt_augment_keep_mask(call);
    for (int64_t i = 0; i < count; i++)
        call->ret_image[i] = call->image[i] + (float)(deviation * nt_random_normal(call->random));
}

const nt_augment nt_augment_noise = {
    .kind = {.name = "noise",
             .doc = "Gaussian noise, now stronger, now weaker",
             .fields = fields,
             .size = sizeof(noise_options)},
    .apply = apply,
};
