/* The convolution and its gradient to the data, each as one product of a gathered matrix with
 * packed panels (see conv.h).
 *
 *     forward   rows: output places   columns k: (r, s, input channel)    result: output channels
 *     data      rows: input places    columns k: (r, s, output channel)   result: input channels
 *
 * For the data, input places whose coordinates leave the same rest under the stride form a phase,
 * which meets a subset of the taps; each phase is a product of its own, so no product with a zero
 * that the stride put between the pixels is ever computed. Neither are taps that only meet padding.
 *
 * A job is a block of rows by a block of result channels of one group. It walks over k in pieces of
 * up to NT_PIECE columns, so that a packed block of rows stays in the second-level cache and a
 * piece of a B panel in the first. */
#include "conv.h"
#include "conv_gather.h"
#include "parallel.h"
#include "tensor.h"

#include <string.h>

enum {
    BLOCK_ROWS = 96,  /* about so many rows a job */
    BLOCK_LANES = 256 /* at most so many result channels a job */
};

static int64_t ceil_div(int64_t a, int64_t b) {
    return (a + b - 1) / b;
}

static int64_t least(int64_t a, int64_t b) {
    return a < b ? a : b;
}

/* --- right panels ----------------------------------------------------------------------------- */

/* The right matrix: for each group, panels of nr result channels ("lanes") over all columns k. */
typedef struct panels {
    nt_gemm gemm;
    const nt_conv_shape *shape;
    const float *weight;
    bool transposed;      /* lanes are the input channels */
    int32_t lanes, depth; /* of one group: result channels, and channels in a tap's columns */
    int64_t taps, count;  /* panels of one group */
    size_t size;          /* floats of a panel */
    float *packed;
} panels;

static panels panels_of(const nt_conv_shape *shape, bool transposed) {
    int32_t in = shape->channels / shape->groups, out = shape->out_channels / shape->groups;
    panels right = {
        .gemm = nt_gemm_query(),
        .shape = shape,
        .transposed = transposed,
        .lanes = transposed ? in : out,
        .depth = transposed ? out : in,
        .taps = (int64_t)shape->kernel[0] * shape->kernel[1],
    };
    right.count = ceil_div(right.lanes, right.gemm.nr);
    right.size = nt_gemm_b_size(&right.gemm, right.taps * right.depth);
    return right;
}

/* Whether the weight's own memory is the panels. */
static bool panels_in_place(const panels *right) {
    return !right->transposed && right->gemm.nr == NT_BLOCK && right->gemm.b_step == NT_BLOCK;
}

static size_t panels_bytes(const panels *right) {
    if (panels_in_place(right))
        return 0;
    size_t floats = (size_t)right->shape->groups * (size_t)right->count * right->size;
    return (floats + NT_PANEL_SLACK) * sizeof(float);
}

/* The weight of output channel k and input channel c of a group under a tap; that of c + 1 lies
 * NT_BLOCK floats on. */
static inline const float *weight_at(const panels *right, int64_t group, int64_t k, int64_t tap,
                                     int64_t c) {
    const nt_conv_shape *shape = right->shape;
    int64_t in = shape->channels / shape->groups;
    int64_t blocks = ceil_div(shape->out_channels / shape->groups, NT_BLOCK);
    int64_t block = group * blocks + k / NT_BLOCK;
    return right->weight + ((block * right->taps + tap) * in + c) * NT_BLOCK + k % NT_BLOCK;
}

/* One panel. */
static void pack_job(const void *context, int job, int worker) {
    const panels *right = context;
    (void)worker;
    int64_t nr = right->gemm.nr, group = job / right->count, first = job % right->count * nr;
    int64_t count = first + nr < right->lanes ? nr : right->lanes - first;
    float *to = right->packed + (size_t)job * right->size;
    for (int64_t tap = 0; tap < right->taps; tap++)
        for (int64_t d = 0; d < right->depth; d++, to += right->gemm.b_step) {
            const float *from = right->transposed ? weight_at(right, group, d, tap, first) : NULL;
            for (int64_t j = 0; j < count; j++)
                to[j] = from ? from[j * NT_BLOCK] : *weight_at(right, group, first + j, tap, d);
            for (int64_t j = count; j < nr; j++)
                to[j] = 0;
        }
}

static const float *panels_pack(panels *right, const float *weight, char *shared) {
    if (panels_in_place(right))
        return weight;
    right->weight = weight;
    right->packed = (float *)shared;
    nt_parallel((int)(right->shape->groups * right->count), pack_job, right);
    return right->packed;
}

/* --- the product ------------------------------------------------------------------------------ */

typedef struct product {
    nt_gemm gemm;
    nt_gather left;
    const float *right;     /* panels */
    const float *right_end; /* past the last one, where they are the caller's weight; else NULL */
    size_t panel_size;
    int64_t panels;    /* of a group */
    int32_t lanes;     /* result channels of a group */
    const float *bias; /* of all groups, or NULL */
    float *result;     /* [samples][size_0][size_1][pitch] */
    int32_t size[2], pitch;
    int32_t first[2], stride[2];    /* where the grid's place (i, j) lies in the result */
    int64_t row_jobs, row_panels;   /* blocks of rows; panels of rows in each */
    int64_t lane_jobs, lane_panels; /* the same of result channels */
    char *workers;
    size_t per_worker;
} product;

