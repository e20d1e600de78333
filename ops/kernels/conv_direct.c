/* The convolution and its gradient to the data, each as one product of an im2col matrix (im2col.h)
 * with packed panels (see conv.h).
 *
 *     forward   rows: output places   columns k: (r, s, input channel)    result: output channels
 *     data      rows: input places    columns k: (r, s, output channel)   result: input channels
 *
 * For the data, input places whose coordinates leave the same rest under the stride form a phase,
 * which meets a subset of the taps; each phase is a product of its own, so no product with a zero
 * that the stride put between the pixels is ever computed. Neither are taps that only meet padding.
 *
 * A job is a block of rows by a block of result channels of one group. It walks over k in pieces of
 * up to NT_PIECE columns, so that the piece of a block of rows, which is copied where the processor
 * has no kernel that finds it in the maps, stays in the second-level cache, and the kernel's in the
 * first. Its sums grow where they belong, if whole panels of them
 * lie there row after row, and else in the worker's memory; what ends the layer is done to them
 * where the last of them is added, or else while they are in a cache. */
#include "conv_direct.h"

#include "epilogue.h"
#include "gemm.h"
#include "im2col.h"
#include "indirect.h"
#include "integers.h"
#include "parallel.h"
#include "tensor.h"

#include <string.h>

enum {
    BLOCK_ROWS = 96,   /* at most so many rows a job, */
    FEWEST_ROWS = 24,  /* but, if there are, at least so many */
    ROUND_ROWS = 12,   /* the heights of micro-kernels are divisors of it */
    BLOCK_PANELS = 16, /* at most so many panels of result channels a job */
    WANTED_JOBS = 8    /* if there is enough to cut */
};

/* --- the kernel ------------------------------------------------------------------------------- */

/* The right matrix: for each group, panels of NT_PANEL result channels ("lanes") over all columns
 * k, which is how the weight is held; for the data it has to be transposed. */
typedef struct right {
    const nt_conv_shape *shape;
    int32_t lanes, depth; /* of one group: result channels, and channels in a tap's columns */
    int64_t taps, panels; /* panels of one group */
    int64_t panel_size;   /* floats */
    nt_im2col all;        /* the convolution's own, which knows the taps that meet nothing */
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
        .all = nt_im2col_forward(shape, NULL),
    };
    r.panels = nt_ceil_div(r.lanes, NT_PANEL);
    r.panel_size = r.taps * r.depth * NT_PANEL;
    return r;
}

/* Transposes one tap of a panel: to[d][lane] = weight of output channel d, input channel lane. */
static void transpose_tap(const right *r, int64_t group, int64_t panel, int64_t tap, float *to) {
    int64_t out_panels = nt_ceil_div(r->depth, NT_PANEL), first = panel * NT_PANEL;
    int64_t count = nt_min(NT_PANEL, r->lanes - first);
    for (int64_t d = 0; d < r->depth; d++, to += NT_PANEL) {
        int64_t out_panel = group * out_panels + d / NT_PANEL;
        const float *from =
            r->weight + ((out_panel * r->taps + tap) * r->lanes + first) * NT_PANEL + d % NT_PANEL;
        for (int64_t j = 0; j < count; j++)
            to[j] = from[j * NT_PANEL];
        for (int64_t j = count; j < NT_PANEL; j++)
            to[j] = 0;
    }
}

static void transpose_job(const void *context, int job, int worker) {
    const right *r = context;
    (void)worker;
    int64_t tap = job % r->taps, panel = job / r->taps;
    float *to = r->transposed + panel * r->panel_size + tap * r->depth * NT_PANEL;
    if (nt_im2col_live(&r->all, tap))
        transpose_tap(r, panel / r->panels, panel % r->panels, tap, to);
}

/* --- the product ------------------------------------------------------------------------------ */

