/* The forward pass and the gradient to the data by a bilinear scheme (see bilinear.h), which differ
 * in their geometry and in how the kernel is transformed.
 *
 * A job is a block of tiles by a block of result channels. It transforms its tiles, all channels of
 * them, and then for a few panels of result channels at a time multiplies point by point and takes
 * the products back while they are in the second-level cache:
 *
 *     tiles      [point][tile][channel]            a worker's
 *     kernel     [panel][point][channel][16]       shared
 *     products   [panel][point][tile][16]          a worker's, PANELS panels at a time */
#include "bilinear.h"

#include "bilinear_lines.h"
#include "parallel.h"
#include "tensor.h"
#include "tiles.h"

#include <string.h>

enum {
    TILE_FLOATS = 1 << 17,   /* transformed tiles of a job, about, for the second-level cache */
    KERNEL_FLOATS = 1 << 22, /* of a transformed kernel that stays in the last-level cache, about */
    FEWEST_TILES = 24,       /* that a full block has, for each time that it reads the kernel */
    FEWEST_FROM_MEMORY = 96, /* the same, where the kernel comes from memory */
    MOST_TILES = 192,
    ROUND_TILES = 12, /* the heights of micro-kernels are divisors of it */
    PANELS = 4,
    AHEAD = 2,         /* tiles of the result that are fetched before they are written */
    BLOCK_PANELS = 16, /* of a job */
    KERNEL_RUN = 64    /* channels of a panel of the kernel that a job transforms */
};

static int64_t ceil_div(int64_t a, int64_t b) {
    return (a + b - 1) / b;
}

static int64_t least(int64_t a, int64_t b) {
    return a < b ? a : b;
}

/* --- schemes ---------------------------------------------------------------------------------- */

const nt_bilinear *nt_bilinear_plain(nt_bilinear_name name) {
    return &nt_bilinear_lines_plain[name];
}

const nt_bilinear *nt_bilinear_find(nt_bilinear_name name) {
#if defined __x86_64__
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return &nt_bilinear_lines_avx2[name];
#endif
    return nt_bilinear_plain(name);
}

static bool both(const int32_t pair[2], int32_t value) {
    return pair[0] == value && pair[1] == value;
}

static bool map_is(const nt_conv_shape *shape, int32_t side) {
    return shape->height == side && shape->width == side && shape->out_height == side &&
           shape->out_width == side;
}

bool nt_bilinear_fits(const nt_bilinear *scheme, const nt_conv_shape *shape) {
    if (shape->groups != 1)
        return false;
    if (scheme->taps == 1) {
        bool pointwise = both(shape->kernel, 1) && both(shape->pad, 0);
        bool one_live = map_is(shape, 1) && both(shape->dilation, 1) &&
                        shape->pad[0] < shape->kernel[0] && shape->pad[1] < shape->kernel[1];
        return pointwise || one_live;
    }
    if (!both(shape->kernel, 3) || !both(shape->stride, 1) || !both(shape->dilation, 1))
        return false;
    if (scheme->in == scheme->out)
        return map_is(shape, scheme->in) && both(shape->pad, 1);
    return shape->pad[0] <= 2 && shape->pad[1] <= 2;
}

/* --- geometry --------------------------------------------------------------------------------- */

/* What is the same forward and for the data. */
typedef struct plan {
    const nt_bilinear *scheme;
    nt_gemm gemm;
    nt_tiles from, to;
    int32_t points;                           /* of both sides together */
    bool in_place;                            /* the maps are the tiles */
    int64_t pitch, tile_point, product_point; /* floats from one tile, one point to the next */
    int64_t panels, kernel_point, kernel_panel;
    int64_t total, block_tiles, tile_jobs, panel_jobs;
    const float *maps, *kernel, *bias;
    float *result;
    char *workers;
    size_t per_worker;
} plan;

static void plan_block(plan *p) {
    int64_t most = TILE_FLOATS / (p->points * p->pitch) / ROUND_TILES * ROUND_TILES;
    bool cached = p->panels * p->kernel_panel <= KERNEL_FLOATS;
    int64_t fewest = cached ? FEWEST_TILES : FEWEST_FROM_MEMORY;
    most = most < fewest ? fewest : least(most, MOST_TILES);
    p->total = nt_tiles_total(&p->to);
    p->tile_jobs = ceil_div(p->total, most);
    p->block_tiles = ceil_div(ceil_div(p->total, ROUND_TILES), p->tile_jobs) * ROUND_TILES;
    p->tile_jobs = ceil_div(p->total, p->block_tiles);
    /* Strides, and with them memory, grow with the samples, as block_tiles does not always. */
    most = least(most, ceil_div(p->total, ROUND_TILES) * ROUND_TILES);
    p->tile_point = nt_tiles_stride(most * p->pitch);
    p->product_point = nt_tiles_stride(most * NT_BLOCK);
    p->panel_jobs = ceil_div(p->panels, BLOCK_PANELS);
}

