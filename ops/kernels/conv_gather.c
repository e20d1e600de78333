#include "conv_gather.h"

#include <assert.h>
#include <string.h>

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

/* Columns that lie side by side in the maps: channels of one tap or, where the taps of a kernel's
 * row stand side by side over all channels of the map, a part of such a row. */
typedef struct run {
    bool hit;       /* else zeros */
    int64_t dy, dx; /* from where a row stands to the run's first tap */
    int64_t c;      /* the run's first channel, under that tap */
    int64_t at, length;
} run;

static bool taps_adjoin(const nt_gather *gather) {
    return gather->divisor[1] == 1 && gather->slope[1] == 1 && gather->channels == gather->pitch;
}

static int list_runs(const nt_gather *gather, int32_t first, int64_t k, int64_t length, run *runs) {
    int count = 0;
    int64_t width = gather->channels * (taps_adjoin(gather) ? gather->taps[1] : 1);
    for (int64_t at = 0; at < length; count++) {
        int64_t tap = (k + at) / gather->channels, left = width - (k + at) % width;
        run r = {.c = first + (k + at) % gather->channels, .at = at};
        r.length = left < length - at ? left : length - at;
        r.hit = tap_offset(gather, 0, tap / gather->taps[1], &r.dy) &&
                tap_offset(gather, 1, tap % gather->taps[1], &r.dx);
        runs[count] = r;
        at += r.length;
    }
    return count;
}

/* Where a row of the matrix stands: its sample, and its source place before the tap. */
typedef struct spot {
    const float *sample;
    int64_t y, x;
} spot;

static spot spot_of(const nt_gather *gather, int64_t row) {
    int64_t column = row % gather->grid[1], above = row / gather->grid[1];
    int64_t sample = above / gather->grid[0];
    return (spot){
        .sample = gather->maps + sample * gather->size[0] * gather->size[1] * gather->pitch,
        .y = above % gather->grid[0] * gather->step[0],
        .x = column * gather->step[1],
    };
}

static void clear(float *to, int64_t count) {
    if (count > 0)
        memset(to, 0, (size_t)count * sizeof *to);
}

/* The part of a run that lies within the map's row is copied; the rest, on either side, is zeros.
 */
static void copy_run(const nt_gather *gather, spot at, const run *r, float *to) {
    int64_t y = at.y + r->dy, start = (at.x + r->dx) * gather->pitch + r->c;
    int64_t width = (int64_t)gather->size[1] * gather->pitch;
    int64_t from = start < 0 ? -start : 0;
    int64_t end = start + r->length > width ? width - start : r->length;
    if (!r->hit || y < 0 || y >= gather->size[0] || from >= end) {
        clear(to, r->length);
        return;
    }
    clear(to, from);
    memcpy(to + from, at.sample + y * width + start + from, (size_t)(end - from) * sizeof *to);
    clear(to + end, r->length - end);
}

void nt_gather_copy(const nt_gather *gather, int32_t first, int64_t row, int64_t rows, int64_t k,
                    int64_t length, float *to, int64_t pitch) {
    run runs[NT_PIECE];
    assert(length <= NT_PIECE);
    int count = list_runs(gather, first, k, length, runs);
    for (int64_t i = 0; i < rows; i++, to += pitch) {
        spot at = spot_of(gather, row + i);
        for (int j = 0; j < count; j++)
            copy_run(gather, at, &runs[j], to + runs[j].at);
    }
}
