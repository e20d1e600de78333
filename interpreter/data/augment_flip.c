/* Left and right exchanged, or not. */
#include "augment.h"

#include <string.h>

typedef struct flip_options {
    double probability;
} flip_options;

static const nt_field fields[] = {
    {"probability", NT_REAL, offsetof(flip_options, probability), "0.5", 0, 1, .doc = "how often"},
    {0},
};

static void apply(const void *options, nt_random *random, nt_shape shape, const float *from,
                  float *ret_to) {
    bool flip = nt_random_uniform(random) < ((const flip_options *)options)->probability;
    size_t pixel = (size_t)shape.dim[0], columns = (size_t)shape.dim[2];
    size_t row = columns * pixel;
    if (!flip) {
        memcpy(ret_to, from, (size_t)nt_shape_elements(shape) * sizeof *ret_to);
        return;
    }
    for (size_t r = 0; r < (size_t)shape.dim[1]; r++)
        for (size_t c = 0; c < columns; c++)
            memcpy(ret_to + r * row + c * pixel, from + r * row + (columns - 1 - c) * pixel,
                   pixel * sizeof *ret_to);
}

const nt_augment nt_augment_flip = {
    .name = "flip",
    .doc = "left and right exchanged, now and then",
    .fields = fields,
    .options_size = sizeof(flip_options),
    .apply = apply,
};