static plan plan_of(const nt_bilinear *scheme, const nt_conv_shape *shape, bool data) {
    plan p = {.scheme = scheme, .gemm = nt_gemm_query(), .points = scheme->points * scheme->points};
    nt_tiles in = {.samples = shape->samples,
                   .size = {shape->height, shape->width},
                   .channels = shape->channels};
    nt_tiles out = {.samples = shape->samples,
                    .size = {shape->out_height, shape->out_width},
                    .channels = shape->out_channels};
    p.from = data ? out : in;
    p.to = data ? in : out;
    p.from.side = scheme->in;
    p.to.side = scheme->out;
    for (int d = 0; d < 2; d++) {
        int32_t count =
            (int32_t)ceil_div(scheme->taps == 1 ? out.size[d] : p.to.size[d], scheme->out);
        int32_t stride = scheme->taps == 1 ? shape->stride[d] : scheme->out;
        p.from.count[d] = p.to.count[d] = count;
        p.from.step[d] = data && scheme->taps == 1 ? 1 : stride;
        p.to.step[d] = data || scheme->taps > 1 ? stride : 1;
        if (scheme->in > scheme->out) /* places before the tile of outputs that its inputs start */
            p.from.first[d] = data ? shape->pad[d] - 2 : -shape->pad[d];
    }
    p.in_place = nt_tiles_in_place(&p.from);
    p.pitch = nt_tiles_stride(p.from.channels);
    p.panels = ceil_div(p.to.channels, NT_BLOCK);
    p.kernel_point = nt_tiles_stride(ceil_div(p.from.channels, NT_BLOCK) * NT_BLOCK * NT_BLOCK);
    p.kernel_panel = p.points * p.kernel_point;
    plan_block(&p);
    return p;
}

/* --- the kernel ------------------------------------------------------------------------------- */

typedef struct kernel_task {
    const plan *plan;
    const nt_conv_shape *shape;
    const float *weight;
    bool transposed;
    int64_t runs; /* jobs of a panel */
    float *to;
} kernel_task;

/* The tap of the kernel that is the scheme's i-th. */
static int64_t tap_of(const nt_bilinear *scheme, const nt_conv_shape *shape, int i) {
    bool pointwise = both(shape->kernel, 1);
    if (scheme->taps > 1 || pointwise)
        return i;
    return (int64_t)shape->pad[0] * shape->kernel[1] + shape->pad[1];
}

static const float *tap_at(const kernel_task *t, int64_t block, int i) {
    int64_t taps = (int64_t)t->shape->kernel[0] * t->shape->kernel[1];
    int64_t tap = tap_of(t->plan->scheme, t->shape, i);
    return t->weight + (block * taps + tap) * t->shape->channels * NT_BLOCK;
}

/* Transforms channels [first, end) of a panel of output channels. */
static void transform_run(const kernel_task *t, int64_t panel, int64_t first, int64_t end,
                          float *const *to) {
    const nt_bilinear *scheme = t->plan->scheme;
    const float *from[NT_MOST_PLACES];
    for (int i = 0; i < scheme->taps * scheme->taps; i++)
        from[i] = tap_at(t, panel, i);
    scheme->kernel(from, first * NT_BLOCK, to, first * NT_BLOCK, (end - first) * NT_BLOCK, NULL);
}

/* Transforms a block of output channels, now the channels to sum over, for a panel of input
 * channels; the kernel is turned around. Where either has no channel, it has zeros. */
static void transform_transposed(const kernel_task *t, int64_t panel, int64_t block,
                                 float *const *to) {
    float turned[9][NT_BLOCK][NT_BLOCK] = {{{0}}}; /* [tap][output channel][input channel] */
    const float *from[NT_MOST_PLACES];
    int taps = t->plan->scheme->taps * t->plan->scheme->taps;
    int64_t first = panel * NT_BLOCK, count = least(NT_BLOCK, t->shape->channels - first);
    for (int i = 0; i < taps; i++) {
        const float *tap = tap_at(t, block, taps - 1 - i) + first * NT_BLOCK;
        for (int64_t k = 0; k < NT_BLOCK; k++)
            for (int64_t c = 0; c < count; c++)
                turned[i][k][c] = tap[c * NT_BLOCK + k];
        from[i] = turned[i][0];
    }
    t->plan->scheme->kernel(from, 0, to, block * NT_BLOCK * NT_BLOCK, NT_BLOCK * NT_BLOCK, NULL);
}

