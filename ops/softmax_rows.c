/* A block of rows at a time: each row's largest element is taken off, then the exponentials of all
 * rows are found in one loop, vectors filled whatever the number of channels. Sums are double and
 * run in LANES interleaved parts, so that long rows go into vectors too; their order depends on the
 * number of channels alone. */
#include "softmax_rows.h"

#include "exponential.h"
#include "vectorise.h"

enum { BLOCK = 2048 /* elements, or one row */, LANES = 8 };

NT_INLINE float larger(float v, float best) {
    return (v > best) | (v != v) ? v : best;
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

NT_INLINE double sum_of(const float *y, int64_t channels) {
    double sum = 0, lanes[LANES] = {0};
    int64_t c = 0;
    if (channels >= 2 * LANES) {
        for (; c + LANES <= channels; c += LANES)
            for (int l = 0; l < LANES; l++)
                lanes[l] += (double)y[c + l];
        for (int l = 0; l < LANES; l++)
            sum += lanes[l];
    }
    for (; c < channels; c++)
        sum += (double)y[c];
    return sum;
}

NT_INLINE double product_of(const float *y, const float *dy, int64_t channels) {
    double sum = 0, lanes[LANES] = {0};
    int64_t c = 0;
    if (channels >= 2 * LANES) {
        for (; c + LANES <= channels; c += LANES)
            for (int l = 0; l < LANES; l++)
                lanes[l] += (double)y[c + l] * (double)dy[c + l];
        for (int l = 0; l < LANES; l++)
            sum += lanes[l];
    }
    for (; c < channels; c++)
        sum += (double)y[c] * (double)dy[c];
    return sum;
}

NT_VECTORISED(softmax_block, (const float *x, int64_t rows, int64_t channels, float *y),
              (x, rows, channels, y)) {
    for (int64_t row = 0; row < rows; row++) {
        const float *from = x + row * channels;
        float largest = largest_of(from, channels);
        for (int64_t c = 0; c < channels; c++)
            y[row * channels + c] = from[c] - largest;
    }
    for (int64_t i = 0; i < rows * channels; i++)
        y[i] = nt_exp(y[i]);
    for (int64_t row = 0; row < rows; row++) {
        float *to = y + row * channels;
        float scale = (float)(1 / sum_of(to, channels));
        for (int64_t c = 0; c < channels; c++)
            to[c] *= scale;
    }
}

void nt_softmax_rows(const float *x, int64_t rows, int64_t channels, float *y) {
    int64_t most = channels < BLOCK ? BLOCK / channels : 1;
    for (int64_t row = 0; row < rows; row += most)
        softmax_block(x + row * channels, row + most < rows ? most : rows - row, channels,
                      y + row * channels);
}

NT_VECTORISED(gradient,
              (const float *y, const float *dy, int64_t rows, int64_t channels, float *dx),
              (y, dy, rows, channels, dx)) {
    for (int64_t at = 0; at < rows * channels; at += channels) {
        float mean = (float)product_of(y + at, dy + at, channels);
        for (int64_t c = at; c < at + channels; c++)
            dx[c] = y[c] * (dy[c] - mean);
    }
}

void nt_softmax_rows_gradient(const float *y, const float *dy, int64_t rows, int64_t channels,
                              float *dx) {
    gradient(y, dy, rows, channels, dx);
}
