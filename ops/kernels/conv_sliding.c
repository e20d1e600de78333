/* Lines of narrow groups (conv_sliding.h), cut into tiles of a few places (sliding_tile.h). A job
 * is some lines of the result, which it makes a few vectors of channels at a time, so that what the
 * next line reads again is still in a cache.
 *
 * With a dilation, a tile's places are so far apart as the kernel's columns: the line is worked on
 * phase by phase. Where the channels don't fill the last vector, it begins before them, and some
 * channels are computed twice, alike. */
#include "conv_sliding.h"

#include "epilogue.h"
#include "integers.h"
#include "parallel.h"
#include "sliding_tile.h"
#include "tensor.h"
#include "vectorise.h"

#include <string.h>

enum {
    JOB_FLOATS = 1 << 15,  /* of the result that a job makes, about, */
    FEWEST_JOBS = 8,       /* but, if there are lines enough, at least so many of a sample */
    NEAR_FLOATS = 1 << 13, /* that the lines of the map under a line should have, to be near, */
    NEAR_VECTORS = 8,      /* but no fewer vectors of channels than these */
    FEWEST_PLACES = 3, /* of a line, or a phase: with fewer, most products would be with zeros */
    WIDEST_GROUP = 32
};

static const nt_sliding_set *find_set(void) {
    switch (nt_vectors_fused()) {
#if defined __x86_64__
    case NT_VECTORS_AVX512:
        return &nt_sliding_avx512;
    case NT_VECTORS_AVX2:
        return &nt_sliding_avx2;
#endif
    default:
        return NULL;
    }
}

static int64_t group_of(const nt_conv_shape *shape) {
    return shape->channels / shape->groups;
}

static int64_t vectors_of(const nt_conv_shape *shape) {
    return nt_ceil_div(shape->channels, NT_PANEL);
}

/* The first channel of a vector. */
static int64_t channel_of(const nt_conv_shape *shape, int64_t vector) {
    return nt_min(vector * NT_PANEL, shape->channels - NT_PANEL);
}

/* How far apart the places of a tile are, which is also how many phases a line has; and the places
 * of the first of them. */
static int64_t apart_of(const nt_conv_shape *shape) {
    return shape->dilation[1];
}

static int64_t phase_places(const nt_conv_shape *shape) {
    return nt_ceil_div(shape->out_width, apart_of(shape));
}

static bool group_fits(int64_t group) {
    return group == 1 || group == 2 || group == 4 || group == 8 ||
           (group % NT_PANEL == 0 && group <= WIDEST_GROUP);
}

bool nt_sliding_fits(const nt_conv_shape *shape) {
    int32_t side = shape->kernel[1], stride = shape->stride[1];
    return shape->groups > 1 && shape->channels == shape->out_channels &&
           shape->channels >= NT_PANEL && group_fits(group_of(shape)) &&
           shape->kernel[0] <= NT_SLIDING_ROWS && (side == 3 || side == 5 || side == 7) &&
           (stride == 1 || (stride == 2 && shape->dilation[1] == 1)) &&
           phase_places(shape) >= FEWEST_PLACES && find_set() != NULL;
}

/* --- the kernel ------------------------------------------------------------------------------- */

/* Floats of a vector. */
static int64_t vector_weights(const nt_conv_shape *shape) {
    return (int64_t)shape->kernel[0] * shape->kernel[1] * group_of(shape) * NT_PANEL;
}

size_t nt_sliding_kernel_size(const nt_conv_shape *shape) {
    return (size_t)(vectors_of(shape) * vector_weights(shape));
}

typedef struct packing {
    const nt_conv_shape *shape;
    bool transposed; /* for the gradient to the data: from outputs to inputs, and turned round */
    const float *from;
    float *to;
} packing;

/* Of output channel `out` and its group's input channel `in`. */
static float weight_at(const packing *p, int64_t out, int64_t in, int64_t tap) {
    int64_t group = group_of(p->shape), taps = (int64_t)p->shape->kernel[0] * p->shape->kernel[1];
    int64_t panel = out / group * nt_ceil_div(group, NT_PANEL) + out % group / NT_PANEL;
    return p->from[((panel * taps + tap) * group + in) * NT_PANEL + out % group % NT_PANEL];
}

