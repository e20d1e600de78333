/* The gradient to the kernel by the adjoint of one of Winograd's schemes (see winograd.h).
 *
 * A job is a block of input channels by a block of output channels, over one part of the tiles. It
 * walks over its part a step of some tiles at a time, transforms the inputs and the gradients to
 * the outputs, and adds what they give at each point to sums:
 *
 *     inputs       [point][tile][input channel]
 *     gradients    [point][tile][output channel]
 *     sums         [kernel point][panel of output channels][input channel][16]
 *
 * What belongs to one point stays in the second-level cache while it is worked on. While it is
 * multiplied, the next step's tiles are prefetched.
 *
 * At the end the job takes the sums back to the taps. How many parts there are depends on the shape
 * alone; their results are kept in shared memory and added in order. */
#include "winograd.h"

#include "integers.h"
#include "ordered_sum.h"
#include "parallel.h"
#include "tensor.h"
#include "tile_prefetch.h"
#include "tile_transform.h"
#include "tiles.h"

enum {
    /* Channels of a job, input and output alike, at most. Each block of them is transformed once
     * for each of the other kind: the wider the better, if jobs remain enough. */
    WIDE_CHANNELS = 128,
    NARROW_CHANNELS = 64,
    WANTED_JOBS = 8,
    FEWEST_JOBS = 4,
    PART_STEPS = 4, /* a part has at least so many steps, unless there are too few jobs */
    STEP_FLOATS = 36 * 64 * WIDE_CHANNELS, /* transformed inputs of a step: about 64 tiles of F43 */
    MOST_TILES = 256                       /* of a step */
};

/* --- the plan --------------------------------------------------------------------------------- */

typedef struct gradient {
    const nt_winograd *scheme;
    const nt_conv_shape *shape;
    nt_gemm gemm;
    nt_tiles x, dy;
    int32_t points, kernel_points;                     /* of both sides together */
    bool cold;                                         /* it pays to prefetch (tile_prefetch.h) */
    int64_t in_block, out_block, in_jobs, out_jobs;    /* channels of a job; jobs */
    int64_t in_point, out_point, sum_point, sum_panel; /* floats */
    int64_t total, step, part_tiles, parts, most_parts;
    int64_t stored; /* floats of the weight */
    const float *inputs, *gradients;
    float *to; /* the parts, or where there is one the result */
    char *workers;
    size_t per_worker;
} gradient;

static void cut_channels(int64_t channels, int64_t widest, int64_t *ret_block, int64_t *ret_jobs) {
    *ret_block = nt_round_up(nt_even(channels, widest), NT_PANEL);
    *ret_jobs = nt_ceil_div(channels, *ret_block);
}

/* A step and the number of parts, and with them memory, grow with the samples, as `parts` does not
 * always. */
static void cut_tiles(gradient *g) {
    int64_t jobs = g->in_jobs * g->out_jobs;
    g->total = nt_tiles_total(&g->x);
    g->step = STEP_FLOATS / (g->points * nt_max(g->in_block, g->out_block)) / 8 * 8;
    g->step = nt_min(nt_min(g->step, MOST_TILES), nt_round_up(g->total, 8));
    int64_t wanted =
        nt_min(nt_ceil_div(WANTED_JOBS, jobs), nt_ceil_div(g->total, PART_STEPS * g->step));
    int64_t fewest = nt_min(nt_ceil_div(FEWEST_JOBS, jobs), nt_ceil_div(g->total, g->step));
    g->most_parts = nt_max(wanted, fewest);
    g->part_tiles = nt_round_up(nt_ceil_div(g->total, g->most_parts), g->step);
    g->parts = nt_ceil_div(g->total, g->part_tiles);
}

