/* Rows of the left matrix (im2col.h), copied run by run: a piece of columns is first cut into runs
 * that lie side by side in the maps, once for all rows. Nothing outside the maps is read: a run
 * that hangs over an edge is cut off there and filled up with zeros. */
#include "im2col.h"

#include "indirect.h"
#include "integers.h"

#include <assert.h>
#include <string.h>

nt_im2col nt_im2col_forward(const nt_conv_shape *shape, const float *x) {
    return (nt_im2col){
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

nt_im2col nt_im2col_data(const nt_conv_shape *shape, const float *dy, const int32_t first[2]) {
    nt_im2col im2col = {
        .maps = dy,
        .samples = shape->samples,
        .size = {shape->out_height, shape->out_width},
        .pitch = shape->out_channels,
        .channels = shape->out_channels / shape->groups,
    };
    const int32_t size[2] = {shape->height, shape->width};
    for (int d = 0; d < 2; d++) {
        im2col.grid[d] = nt_ceil_div(size[d] - first[d], shape->stride[d]);
        im2col.taps[d] = shape->kernel[d];
        im2col.step[d] = 1;
        /* Output place = (input place + pad - tap * dilation) / stride. */
        im2col.base[d] = first[d] + shape->pad[d];
        im2col.slope[d] = -shape->dilation[d];
        im2col.divisor[d] = shape->stride[d];
    }
    return im2col;
}

int64_t nt_im2col_rows(const nt_im2col *im2col) {
    return (int64_t)im2col->samples * im2col->grid[0] * im2col->grid[1];
}

int64_t nt_im2col_columns(const nt_im2col *im2col) {
    return (int64_t)im2col->taps[0] * im2col->taps[1] * im2col->channels;
}

/* How far tap `tap` of dimension d lies from step * i; false where the division leaves a rest. */
static bool tap_offset(const nt_im2col *im2col, int d, int64_t tap, int64_t *ret) {
    int64_t distance = im2col->base[d] + im2col->slope[d] * tap;
    *ret = distance / im2col->divisor[d];
    return distance % im2col->divisor[d] == 0;
}

/* The first i with step * i >= distance. */
static int64_t steps_to(int64_t distance, int64_t step) {
    return distance > 0 ? nt_ceil_div(distance, step) : 0;
}

nt_reach nt_im2col_reach(const nt_im2col *im2col, int d, int64_t tap) {
    nt_reach reach = {0};
    if (!tap_offset(im2col, d, tap, &reach.offset))
        return reach;
    int64_t end = steps_to(im2col->size[d] - reach.offset, im2col->step[d]);
    reach.from = steps_to(-reach.offset, im2col->step[d]);
    reach.to = end < im2col->grid[d] ? end : im2col->grid[d];
    if (reach.to < reach.from)
        reach.to = reach.from;
    return reach;
}

static bool live_along(const nt_im2col *im2col, int d, int64_t tap) {
    nt_reach reach = nt_im2col_reach(im2col, d, tap);
    return reach.from < reach.to;
}

bool nt_im2col_live(const nt_im2col *im2col, int64_t tap) {
    return live_along(im2col, 0, tap / im2col->taps[1]) &&
           live_along(im2col, 1, tap % im2col->taps[1]);
}

/* Adds a cut to those in ascending order, of which there are *count; false: there is no room. */
static bool add_cut(int32_t *cuts, int *count, int32_t cut) {
    int at = 0;
    while (at < *count && cuts[at] < cut)
        at++;
    if (at < *count && cuts[at] == cut)
        return true;
    if (*count == NT_GRID_CUTS)
        return false;
    memmove(cuts + at + 1, cuts + at, (size_t)(*count - at) * sizeof *cuts);
    cuts[at] = cut;
    ++*count;
    return true;
}

int64_t nt_im2col_cut(const nt_im2col *im2col, int32_t ret_cuts[2][NT_GRID_CUTS],
                      int ret_count[2]) {
    for (int d = 0; d < 2; d++) {
        ret_count[d] = 0;
        bool room = add_cut(ret_cuts[d], &ret_count[d], 0) &&
                    add_cut(ret_cuts[d], &ret_count[d], im2col->grid[d]);
        for (int tap = 0; room && tap < im2col->taps[d]; tap++) {
            nt_reach reach = nt_im2col_reach(im2col, d, tap);
            if (reach.from < reach.to)
                room = add_cut(ret_cuts[d], &ret_count[d], (int32_t)reach.from) &&
                       add_cut(ret_cuts[d], &ret_count[d], (int32_t)reach.to);
        }
        if (!room)
            return 0;
    }
    return (int64_t)(ret_count[0] - 1) * (ret_count[1] - 1);
}

nt_im2col nt_im2col_box(const nt_im2col *im2col, const int32_t from[2], const int32_t to[2]) {
    nt_im2col box = *im2col;
    for (int d = 0; d < 2; d++) {
        box.grid[d] = to[d] - from[d];
        box.base[d] += from[d] * im2col->step[d] * im2col->divisor[d];
    }
    return box;
}

int64_t nt_im2col_piece(const nt_im2col *im2col, int64_t *from) {
    int64_t total = nt_im2col_columns(im2col), channels = im2col->channels, k = *from;
    while (k < total && !nt_im2col_live(im2col, k / channels))
        k = (k / channels + 1) * channels;
    *from = k;
    int64_t limit = k + NT_PIECE < total ? k + NT_PIECE : total;
    while (k < limit && nt_im2col_live(im2col, k / channels))
        k = (k / channels + 1) * channels;
    return (k < limit ? k : limit) - *from;
}

const float *nt_im2col_view(const nt_im2col *im2col, int32_t first, int64_t k, int64_t length) {
    int64_t tap = k / im2col->channels, offset;
    const int64_t taps[2] = {tap / im2col->taps[1], tap % im2col->taps[1]};
    if (tap != (k + length - 1) / im2col->channels)
        return NULL;
    for (int d = 0; d < 2; d++)
        if (im2col->step[d] != 1 || im2col->grid[d] != im2col->size[d] ||
            !tap_offset(im2col, d, taps[d], &offset) || offset != 0)
            return NULL;
    return im2col->maps + first + k % im2col->channels;
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

static bool taps_adjoin(const nt_im2col *im2col) {
    return im2col->divisor[1] == 1 && im2col->slope[1] == 1 && im2col->channels == im2col->pitch;
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

static void list_runs(const nt_im2col *im2col, int32_t first, int64_t k, int64_t length,
                      run_list *ret) {
    int64_t width = im2col->channels * (taps_adjoin(im2col) ? im2col->taps[1] : 1), dx;
    ret->count = 0;
    for (int64_t at = 0; at < length; at += ret->runs[ret->count - 1].length) {
        int64_t tap = (k + at) / im2col->channels, left = width - (k + at) % width;
        run r = {.at = at, .length = left < length - at ? left : length - at};
        r.hit = tap_offset(im2col, 0, tap / im2col->taps[1], &r.dy) &&
                tap_offset(im2col, 1, tap % im2col->taps[1], &dx);
        r.start = r.hit ? dx * im2col->pitch + first + (k + at) % im2col->channels : 0;
        add_run(ret, &r);
    }
}

/* Where a row of the matrix stands: its sample, and its source place before the tap. */
typedef struct spot {
    const float *sample;
    int64_t y, x;
} spot;

static int64_t sample_size(const nt_im2col *im2col) {
    return (int64_t)im2col->size[0] * im2col->size[1] * im2col->pitch;
}

static spot spot_of(const nt_im2col *im2col, int64_t row) {
    int64_t column = row % im2col->grid[1], above = row / im2col->grid[1];
    return (spot){
        .sample = im2col->maps + above / im2col->grid[0] * sample_size(im2col),
        .y = above % im2col->grid[0] * im2col->step[0],
        .x = column * im2col->step[1],
    };
}

static void step_on(const nt_im2col *im2col, spot *at) {
    at->x += im2col->step[1];
    if (at->x < (int64_t)im2col->grid[1] * im2col->step[1])
        return;
    at->x = 0;
    at->y += im2col->step[0];
    if (at->y < (int64_t)im2col->grid[0] * im2col->step[0])
        return;
    at->y = 0;
    at->sample += sample_size(im2col);
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
static void copy_run(const nt_im2col *im2col, const spot *at, const run *r, float *to) {
    int64_t y = at->y + r->dy, start = at->x * im2col->pitch + r->start;
    int64_t width = (int64_t)im2col->size[1] * im2col->pitch;
    int64_t from = start < 0 ? -start : 0;
    int64_t end = start + r->length > width ? width - start : r->length;
    if (!r->hit || y < 0 || y >= im2col->size[0] || from >= end) {
        clear(to, r->length);
        return;
    }
    clear(to, from);
    copy(to + from, at->sample + y * width + start + from, end - from);
    clear(to + end, r->length - end);
}

static bool all_inside(const nt_im2col *im2col, const spot *at, const run_list *list) {
    int64_t x = at->x * im2col->pitch, width = (int64_t)im2col->size[1] * im2col->pitch;
    return list->hit && at->y + list->top >= 0 && at->y + list->bottom < im2col->size[0] &&
           x + list->left >= 0 && x + list->right <= width;
}

static void copy_runs(const nt_im2col *im2col, const spot *at, const run_list *list, float *to) {
    int64_t width = (int64_t)im2col->size[1] * im2col->pitch;
    if (all_inside(im2col, at, list)) {
        const float *from = at->sample + at->y * width + at->x * im2col->pitch;
        for (const run *r = list->runs; r < list->runs + list->count; r++)
            copy(to + r->at, from + r->dy * width + r->start, r->length);
        return;
    }
    for (const run *r = list->runs; r < list->runs + list->count; r++)
        copy_run(im2col, at, r, to + r->at);
}

void nt_im2col_copy(const nt_im2col *im2col, int32_t first, int64_t row, int64_t rows, int64_t k,
                    int64_t length, float *to, int64_t pitch) {
    run_list list;
    assert(length <= NT_PIECE);
    list_runs(im2col, first, k, length, &list);
    spot at = spot_of(im2col, row);
    for (int64_t i = 0; i < rows; i++, to += pitch, step_on(im2col, &at))
        copy_runs(im2col, &at, &list, to);
}

static const float zeros[NT_PIECE];

/* Where the run of a row begins. */
static const float *point(const nt_im2col *im2col, const spot *at, const run *r, float *spare) {
    int64_t y = at->y + r->dy, start = at->x * im2col->pitch + r->start;
    int64_t width = (int64_t)im2col->size[1] * im2col->pitch;
    if (!r->hit || y < 0 || y >= im2col->size[0] || start + r->length <= 0 || start >= width)
        return zeros;
    if (start >= 0 && start + r->length <= width)
        return at->sample + y * width + start;
    copy_run(im2col, at, r, spare);
    return spare;
}

/* How many rows from one on, of at most `rows`, stand in one line and have all their runs inside.
 */
static int64_t inside_ahead(const nt_im2col *im2col, const spot *at, const run_list *list,
                            int64_t rows) {
    int64_t width = (int64_t)im2col->size[1] * im2col->pitch, step = im2col->step[1];
    if (!all_inside(im2col, at, list))
        return 0;
    int64_t left = im2col->grid[1] - at->x / step;
    int64_t room = (width - at->x * im2col->pitch - list->right) / (step * im2col->pitch) + 1;
    return nt_min(nt_min(left, room), rows);
}

static void point_inside(const nt_im2col *im2col, const spot *at, const run_list *list,
                         int64_t count, nt_im2col_pointed *ret, int64_t i) {
    int64_t width = (int64_t)im2col->size[1] * im2col->pitch;
    int64_t step = (int64_t)im2col->step[1] * im2col->pitch;
    for (int r = 0; r < list->count; r++) {
        const float *from = at->sample + (at->y + list->runs[r].dy) * width +
                            at->x * im2col->pitch + list->runs[r].start;
        for (int64_t j = i; j < i + count; j++, from += step)
            ret->from[r][j] = from;
    }
}

static void point_over_edge(const nt_im2col *im2col, const spot *at, const run_list *list,
                            float *spare, nt_im2col_pointed *ret, int64_t i) {
    for (int r = 0; r < list->count; r++)
        ret->from[r][i] = point(im2col, at, &list->runs[r], spare + list->runs[r].at);
}

bool nt_im2col_point(const nt_im2col *im2col, int32_t first, int64_t row, int64_t rows, int64_t k,
                     int64_t length, float *spare, int64_t pitch, nt_im2col_pointed *ret) {
    run_list list;
    assert(length <= NT_PIECE && rows <= NT_POINTED_ROWS);
    list_runs(im2col, first, k, length, &list);
    if (list.count > NT_POINTED_RUNS)
        return false;
    spot at = spot_of(im2col, row);
    for (int64_t i = 0; i < rows; step_on(im2col, &at)) {
        int64_t inside = inside_ahead(im2col, &at, &list, rows - i);
        if (inside > 0) {
            point_inside(im2col, &at, &list, inside, ret, i);
            at.x += (inside - 1) * im2col->step[1];
        } else {
            point_over_edge(im2col, &at, &list, spare + i * pitch, ret, i);
        }
        i += nt_max(inside, 1);
    }
    ret->runs = list.count;
    for (int r = 0; r < list.count; r++) {
        ret->length[r] = list.runs[r].length;
        for (int64_t i = rows; i < rows + NT_INDIRECT_SPARE; i++)
            ret->from[r][i] = ret->from[r][rows - 1];
    }
    return true;
}
