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
 * up to NT_PIECE columns, so that the copied piece of a block of rows stays in the second-level
 * cache, and the kernel's in the first. */
#include "conv_direct.h"
#include "conv_gather.h"
#include "gemm.h"
#include "parallel.h"
#include "tensor.h"

#include <string.h>

enum {
    BLOCK_ROWS = 96,  /* about so many rows a job */
    ROUND_ROWS = 12,  /* the heights of micro-kernels are divisors of it */
    BLOCK_PANELS = 16 /* at most so many panels of result channels a job */
};

static int64_t ceil_div(int64_t a, int64_t b) {
    return (a + b - 1) / b;
}

static int64_t least(int64_t a, int64_t b) {
    return a < b ? a : b;
}

/* --- the kernel ------------------------------------------------------------------------------- */

/* The right matrix: for each group, panels of NT_BLOCK result channels ("lanes") over all columns
 * k, which is how the weight is held; for the data it has to be transposed. */
typedef struct right {
    const nt_conv_shape *shape;
    int32_t lanes, depth; /* of one group: result channels, and channels in a tap's columns */
    int64_t taps, panels; /* panels of one group */
    int64_t panel_size;   /* floats */
    nt_gather all;        /* the convolution's own, which knows the taps that meet nothing */
    const float *weight;
    float *transposed;
} right;

static right right_of(const nt_conv_shape *shape, bool transposed) {
    int32_t in = shape->channels / shape->groups, out = shape->out_channels / shape->groups;
    right r = {
        .shape = shape,
        .lanes = transposed ? in : out,
        .depth = transposed ? out : in,
        .taps = (int64_t)shape->kernel[0] * shape->kernel[1],
        .all = nt_gather_forward(shape, NULL),
    };
    r.panels = ceil_div(r.lanes, NT_BLOCK);
    r.panel_size = r.taps * r.depth * NT_BLOCK;
    return r;
}

/* Transposes one tap of a panel: to[d][lane] = weight of output channel d, input channel lane. */
static void transpose_tap(const right *r, int64_t group, int64_t panel, int64_t tap, float *to) {
    int64_t blocks = ceil_div(r->depth, NT_BLOCK), first = panel * NT_BLOCK;
    int64_t count = least(NT_BLOCK, r->lanes - first);
    for (int64_t d = 0; d < r->depth; d++, to += NT_BLOCK) {
        int64_t block = group * blocks + d / NT_BLOCK;
        const float *from =
            r->weight + ((block * r->taps + tap) * r->lanes + first) * NT_BLOCK + d % NT_BLOCK;
        for (int64_t j = 0; j < count; j++)
            to[j] = from[j * NT_BLOCK];
        for (int64_t j = count; j < NT_BLOCK; j++)
            to[j] = 0;
    }
}

static void transpose_job(const void *context, int job, int worker) {
    const right *r = context;
    (void)worker;
    int64_t tap = job % r->taps, panel = job / r->taps;
    float *to = r->transposed + panel * r->panel_size + tap * r->depth * NT_BLOCK;
    if (nt_gather_live(&r->all, tap))
        transpose_tap(r, panel / r->panels, panel % r->panels, tap, to);
}

/* --- the product ------------------------------------------------------------------------------ */

typedef struct product {
    nt_gemm gemm;
    nt_gather left;
    const float *right;
    int64_t panel_size, panels; /* floats of a panel; panels of a group */
    int32_t lanes;              /* result channels of a group */
    const float *bias;          /* of all groups, or NULL */
    float *result;              /* [samples][size_0][size_1][pitch] */
    int32_t size[2], pitch;
    int32_t first[2], stride[2]; /* where the grid's place (i, j) lies in the result */
    int64_t rows, row_jobs;      /* rows of a job; jobs */
    int64_t panel_jobs;
    char *workers;
    size_t per_worker;
} product;

/* What a job works on: rows of the matrix by panels of result channels of a group. */
typedef struct block {
    int64_t group, row, rows, panel, panels;
} block;

static block block_of(const product *p, int job) {
    int64_t rest = job / p->row_jobs;
    block b = {.group = rest / p->panel_jobs, .row = job % p->row_jobs * p->rows};
    b.panel = rest % p->panel_jobs * BLOCK_PANELS;
    b.rows = least(p->rows, nt_gather_rows(&p->left) - b.row);
    b.panels = least(BLOCK_PANELS, p->panels - b.panel);
    return b;
}

/* A worker's memory: the piece of a block of rows, and the block's result, [panel][row][16]. */
typedef struct desk {
    float *piece, *sums, *work;
} desk;

enum {
    PITCH = NT_PIECE + NT_BLOCK, /* an odd number of cache lines */
    PANEL = BLOCK_ROWS * NT_BLOCK
};

static desk desk_of(const product *p, int worker) {
    float *piece = (float *)(p->workers + (size_t)worker * p->per_worker);
    float *sums = piece + BLOCK_ROWS * PITCH;
    return (desk){piece, sums, sums + BLOCK_PANELS * PANEL};
}

static size_t desk_bytes(void) {
    nt_gemm gemm = nt_gemm_query();
    size_t floats = (size_t)(BLOCK_ROWS * PITCH + BLOCK_PANELS * PANEL);
    return (floats + nt_gemm_work_size(&gemm, BLOCK_ROWS)) * sizeof(float);
}