/* Of the kernel that is wanted, likewise. */
static float wanted_weight(const packing *p, int64_t out, int64_t in, int64_t tap) {
    int64_t group = group_of(p->shape), taps = (int64_t)p->shape->kernel[0] * p->shape->kernel[1];
    return p->transposed ? weight_at(p, out / group * group + in, out % group, taps - 1 - tap)
                         : weight_at(p, out, in, tap);
}

/* Job: a vector. */
static void pack_job(const void *context, int job, int worker) {
    const packing *p = context;
    int64_t group = group_of(p->shape), columns = p->shape->kernel[1];
    float *to = p->to + job * vector_weights(p->shape);
    (void)worker;
    for (int64_t r = 0; r < p->shape->kernel[0]; r++)
        for (int64_t c = 0; c < group; c++)
            for (int64_t s = 0; s < columns; s++)
                for (int64_t lane = 0; lane < NT_PANEL; lane++)
                    *to++ = wanted_weight(p, channel_of(p->shape, job) + lane, c, r * columns + s);
}

void nt_sliding_pack_kernel(const nt_conv_shape *shape, const float *weight, float *ret_packed) {
    const packing p = {shape, false, weight, ret_packed};
    nt_parallel((int)vectors_of(shape), pack_job, &p);
}

/* --- lines ------------------------------------------------------------------------------------ */

typedef struct task {
    const nt_conv_shape *shape;
    const float *x, *weight;
    nt_epilogue epilogue;
    float *y;
    int places, columns;                  /* of a tile; of the map under it */
    intptr_t offsets[NT_SLIDING_COLUMNS]; /* bytes from the first of these to each */
    nt_sliding_function *tile;
    int64_t job_lines, lines;
    char *workers;
    size_t per_worker;
} task;

/* A line, as far as it is worked on at a time: sums that have nothing added to them go straight to
 * the result, others to `sums`. */
typedef struct line {
    const task *task;
    int64_t number; /* counted through the samples */
    int64_t vector, end;
    const float *zeros;
    float *sums; /* or NULL */
} line;

/* The rows of the kernel that meet the map at a line, and where those of the map begin. */
static void find_rows(const line *l, const float **ret_rows, nt_sliding_tile *tile) {
    const nt_conv_shape *shape = l->task->shape;
    int64_t sample = l->number / shape->out_height, at = l->number % shape->out_height;
    tile->rows = 0;
    for (int64_t r = 0; r < shape->kernel[0]; r++) {
        int64_t y = at * shape->stride[0] + r * shape->dilation[0] - shape->pad[0];
        if (y < 0 || y >= shape->height)
            continue;
        ret_rows[tile->rows] =
            l->task->x + (sample * shape->height + y) * shape->width * shape->channels;
        tile->weight_row[tile->rows++] = r * shape->kernel[1] * group_of(shape) * NT_PANEL;
    }
}

/* Columns of the map, from that under the first column of the kernel at place `place` on: within
 * the map, they are as far apart for all rows; over its edges, they are listed. */
static void find_columns(const line *l, const float *const *rows, int64_t place,
                         intptr_t (*list)[NT_SLIDING_COLUMNS], nt_sliding_tile *tile) {
    const nt_conv_shape *shape = l->task->shape;
    int64_t step = shape->dilation[1], first = place * shape->stride[1] - shape->pad[1];
    int64_t count = l->task->columns;
    int64_t from = first < 0 ? nt_min(nt_ceil_div(-first, step), count) : 0;
    int64_t end = nt_clamp(nt_ceil_div(shape->width - first, step), from, count);
    bool inside = from == 0 && end == count;
    for (int r = 0; r < tile->rows; r++) {
        tile->base[r] = (uintptr_t)rows[r] + (uintptr_t)(first * shape->channels) * sizeof(float);
        tile->offset[r] = inside ? l->task->offsets : list[r];
        for (int64_t j = 0; !inside && j < count; j++)
            list[r][j] = j >= from && j < end ? l->task->offsets[j]
                                              : (intptr_t)((uintptr_t)l->zeros - tile->base[r]);
    }
}

