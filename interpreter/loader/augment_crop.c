/* A window of the image's own size at a random place of the image padded with zeros on all sides.
 */
#include "augment.h"

typedef struct crop_options {
    int32_t pad;
} crop_options;

static const nt_field fields[] = {
    {"pad", NT_INT, offsetof(crop_options, pad), "4", 0, 1024,
     .doc = "pixels of zeros put on each side first"},
    {0},
};

static void apply(const nt_augment_call *call) {
    int32_t pad = ((const crop_options *)call->options)->pad;
    int32_t down = (int32_t)nt_random_below(call->random, 2 * (uint32_t)pad + 1) - pad;
    int32_t right = (int32_t)nt_random_below(call->random, 2 * (uint32_t)pad + 1) - pad;
    nt_augment_shift(call, down, right);
}

const nt_augment nt_augment_crop = {
    .kind = {.name = "crop",
             .doc = "a random window of the image padded with zeros",
             .fields = fields,
             .size = sizeof(crop_options)},
    .apply = apply,
};