static void kernel_job(const void *context, int job, int worker) {
    const kernel_task *t = context;
    const plan *p = t->plan;
    (void)worker;
    int64_t panel = job / t->runs, first = job % t->runs * KERNEL_RUN;
    int64_t end = least(p->from.channels, first + KERNEL_RUN);
    float *to[NT_MOST_PLACES];
    for (int i = 0; i < p->points; i++)
        to[i] = t->to + panel * p->kernel_panel + i * p->kernel_point;
    if (!t->transposed)
        transform_run(t, panel, first, end, to);
    for (int64_t k = first; t->transposed && k < end; k += NT_BLOCK)
        transform_transposed(t, panel, k / NT_BLOCK, to);
}

static void transform_kernel(const plan *p, const nt_conv_shape *shape, const float *weight,
                             bool transposed, float *ret) {
    kernel_task t = {p, shape, weight, transposed, ceil_div(p->from.channels, KERNEL_RUN), ret};
    nt_parallel((int)(p->panels * t.runs), kernel_job, &t);
}

static size_t kernel_size(const plan *p) {
    return (size_t)(p->panels * p->kernel_panel);
}

/* --- the product ------------------------------------------------------------------------------ */

/* A worker's memory. */
typedef struct desk {
    float *tiles, *products, *work;
} desk;

static desk desk_of(const plan *p, int worker) {
    float *tiles = (float *)(p->workers + (size_t)worker * p->per_worker);
    float *products = tiles + p->points * p->tile_point;
    return (desk){tiles, products, products + PANELS * p->points * p->product_point};
}

static size_t desk_bytes(const plan *p) {
    int64_t most = p->product_point / NT_BLOCK;
    return ((size_t)(p->points * (p->tile_point + PANELS * p->product_point)) +
            nt_gemm_work_size(&p->gemm, most)) *
           sizeof(float);
}

static void transform_tiles(const plan *p, int64_t tile, int64_t count, float *tiles) {
    float *to[NT_MOST_PLACES];
    for (int i = 0; i < p->points; i++)
        to[i] = tiles + i * p->tile_point;
    for (int64_t i = 0; i < count; i++)
        nt_tiles_transform(&p->from, p->maps, p->scheme->input, tile + i, 0, p->from.channels, to,
                           i * p->pitch);
}

static void multiply(const plan *p, const desk *at, int64_t tile, int64_t tiles, int64_t panel,
                     int64_t panels) {
    for (int i = 0; i < p->points; i++) {
        nt_block_product product = {
            .rows = tiles,
            .depth = p->from.channels,
            .panels = panels,
            .a = p->in_place ? p->maps + tile * p->from.channels : at->tiles + i * p->tile_point,
            .a_row = p->in_place ? p->from.channels : p->pitch,
            .a_step = 1,
            .b = p->kernel + panel * p->kernel_panel + i * p->kernel_point,
            .b_row = NT_BLOCK,
            .b_panel = p->kernel_panel,
            .c = at->products + i * p->product_point,
            .c_row = NT_BLOCK,
            .c_panel = p->points * p->product_point,
        };
        nt_gemm_multiply(&p->gemm, &product, at->work);
    }
}

/* Takes one tile's products of one panel, at from[point] + from_at, back to the result. */
static void emit_tile(const plan *p, const int64_t *places, int64_t panel, const float *const *from,
                      int64_t from_at) {
    float kept[NT_MOST_PLACES][NT_BLOCK], bias[NT_BLOCK] = {0};
    float *to[NT_MOST_PLACES];
    int64_t first = panel * NT_BLOCK, lanes = least(NT_BLOCK, p->to.channels - first);
    int count = p->to.side * p->to.side;
    for (int i = 0; i < count; i++)
        to[i] = places[i] >= 0 && lanes == NT_BLOCK ? p->result + places[i] + first : kept[i];
    if (p->bias)
        memcpy(bias, p->bias + first, (size_t)lanes * sizeof *bias);
    p->scheme->output(from, from_at, to, 0, NT_BLOCK, p->bias ? bias : NULL);
    for (int i = 0; lanes < NT_BLOCK && i < count; i++)
        if (places[i] >= 0)
            memcpy(p->result + places[i] + first, kept[i], (size_t)lanes * sizeof *bias);
}

static void emit(const plan *p, const desk *at, int64_t tile, int64_t tiles, int64_t panel,
                 int64_t panels) {
    const float *from[PANELS][NT_MOST_PLACES];
    int64_t places[NT_MOST_PLACES];
    for (int64_t j = 0; j < panels; j++)
        for (int i = 0; i < p->points; i++)
            from[j][i] = at->products + (j * p->points + i) * p->product_point;
    for (int64_t i = 0; i < tiles; i++) {
        if (i + AHEAD < tiles)
            nt_tiles_fetch(&p->to, p->result, tile + i + AHEAD, (int32_t)(panel * NT_BLOCK),
                           (int32_t)(panels * NT_BLOCK), true);
        nt_tiles_places(&p->to, tile + i, places);
        for (int64_t j = 0; j < panels; j++)
            emit_tile(p, places, panel + j, from[j], i * NT_BLOCK);
    }
}

