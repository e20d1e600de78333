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

/* The input pixels that output pixel i is made of, [*first, *last), and the sum of their weights.
 */
static double reach(axis a, int32_t i, int32_t *first, int32_t *last, double *centre) {
    double width = a.scale > 1 ? a.scale : 1, sum = 0;
    *centre = a.start + (i + 0.5) * a.scale;
    *first = (int32_t)floor(*centre - width + 0.5);
    *last = (int32_t)floor(*centre + width + 0.5);
    *first = *first < 0 ? 0 : *first;
    *last = *last > a.from ? a.from : *last;
    for (int32_t k = *first; k < *last; k++)
        sum += fmax(0, 1 - fabs(k + 0.5 - *centre) / width);
    return sum;
}

static double weight(axis a, int32_t k, double centre, double sum) {
    double width = a.scale > 1 ? a.scale : 1;
    return fmax(0, 1 - fabs(k + 0.5 - centre) / width) / sum;
}

/* `lines` has room for the picture with its columns resized. */
static void average(const nt_picture *from, axis rows, axis columns, float *lines, nt_picture *to) {
    int32_t channels = from->channels, first, last;
    int64_t line = (int64_t)columns.to * channels;
    double centre;
    for (int32_t c = 0; c < columns.to; c++) {
        double sum = reach(columns, c, &first, &last, &centre);
        for (int32_t r = 0; r < rows.from; r++)
            for (int32_t k = 0; k < channels; k++) {
                double value = 0;
                for (int32_t s = first; s < last; s++)
                    value += weight(columns, s, centre, sum) *
                             nt_picture_value(from, ((int64_t)r * columns.from + s) * channels + k);
                lines[r * line + c * channels + k] = (float)value;
            }
    }
    for (int32_t r = 0; r < rows.to; r++) {
        double sum = reach(rows, r, &first, &last, &centre);
        for (int64_t e = 0; e < line; e++) {
            double value = 0;
            for (int32_t s = first; s < last; s++)
                value += weight(rows, s, centre, sum) * (double)lines[s * line + e];
            if (to->wide)
                ((uint16_t *)to->values)[r * line + e] = (uint16_t)lround(value);
            else
                ((unsigned char *)to->values)[r * line + e] = (unsigned char)lround(value);
        }
    }
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
    size_t pixels = (size_t)rows * (size_t)columns * (size_t)picture->channels;
    size_t lines_size =
        (size_t)picture->rows * (size_t)columns * (size_t)picture->channels * sizeof(float);
    float *lines = nt_alloc(use == NT_AS_IMAGE ? lines_size : 0);
    to.values = nt_alloc(pixels * (to.wide ? 2 : 1));
    bool ok = to.values && (lines || use == NT_AS_LABELS);
    if (ok && use == NT_AS_IMAGE)
        average(picture, down, right, lines, &to);
    else if (ok)
        pick(picture, down, right, &to);
    nt_free(lines, use == NT_AS_IMAGE ? lines_size : 0);
    if (ok)
        *ret = to;
    else
        nt_picture_finish(&to);
    return ok ? NT_OK : NT_NO_MEMORY;
}
