/* The gradient to the kernel by a bilinear scheme's adjoint (see bilinear.h).
 *
 * A job is a block of input channels by a block of output channels, over one part of the tiles. It
 * walks over its part some tiles at a time, transforms the inputs and the gradients to the outputs,
 * and adds what they give at each point to sums that stay in the second-level cache:
 *
 *     inputs       [point][tile][input channel]
 *     gradients    [point][tile][output channel]
 *     sums         [point][panel of output channels][input channel][16]
 *
 * At the end it takes the sums back to the taps. How many parts there are depends on the shape
 * alone; their results are kept in shared memory and added in order. */
#include "bilinear.h"

#include "parallel.h"
#include "parts.h"
#include "tensor.h"
#include "tiles.h"

#include <string.h>

enum {
    BLOCK_CHANNELS = 64, /* of a job, at most: input and output channels alike */
    WANTED_JOBS = 32,
    PART_STEPS = 4,       /* a part has at least so many steps */
    STEP_FLOATS = 1 << 17 /* transformed inputs of a step, about */
};

static int64_t ceil_div(int64_t a, int64_t b) {
    return (a + b - 1) / b;
}

static int64_t least(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static int64_t round_up(int64_t a, int64_t b) {
    return ceil_div(a, b) * b;
}

typedef struct gradient {
    const nt_bilinear *scheme;
    const nt_conv_shape *shape;
    nt_gemm gemm;
    nt_tiles x, dy;
    int32_t points; /* of both sides together */
    int64_t in_block, out_block, in_jobs, out_jobs;
    int64_t in_pitch, out_pitch, in_point, out_point, sum_point, sum_panel; /* floats */
    int64_t total, step, part_tiles, parts, most_parts;
    int64_t taps, stored;         /* of the weight: taps; floats */
    bool x_in_place, dy_in_place; /* the maps are the tiles */
    const float *inputs, *gradients;
    float *to; /* the parts, or where there is one the result */
    char *workers;
    size_t per_worker;
} gradient;

static void cut_tiles(gradient *g) {
    int64_t jobs = g->in_jobs * g->out_jobs;
    g->total = nt_tiles_total(&g->x);
    g->step = round_up(STEP_FLOATS / (g->points * g->in_pitch) + 1, 8);
    g->step = least(g->step, 256);
    g->most_parts = least(ceil_div(WANTED_JOBS, jobs), ceil_div(g->total, PART_STEPS * g->step));
    g->part_tiles = round_up(ceil_div(g->total, g->most_parts), g->step);
    g->parts = ceil_div(g->total, g->part_tiles);
}

static gradient gradient_of(const nt_bilinear *scheme, const nt_conv_shape *shape) {
    gradient g = {
        .scheme = scheme,
        .shape = shape,
        .gemm = nt_gemm_query(),
        .points = scheme->points * scheme->points,
        .taps = (int64_t)shape->kernel[0] * shape->kernel[1],
        .x = {.samples = shape->samples,
              .size = {shape->height, shape->width},
              .channels = shape->channels,
              .side = scheme->in},
        .dy = {.samples = shape->samples,
               .size = {shape->out_height, shape->out_width},
               .channels = shape->out_channels,
               .side = scheme->out},
    };
    for (int d = 0; d < 2; d++) {
        g.x.count[d] = g.dy.count[d] = (int32_t)ceil_div(g.dy.size[d], scheme->out);
        g.x.step[d] = scheme->taps == 1 ? shape->stride[d] : scheme->out;
        g.x.first[d] = scheme->in > scheme->out ? -shape->pad[d] : 0;
        g.dy.step[d] = scheme->out;
    }
    g.x_in_place = nt_tiles_in_place(&g.x);
    g.dy_in_place = nt_tiles_in_place(&g.dy) && shape->out_channels % NT_BLOCK == 0;
    g.in_jobs = ceil_div(shape->channels, BLOCK_CHANNELS);
    g.out_jobs = ceil_div(shape->out_channels, BLOCK_CHANNELS);
    g.in_block = round_up(ceil_div(shape->channels, g.in_jobs), NT_BLOCK);
    g.out_block = round_up(ceil_div(shape->out_channels, g.out_jobs), NT_BLOCK);
    g.in_jobs = ceil_div(shape->channels, g.in_block);
    g.out_jobs = ceil_div(shape->out_channels, g.out_block);
    g.in_pitch = nt_tiles_stride(g.in_block);
    g.out_pitch = nt_tiles_stride(g.out_block);
    cut_tiles(&g);
    g.in_point = nt_tiles_stride(g.step * g.in_pitch);
    g.out_point = nt_tiles_stride(g.step * g.out_pitch);
    g.sum_panel = nt_tiles_stride(g.in_block * NT_BLOCK);
    g.sum_point = g.out_block / NT_BLOCK * g.sum_panel;
    g.stored = ceil_div(shape->out_channels, NT_BLOCK) * g.taps * shape->channels * NT_BLOCK;
    return g;
}

nt_conv_need nt_bilinear_weight_need(const nt_bilinear *scheme, const nt_conv_shape *shape) {
    gradient g = gradient_of(scheme, shape);
    size_t floats = (size_t)(g.points * (g.in_point + g.out_point + g.sum_point));
    return (nt_conv_need){
        .shared = g.most_parts > 1 ? (size_t)(g.most_parts * g.stored) * sizeof(float) : 0,
        .per_worker = (floats + nt_gemm_work_size(&g.gemm, g.in_block)) * sizeof(float),
    };
}

/* What a job works on: tiles [tile, tile_end), input channels [in, in_end), output channels. */
typedef struct block {
    int64_t part, tile, tile_end, in, in_end, out, out_end;
} block;

static block block_of(const gradient *g, int job) {
    block b = {.in = job % g->in_jobs * g->in_block};
    b.out = job / g->in_jobs % g->out_jobs * g->out_block;
    b.part = job / g->in_jobs / g->out_jobs;
    b.in_end = least(g->shape->channels, b.in + g->in_block);
    b.out_end = least(g->shape->out_channels, b.out + g->out_block);
    b.tile = b.part * g->part_tiles;
    b.tile_end = least(g->total, b.tile + g->part_tiles);
    return b;
}

/* A worker's memory. */
typedef struct desk {
    float *inputs, *gradients, *sums, *work;
} desk;

static desk desk_of(const gradient *g, int worker) {
    float *inputs = (float *)(g->workers + (size_t)worker * g->per_worker);
    float *gradients = inputs + g->points * g->in_point;
    float *sums = gradients + g->points * g->out_point;
    return (desk){inputs, gradients, sums, sums + g->points * g->sum_point};
}

static void transform(const gradient *g, const block *b, const desk *at, int64_t tile,
                      int64_t count) {
    float *inputs[NT_MOST_PLACES], *gradients[NT_MOST_PLACES];
    for (int i = 0; i < g->points; i++) {
        inputs[i] = at->inputs + i * g->in_point;
        gradients[i] = at->gradients + i * g->out_point;
    }
    for (int64_t i = 0; i < count; i++) {
        if (!g->x_in_place)
            nt_tiles_transform(&g->x, g->inputs, g->scheme->input, tile + i, (int32_t)b->in,
                               (int32_t)(b->in_end - b->in), inputs, i * g->in_pitch);
        if (!g->dy_in_place)
            nt_tiles_transform(&g->dy, g->gradients, g->scheme->output_adjoint, tile + i,
                               (int32_t)b->out, (int32_t)(b->out_end - b->out), gradients,
                               i * g->out_pitch);
    }
}

static void multiply(const gradient *g, const block *b, const desk *at, int64_t tile,
                     int64_t count) {
    for (int i = 0; i < g->points; i++) {
        nt_block_product product = {
            .rows = b->in_end - b->in,
            .depth = count,
            .panels = ceil_div(b->out_end - b->out, NT_BLOCK),
            .a = at->inputs + i * g->in_point,
            .a_row = 1,
            .a_step = g->in_pitch,
            .b = at->gradients + i * g->out_point,
            .b_row = g->out_pitch,
            .b_panel = NT_BLOCK,
            .c = at->sums + i * g->sum_point,
            .c_row = NT_BLOCK,
            .c_panel = g->sum_panel,
            .add = tile > b->tile,
        };
        if (g->x_in_place) {
            product.a = g->inputs + tile * g->x.channels + b->in;
            product.a_step = g->x.channels;
        }
        if (g->dy_in_place) {
            product.b = g->gradients + tile * g->dy.channels + b->out;
            product.b_row = g->dy.channels;
        }
        nt_gemm_multiply(&g->gemm, &product, at->work);
    }
}

/* Takes a panel's sums back to the taps; those that met only zeros get zeros. */
static void emit_panel(const gradient *g, const block *b, const desk *at, int64_t panel) {
    const float *from[NT_MOST_PLACES];
    float *to[NT_MOST_PLACES];
    int64_t width = g->shape->channels * NT_BLOCK, count = (b->in_end - b->in) * NT_BLOCK;
    float *first = g->to + b->part * g->stored + (b->out / NT_BLOCK + panel) * g->taps * width +
                   b->in * NT_BLOCK;
    for (int i = 0; i < g->points; i++)
        from[i] = at->sums + i * g->sum_point + panel * g->sum_panel;
    for (int64_t tap = 0; tap < g->taps; tap++) {
        bool live = g->scheme->taps > 1 || g->taps == 1 ||
                    tap == g->shape->pad[0] * g->shape->kernel[1] + g->shape->pad[1];
        if (live)
            to[g->scheme->taps > 1 ? tap : 0] = first + tap * width;
        else
            memset(first + tap * width, 0, (size_t)count * sizeof *first);
    }
    g->scheme->kernel_adjoint(from, 0, to, 0, count, NULL);
}

static void gradient_job(const void *context, int job, int worker) {
    const gradient *g = context;
    const block b = block_of(g, job);
    const desk at = desk_of(g, worker);
    for (int64_t tile = b.tile; tile < b.tile_end; tile += g->step) {
        int64_t count = least(g->step, b.tile_end - tile);
        transform(g, &b, &at, tile, count);
        multiply(g, &b, &at, tile, count);
    }
    for (int64_t panel = 0; panel * NT_BLOCK < b.out_end - b.out; panel++)
        emit_panel(g, &b, &at, panel);
}

void nt_bilinear_weight(const nt_bilinear *scheme, const nt_conv_shape *shape, const float *x,
                        const float *dy, float *dweight, const nt_conv_memory *memory) {
    gradient g = gradient_of(scheme, shape);
    g.inputs = x;
    g.gradients = dy;
    g.to = g.parts > 1 ? (float *)memory->shared : dweight;
    g.workers = memory->workers;
    g.per_worker = memory->per_worker;
    nt_parallel((int)(g.in_jobs * g.out_jobs * g.parts), gradient_job, &g);
    if (g.parts > 1)
        nt_parts_add(g.to, g.parts, g.stored, dweight);
}
