/* Depthwise convolution and its gradients (see depthwise.h). A job is some lines of the result; a
 * line is cut into runs of places that meet the map under the same taps, of which there is one in
 * the middle and, at the edges, one for each few places.
 *
 * With a multiplier m > 1, output channel c * m + j is the j'th multiple of channel c. Sums run
 * over equal channels side by side, so a line has one of its two forms in the worker's memory:
 *
 *     forward   kernel [j][tap][c]      sums [j][place][c], then interleaved
 *     data      kernel [tap][c * m + j] sums [place][c * m + j], then added up over j
 *     weight    sums   [j][tap][c]      gradient [j][place][c], taken apart before
 */
#include "depthwise.h"

#include "depthwise_lines.h"
#include "epilogue.h"
#include "im2col.h"
#include "integers.h"
#include "ordered_sum.h"
#include "parallel.h"
#include "tensor.h"

#include <string.h>

enum {
    SIDE = 32,            /* of a kernel, at most: its taps fit a run */
    JOB_FLOATS = 1 << 14, /* of the result that a job makes, about */
    WANTED_PARTS = 32,
    PART_FLOATS = 1 << 15 /* of the gradient that a part of the sum takes in, at least */
};

static int64_t multiplier(const nt_conv_shape *shape) {
    return shape->out_channels / shape->channels;
}

static int64_t taps_of(const nt_conv_shape *shape) {
    return (int64_t)shape->kernel[0] * shape->kernel[1];
}

static size_t kernel_bytes(const nt_conv_shape *shape) {
    return (size_t)nt_round_up(taps_of(shape) * shape->out_channels, NT_PANEL) * sizeof(float);
}

bool nt_depthwise_fits(const nt_conv_shape *shape) {
    return shape->groups > 1 && shape->groups == shape->channels && multiplier(shape) <= NT_PANEL &&
           shape->kernel[0] <= SIDE && shape->kernel[1] <= SIDE;
}

/* --- the kernel ------------------------------------------------------------------------------- */

/* Where the weight of channel c's first multiple lies, under the first tap. The next multiple is
 * one float away, the next tap NT_PANEL. */
static int64_t weight_at(const nt_conv_shape *shape, int64_t c) {
    return c * taps_of(shape) * NT_PANEL;
}

static void pack(const nt_conv_shape *shape, const float *weight, bool by_multiple, float *to) {
    int64_t times = multiplier(shape), taps = taps_of(shape), channels = shape->channels;
    for (int64_t c = 0; c < channels; c++)
        for (int64_t tap = 0; tap < taps; tap++)
            for (int64_t j = 0; j < times; j++) {
                int64_t at = by_multiple ? (j * taps + tap) * channels + c
                                         : (tap * channels + c) * times + j;
                to[at] = weight[weight_at(shape, c) + tap * NT_PANEL + j];
            }
}

/* --- lines ------------------------------------------------------------------------------------ */

/* The lines of one phase of a result, and where each tap meets the map. */
typedef struct sweep {
    nt_im2col im2col;
    int64_t channels; /* of a place of the map that are summed, or of the kernel's tap */
    nt_reach rows[SIDE], columns[SIDE];
} sweep;

static void sweep_init(sweep *s, const nt_im2col *im2col, int64_t channels) {
    s->im2col = *im2col;
    s->channels = channels;
    for (int32_t tap = 0; tap < im2col->taps[0]; tap++)
        s->rows[tap] = nt_im2col_reach(im2col, 0, tap);
    for (int32_t tap = 0; tap < im2col->taps[1]; tap++)
        s->columns[tap] = nt_im2col_reach(im2col, 1, tap);
}

static bool meets(const nt_reach *reach, int64_t place) {
    return reach->from <= place && place < reach->to;
}

/* The first place after `place` that does not meet the same taps. */
static int64_t run_end(const sweep *s, int64_t place) {
    int64_t end = s->im2col.grid[1];
    for (int32_t tap = 0; tap < s->im2col.taps[1]; tap++) {
        const nt_reach *reach = &s->columns[tap];
        if (meets(reach, place))
            end = nt_min(end, reach->to);
        else if (reach->from > place && reach->from < reach->to)
            end = nt_min(end, reach->from);
    }
    return end;
}

/* The taps that place `place` of a line meets, and with it all of its run. */
static void list_taps(const sweep *s, int64_t sample, int64_t line, int64_t place,
                      nt_depthwise_run *run) {
    const nt_im2col *g = &s->im2col;
    run->taps = 0;
    for (int32_t r = 0; r < g->taps[0]; r++)
        for (int32_t c = 0; meets(&s->rows[r], line) && c < g->taps[1]; c++) {
            if (!meets(&s->columns[c], place))
                continue;
            int64_t y = line * g->step[0] + s->rows[r].offset;
            int64_t x = place * g->step[1] + s->columns[c].offset;
            run->from[run->taps] =
                g->maps + ((sample * g->size[0] + y) * g->size[1] + x) * g->pitch;
            run->at[run->taps++] = ((int64_t)r * g->taps[1] + c) * s->channels;
        }
}