static gradient gradient_with(const nt_winograd *scheme, const nt_conv_shape *shape,
                              int64_t widest) {
    gradient g = {
        .scheme = scheme,
        .shape = shape,
        .gemm = nt_gemm_query(),
        .points = nt_winograd_area(scheme->points),
        .kernel_points = nt_winograd_area(scheme->kernel_points),
        .cold = nt_tile_prefetch_pays(shape),
        .x = {.samples = shape->samples,
              .size = {shape->height, shape->width},
              .channels = shape->channels},
        .dy = {.samples = shape->samples,
               .size = {shape->out_height, shape->out_width},
               .channels = shape->out_channels},
        .stored = nt_round_up(shape->out_channels, NT_PANEL) * shape->channels *
                  nt_winograd_area(scheme->taps),
    };
    for (int d = 0; d < 2; d++) {
        g.x.side[d] = scheme->in[d];
        g.dy.side[d] = scheme->out[d];
        g.x.dilation[d] = g.dy.dilation[d] = shape->dilation[d];
        g.x.count[d] = g.dy.count[d] =
            nt_tiles_count(g.dy.size[d], shape->dilation[d], scheme->out[d]);
        g.x.step[d] = scheme->step[d];
        g.dy.step[d] = scheme->out[d];
        g.x.first[d] = scheme->in[d] > scheme->out[d] ? -shape->pad[d] : 0;
    }
    cut_channels(shape->channels, widest, &g.in_block, &g.in_jobs);
    cut_channels(shape->out_channels, widest, &g.out_block, &g.out_jobs);
    cut_tiles(&g);
    g.in_point = nt_tiles_stride(g.step * g.in_block);
    g.out_point = nt_tiles_stride(g.step * g.out_block);
    g.sum_panel = nt_tiles_stride(g.in_block * NT_PANEL);
    g.sum_point = g.out_block / NT_PANEL * g.sum_panel;
    return g;
}

static gradient gradient_of(const nt_winograd *scheme, const nt_conv_shape *shape) {
    gradient wide = gradient_with(scheme, shape, WIDE_CHANNELS);
    if (wide.in_jobs * wide.out_jobs * wide.parts >= FEWEST_JOBS)
        return wide;
    return gradient_with(scheme, shape, NARROW_CHANNELS);
}

static nt_conv_need need_of(const gradient *g) {
    size_t floats =
        (size_t)(g->points * (g->in_point + g->out_point) + g->kernel_points * g->sum_point);
    return (nt_conv_need){
        .shared = g->most_parts > 1 ? (size_t)(g->most_parts * g->stored) * sizeof(float) : 0,
        .per_worker = (floats + nt_gemm_work_size(&g->gemm, g->in_block)) * sizeof(float),
    };
}

/* Enough for any fewer samples, too, which may be cut the other way. */
nt_conv_need nt_winograd_weight_need(const nt_winograd *scheme, const nt_conv_shape *shape) {
    gradient wide = gradient_with(scheme, shape, WIDE_CHANNELS);
    gradient narrow = gradient_with(scheme, shape, NARROW_CHANNELS);
    nt_conv_need a = need_of(&wide), b = need_of(&narrow);
    return (nt_conv_need){
        .shared = a.shared > b.shared ? a.shared : b.shared,
        .per_worker = a.per_worker > b.per_worker ? a.per_worker : b.per_worker,
    };
}

/* --- jobs ------------------------------------------------------------------------------------- */

/* What a job works on: tiles [tile, tile_end), input channels [in, in_end), output channels. */
typedef struct block {
    int64_t part, tile, tile_end, in, in_end, out, out_end;
} block;

static block block_of(const gradient *g, int job) {
    block b = {.in = job % g->in_jobs * g->in_block};
    b.out = job / g->in_jobs % g->out_jobs * g->out_block;
    b.part = job / g->in_jobs / g->out_jobs;
    b.in_end = nt_min(g->shape->channels, b.in + g->in_block);
    b.out_end = nt_min(g->shape->out_channels, b.out + g->out_block);
    b.tile = b.part * g->part_tiles;
    b.tile_end = nt_min(g->total, b.tile + g->part_tiles);
    return b;
}

/* A worker's memory. */
typedef struct workspace {
    float *inputs, *gradients, *sums, *work;
} workspace;

static workspace workspace_of(const gradient *g, int worker) {
    float *inputs = (float *)(g->workers + (size_t)worker * g->per_worker);
    float *gradients = inputs + g->points * g->in_point;
    float *sums = gradients + g->points * g->out_point;
    return (workspace){inputs, gradients, sums, sums + g->kernel_points * g->sum_point};
}

/* One step of a block, of the inputs and of the gradients. */
typedef struct step {
    nt_tiles_part x, dy;
} step;

static step step_of(const gradient *g, const block *b, int64_t tile) {
    int64_t end = nt_min(tile + g->step, b->tile_end);
    return (step){{tile, end, b->in, b->in_end - b->in}, {tile, end, b->out, b->out_end - b->out}};
}

