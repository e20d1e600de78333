#include "conv_gather.h"

#include "integers.h"

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

nt_gather nt_gather_data(const nt_conv_shape *shape, const float *dy, const int32_t first[2]) {
    nt_gather gather = {
        .maps = dy,
        .samples = shape->samples,
        .size = {shape->out_height, shape->out_width},
        .pitch = shape->out_channels,
        .channels = shape->out_channels / shape->groups,
    };
    const int32_t size[2] = {shape->height, shape->width};
    for (int d = 0; d < 2; d++) {
        gather.grid[d] = nt_ceil_div(size[d] - first[d], shape->stride[d]);
        gather.taps[d] = shape->kernel[d];
        gather.step[d] = 1;
        /* Output place = (input place + pad - tap * dilation) / stride. */
        gather.base[d] = first[d] + shape->pad[d];
        gather.slope[d] = -shape->dilation[d];
        gather.divisor[d] = shape->stride[d];
    }
    return gather;
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

/* The first i with step * i >= distance. */
static int64_t steps_to(int64_t distance, int64_t step) {
    return distance > 0 ? nt_ceil_div(distance, step) : 0;
}

nt_reach nt_gather_reach(const nt_gather *gather, int d, int64_t tap) {
    nt_reach reach = {0};
    if (!tap_offset(gather, d, tap, &reach.offset))
        return reach;
    int64_t end = steps_to(gather->size[d] - reach.offset, gather->step[d]);
    reach.from = steps_to(-reach.offset, gather->step[d]);
    reach.to = end < gather->grid[d] ? end : gather->grid[d];
    if (reach.to < reach.from)
        reach.to = reach.from;
    return reach;
}

static bool live_along(const nt_gather *gather, int d, int64_t tap) {
    nt_reach reach = nt_gather_reach(gather, d, tap);
    return reach.from < reach.to;
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

const float *nt_gather_view(const nt_gather *gather, int32_t first, int64_t k, int64_t length) {
    int64_t tap = k / gather->channels, offset;
    const int64_t taps[2] = {tap / gather->taps[1], tap % gather->taps[1]};
    if (tap != (k + length - 1) / gather->channels)
        return NULL;
    for (int d = 0; d < 2; d++)
        if (gather->step[d] != 1 || gather->grid[d] != gather->size[d] ||
            !tap_offset(gather, d, taps[d], &offset) || offset != 0)
            return NULL;
    return gather->maps + first + k % gather->channels;
}

/* Columns that lie side by side in the maps: channels of one tap or, where the taps of a kernel's
 * row stand side by side over all channels of the map, a part of such a row. */
typedef struct run {
    bool hit;      /* else zeros */
    int64_t dy;    /* lines from where a row stands to the run */
    int64_t start; /* floats from there to the run's first, along its line */
    int64_t at, length;
} run;

/* The runs of a piece. Where a row stands so that the box around them lies within the map, they are
 * copied whole: that is where most rows stand. */
typedef struct run_list {
    run runs[NT_PIECE];
    int count;
    bool hit; /* all of them */
    int64_t top, bottom, left, right;
} run_list;

static bool taps_adjoin(const nt_gather *gather) {
    return gather->divisor[1] == 1 && gather->slope[1] == 1 && gather->channels == gather->pitch;
}

static void add_run(run_list *list, const run *r) {
    bool first = list->count == 0;
    list->hit = (first || list->hit) && r->hit;
    list->top = first || r->dy < list->top ? r->dy : list->top;
    list->bottom = first || r->dy > list->bottom ? r->dy : list->bottom;
    list->left = first || r->start < list->left ? r->start : list->left;
    list->right = first || r->start + r->length > list->right ? r->start + r->length : list->right;
    list->runs[list->count++] = *r;
}

static void list_runs(const nt_gather *gather, int32_t first, int64_t k, int64_t length,
                      run_list *ret) {
    int64_t width = gather->channels * (taps_adjoin(gather) ? gather->taps[1] : 1), dx;
    ret->count = 0;
    for (int64_t at = 0; at < length; at += ret->runs[ret->count - 1].length) {
        int64_t tap = (k + at) / gather->channels, left = width - (k + at) % width;
        run r = {.at = at, .length = left < length - at ? left : length - at};
        r.hit = tap_offset(gather, 0, tap / gather->taps[1], &r.dy) &&
                tap_offset(gather, 1, tap % gather->taps[1], &dx);
        r.start = r.hit ? dx * gather->pitch + first + (k + at) % gather->channels : 0;
        add_run(ret, &r);
    }
}

/* Where a row of the matrix stands: its sample, and its source place before the tap. */
typedef struct spot {
    const float *sample;
    int64_t y, x;
} spot;

static int64_t sample_size(const nt_gather *gather) {
    return (int64_t)gather->size[0] * gather->size[1] * gather->pitch;
}

static spot spot_of(const nt_gather *gather, int64_t row) {
    int64_t column = row % gather->grid[1], above = row / gather->grid[1];
    return (spot){
        .sample = gather->maps + above / gather->grid[0] * sample_size(gather),
        .y = above % gather->grid[0] * gather->step[0],
        .x = column * gather->step[1],
    };
}

static void step_on(const nt_gather *gather, spot *at) {
    at->x += gather->step[1];
    if (at->x < (int64_t)gather->grid[1] * gather->step[1])
        return;
    at->x = 0;
    at->y += gather->step[0];
    if (at->y < (int64_t)gather->grid[0] * gather->step[0])
        return;
    at->y = 0;
    at->sample += sample_size(gather);
}

static void clear(float *to, int64_t count) {
    if (count > 0)
        memset(to, 0, (size_t)count * sizeof *to);
}

/* A run is often so short that a call of memcpy takes longer than its copy. */
static inline void copy(float *to, const float *from, int64_t count) {
    enum { FEW = 4, MANY = 64 };
    if (count > MANY) {
        memcpy(to, from, (size_t)count * sizeof *to);
        return;
    }
    if (count < FEW) {
        for (int64_t i = 0; i < count; i++)
            to[i] = from[i];
        return;
    }
    for (int64_t i = 0; i < count - FEW; i += FEW)
        memcpy(to + i, from + i, FEW * sizeof *to);
    memcpy(to + count - FEW, from + count - FEW, FEW * sizeof *to);
}

/* The part of a run that lies within the map's line is copied; the rest, on either side, is zeros.
 */
static void copy_run(const nt_gather *gather, const spot *at, const run *r, float *to) {
    int64_t y = at->y + r->dy, start = at->x * gather->pitch + r->start;
    int64_t width = (int64_t)gather->size[1] * gather->pitch;
    int64_t from = start < 0 ? -start : 0;
    int64_t end = start + r->length > width ? width - start : r->length;
    if (!r->hit || y < 0 || y >= gather->size[0] || from >= end) {
        clear(to, r->length);
        return;
    }
    clear(to, from);
    copy(to + from, at->sample + y * width + start + from, end - from);
    clear(to + end, r->length - end);
}

static bool all_inside(const nt_gather *gather, const spot *at, const run_list *list) {
    int64_t x = at->x * gather->pitch, width = (int64_t)gather->size[1] * gather->pitch;
    return list->hit && at->y + list->top >= 0 && at->y + list->bottom < gather->size[0] &&
           x + list->left >= 0 && x + list->right <= width;
}

static void copy_runs(const nt_gather *gather, const spot *at, const run_list *list, float *to) {
    int64_t width = (int64_t)gather->size[1] * gather->pitch;
    if (all_inside(gather, at, list)) {
        const float *from = at->sample + at->y * width + at->x * gather->pitch;
        for (const run *r = list->runs; r < list->runs + list->count; r++)
            copy(to + r->at, from + r->dy * width + r->start, r->length);
        return;
    }
    for (const run *r = list->runs; r < list->runs + list->count; r++)
        copy_run(gather, at, r, to + r->at);
}

void nt_gather_copy(const nt_gather *gather, int32_t first, int64_t row, int64_t rows, int64_t k,
                    int64_t length, float *to, int64_t pitch) {
    run_list list;
    assert(length <= NT_PIECE);
    list_runs(gather, first, k, length, &list);
    spot at = spot_of(gather, row);
    for (int64_t i = 0; i < rows; i++, to += pitch, step_on(gather, &at))
        copy_runs(gather, &at, &list, to);
}