/* Called for each run of a line, from `place` on. */
typedef void (*run_use)(const void *context, const nt_depthwise_run *run, int64_t place);

static void each_run(const sweep *s, int64_t sample, int64_t line, run_use use,
                     const void *context) {
    nt_depthwise_run run;
    run.channels = s->channels;
    run.step = (int64_t)s->im2col.step[1] * s->im2col.pitch;
    for (int64_t place = 0; place < s->im2col.grid[1]; place += run.places) {
        run.places = run_end(s, place) - place;
        list_taps(s, sample, line, place, &run);
        use(context, &run, place);
    }
}

/* --- forward ---------------------------------------------------------------------------------- */

typedef struct task {
    const nt_conv_shape *shape;
    int64_t times, job_lines, lines_total, sample_lines;
    const float *from, *kernel;
    nt_epilogue epilogue;
    float *to;
    char *workers;
    size_t per_worker;
} task;

static int task_cut(task *t, int64_t line_floats) {
    t->job_lines = nt_max(1, JOB_FLOATS / line_floats);
    t->lines_total = t->shape->samples * t->sample_lines;
    return (int)nt_ceil_div(t->lines_total, t->job_lines);
}

static task task_of(const nt_conv_shape *shape, const float *from, const float *kernel, float *to,
                    const nt_conv_memory *memory) {
    return (task){
        .shape = shape,
        .times = multiplier(shape),
        .from = from,
        .kernel = kernel,
        .to = to,
        .workers = memory->workers,
        .per_worker = memory->per_worker,
    };
}

static float *worker_floats(const task *t, int worker) {
    return (float *)(t->workers + (size_t)worker * t->per_worker);
}

/* A line of sums of one phase. */
typedef struct line {
    const task *task;
    float *sums;
    int64_t step, plane; /* floats from one place, and one multiple, to the next */
} line;

static void sum_run(const void *context, const nt_depthwise_run *run, int64_t place) {
    const line *l = context;
    const task *t = l->task;
    int64_t kernel_plane = taps_of(t->shape) * run->channels;
    int64_t planes = l->plane > 0 ? t->times : 1;
    for (int64_t j = 0; j < planes; j++)
        nt_depthwise_sum(run, t->kernel + j * kernel_plane,
                         l->sums + j * l->plane + place * l->step, l->step);
}

/* Brings the sums of one place into the order of the output's channels. */
static void interleave(const task *t, const float *sums, int64_t plane, float *to) {
    for (int64_t j = 0; j < t->times; j++)
        for (int64_t c = 0; c < t->shape->channels; c++)
            to[c * t->times + j] = sums[j * plane + c];
}

/* Ends a line of sums and writes it at y[at …]; `spare` holds one place. */
static void finish_line(const task *t, const line *l, float *spare, int64_t at) {
    int64_t places = t->shape->out_width, width = t->shape->out_channels;
    nt_conv_sums sums = {l->sums, l->step, NT_PANEL};
    if (t->times == 1) {
        nt_epilogue_apply(&t->epilogue, &sums, places, 0, width, t->to, at, width);
        return;
    }
    sums.from = spare;
    for (int64_t p = 0; p < places; p++, at += width) {
        interleave(t, l->sums + p * l->step, l->plane, spare);
        nt_epilogue_apply(&t->epilogue, &sums, 1, 0, width, t->to, at, width);
    }
}

static void forward_job(const void *context, int job, int worker) {
    const task *t = context;
    const nt_im2col im2col = nt_im2col_forward(t->shape, t->from);
    int64_t channels = t->shape->channels, width = t->shape->out_width;
    float *spare = worker_floats(t, worker), *sums = spare + t->shape->out_channels;
    bool in_place = t->times == 1 && nt_epilogue_in_place(&t->epilogue, t->to);
    int64_t end = nt_min(t->lines_total, (job + 1) * t->job_lines);
    sweep s;
    sweep_init(&s, &im2col, channels);
    for (int64_t i = job * t->job_lines; i < end; i++) {
        int64_t at = i * width * t->shape->out_channels;
        line l = {t, in_place ? t->to + at : sums, channels, t->times > 1 ? width * channels : 0};
        each_run(&s, i / t->sample_lines, i % t->sample_lines, sum_run, &l);
        if (!in_place || nt_epilogue_changes(&t->epilogue))
            finish_line(t, &l, spare, at);
    }
    if (t->epilogue.moments)
        nt_moments_made(t->epilogue.moments, job * t->job_lines, end, 1);
}