static int64_t most_row_panels(const nt_gemm *gemm) {
    return ceil_div(BLOCK_ROWS, gemm->mr);
}

static int64_t most_lane_panels(const nt_gemm *gemm) {
    return ceil_div(BLOCK_LANES, gemm->nr);
}

/* What a job works on: rows of the matrix by panels of result channels, counted over all groups. */
typedef struct block {
    int64_t group, row, rows, row_panels;
    int64_t panel, panel_end;
} block;

static block block_of(const product *p, int job) {
    int64_t height = p->row_panels * p->gemm.mr, rest = job / p->row_jobs;
    int64_t group = rest / p->lane_jobs, panel = rest % p->lane_jobs * p->lane_panels;
    block b = {.group = group, .row = job % p->row_jobs * height};
    b.rows = least(height, nt_gather_rows(&p->left) - b.row);
    b.row_panels = ceil_div(b.rows, p->gemm.mr);
    b.panel = group * p->panels + panel;
    b.panel_end = group * p->panels + least(p->panels, panel + p->lane_panels);
    return b;
}

/* A worker's memory: the packed piece of a block of rows, the block's tiles, and room for one piece
 * of a B panel. */
typedef struct desk {
    float *packed, *tiles, *spare;
} desk;

static size_t packed_size(const nt_gemm *gemm) {
    return nt_gemm_a_size(gemm, NT_PIECE);
}

static desk desk_of(const product *p, int worker) {
    float *packed = (float *)(p->workers + (size_t)worker * p->per_worker);
    float *tiles = packed + (size_t)most_row_panels(&p->gemm) * packed_size(&p->gemm);
    size_t count = (size_t)(most_row_panels(&p->gemm) * most_lane_panels(&p->gemm));
    return (desk){packed, tiles, tiles + count * nt_gemm_tile_size(&p->gemm)};
}

static size_t desk_bytes(const nt_gemm *gemm) {
    size_t rows = (size_t)most_row_panels(gemm), lanes = (size_t)most_lane_panels(gemm);
    size_t tiles = rows * lanes * nt_gemm_tile_size(gemm);
    size_t spare = nt_gemm_b_size(gemm, NT_PIECE) + NT_PANEL_SLACK;
    return (rows * packed_size(gemm) + tiles + spare) * sizeof(float);
}

/* Adds (or with !add, sets) to the block's tiles what one piece of k contributes. The very end of
 * the caller's weight is copied, as the micro-kernel would read on. */
static void multiply_piece(const product *p, const block *b, const desk *at, int64_t k,
                           int64_t length, bool add) {
    float *tile = at->tiles;
    for (int64_t panel = b->panel; panel < b->panel_end; panel++) {
        const float *right = p->right + (size_t)panel * p->panel_size + k * p->gemm.b_step;
        if (right + length * p->gemm.b_step == p->right_end) {
            memcpy(at->spare, right, (size_t)(length * p->gemm.b_step) * sizeof *right);
            right = at->spare;
        }
        for (int64_t i = 0; i < b->row_panels; i++, tile += nt_gemm_tile_size(&p->gemm))
            nt_gemm_tile(&p->gemm, length, at->packed + (size_t)i * packed_size(&p->gemm), right,
                         add, tile);
    }
}

/* Where the result of a row of the matrix lies. */
static float *result_of(const product *p, int64_t row) {
    int64_t column = row % p->left.grid[1], above = row / p->left.grid[1];
    int64_t line = above % p->left.grid[0], sample = above / p->left.grid[0];
    int64_t y = p->first[0] + line * p->stride[0], x = p->first[1] + column * p->stride[1];
    return p->result + ((sample * p->size[0] + y) * p->size[1] + x) * p->pitch;
}

/* Writes `count` channels of one row of a tile to the result; tile NULL stands for zeros. */
static inline void emit(const float *tile, int64_t col, int64_t count, const float *bias,
                        float *to) {
    if (!tile)
        for (int64_t j = 0; j < count; j++)
            to[j] = bias ? bias[j] : 0;
    else if (bias)
        for (int64_t j = 0; j < count; j++)
            to[j] = tile[j * col] + bias[j];
    else
        for (int64_t j = 0; j < count; j++)
            to[j] = tile[j * col];
}

static void emit_row(const product *p, int64_t row, int64_t group, int64_t lane,
                     const float *tile) {
    int64_t channel = group * p->lanes + lane, count = p->lanes - lane;
    const float *bias = p->bias ? p->bias + channel : NULL;
    float *to = result_of(p, row) + channel;
    count = count < p->gemm.nr ? count : p->gemm.nr;
    if (p->gemm.tile_col == 1)
        emit(tile, 1, count, bias, to);
    else
        emit(tile, p->gemm.tile_col, count, bias, to);
}

