/* Long rows go one by one, sums and searches in interleaved parts. Of short ones ROWS are turned
 * into columns first, so that vectors are filled whatever the number of channels. The order of a
 * row's sum depends on that number alone. */
#include "softmax_rows.h"

#include "exponential.h"
#include "lane_sum.h"
#include "vectorise.h"
#include <string.h>

enum { LANES = 8, ROWS = 16, SHORT = 64 /* most channels of a short row */ };

/* NaN may get lost here: it comes back with its own exponential. */
NT_INLINE float larger(float v, float best) {
    return v > best ? v : best;
}

NT_INLINE float largest_of(const float *x, int64_t channels) {
    float best = x[0], lanes[LANES];
    int64_t c = 1;
    if (channels >= 2 * LANES) {
        for (int l = 0; l < LANES; l++)
            lanes[l] = x[l];
        for (c = LANES; c + LANES <= channels; c += LANES)
            for (int l = 0; l < LANES; l++)
                lanes[l] = larger(x[c + l], lanes[l]);
        for (int l = 0; l < LANES; l++)
            best = larger(lanes[l], best);
    }
    for (; c < channels; c++)
        best = larger(x[c], best);
    return best;
}

NT_VECTORISED(softmax_row, (const float *x, int64_t channels, float *y), (x, channels, y)) {
    float largest = largest_of(x, channels);
    for (int64_t c = 0; c < channels; c++)
        y[c] = nt_exp(x[c] - largest);
    float scale = (float)(1 / nt_lane_sum(y, channels));
    for (int64_t c = 0; c < channels; c++)
        y[c] *= scale;
}

/* ROWS of them. */
NT_VECTORISED(softmax_short_rows, (const float *x, int64_t channels, float *y), (x, channels, y)) {
    float columns[SHORT * ROWS], largest[ROWS], scale[ROWS];
    double sum[ROWS] = {0};
    for (int64_t c = 0; c < channels; c++)
        for (int r = 0; r < ROWS; r++)
            columns[c * ROWS + r] = x[r * channels + c];
    memcpy(largest, columns, sizeof largest);
    for (int64_t c = 1; c < channels; c++)
        for (int r = 0; r < ROWS; r++)
            largest[r] = larger(columns[c * ROWS + r], largest[r]);
    for (int64_t c = 0; c < channels; c++)
        for (int r = 0; r < ROWS; r++) {
            float power = nt_exp(columns[c * ROWS + r] - largest[r]);
            columns[c * ROWS + r] = power;
            sum[r] += (double)power;
        }
    for (int r = 0; r < ROWS; r++)
        scale[r] = (float)(1 / sum[r]);
    for (int64_t c = 0; c < channels; c++)
        for (int r = 0; r < ROWS; r++)
            y[r * channels + c] = columns[c * ROWS + r] * scale[r];
}

/* Fewer than ROWS. */
static void softmax_last_rows(const float *x, int64_t rows, int64_t channels, float *y) {
    float all[SHORT * ROWS] = {0};
    size_t size = (size_t)(rows * channels) * sizeof *all;
    memcpy(all, x, size);
    softmax_short_rows(all, channels, all);
    memcpy(y, all, size);
}

void nt_softmax_rows(const float *x, int64_t rows, int64_t channels, float *y) {
    int64_t row = 0;
    for (; channels > SHORT && row < rows; row++)
        softmax_row(x + row * channels, channels, y + row * channels);
    for (; row + ROWS <= rows; row += ROWS)
        softmax_short_rows(x + row * channels, channels, y + row * channels);
    if (row < rows)
        softmax_last_rows(x + row * channels, rows - row, channels, y + row * channels);
}

NT_VECTORISED(gradient,
              (const float *y, const float *dy, int64_t rows, int64_t channels, float *dx),
              (y, dy, rows, channels, dx)) {
    for (int64_t at = 0; at < rows * channels; at += channels) {
        float mean = (float)nt_lane_dot(y + at, dy + at, channels);
        for (int64_t c = at; c < at + channels; c++)
            dx[c] = y[c] * (dy[c] - mean);
    }
}

void nt_softmax_rows_gradient(const float *y, const float *dy, int64_t rows, int64_t channels,
                              float *dx) {
    gradient(y, dy, rows, channels, dx);
}
