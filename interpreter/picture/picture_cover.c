/* Resizing: an axis at a time, each output pixel a weighted sum of a few input pixels. */
#include "picture.h"

#include "alloc.h"
#include <math.h>

/* Where an output axis looks: pixel i is at start + i * scale in the input, i counted from its
 * middle. */
typedef struct axis {
    int32_t from, to; /* pixels */
    double start, scale;
} axis;

static axis axis_of(int32_t from, int32_t to, double scale) {
    double start = ((double)from - (double)to * scale) / 2; /* the middle */
    return (axis){from, to, start, scale};
}

/* The input pixels that one output pixel is made of, [first, last), and their weights, which add up
 * to 1. */
typedef struct taps {
    int32_t first, last;
    double *weights;
} taps;

static bool find_taps(axis a, int32_t i, nt_arena *scratch, taps *ret) {
    double width = a.scale > 1 ? a.scale : 1, sum = 0;
    double centre = a.start + (i + 0.5) * a.scale;
    int32_t first = (int32_t)floor(centre - width + 0.5);
    int32_t last = (int32_t)floor(centre + width + 0.5);
    first = first < 0 ? 0 : first;
    last = last > a.from ? a.from : last;
    double *weights = NT_ARENA_ARRAY(scratch, double, last - first);
    if (!weights)
        return false;
    for (int32_t k = first; k < last; k++)
        sum += weights[k - first] = fmax(0, 1 - fabs(k + 0.5 - centre) / width);
    for (int32_t k = first; k < last; k++)
        weights[k - first] /= sum;
    *ret = (taps){first, last, weights};
    return true;
}

static taps *all_taps(axis a, nt_arena *scratch) {
    taps *all = NT_ARENA_ARRAY(scratch, taps, a.to);
    for (int32_t i = 0; all && i < a.to; i++)
        if (!find_taps(a, i, scratch, &all[i]))
            return NULL;
    return all;
}

/* One row with its columns resized. `values` has room for the row as it is. */
static void average_columns(const nt_picture *from, int32_t r, const taps *columns, int32_t count,
                            double *values, float *ret) {
    int32_t channels = from->channels;
    int64_t size = (int64_t)from->columns * channels;
    for (int64_t e = 0; e < size; e++)
        values[e] = nt_picture_value(from, r * size + e);
    for (int32_t c = 0; c < count; c++)
        for (int32_t k = 0; k < channels; k++) {
            const taps *t = &columns[c];
            double sum = 0;
            for (int32_t s = t->first; s < t->last; s++)
                sum += t->weights[s - t->first] * values[(int64_t)s * channels + k];
            ret[(int64_t)c * channels + k] = (float)sum;
        }
}

/* Of `size` values each: the weighted sum of rows. */
static void average_rows(const float *lines, taps t, int64_t size, double *sums) {
    for (int64_t e = 0; e < size; e++)
        sums[e] = 0;
    for (int32_t s = t.first; s < t.last; s++)
        for (int64_t e = 0; e < size; e++)
            sums[e] += t.weights[s - t.first] * (double)lines[s * size + e];
}

static bool average(const nt_picture *from, axis rows, axis columns, nt_arena *scratch,
                    nt_picture *to) {
    int64_t size = (int64_t)columns.to * from->channels;
    int64_t whole = (int64_t)columns.from * from->channels;
    const taps *right = all_taps(columns, scratch), *down = all_taps(rows, scratch);
    double *values = NT_ARENA_ARRAY(scratch, double, whole);
    double *sums = NT_ARENA_ARRAY(scratch, double, size);
    float *lines = NT_ARENA_ARRAY(scratch, float, size *rows.from); /* columns resized */
    if (!right || !down || !values || !sums || !lines)
        return false;
    for (int32_t r = down[0].first; r < down[rows.to - 1].last; r++)
        average_columns(from, r, right, columns.to, values, lines + r * size);
    for (int32_t r = 0; r < rows.to; r++) {
        average_rows(lines, down[r], size, sums);
        for (int64_t e = 0; e < size; e++)
            if (to->wide)
                ((uint16_t *)to->values)[r * size + e] = (uint16_t)lround(sums[e]);
            else
                ((unsigned char *)to->values)[r * size + e] = (unsigned char)lround(sums[e]);
    }
    return true;
}

static int32_t nearest(axis a, int32_t i) {
    int32_t at = (int32_t)floor(a.start + (i + 0.5) * a.scale);
    return at < 0 ? 0 : at >= a.from ? a.from - 1 : at;
}

static void pick(const nt_picture *from, axis rows, axis columns, nt_picture *to) {
    int32_t channels = from->channels;
    for (int32_t r = 0; r < rows.to; r++)
        for (int32_t c = 0; c < columns.to; c++)
            for (int32_t k = 0; k < channels; k++) {
                int64_t at =
                    ((int64_t)nearest(rows, r) * columns.from + nearest(columns, c)) * channels + k;
                int64_t out = ((int64_t)r * columns.to + c) * channels + k;
                if (to->wide)
                    ((uint16_t *)to->values)[out] = (uint16_t)nt_picture_value(from, at);
                else
                    ((unsigned char *)to->values)[out] = (unsigned char)nt_picture_value(from, at);
            }
}

nt_status nt_picture_cover(const nt_picture *picture, nt_picture_use use, int32_t rows,
                           int32_t columns, nt_picture *ret) {
    double scale = fmin((double)picture->rows / rows, (double)picture->columns / columns);
    axis down = axis_of(picture->rows, rows, scale);
    axis right = axis_of(picture->columns, columns, scale);
    nt_picture to = {rows, columns, picture->channels, picture->wide, NULL};
    size_t values = (size_t)rows * (size_t)columns * (size_t)picture->channels;
    nt_arena scratch;
    nt_arena_init(&scratch);
    to.values = nt_alloc(values * (to.wide ? 2 : 1));
    bool ok = to.values != NULL;
    if (ok && use == NT_AS_IMAGE)
        ok = average(picture, down, right, &scratch, &to);
    else if (ok)
        pick(picture, down, right, &to);
    nt_arena_finish(&scratch);
    if (ok)
        *ret = to;
    else
        nt_picture_finish(&to);
    return ok ? NT_OK : NT_NO_MEMORY;
}