/* Adds (or with !add, sets) to the block's sums what one piece of k contributes. */
static void multiply_piece(const product *p, const block *b, const desk *at, int64_t k,
                           int64_t length, bool add) {
    nt_gather_copy(&p->left, (int32_t)b->group * p->left.channels, b->row, b->rows, k, length,
                   at->piece, PITCH);
    nt_block_product part = {
        .rows = b->rows,
        .depth = length,
        .panels = b->panels,
        .a = at->piece,
        .a_row = PITCH,
        .a_step = 1,
        .b = p->right + (b->group * p->panels + b->panel) * p->panel_size + k * NT_BLOCK,
        .b_row = NT_BLOCK,
        .b_panel = p->panel_size,
        .c = at->sums,
        .c_row = NT_BLOCK,
        .c_panel = PANEL,
        .add = add,
    };
    nt_gemm_multiply(&p->gemm, &part, at->work);
}

/* Where the result of a row of the matrix lies. */
static float *result_of(const product *p, int64_t row) {
    int64_t column = row % p->left.grid[1], above = row / p->left.grid[1];
    int64_t line = above % p->left.grid[0], sample = above / p->left.grid[0];
    int64_t y = p->first[0] + line * p->stride[0], x = p->first[1] + column * p->stride[1];
    return p->result + ((sample * p->size[0] + y) * p->size[1] + x) * p->pitch;
}

/* Writes up to NT_BLOCK channels of one place; the place where what ends a layer goes. */
static inline void emit(const float *sums, int64_t count, const float *bias, float *to) {
    if (bias)
        for (int64_t j = 0; j < count; j++)
            to[j] = sums[j] + bias[j];
    else
        for (int64_t j = 0; j < count; j++)
            to[j] = sums[j];
}

static void emit_block(const product *p, const block *b, const float *sums) {
    for (int64_t i = 0; i < b->rows; i++) {
        float *to = result_of(p, b->row + i) + b->group * p->lanes;
        for (int64_t panel = 0; panel < b->panels; panel++) {
            int64_t lane = (b->panel + panel) * NT_BLOCK, count = p->lanes - lane;
            const float *from = sums + panel * PANEL + i * NT_BLOCK;
            const float *bias = p->bias ? p->bias + b->group * p->lanes + lane : NULL;
            if (count >= NT_BLOCK)
                emit(from, NT_BLOCK, bias, to + lane);
            else
                emit(from, count, bias, to + lane);
        }
    }
}

static void product_job(const void *context, int job, int worker) {
    const product *p = context;
    const block b = block_of(p, job);
    const desk at = desk_of(p, worker);
    int64_t length;
    bool any = false;
    for (int64_t k = 0; (length = nt_gather_piece(&p->left, &k)) > 0; k += length, any = true)
        multiply_piece(p, &b, &at, k, length, any);
    if (!any) /* no tap met the map */
        memset(at.sums, 0, (size_t)(b.panels * PANEL) * sizeof *at.sums);
    emit_block(p, &b, at.sums);
}

static void product_run(product *p, const right *r, const nt_conv_memory *memory) {
    p->gemm = nt_gemm_query();
    p->panel_size = r->panel_size;
    p->panels = r->panels;
    p->lanes = r->lanes;
    p->workers = memory->workers;
    p->per_worker = memory->per_worker;
    int64_t rows = nt_gather_rows(&p->left);
    if (rows == 0)
        return;
    p->row_jobs = ceil_div(rows, BLOCK_ROWS);
    p->rows = least(BLOCK_ROWS, ceil_div(ceil_div(rows, p->row_jobs), ROUND_ROWS) * ROUND_ROWS);
    p->row_jobs = ceil_div(rows, p->rows);
    p->panel_jobs = ceil_div(p->panels, BLOCK_PANELS);
    nt_parallel((int)(p->row_jobs * p->panel_jobs * r->shape->groups), product_job, p);
}

/* --- forward ---------------------------------------------------------------------------------- */

nt_conv_need nt_direct_forward_need(const nt_conv_shape *shape) {
    (void)shape;
    return (nt_conv_need){.per_worker = desk_bytes()};
}

void nt_direct_forward(const nt_conv_shape *shape, const float *x, const float *weight,
                       const float *bias, float *y, const nt_conv_memory *memory) {
    right r = right_of(shape, false);
    product p = {
        .left = nt_gather_forward(shape, x),
        .right = weight,
        .bias = bias,
        .result = y,
        .size = {shape->out_height, shape->out_width},
        .pitch = shape->out_channels,
        .stride = {1, 1},
    };
    product_run(&p, &r, memory);
}

/* --- data ------------------------------------------------------------------------------------- */

nt_conv_need nt_direct_data_need(const nt_conv_shape *shape) {
    right r = right_of(shape, true);
    return (nt_conv_need){
        .shared = (size_t)(shape->groups * r.panels * r.panel_size) * sizeof(float),
        .per_worker = desk_bytes(),
    };
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

void nt_direct_data(const nt_conv_shape *shape, const float *dy, const float *weight, float *dx,
                    const nt_conv_memory *memory) {
    right r = right_of(shape, true);
    r.weight = weight;
    r.transposed = (float *)memory->shared;
    nt_parallel((int)(shape->groups * r.panels * r.taps), transpose_job, &r);
    for (int32_t a = 0; a < shape->stride[0] && a < shape->height; a++)
        for (int32_t b = 0; b < shape->stride[1] && b < shape->width; b++) {
            product p = {
                .left = gather_phase(shape, dy, (const int32_t[]){a, b}),
                .right = r.transposed,
                .result = dx,
                .size = {shape->height, shape->width},
                .pitch = shape->channels,
                .first = {a, b},
                .stride = {shape->stride[0], shape->stride[1]},
            };
            product_run(&p, &r, memory);
        }
}
