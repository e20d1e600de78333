/* A window of the image's own size at a random place of the image padded with zeros on all sides.
 */
#include "augment.h"

#include <string.h>

typedef struct crop_options {
    int32_t pad;
} crop_options;

static const nt_field fields[] = {
    {"pad", NT_INT, offsetof(crop_options, pad), "4", 0, 1024,
     .doc = "pixels of zeros put on each side first"},
    {0},
};

static void apply(const void *options, nt_random *random, nt_shape shape, const float *from,
                  float *ret_to) {
    int32_t pad = ((const crop_options *)options)->pad;
    int32_t channels = shape.dim[0], rows = shape.dim[1], columns = shape.dim[2];
    int32_t down = (int32_t)nt_random_below(random, 2 * (uint32_t)pad + 1) - pad;
    int32_t right = (int32_t)nt_random_below(random, 2 * (uint32_t)pad + 1) - pad;
    int32_t first = right < 0 ? -right : 0;           /* columns of the result that */
    int32_t last = columns - (right > 0 ? right : 0); /* the image reaches */
    memset(ret_to, 0, (size_t)nt_shape_elements(shape) * sizeof *ret_to);
    for (int32_t r = 0; r < rows && first < last; r++)
        if (r + down >= 0 && r + down < rows)
            memcpy(ret_to + ((size_t)r * (size_t)columns + (size_t)first) * (size_t)channels,
                   from + ((size_t)(r + down) * (size_t)columns + (size_t)(first + right)) *
                              (size_t)channels,
                   (size_t)(last - first) * (size_t)channels * sizeof *ret_to);
}

const nt_augment nt_augment_crop = {
    .name = "crop",
    .doc = "a random window of the image padded with zeros",
    .fields = fields,
    .options_size = sizeof(crop_options),
    .apply = apply,
};