/* Writes the block's tiles, or zeros where no tap met the map. */
static void emit_block(const product *p, const block *b, const float *tiles) {
    size_t tile_size = nt_gemm_tile_size(&p->gemm);
    for (int64_t panel = b->panel; panel < b->panel_end; panel++)
        for (int64_t i = 0; i < b->rows; i++) {
            int64_t mr = p->gemm.mr, tile = (panel - b->panel) * b->row_panels + i / mr;
            emit_row(p, b->row + i, b->group, panel % p->panels * p->gemm.nr,
                     tiles ? tiles + (size_t)tile * tile_size + i % mr * p->gemm.tile_row : NULL);
        }
}

static void product_job(const void *context, int job, int worker) {
    const product *p = context;
    const block b = block_of(p, job);
    const desk at = desk_of(p, worker);
    int64_t length;
    bool any = false;
    for (int64_t k = 0; (length = nt_gather_piece(&p->left, &k)) > 0; k += length, any = true) {
        for (int64_t i = 0; i < b.row_panels; i++)
            nt_gather_pack(&p->left, &p->gemm, (int32_t)b.group * p->left.channels,
                           b.row + i * p->gemm.mr, k, length,
                           at.packed + (size_t)i * packed_size(&p->gemm));
        multiply_piece(p, &b, &at, k, length, any);
    }
    emit_block(p, &b, any ? at.tiles : NULL);
}

static void product_run(product *p, const panels *right, const nt_conv_memory *memory) {
    p->gemm = right->gemm;
    p->panel_size = right->size;
    p->right_end = panels_in_place(right)
                       ? p->right + (size_t)(right->shape->groups * right->count) * right->size
                       : NULL;
    p->panels = right->count;
    p->lanes = right->lanes;
    p->workers = memory->workers;
    p->per_worker = memory->per_worker;
    int64_t row_panels = ceil_div(nt_gather_rows(&p->left), p->gemm.mr);
    p->row_jobs = ceil_div(row_panels, most_row_panels(&p->gemm));
    if (p->row_jobs == 0)
        return;
    p->row_panels = ceil_div(row_panels, p->row_jobs);
    p->row_jobs = ceil_div(row_panels, p->row_panels);
    p->lane_panels = most_lane_panels(&p->gemm);
    p->lane_jobs = ceil_div(p->panels, p->lane_panels);
    nt_parallel((int)(p->row_jobs * p->lane_jobs * right->shape->groups), product_job, p);
}

static nt_conv_need need_of(const nt_conv_shape *shape, bool transposed) {
    panels right = panels_of(shape, transposed);
    return (nt_conv_need){.shared = panels_bytes(&right), .per_worker = desk_bytes(&right.gemm)};
}

/* --- forward ---------------------------------------------------------------------------------- */

nt_conv_need nt_conv_forward_need(const nt_conv_shape *shape) {
    return need_of(shape, false);
}

void nt_conv_forward(const nt_conv_shape *shape, const float *x, const float *weight,
                     const float *bias, float *y, const nt_conv_memory *memory) {
    panels right = panels_of(shape, false);
    product p = {
        .left = nt_gather_forward(shape, x),
        .right = panels_pack(&right, weight, memory->shared),
        .bias = bias,
        .result = y,
        .size = {shape->out_height, shape->out_width},
        .pitch = shape->out_channels,
        .stride = {1, 1},
    };
    product_run(&p, &right, memory);
}

/* --- data ------------------------------------------------------------------------------------- */

nt_conv_need nt_conv_data_need(const nt_conv_shape *shape) {
    return need_of(shape, true);
}

/* Of the phase of input places (first + i * stride): output places = (place + pad - tap * dilation)
 * / stride. */
static nt_gather gather_phase(const nt_conv_shape *shape, const float *dy, const int32_t first[2]) {
    nt_gather gather = {
        .maps = dy,
        .samples = shape->samples,
        .size = {shape->out_height, shape->out_width},
        .pitch = shape->out_channels,
        .channels = shape->out_channels / shape->groups,
    };
    const int32_t size[2] = {shape->height, shape->width};
    for (int d = 0; d < 2; d++) {
        gather.grid[d] = (int32_t)ceil_div(size[d] - first[d], shape->stride[d]);
        gather.taps[d] = shape->kernel[d];
        gather.step[d] = 1;
        gather.base[d] = first[d] + shape->pad[d];
        gather.slope[d] = -shape->dilation[d];
        gather.divisor[d] = shape->stride[d];
    }
    return gather;
}

void nt_conv_data(const nt_conv_shape *shape, const float *dy, const float *weight, float *dx,
                  const nt_conv_memory *memory) {
    panels right = panels_of(shape, true);
    const float *packed = panels_pack(&right, weight, memory->shared);
    for (int32_t a = 0; a < shape->stride[0] && a < shape->height; a++)
        for (int32_t b = 0; b < shape->stride[1] && b < shape->width; b++) {
            product p = {
                .left = gather_phase(shape, dy, (const int32_t[]){a, b}),
                .right = packed,
                .result = dx,
                .size = {shape->height, shape->width},
                .pitch = shape->channels,
                .first = {a, b},
                .stride = {shape->stride[0], shape->stride[1]},
            };
            product_run(&p, &right, memory);
        }
}