typedef struct product {
    nt_gemm gemm;
    nt_indirect_function *indirect; /* or NULL */
    nt_im2col left;
    const float *right;
    int64_t panel_size, panels; /* floats of a panel; panels of a group */
    int32_t lanes, groups;      /* result channels of a group */
    nt_epilogue epilogue;
    float *result; /* [samples][size_0][size_1][pitch] */
    int32_t size[2], pitch;
    int32_t first[2], stride[2];      /* where the grid's place (i, j) lies in the result, */
    bool follow;                      /* those of all rows one after the other */
    bool in_place;                    /* the sums grow in the result, */
    bool ended;                       /* and bias, plus and relu are done by who stores them */
    bool all_live;                    /* no tap meets nothing */
    int64_t rows, row_jobs;           /* rows of a job; jobs */
    int64_t block_panels, panel_jobs; /* likewise */
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
    b.panel = rest % p->panel_jobs * p->block_panels;
    b.rows = nt_min(p->rows, nt_im2col_rows(&p->left) - b.row);
    b.panels = nt_min(p->block_panels, p->panels - b.panel);
    return b;
}

/* What ends the sums of a block that grow in the result. */
static nt_product_end end_of(const product *p, const block *b) {
    const nt_epilogue *e = &p->epilogue;
    int64_t channel = b->group * p->lanes + b->panel * NT_PANEL;
    return (nt_product_end){
        .bias = e->bias ? e->bias + channel : NULL,
        .plus = e->plus ? e->plus + b->row * p->pitch + channel : NULL,
        .relu = e->activation.kind == NT_RELU,
    };
}

/* A worker's memory: the piece of a block of rows, and room for the block's sums, [panel][row][16].
 * Element (i, j) of a panel of sums is sums[panel * sum_panel + i * sum_row + j]. */
typedef struct workspace {
    float *piece, *sums, *work;
    int64_t sum_row, sum_panel;
} workspace;

enum {
    PITCH = NT_PIECE + NT_PANEL, /* an odd number of cache lines */
    SUM_PANEL = BLOCK_ROWS * NT_PANEL
};

static workspace workspace_of(const product *p, const block *b, int worker) {
    float *piece = (float *)(p->workers + (size_t)worker * p->per_worker);
    float *sums = piece + BLOCK_ROWS * PITCH, *work = sums + BLOCK_PANELS * SUM_PANEL;
    if (!p->in_place)
        return (workspace){piece, sums, work, NT_PANEL, SUM_PANEL};
    sums = p->result + b->row * p->pitch + b->group * p->lanes + b->panel * NT_PANEL;
    return (workspace){piece, sums, work, p->pitch, NT_PANEL};
}

static size_t workspace_bytes(void) {
    nt_gemm gemm = nt_gemm_query();
    size_t floats = (size_t)(BLOCK_ROWS * PITCH + BLOCK_PANELS * SUM_PANEL);
    return (floats + nt_gemm_work_size(&gemm, BLOCK_ROWS)) * sizeof(float);
}

/* By rows that stay where the maps hold them or, in too many runs, are copied to `piece`. */
static void multiply_indirect(const product *p, const block *b, const nt_block_product *part,
                              int64_t k, float *piece) {
    int32_t first = (int32_t)b->group * p->left.channels;
    nt_im2col_pointed left;
    if (!nt_im2col_point(&p->left, first, b->row, b->rows, k, part->depth, piece, PITCH, &left)) {
        nt_im2col_copy(&p->left, first, b->row, b->rows, k, part->depth, piece, PITCH);
        left.runs = 1;
        left.length[0] = part->depth;
        for (int64_t i = 0; i < b->rows + NT_INDIRECT_SPARE; i++)
            left.from[0][i] = piece + nt_min(i, b->rows - 1) * PITCH;
    }
    p->indirect(&(nt_indirect_product){
        .rows = b->rows,
        .panels = b->panels,
        .runs = left.runs,
        .length = left.length,
        .from = left.from[0],
        .from_run = NT_POINTED_PITCH,
        .b = part->b,
        .b_panel = part->b_panel,
        .c = part->c,
        .c_row = part->c_row,
        .c_panel = part->c_panel,
        .add = part->add,
        .end = part->end,
    });
}

