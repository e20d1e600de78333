/* Brighter or darker, with more or less contrast, and bent: x becomes gain x^gamma + offset, x
 * counted from 0 to 1 over the image's own range. */
#include "augment.h"

#include <math.h>

typedef struct intensity_options {
    double gain, offset, gamma;
} intensity_options;

static const nt_field fields[] = {
    {"gain", NT_REAL, offsetof(intensity_options, gain), "0.1", 0, 1,
     .doc = "how much the contrast changes at most, as a share"},
    {"offset", NT_REAL, offsetof(intensity_options, offset), "0.1", 0, 1,
     .doc = "how much is added or taken away at most, as a share of the image's range"},
    {"gamma", NT_REAL, offsetof(intensity_options, gamma), "0", 0, 2,
     .doc = "the exponent is at most e to this, at least e to minus this"},
    {0},
};

static double either_side(nt_random *random, double most) {
    return (2 * nt_random_uniform(random) - 1) * most;
}

static void apply(const nt_augment_call *call) {
    const intensity_options *o = call->options;
    int64_t count = nt_shape_elements(call->shape);
    float least = call->image[0], most = call->image[0];
    for (int64_t i = 1; i < count; i++) {
        least = call->image[i] < least ? call->image[i] : least;
        most = call->image[i] > most ? call->image[i] : most;
    }
    float range = most - least;
    float gain = (float)(1 + either_side(call->random, o->gain)) * range;
    float offset = least + (float)either_side(call->random, o->offset) * range;
    float gamma = (float)exp(either_side(call->random, o->gamma));
    nt_augment_keep_mask(call);
    for (int64_t i = 0; i < count; i++) {
        float share = range > 0 ? (call->image[i] - least) / range : 0;
        call->ret_image[i] = (o->gamma > 0 ? powf(share, gamma) : share) * gain + offset;
    }
}

const nt_augment nt_augment_intensity = {
    .kind = {.name = "intensity",
             .doc = "brighter or darker, with more or less contrast",
             .fields = fields,
             .size = sizeof(intensity_options)},
    .apply = apply,
};