size_t nt_depthwise_kernel_size(const nt_conv_shape *shape) {
    return kernel_bytes(shape) / sizeof(float);
}

void nt_depthwise_pack_kernel(const nt_conv_shape *shape, const float *weight, float *ret_packed) {
    pack(shape, weight, true, ret_packed);
}

static size_t aligned_bytes(int64_t floats) {
    return (size_t)nt_round_up(floats, NT_PANEL) * sizeof(float);
}

nt_conv_need nt_depthwise_forward_need(const nt_conv_shape *shape) {
    return (nt_conv_need){
        .shared = kernel_bytes(shape),
        .per_worker = aligned_bytes((int64_t)(shape->out_width + 1) * shape->out_channels),
    };
}

void nt_depthwise_apply(const nt_conv_shape *shape, const float *x, const float *packed,
                        const nt_epilogue *epilogue, float *y, const nt_conv_memory *memory) {
    task t = task_of(shape, x, packed, y, memory);
    t.epilogue = *epilogue;
    t.sample_lines = shape->out_height;
    if (epilogue->moments)
        nt_moments_begin(epilogue->moments, 1, shape->out_width, 1);
    nt_parallel(task_cut(&t, (int64_t)shape->out_width * shape->out_channels), forward_job, &t);
}

void nt_depthwise_forward(const nt_conv_shape *shape, const float *x, const float *weight,
                          const nt_epilogue *epilogue, float *y, const nt_conv_memory *memory) {
    float *packed = (float *)memory->shared;
    nt_depthwise_pack_kernel(shape, weight, packed);
    nt_depthwise_apply(shape, x, packed, epilogue, y, memory);
}

/* --- data ------------------------------------------------------------------------------------- */

/* Where line i of the phase lies, among all lines of `first` and stride, in the gradient. */
static float *phase_line(const task *t, const int32_t first[2], int64_t sample, int64_t i) {
    int64_t y = first[0] + i * t->shape->stride[0];
    return t->to +
           ((sample * t->shape->height + y) * t->shape->width + first[1]) * t->shape->channels;
}

static void add_multiples(const task *t, const float *sums, int64_t places, float *to,
                          int64_t step) {
    for (int64_t p = 0; p < places; p++, to += step)
        for (int64_t c = 0; c < t->shape->channels; c++) {
            float sum = *sums++;
            for (int64_t j = 1; j < t->times; j++)
                sum += *sums++;
            to[c] = sum;
        }
}

/* Lines [from, end) of each sample's phase, counted through the samples. */
static void data_phase(const task *t, const int32_t first[2], int64_t from, int64_t end,
                       float *sums) {
    const nt_im2col im2col = nt_im2col_data(t->shape, t->from, first);
    int64_t step = (int64_t)t->shape->stride[1] * t->shape->channels;
    sweep s;
    sweep_init(&s, &im2col, t->shape->out_channels);
    for (int64_t i = from; i < end; i++) {
        int64_t sample = i / t->sample_lines, at = i % t->sample_lines;
        if (at >= im2col.grid[0])
            continue;
        float *to = phase_line(t, first, sample, at);
        line l = {t, t->times > 1 ? sums : to, t->times > 1 ? t->shape->out_channels : step, 0};
        each_run(&s, sample, at, sum_run, &l);
        if (t->times > 1)
            add_multiples(t, sums, im2col.grid[1], to, step);
    }
}

static void data_job(const void *context, int job, int worker) {
    const task *t = context;
    int64_t from = job * t->job_lines, end = nt_min(t->lines_total, from + t->job_lines);
    for (int32_t a = 0; a < t->shape->stride[0] && a < t->shape->height; a++)
        for (int32_t b = 0; b < t->shape->stride[1] && b < t->shape->width; b++)
            data_phase(t, (const int32_t[]){a, b}, from, end, worker_floats(t, worker));
}

nt_conv_need nt_depthwise_data_need(const nt_conv_shape *shape) {
    int64_t places = nt_ceil_div(shape->width, shape->stride[1]);
    return (nt_conv_need){
        .shared = kernel_bytes(shape),
        .per_worker = multiplier(shape) > 1 ? aligned_bytes(places * shape->out_channels) : 0,
    };
}

void nt_depthwise_data(const nt_conv_shape *shape, const float *dy, const float *weight, float *dx,
                       const nt_conv_memory *memory) {
    float *packed = (float *)memory->shared;
    pack(shape, weight, false, packed);
    task t = task_of(shape, dy, packed, dx, memory);
    t.sample_lines = nt_ceil_div(shape->height, shape->stride[0]);
    int64_t line_floats = (int64_t)shape->width * shape->channels * shape->stride[0];
    nt_parallel(task_cut(&t, line_floats), data_job, &t);
}