static void transform(const gradient *g, const step *s, const workspace *at, bool cold) {
    float *inputs[NT_MOST_PLACES], *gradients[NT_MOST_PLACES];
    for (int i = 0; i < g->points; i++) {
        inputs[i] = at->inputs + i * g->in_point;
        gradients[i] = at->gradients + i * g->out_point;
    }
    nt_tiles_transform(&g->x, g->inputs, g->scheme->input, &s->x, inputs, g->in_block, cold);
    nt_tiles_transform(&g->dy, g->gradients, g->scheme->output_adjoint, &s->dy, gradients,
                       g->out_block, cold);
}

/* Adds a step's products to the sums, or begins them; meanwhile prefetches the next step. The
 * points meet the kernel's in order, so that the first to meet one is the one that begins its sum.
 */
static void multiply(const gradient *g, const step *s, const workspace *at, bool add,
                     const step *next) {
    int64_t panels = nt_ceil_div(s->dy.count, NT_PANEL);
    int64_t at_once = nt_gemm_panels(&g->gemm, s->x.count, panels);
    int64_t calls = g->cold ? g->points * nt_ceil_div(panels, at_once) : 0;
    nt_tile_prefetch x = nt_tile_prefetch_of(&g->x, g->inputs, &next->x, false, calls);
    nt_tile_prefetch dy = nt_tile_prefetch_of(&g->dy, g->gradients, &next->dy, false, calls);
    nt_block_product product = {
        .rows = s->x.count,
        .depth = s->x.end - s->x.tile,
        .a_row = 1,
        .a_step = g->in_block,
        .b_row = g->out_block,
        .b_panel = NT_PANEL,
        .c_row = NT_PANEL,
        .c_panel = g->sum_panel,
    };
    for (int i = 0, begun = 0; i < g->points; i++) {
        int sum = nt_winograd_kernel_point(g->scheme, i);
        product.add = add || sum < begun;
        begun += sum == begun;
        for (int64_t panel = 0; panel < panels; panel += at_once) {
            product.panels = nt_min(at_once, panels - panel);
            product.a = at->inputs + i * g->in_point;
            product.b = at->gradients + i * g->out_point + panel * NT_PANEL;
            product.c = at->sums + sum * g->sum_point + panel * g->sum_panel;
            nt_gemm_multiply(&g->gemm, &product, at->work);
            nt_tile_prefetch_step(&x);
            nt_tile_prefetch_step(&dy);
        }
    }
}

/* Takes a panel's sums back to the taps. */
static void emit_panel(const gradient *g, const block *b, const workspace *at, int64_t panel) {
    const float *from[NT_MOST_PLACES];
    float *to[NT_MOST_PLACES];
    int64_t taps = nt_winograd_area(g->scheme->taps);
    int64_t width = g->shape->channels * NT_PANEL, count = (b->in_end - b->in) * NT_PANEL;
    float *first =
        g->to + b->part * g->stored + (b->out / NT_PANEL + panel) * taps * width + b->in * NT_PANEL;
    for (int i = 0; i < g->kernel_points; i++)
        from[i] = at->sums + i * g->sum_point + panel * g->sum_panel;
    for (int64_t tap = 0; tap < taps; tap++)
        to[tap] = first + tap * width;
    g->scheme->kernel_adjoint(from, 0, to, 0, count, NULL);
}

static void gradient_job(const void *context, int job, int worker) {
    const gradient *g = context;
    const block b = block_of(g, job);
    const workspace at = workspace_of(g, worker);
    for (int64_t tile = b.tile; tile < b.tile_end; tile += g->step) {
        const step s = step_of(g, &b, tile), next = step_of(g, &b, tile + g->step);
        bool first = tile == b.tile;
        transform(g, &s, &at, g->cold && first);
        multiply(g, &s, &at, !first, &next);
    }
    for (int64_t panel = 0; panel * NT_PANEL < b.out_end - b.out; panel++)
        emit_panel(g, &b, &at, panel);
}

void nt_winograd_weight(const nt_winograd *scheme, const nt_conv_shape *shape, const float *x,
                        const float *dy, float *dweight, const nt_conv_memory *memory) {
    gradient g = gradient_of(scheme, shape);
    g.inputs = x;
    g.gradients = dy;
    g.to = g.parts > 1 ? (float *)memory->shared : dweight;
    g.workers = memory->workers;
    g.per_worker = memory->per_worker;
    nt_parallel((int)(g.in_jobs * g.out_jobs * g.parts), gradient_job, &g);
    if (g.parts > 1)
        nt_ordered_sum(g.to, g.parts, g.stored, dweight);
}