/* Adds (or with !add, sets) to the block's sums what one piece of k contributes; `end` is NULL but
 * for the last. */
static void multiply_piece(const product *p, const block *b, const workspace *at, int64_t k,
                           int64_t length, bool add, const nt_product_end *end) {
    int32_t first = (int32_t)b->group * p->left.channels;
    const float *in_maps = nt_im2col_view(&p->left, first, k, length);
    nt_block_product part = {
        .rows = b->rows,
        .depth = length,
        .panels = b->panels,
        .a = in_maps ? in_maps + b->row * p->left.pitch : at->piece,
        .a_row = in_maps ? p->left.pitch : PITCH,
        .a_step = 1,
        .b = p->right + (b->group * p->panels + b->panel) * p->panel_size + k * NT_PANEL,
        .b_row = NT_PANEL,
        .b_panel = p->panel_size,
        .c = at->sums,
        .c_row = at->sum_row,
        .c_panel = at->sum_panel,
        .add = add,
        .end = end,
    };
    if (!in_maps && p->indirect) {
        multiply_indirect(p, b, &part, k, at->piece);
        return;
    }
    if (!in_maps)
        nt_im2col_copy(&p->left, first, b->row, b->rows, k, length, at->piece, PITCH);
    nt_gemm_multiply(&p->gemm, &part, at->work);
}

static bool follow(const product *p) {
    bool all = true;
    for (int d = 0; d < 2; d++)
        all = all && p->stride[d] == 1 && p->left.grid[d] == p->size[d];
    return all;
}

/* How many rows of a block, from one on, have results that lie one after the other. */
static int64_t together(const product *p, int64_t row, int64_t rows) {
    int32_t wide = p->left.grid[1];
    return p->follow ? rows : p->stride[1] == 1 ? nt_min(rows, wide - row % wide) : 1;
}

/* Which of the result's places is that of a row of the matrix. */
static int64_t place_of(const product *p, int64_t row) {
    int64_t column = row % p->left.grid[1], above = row / p->left.grid[1];
    int64_t line = above % p->left.grid[0], sample = above / p->left.grid[0];
    int64_t y = p->first[0] + line * p->stride[0], x = p->first[1] + column * p->stride[1];
    return (sample * p->size[0] + y) * p->size[1] + x;
}

static void clear_block(const block *b, const workspace *at) {
    for (int64_t panel = 0; panel < b->panels; panel++)
        for (int64_t i = 0; i < b->rows; i++)
            memset(at->sums + panel * at->sum_panel + i * at->sum_row, 0, NT_PANEL * sizeof(float));
}

/* Takes the block's sums to where they belong. Rows of the matrix that follow one another do so in
 * the result, too, but for the strides. */
static void finish_block(const product *p, const block *b, const workspace *at) {
    int64_t first = b->group * p->lanes + b->panel * NT_PANEL;
    int64_t count = nt_min(p->lanes - b->panel * NT_PANEL, b->panels * NT_PANEL);
    nt_conv_sums sums = {at->sums, at->sum_row, at->sum_panel};
    for (int64_t i = 0, rows; i < b->rows; i += rows, sums.from += rows * at->sum_row) {
        rows = together(p, b->row + i, b->rows - i);
        nt_epilogue_apply(&p->epilogue, &sums, rows, first, count, p->result,
                          place_of(p, b->row + i) * p->pitch + first, p->pitch);
    }
}

static void tell_made(const product *p, const block *b) {
    for (int64_t i = 0, rows; i < b->rows; i += rows) {
        int64_t place = place_of(p, b->row + i);
        rows = together(p, b->row + i, b->rows - i);
        nt_moments_made(p->epilogue.moments, place, place + rows, b->panels);
    }
}

/* As nt_im2col_piece, which need not be asked if there is no dead tap. */
static int64_t next_piece(const product *p, int64_t *k) {
    return p->all_live ? nt_min(NT_PIECE, nt_im2col_columns(&p->left) - *k)
                       : nt_im2col_piece(&p->left, k);
}