/* --- weight ----------------------------------------------------------------------------------- */

typedef struct gradient {
    const nt_conv_shape *shape;
    int64_t times, lines_total, part_lines, parts, most_parts, stored;
    const float *x, *dy;
    float *sums; /* [part][multiple][tap][channel], and after them their sum */
    char *workers;
    size_t per_worker;
} gradient;

static gradient gradient_of(const nt_conv_shape *shape) {
    gradient g = {.shape = shape, .times = multiplier(shape)};
    int64_t line_floats = (int64_t)shape->out_width * shape->out_channels;
    g.lines_total = (int64_t)shape->samples * shape->out_height;
    g.most_parts = nt_min(WANTED_PARTS, nt_ceil_div(g.lines_total * line_floats, PART_FLOATS));
    g.part_lines = nt_ceil_div(g.lines_total, g.most_parts);
    g.parts = nt_ceil_div(g.lines_total, g.part_lines);
    g.stored = (int64_t)(kernel_bytes(shape) / sizeof(float));
    return g;
}

/* A line of the gradient to the outputs, by multiples. */
typedef struct gradient_line {
    const gradient *gradient;
    const float *dy;
    int64_t plane; /* floats from one multiple to the next */
    float *sums;
} gradient_line;

static void correlate_run(const void *context, const nt_depthwise_run *run, int64_t place) {
    const gradient_line *l = context;
    int64_t kernel_plane = taps_of(l->gradient->shape) * run->channels;
    for (int64_t j = 0; j < l->gradient->times; j++)
        nt_depthwise_correlate(run, l->dy + j * l->plane + place * run->channels, run->channels,
                               l->sums + j * kernel_plane);
}

static void take_apart(const gradient *g, const float *dy, float *to) {
    int64_t plane = (int64_t)g->shape->out_width * g->shape->channels;
    for (int64_t i = 0; i < plane; i++)
        for (int64_t j = 0; j < g->times; j++)
            to[j * plane + i] = dy[i * g->times + j];
}

static void gradient_job(const void *context, int job, int worker) {
    const gradient *g = context;
    const nt_im2col im2col = nt_im2col_forward(g->shape, g->x);
    int64_t width = (int64_t)g->shape->out_width * g->shape->out_channels;
    int64_t end = nt_min(g->lines_total, (job + 1) * g->part_lines);
    float *apart = (float *)(g->workers + (size_t)worker * g->per_worker);
    sweep s;
    sweep_init(&s, &im2col, g->shape->channels);
    gradient_line l = {.gradient = g, .plane = width / g->times, .sums = g->sums + job * g->stored};
    memset(l.sums, 0, (size_t)g->stored * sizeof *l.sums);
    for (int64_t i = job * g->part_lines; i < end; i++) {
        l.dy = g->dy + i * width;
        if (g->times > 1) {
            take_apart(g, l.dy, apart);
            l.dy = apart;
        }
        each_run(&s, i / g->shape->out_height, i % g->shape->out_height, correlate_run, &l);
    }
}

static void unpack(const nt_conv_shape *shape, const float *sums, float *dweight) {
    int64_t times = multiplier(shape), taps = taps_of(shape);
    for (int64_t c = 0; c < shape->channels; c++)
        for (int64_t tap = 0; tap < taps; tap++) {
            float *to = dweight + weight_at(shape, c) + tap * NT_PANEL;
            memset(to, 0, NT_PANEL * sizeof *to);
            for (int64_t j = 0; j < times; j++)
                to[j] = sums[(j * taps + tap) * shape->channels + c];
        }
}

nt_conv_need nt_depthwise_weight_need(const nt_conv_shape *shape) {
    gradient g = gradient_of(shape);
    int64_t line_floats = (int64_t)shape->out_width * shape->out_channels;
    return (nt_conv_need){
        .shared = (size_t)(g.most_parts + 1) * kernel_bytes(shape),
        .per_worker = g.times > 1 ? aligned_bytes(line_floats) : 0,
    };
}

void nt_depthwise_weight(const nt_conv_shape *shape, const float *x, const float *dy,
                         float *dweight, const nt_conv_memory *memory) {
    gradient g = gradient_of(shape);
    g.x = x;
    g.dy = dy;
    g.sums = (float *)memory->shared;
    g.workers = memory->workers;
    g.per_worker = memory->per_worker;
    float *sum = g.sums + g.parts * g.stored;
    nt_parallel((int)g.parts, gradient_job, &g);
    nt_ordered_sum(g.sums, g.parts, g.stored, sum);
    unpack(shape, sum, dweight);
}