static void product_job(const void *context, int job, int worker) {
    const plan *p = context;
    const desk at = desk_of(p, worker);
    int64_t tile = job % p->tile_jobs * p->block_tiles;
    int64_t tiles = least(p->block_tiles, p->total - tile);
    int64_t panel = job / p->tile_jobs * BLOCK_PANELS;
    int64_t end = least(p->panels, panel + BLOCK_PANELS);
    if (!p->in_place)
        transform_tiles(p, tile, tiles, at.tiles);
    for (; panel < end; panel += PANELS) {
        int64_t panels = least(PANELS, end - panel);
        multiply(p, &at, tile, tiles, panel, panels);
        emit(p, &at, tile, tiles, panel, panels);
    }
}

static void product_run(plan *p, const float *maps, const float *kernel, const float *bias,
                        float *result, const nt_conv_memory *memory) {
    p->maps = maps;
    p->kernel = kernel;
    p->bias = bias;
    p->result = result;
    p->workers = memory->workers;
    p->per_worker = memory->per_worker;
    nt_parallel((int)(p->tile_jobs * p->panel_jobs), product_job, p);
}

/* --- forward ---------------------------------------------------------------------------------- */

/* With one tap there is nothing to transform: the weight's own memory is the panels. */
static bool kernel_in_place(const nt_bilinear *scheme) {
    return scheme->taps == 1;
}

nt_conv_need nt_bilinear_forward_need(const nt_bilinear *scheme, const nt_conv_shape *shape) {
    plan p = plan_of(scheme, shape, false);
    return (nt_conv_need){
        .shared = kernel_in_place(scheme) ? 0 : kernel_size(&p) * sizeof(float),
        .per_worker = desk_bytes(&p),
    };
}

size_t nt_bilinear_kernel_size(const nt_bilinear *scheme, const nt_conv_shape *shape) {
    plan p = plan_of(scheme, shape, false);
    return kernel_size(&p);
}

void nt_bilinear_transform_kernel(const nt_bilinear *scheme, const nt_conv_shape *shape,
                                  const float *weight, float *ret_transformed) {
    plan p = plan_of(scheme, shape, false);
    transform_kernel(&p, shape, weight, false, ret_transformed);
}

void nt_bilinear_apply(const nt_bilinear *scheme, const nt_conv_shape *shape, const float *x,
                       const float *transformed, const float *bias, float *y,
                       const nt_conv_memory *memory) {
    plan p = plan_of(scheme, shape, false);
    product_run(&p, x, transformed, bias, y, memory);
}

void nt_bilinear_forward(const nt_bilinear *scheme, const nt_conv_shape *shape, const float *x,
                         const float *weight, const float *bias, float *y,
                         const nt_conv_memory *memory) {
    plan p = plan_of(scheme, shape, false);
    const float *kernel = (float *)memory->shared;
    if (kernel_in_place(scheme)) {
        int64_t tap = (int64_t)shape->channels * NT_BLOCK;
        kernel = weight + tap_of(scheme, shape, 0) * tap;
        p.kernel_panel = tap * shape->kernel[0] * shape->kernel[1];
    } else {
        transform_kernel(&p, shape, weight, false, (float *)memory->shared);
    }
    product_run(&p, x, kernel, bias, y, memory);
}

/* --- data ------------------------------------------------------------------------------------- */

typedef struct clear_task {
    float *to;
    size_t sample; /* bytes of one */
} clear_task;

static void clear_job(const void *context, int job, int worker) {
    const clear_task *t = context;
    (void)worker;
    memset((char *)t->to + (size_t)job * t->sample, 0, t->sample);
}

nt_conv_need nt_bilinear_data_need(const nt_bilinear *scheme, const nt_conv_shape *shape) {
    plan p = plan_of(scheme, shape, true);
    return (nt_conv_need){.shared = kernel_size(&p) * sizeof(float), .per_worker = desk_bytes(&p)};
}

void nt_bilinear_data(const nt_bilinear *scheme, const nt_conv_shape *shape, const float *dy,
                      const float *weight, float *dx, const nt_conv_memory *memory) {
    plan p = plan_of(scheme, shape, true);
    transform_kernel(&p, shape, weight, true, (float *)memory->shared);
    if (scheme->taps == 1 && !both(shape->stride, 1)) { /* inputs between the strides */
        size_t floats = (size_t)shape->channels * (size_t)shape->height * (size_t)shape->width;
        clear_task clear = {dx, floats * sizeof(float)};
        nt_parallel(shape->samples, clear_job, &clear);
    }
    product_run(&p, dy, (float *)memory->shared, NULL, dx, memory);
}