static nt_sliding_tile tile_of(const line *l) {
    const task *t = l->task;
    return (nt_sliding_tile){
        .channels = t->shape->channels,
        .group = group_of(t->shape),
        .vector = l->vector,
        .end = l->end,
        .weight = t->weight,
        .vector_weights = vector_weights(t->shape),
        .bias = l->sums ? NULL : t->epilogue.bias,
        .relu = !l->sums && t->epilogue.activation.kind == NT_RELU,
        .to_step = apart_of(t->shape) * t->shape->channels,
    };
}

static void sum_line(const line *l, float *to) {
    const nt_conv_shape *shape = l->task->shape;
    int64_t apart = apart_of(shape), step = apart * l->task->places;
    const float *rows[NT_SLIDING_ROWS];
    intptr_t list[NT_SLIDING_ROWS][NT_SLIDING_COLUMNS];
    nt_sliding_tile tile = tile_of(l);
    find_rows(l, rows, &tile);
    for (int64_t phase = 0; phase < nt_min(apart, shape->out_width); phase++)
        for (int64_t place = phase; place < shape->out_width; place += step) {
            find_columns(l, rows, place, list, &tile);
            tile.to = to + place * shape->channels;
            tile.places =
                (int)nt_min(l->task->places, nt_ceil_div(shape->out_width - place, apart));
            l->task->tile(&tile);
        }
}

/* The epilogue, as far as the sums haven't had it. */
static void finish_line(const line *l, int64_t at) {
    const task *t = l->task;
    const nt_conv_shape *shape = t->shape;
    int64_t width = shape->out_width, channels = shape->channels;
    int64_t first = l->sums ? l->vector * NT_PANEL : channel_of(shape, l->vector);
    int64_t count = nt_min(l->end * NT_PANEL, channels) - first;
    float *to = t->y + at + first;
    if (l->sums) {
        nt_conv_sums sums = {l->sums + first, channels, NT_PANEL};
        nt_epilogue_apply(&t->epilogue, &sums, width, first, count, t->y, at + first, channels);
    } else if (nt_epilogue_remains(&t->epilogue)) {
        nt_activate(&t->epilogue.activation, to, to, width, channels, count);
    }
}

/* Vectors of channels that are worked on together. */
static int64_t near_vectors(const nt_conv_shape *shape) {
    int64_t lines = (int64_t)shape->kernel[0] * shape->width * NT_PANEL;
    return nt_max(NEAR_VECTORS, NEAR_FLOATS / lines);
}

static void job(const void *context, int number, int worker) {
    const task *t = context;
    int64_t channels = t->shape->channels, vectors = vectors_of(t->shape);
    int64_t from = number * t->job_lines, end = nt_min(t->lines, from + t->job_lines);
    int64_t line_floats = t->shape->out_width * channels,
            near = nt_even(vectors, near_vectors(t->shape));
    float *zeros = (float *)(t->workers + (size_t)worker * t->per_worker);
    memset(zeros, 0, (size_t)channels * sizeof *zeros);
    for (int64_t vector = 0; vector < vectors; vector += near)
        for (int64_t i = from; i < end; i++) {
            line l = {t, i, vector, nt_min(vectors, vector + near), zeros, NULL};
            if (t->epilogue.plus)
                l.sums = zeros + nt_round_up(channels, NT_PANEL);
            sum_line(&l, l.sums ? l.sums : t->y + i * line_floats);
            finish_line(&l, i * line_floats);
        }
    if (t->epilogue.moments)
        nt_moments_made(t->epilogue.moments, from, end, 1);
}

/* --- forward ---------------------------------------------------------------------------------- */