/* What is left to do once the block's sums are there, ended or not. */
static void end_block(const product *p, const block *b, const workspace *at, bool ended) {
    int64_t count = nt_min(p->lanes - b->panel * NT_PANEL, b->panels * NT_PANEL);
    if (!ended && (!p->in_place || nt_epilogue_changes(&p->epilogue)))
        finish_block(p, b, at);
    else if (ended && nt_epilogue_remains(&p->epilogue))
        nt_activate(&p->epilogue.activation, at->sums, at->sums, b->rows, p->pitch, count);
    if (p->epilogue.moments)
        tell_made(p, b);
}

static void product_job(const void *context, int job, int worker) {
    const product *p = context;
    const block b = block_of(p, job);
    const workspace at = workspace_of(p, &b, worker);
    const nt_product_end end = end_of(p, &b);
    int64_t k = 0, length = next_piece(p, &k), next, next_length;
    bool any = length > 0;
    for (bool add = false; length > 0; k = next, length = next_length, add = true) {
        next = k + length;
        next_length = next_piece(p, &next);
        multiply_piece(p, &b, &at, k, length, add, p->ended && next_length == 0 ? &end : NULL);
    }
    if (!any) /* no tap met the map */
        clear_block(&b, &at);
    end_block(p, &b, &at, any && p->ended);
}

/* Cuts the rows, and panels where rows are too few, into WANTED_JOBS or more, if there is enough to
 * cut. Panels that are enough leave the rows in the largest blocks. */
static void cut(product *p, int64_t rows) {
    int64_t groups = p->groups;
    int64_t pieces = nt_ceil_div(rows, BLOCK_ROWS);
    if (p->panels * groups < WANTED_JOBS)
        pieces = nt_max(pieces, nt_min(WANTED_JOBS, rows / FEWEST_ROWS));
    p->rows = nt_min(BLOCK_ROWS, nt_round_up(nt_ceil_div(rows, pieces), ROUND_ROWS));
    p->row_jobs = nt_ceil_div(rows, p->rows);
    int64_t cuts = nt_clamp(nt_ceil_div(WANTED_JOBS, p->row_jobs * groups), 1, p->panels);
    p->block_panels = nt_even(p->panels, nt_min(BLOCK_PANELS, nt_ceil_div(p->panels, cuts)));
    p->panel_jobs = nt_ceil_div(p->panels, p->block_panels);
}

static void run(product *p) {
    int64_t rows = nt_im2col_rows(&p->left), taps = (int64_t)p->left.taps[0] * p->left.taps[1];
    if (rows == 0)
        return;
    p->all_live = true;
    for (int64_t tap = 0; p->all_live && tap < taps; tap++)
        p->all_live = nt_im2col_live(&p->left, tap);
    p->follow = follow(p);
    p->in_place =
        p->follow && p->lanes % NT_PANEL == 0 && nt_epilogue_in_place(&p->epilogue, p->result);
    p->ended = p->in_place && p->gemm.tiles;
    cut(p, rows);
    nt_parallel((int)(p->row_jobs * p->panel_jobs * p->groups), product_job, p);
}

/* Whether so many boxes pay: if they save a quarter of the products, and are not too small. */
static bool boxes_pay(const nt_im2col *left, int64_t boxes) {
    enum { LEAST = 16 /* places of a box, on average */ };
    int64_t live = 1, all = 1;
    for (int d = 0; d < 2; d++) {
        int64_t met = 0, taps = 0;
        for (int tap = 0; tap < left->taps[d]; tap++) {
            nt_reach reach = nt_im2col_reach(left, d, tap);
            met += reach.to - reach.from;
            taps += reach.from < reach.to;
        }
        live *= met;
        all *= taps * left->grid[d];
    }
    return boxes > 1 && 4 * live <= 3 * all &&
           (int64_t)left->grid[0] * left->grid[1] >= LEAST * boxes;
}

static void run_box(const product *whole, const int32_t from[2], const int32_t to[2]) {
    product p = *whole;
    p.left = nt_im2col_box(&whole->left, from, to);
    for (int d = 0; d < 2; d++)
        p.first[d] += from[d] * p.stride[d];
    run(&p);
}

