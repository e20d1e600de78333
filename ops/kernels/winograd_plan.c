/* The sizes of winograd_plan.h. `depth`, and so the order of each sum, follows from the channels
 * alone; the tiles of blocks and rounds follow from the shape, never from the number of threads;
 * and memory never shrinks when the samples grow. */
#include "winograd_plan.h"

#include "integers.h"
#include "tensor.h"
#include "tile_prefetch.h"

enum {
    BLOCK_FLOATS = 1 << 17,  /* tiles and products of a block, about: half a second-level cache */
    ROUND_FLOATS = 3 << 19,  /* tiles of a round, about */
    KERNEL_FLOATS = 1 << 20, /* the largest kernel that is transformed as a whole */
    FEWEST_TILES = 36,       /* that a full block has, for each time that it reads the kernel */
    MOST_TILES = 192,
    STREAMED_PANELS = 2, /* that a job transforms: it reads the tiles once for both */
    UNIT_TILES = 12,     /* the heights of micro-kernels are divisors of it */
    FEW_BLOCKS = 8,
    DEPTH = 256 /* at most, about: a piece of a panel stays in the second-level cache */
};

int64_t nt_winograd_plan_kernel(const nt_winograd_plan *p) {
    return p->panels * p->kernel_panel;
}

int64_t nt_winograd_plan_tiles(const nt_winograd_plan *p, int64_t point) {
    return p->pieces * p->points * point;
}

/* The first output that the first input has a part in, if outputs went on past the edge. */
static int32_t first_gradient(const nt_conv_shape *shape, int d) {
    int32_t furthest = (shape->kernel[d] - 1) * shape->dilation[d];
    return nt_ceil_div(shape->pad[d] - furthest, shape->stride[d]);
}

static void plan_maps(nt_winograd_plan *p, const nt_conv_shape *shape, bool data) {
    const nt_winograd *scheme = p->scheme;
    nt_tiles in = {.samples = shape->samples,
                   .size = {shape->height, shape->width},
                   .channels = shape->channels};
    nt_tiles out = {.samples = shape->samples,
                    .size = {shape->out_height, shape->out_width},
                    .channels = shape->out_channels};
    p->from = data ? out : in;
    p->to = data ? in : out;
    for (int d = 0; d < 2; d++) {
        int32_t dilation = shape->dilation[d];
        p->from.side[d] = scheme->in[d];
        p->to.side[d] = scheme->out[d];
        p->from.dilation[d] = p->to.dilation[d] = dilation;
        p->from.count[d] = p->to.count[d] = nt_tiles_count(p->to.size[d], dilation, scheme->out[d]);
        p->from.step[d] = scheme->step[d];
        p->to.step[d] = scheme->out[d];
        /* A tile's inputs may start so many places before its outputs. */
        if (scheme->in[d] > scheme->out[d])
            p->from.first[d] = data ? first_gradient(shape, d) : -shape->pad[d];
    }
    p->total = nt_tiles_total(&p->to);
    p->cold = nt_tile_prefetch_pays(shape);
}

static void plan_channels(nt_winograd_plan *p) {
    int64_t channels = nt_round_up(p->from.channels, NT_PANEL);
    p->panels = nt_ceil_div(p->to.channels, NT_PANEL);
    p->streamed = p->kernel_points * channels * p->panels * NT_PANEL > KERNEL_FLOATS;
    p->group = !p->streamed ? NT_MOST_PANELS : p->total < FEWEST_TILES ? 1 : STREAMED_PANELS;
    p->depth = nt_round_up(nt_even(channels, nt_min(DEPTH, p->scheme->depth)), NT_PANEL);
    p->pieces = nt_ceil_div(channels, p->depth);
    p->kernel_point = nt_tiles_stride(p->depth * NT_PANEL);
    p->kernel_panel = p->pieces * p->kernel_points * p->kernel_point;
}

/* The most tiles, a multiple of UNIT_TILES, that take up so many floats. */
static int64_t tiles_in(int64_t floats, int64_t tile) {
    return floats / tile / UNIT_TILES * UNIT_TILES;
}

/* How many tiles at a time, no more than `most`, make the same number of times, but evenly. Both
 * are multiples of UNIT_TILES. */
static int64_t even(int64_t tiles, int64_t most) {
    return nt_round_up(nt_even(tiles, most), UNIT_TILES);
}

/* Rounds and blocks are cut evenly. Memory is for the largest that any number of samples up to this
 * one might have, so that it grows with them. */
static void plan_tiles(nt_winograd_plan *p) {
    int64_t channels = p->pieces * p->depth, all = nt_round_up(p->total, UNIT_TILES);
    int64_t block = tiles_in(BLOCK_FLOATS, p->points * (channels + p->group * NT_PANEL));
    int64_t round = tiles_in(ROUND_FLOATS, p->points * channels);
    block = nt_clamp(block, FEWEST_TILES, MOST_TILES);
    p->shared = p->streamed || all <= FEW_BLOCKS * block;
    if (p->streamed)
        block = round = nt_clamp(round, FEWEST_TILES, MOST_TILES);
    round = nt_min(all, nt_clamp(round, block, FEW_BLOCKS * block));
    block = nt_min(all, block);
    p->most = block;
    p->block_point = nt_tiles_stride(block * p->depth);
    p->round_point = nt_tiles_stride(round * p->depth);
    p->product_point = nt_tiles_stride(block * p->group * NT_PANEL);
    p->round = even(all, round);
    p->block = even(p->shared ? p->round : all, block);
}

nt_winograd_plan nt_winograd_plan_of(const nt_winograd *scheme, const nt_conv_shape *shape,
                                     bool data) {
    if (data)
        scheme = scheme->data;
    nt_winograd_plan plan = {.scheme = scheme,
                             .gemm = nt_gemm_query(),
                             .points = nt_winograd_area(scheme->points),
                             .kernel_points = nt_winograd_area(scheme->kernel_points)};
    plan_maps(&plan, shape, data);
    plan_channels(&plan);
    plan_tiles(&plan);
    return plan;
}