nt_conv_need nt_sliding_forward_need(const nt_conv_shape *shape) {
    int64_t place = nt_round_up(shape->channels, NT_PANEL);
    return (nt_conv_need){
        .shared = nt_sliding_kernel_size(shape) * sizeof(float),
        .per_worker = (size_t)(place * (shape->out_width + 1)) * sizeof(float),
    };
}

/* The places of a tile: those that leave the fewest over. */
static void choose_tile(task *t) {
    const nt_conv_shape *shape = t->shape;
    const nt_sliding_set *set = find_set();
    int64_t places = phase_places(shape), group = group_of(shape);
    nt_sliding_kind kind = group == 1         ? NT_SLIDING_EACH
                           : group < NT_PANEL ? NT_SLIDING_WITHIN
                                              : NT_SLIDING_ACROSS;
    int best = 0;
    for (int i = 1; i < NT_SLIDING_WIDTHS && set->places[i] > 0; i++)
        if (nt_round_up(places, set->places[i]) < nt_round_up(places, set->places[best]))
            best = i;
    t->places = set->places[best];
    t->columns = (t->places - 1) * shape->stride[1] + shape->kernel[1];
    for (int j = 0; j < t->columns; j++)
        t->offsets[j] =
            (intptr_t)j * shape->dilation[1] * shape->channels * (intptr_t)sizeof(float);
    t->tile = set->tile[kind][shape->kernel[1] / 2 - 1][shape->stride[1] - 1][best];
}

void nt_sliding_apply(const nt_conv_shape *shape, const float *x, const float *packed,
                      const nt_epilogue *epilogue, float *y, const nt_conv_memory *memory) {
    task t = {
        .shape = shape,
        .x = x,
        .weight = packed,
        .epilogue = *epilogue,
        .y = y,
        .lines = (int64_t)shape->samples * shape->out_height,
        .workers = memory->workers,
        .per_worker = memory->per_worker,
    };
    int64_t line_floats = (int64_t)shape->out_width * shape->channels;
    t.job_lines = nt_max(1, nt_min(JOB_FLOATS / line_floats, shape->out_height / FEWEST_JOBS));
    choose_tile(&t);
    if (epilogue->moments)
        nt_moments_begin(epilogue->moments, 1, shape->out_width, 1);
    nt_parallel((int)nt_ceil_div(t.lines, t.job_lines), job, &t);
}

void nt_sliding_forward(const nt_conv_shape *shape, const float *x, const float *weight,
                        const nt_epilogue *epilogue, float *y, const nt_conv_memory *memory) {
    float *packed = (float *)memory->shared;
    nt_sliding_pack_kernel(shape, weight, packed);
    nt_sliding_apply(shape, x, packed, epilogue, y, memory);
}

/* --- data ------------------------------------------------------------------------------------- */

/* The convolution of dy that makes dx. */
static nt_conv_shape data_shape(const nt_conv_shape *shape) {
    nt_conv_shape data = *shape;
    data.height = shape->out_height;
    data.width = shape->out_width;
    data.out_height = shape->height;
    data.out_width = shape->width;
    for (int d = 0; d < 2; d++)
        data.pad[d] = shape->dilation[d] * (shape->kernel[d] - 1) - shape->pad[d];
    return data;
}

bool nt_sliding_data_fits(const nt_conv_shape *shape) {
    nt_conv_shape data = data_shape(shape);
    return shape->stride[0] == 1 && shape->stride[1] == 1 && data.pad[0] >= 0 && data.pad[1] >= 0 &&
           nt_sliding_fits(&data);
}

nt_conv_need nt_sliding_data_need(const nt_conv_shape *shape) {
    nt_conv_shape data = data_shape(shape);
    return nt_sliding_forward_need(&data);
}

void nt_sliding_data(const nt_conv_shape *shape, const float *dy, const float *weight, float *dx,
                     const nt_conv_memory *memory) {
    nt_conv_shape data = data_shape(shape);
    const packing p = {&data, true, weight, (float *)memory->shared};
    nt_parallel((int)vectors_of(&data), pack_job, &p);
    nt_sliding_apply(&data, dy, p.to, &(nt_epilogue){0}, dx, memory);
}