static void product_run(product *p, const right *r, const nt_conv_memory *memory) {
    int32_t cuts[2][NT_GRID_CUTS];
    int count[2];
    p->gemm = nt_gemm_query();
    p->indirect = nt_indirect_find();
    p->panel_size = r->panel_size;
    p->panels = r->panels;
    p->lanes = r->lanes;
    p->groups = r->shape->groups;
    p->workers = memory->workers;
    p->per_worker = memory->per_worker;
    if (p->epilogue.moments)
        nt_moments_begin(p->epilogue.moments, 1, 1, p->panels * p->groups);
    if (!boxes_pay(&p->left, nt_im2col_cut(&p->left, cuts, count))) {
        run(p);
        return;
    }
    for (int i = 0; i + 1 < count[0]; i++)
        for (int j = 0; j + 1 < count[1]; j++)
            run_box(p, (int32_t[]){cuts[0][i], cuts[1][j]},
                    (int32_t[]){cuts[0][i + 1], cuts[1][j + 1]});
}

/* --- forward ---------------------------------------------------------------------------------- */

nt_conv_need nt_direct_forward_need(const nt_conv_shape *shape) {
    (void)shape;
    return (nt_conv_need){.per_worker = workspace_bytes()};
}

void nt_direct_forward(const nt_conv_shape *shape, const float *x, const float *weight,
                       const nt_epilogue *epilogue, float *y, const nt_conv_memory *memory) {
    right r = right_of(shape, false);
    product p = {
        .left = nt_im2col_forward(shape, x),
        .right = weight,
        .epilogue = *epilogue,
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
        .per_worker = workspace_bytes(),
    };
}

typedef struct clear_task {
    float *to;
    int64_t floats; /* of a sample */
} clear_task;

static void clear_job(const void *context, int job, int worker) {
    const clear_task *t = context;
    (void)worker;
    memset(t->to + job * t->floats, 0, (size_t)t->floats * sizeof *t->to);
}

static bool any_live(const nt_im2col *im2col) {
    int64_t k = 0;
    return nt_im2col_piece(im2col, &k) > 0;
}

/* Phases are counted by rows. */
static int64_t phases(const nt_conv_shape *shape) {
    return nt_min(shape->stride[0], shape->height) * nt_min(shape->stride[1], shape->width);
}

static product product_of_phase(const nt_conv_shape *shape, const float *dy, int64_t phase,
                                float *dx) {
    int64_t columns = nt_min(shape->stride[1], shape->width);
    product p = {
        .result = dx,
        .size = {shape->height, shape->width},
        .pitch = shape->channels,
        .first = {(int32_t)(phase / columns), (int32_t)(phase % columns)},
        .stride = {shape->stride[0], shape->stride[1]},
    };
    p.left = nt_im2col_data(shape, dy, p.first);
    return p;
}

/* Zeros for the places of phases that no tap meets. */
static void clear_dead(const nt_conv_shape *shape, const float *dy, float *dx) {
    clear_task clear = {dx, (int64_t)shape->channels * shape->height * shape->width};
    bool all = true;
    for (int64_t i = 0; all && i < phases(shape); i++) {
        product p = product_of_phase(shape, dy, i, dx);
        all = any_live(&p.left);
    }
    if (!all)
        nt_parallel(shape->samples, clear_job, &clear);
}

void nt_direct_data(const nt_conv_shape *shape, const float *dy, const float *weight, float *dx,
                    const nt_conv_memory *memory) {
    right r = right_of(shape, true);
    r.weight = weight;
    r.transposed = (float *)memory->shared;
    nt_parallel((int)(shape->groups * r.panels * r.taps), transpose_job, &r);
    clear_dead(shape, dy, dx);
    for (int64_t i = 0; i < phases(shape); i++) {
        product p = product_of_phase(shape, dy, i, dx);
        p.right = r.transposed;
        if (any_live(&p.left))
            product_run(&p, &r, memory);
    }
}
