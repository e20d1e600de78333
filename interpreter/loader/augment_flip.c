/* Left and right exchanged, or top and bottom, or not. */
#include "augment.h"

#include <string.h>

enum { COLUMNS, ROWS };

static const char *const axes[] = {"columns", "rows", NULL};

typedef struct flip_options {
    double probability;
    int32_t axis;
} flip_options;

static const nt_field fields[] = {
    {"probability", NT_REAL, offsetof(flip_options, probability), "0.5", 0, 1, .doc = "how often"},
    {"axis", NT_CHOICE, offsetof(flip_options, axis), "columns", .choices = axes,
     .doc = "what is put in the opposite order"},
    {0},
};

/* Pixel (r, c) of the result is that of row r or rows - 1 - r, column c or columns - 1 - c. */
static void mirror(const void *from, size_t pixel, int32_t rows, int32_t columns, bool upside_down,
                   void *to) {
    const char *source = from;
    char *target = to;
    for (int32_t r = 0; r < rows; r++) {
        const char *line =
            source + (size_t)(upside_down ? rows - 1 - r : r) * (size_t)columns * pixel;
        for (int32_t c = 0; c < columns; c++, target += pixel)
            memcpy(target, line + (size_t)(upside_down ? c : columns - 1 - c) * pixel, pixel);
    }
}

static void apply(const nt_augment_call *call) {
    const flip_options *o = call->options;
    bool flip = nt_random_uniform(call->random) < o->probability;
    int32_t rows = call->shape.dim[1], columns = call->shape.dim[2];
    size_t pixel = (size_t)call->shape.dim[0] * sizeof *call->image;
    if (!flip) {
        nt_augment_shift(call, 0, 0);
        return;
    }
    mirror(call->image, pixel, rows, columns, o->axis == ROWS, call->ret_image);
    if (call->mask)
        mirror(call->mask, 1, rows, columns, o->axis == ROWS, call->ret_mask);
}

const nt_augment nt_augment_flip = {
    .kind = {.name = "flip",
             .doc = "left and right exchanged, or top and bottom, now and then",
             .fields = fields,
             .size = sizeof(flip_options)},
    .apply = apply,
};
