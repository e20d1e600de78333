#include "conv_gather.h"

#include <assert.h>
#include <string.h>

enum { MOST_ROWS = 256 }; /* of a panel */

static const float zeros[NT_PIECE];

nt_gather nt_gather_forward(const nt_conv_shape *shape, const float *x) {
    return (nt_gather){
        .maps = x,
        .samples = shape->samples,
        .size = {shape->height, shape->width},
        .pitch = shape->channels,
        .channels = shape->channels / shape->groups,
        .grid = {shape->out_height, shape->out_width},
        .taps = {shape->kernel[0], shape->kernel[1]},
        .step = {shape->stride[0], shape->stride[1]},
        .base = {-shape->pad[0], -shape->pad[1]},
        .slope = {shape->dilation[0], shape->dilation[1]},
        .divisor = {1, 1},
    };
}

int64_t nt_gather_rows(const nt_gather *gather) {
    return (int64_t)gather->samples * gather->grid[0] * gather->grid[1];
}

int64_t nt_gather_columns(const nt_gather *gather) {
    return (int64_t)gather->taps[0] * gather->taps[1] * gather->channels;
}

/* How far tap `tap` of dimension d lies from step * i; false where the division leaves a rest. */
static bool tap_offset(const nt_gather *gather, int d, int64_t tap, int64_t *ret) {
    int64_t distance = gather->base[d] + gather->slope[d] * tap;
    *ret = distance / gather->divisor[d];
    return distance % gather->divisor[d] == 0;
}

static bool live_along(const nt_gather *gather, int d, int64_t tap) {
    int64_t offset, step = gather->step[d];
    if (!tap_offset(gather, d, tap, &offset))
        return false;
    int64_t i =
        offset < 0 ? (-offset + step - 1) / step : 0; /* the first that is not before the map */
    return i < gather->grid[d] && i * step + offset < gather->size[d];
}

bool nt_gather_live(const nt_gather *gather, int64_t tap) {
    return live_along(gather, 0, tap / gather->taps[1]) &&
           live_along(gather, 1, tap % gather->taps[1]);
}

int64_t nt_gather_piece(const nt_gather *gather, int64_t *from) {
    int64_t total = nt_gather_columns(gather), channels = gather->channels, k = *from;
    while (k < total && !nt_gather_live(gather, k / channels))
        k = (k / channels + 1) * channels;
    *from = k;
    int64_t limit = k + NT_PIECE < total ? k + NT_PIECE : total;
    while (k < limit && nt_gather_live(gather, k / channels))
        k = (k / channels + 1) * channels;
    return (k < limit ? k : limit) - *from;
}

/* Where a row of the matrix stands: its sample, and its source place before the tap. */
typedef struct spot {
    const float *sample; /* NULL: past the last row */
    int64_t y, x;
} spot;

static spot spot_of(const nt_gather *gather, int64_t row) {
    if (row >= nt_gather_rows(gather))
        return (spot){.sample = NULL};
    int64_t column = row % gather->grid[1], above = row / gather->grid[1];
    int64_t sample = above / gather->grid[0];
    return (spot){
        .sample = gather->maps + sample * gather->size[0] * gather->size[1] * gather->pitch,
        .y = above % gather->grid[0] * gather->step[0],
        .x = column * gather->step[1],
    };
}

/* The channels that `at` meets dy rows down and dx columns across. */
static inline const float *source_of(const nt_gather *gather, spot at, int64_t dy, int64_t dx) {
    int64_t y = at.y + dy, x = at.x + dx;
    if (!at.sample || y < 0 || x < 0 || y >= gather->size[0] || x >= gather->size[1])
        return NULL;
    return at.sample + (y * gather->size[1] + x) * gather->pitch;
}

static inline void interleave(const float *const *sources, int rows, int step, int64_t length,
                              float *restrict to) {
    for (int64_t k = 0; k < length; k++, to += step)
        for (int i = 0; i < rows; i++)
            to[i] = sources[i][k];
}

/* Writes to[k * step + i] = sources[i][k], with the sizes of the common micro-kernels unrolled. */
static void interleave_rows(const float *const *sources, int rows, int step, int64_t length,
                            float *to) {
    if (rows == 6 && step == 6)
        interleave(sources, 6, 6, length, to);
    else if (rows == 8 && step == 8)
        interleave(sources, 8, 8, length, to);
    else if (rows == 4 && step == 4)
        interleave(sources, 4, 4, length, to);
    else
        interleave(sources, rows, step, length, to);
}

void nt_gather_pack(const nt_gather *gather, const nt_gemm *gemm, int32_t first, int64_t row,
                    int64_t k, int64_t length, float *panel) {
    spot spots[MOST_ROWS];
    const float *sources[MOST_ROWS];
    assert(gemm->mr <= MOST_ROWS && length <= NT_PIECE);
    for (int i = 0; i < gemm->mr; i++)
        spots[i] = spot_of(gather, row + i);
    for (int64_t end = k + length; k < end;) {
        int64_t tap = k / gather->channels, c = k % gather->channels, dy, dx;
        int64_t run = gather->channels - c < end - k ? gather->channels - c : end - k;
        tap_offset(gather, 0, tap / gather->taps[1], &dy);
        tap_offset(gather, 1, tap % gather->taps[1], &dx);
        for (int i = 0; i < gemm->mr; i++) {
            const float *source = source_of(gather, spots[i], dy, dx);
            sources[i] = source ? source + first + c : zeros;
        }
        interleave_rows(sources, gemm->mr, gemm->a_step, run, panel);
        panel += run * gemm->a_step;
        k += run;
    }
}

/* Deals `count` floats out to panels of mr places, of which the first `at` are taken. */
static inline void deal(const float *restrict from, int64_t count, int mr, int at,
                        float *restrict panel, size_t panel_size) {
    for (; count > 0 && at > 0 && at < mr; count--)
        panel[at++] = *from++;
    if (at > 0)
        panel += panel_size;
    for (; count >= mr; count -= mr, from += mr, panel += panel_size)
        for (int i = 0; i < mr; i++)
            panel[i] = from[i];
    for (int64_t i = 0; i < count; i++)
        panel[i] = from[i];
}

void nt_gather_pack_transposed(const nt_gather *gather, const nt_gemm *gemm, int32_t first,
                               int64_t row, int64_t length, int64_t k, int64_t k_end, float *panels,
                               size_t panel_size) {
    spot spots[NT_PIECE];
    assert(length <= NT_PIECE);
    for (int64_t i = 0; i < length; i++)
        spots[i] = spot_of(gather, row + i);
    for (int64_t k_first = k; k < k_end;) {
        int64_t tap = k / gather->channels, c = k % gather->channels, dy = 0, dx = 0;
        int64_t run = gather->channels - c < k_end - k ? gather->channels - c : k_end - k;
        run = run < NT_PIECE ? run : NT_PIECE;
        bool hit = tap_offset(gather, 0, tap / gather->taps[1], &dy) &&
                   tap_offset(gather, 1, tap % gather->taps[1], &dx);
        float *panel = panels + (k - k_first) / gemm->mr * (int64_t)panel_size;
        int at = (int)((k - k_first) % gemm->mr);
        for (int64_t i = 0; i < length; i++, panel += gemm->a_step) {
            const float *source = hit ? source_of(gather, spots[i], dy, dx) : NULL;
            source = source ? source + first + c : zeros;
            if (gemm->mr == 6)
                deal(source, run, 6, at, panel, panel_size);
            else
                deal(source, run, gemm->mr, at, panel, panel_size);
        }
        k += run;
    }
}
