/* Turned, scaled and moved about the middle, all in one: each pixel of the result looks up where it
 * comes from, the image between four pixels, the mask at the nearest. */
#include "augment.h"

#include <math.h>

typedef struct affine_options {
    double rotate, scale, translate;
} affine_options;

static const nt_field fields[] = {
    {"rotate", NT_REAL, offsetof(affine_options, rotate), "15", 0, 180,
     .doc = "degrees, to either side at most"},
    {"scale", NT_REAL, offsetof(affine_options, scale), "0.1", 0, 0.9,
     .doc = "how much larger or smaller at most, as a share"},
    {"translate", NT_REAL, offsetof(affine_options, translate), "0.05", 0, 1,
     .doc = "how far at most, as a share of rows and columns"},
    {0},
};

/* Row and column that pixel (r, c) of the result comes from: a + m (r, c). */
typedef struct map {
    float row, column;         /* of pixel (0, 0) */
    float row_down, row_right; /* how they change by a row, and by a column */
    float column_down, column_right;
} map;

static double either_side(nt_random *random, double most) {
    return (2 * nt_random_uniform(random) - 1) * most;
}

static map draw(const affine_options *o, nt_random *random, int32_t rows, int32_t columns) {
    double angle = either_side(random, o->rotate) * 3.14159265358979323846 / 180;
    double scale = 1 + either_side(random, o->scale);
    double down = either_side(random, o->translate) * rows;
    double right = either_side(random, o->translate) * columns;
    double cosine = cos(angle) / scale, sine = sin(angle) / scale;
    double middle_row = (rows - 1) / 2.0, middle_column = (columns - 1) / 2.0;
    return (map){
        .row = (float)(middle_row - cosine * (middle_row + down) - sine * (middle_column + right)),
        .column =
            (float)(middle_column + sine * (middle_row + down) - cosine * (middle_column + right)),
        .row_down = (float)cosine,
        .row_right = (float)sine,
        .column_down = (float)-sine,
        .column_right = (float)cosine,
    };
}

static float clamp(float at, int32_t count) {
    return at < 0 ? 0 : at > (float)(count - 1) ? (float)(count - 1) : at;
}

/* What lies outside is as the edge is, in the image and in the mask. */
static void apply(const nt_augment_call *call) {
    int32_t channels = call->shape.dim[0], rows = call->shape.dim[1], columns = call->shape.dim[2];
    map m = draw(call->options, call->random, rows, columns);
    float *to = call->ret_image;
    for (int32_t r = 0; r < rows; r++)
        for (int32_t c = 0; c < columns; c++, to += channels) {
            float row = clamp(m.row + m.row_down * (float)r + m.row_right * (float)c, rows);
            float column =
                clamp(m.column + m.column_down * (float)r + m.column_right * (float)c, columns);
            int32_t top = (int32_t)row, left = (int32_t)column;
            float below = row - (float)top, after = column - (float)left;
            const float *from = call->image + ((int64_t)top * columns + left) * channels;
            int64_t down = top + 1 < rows ? (int64_t)columns * channels : 0;
            int64_t right = left + 1 < columns ? channels : 0;
            for (int32_t k = 0; k < channels; k++)
                to[k] = (1 - below) * ((1 - after) * from[k] + after * from[right + k]) +
                        below * ((1 - after) * from[down + k] + after * from[down + right + k]);
            if (call->mask)
                call->ret_mask[(int64_t)r * columns + c] =
                    call->mask[(int64_t)(top + (below >= 0.5f)) * columns + left + (after >= 0.5f)];
        }
}

const nt_augment nt_augment_affine = {
    .kind = {.name = "affine",
             .doc = "turned, scaled and moved about the middle",
             .fields = fields,
             .size = sizeof(affine_options)},
    .apply = apply,
};
