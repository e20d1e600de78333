/* A job is a block of rows by a block of result channels of one group. It walks over k in pieces of
 * up to NT_PIECE columns, so that the piece of a block of rows, which is copied where the processor
 * has no kernel that finds it in the maps, stays in the second-level cache, and the kernel's in the
 * first. Its sums grow where they belong, if whole panels of them lie there row after row, and else
 * in the worker's memory; what ends the layer is done to them where the last of them is added, or
 * else while they are in a cache. Where many taps meet padding, the grid is cut into boxes whose
 * places all meet the same taps, each a product of its own. */
#include "map_product.h"

#include "gemm.h"
#include "indirect.h"
#include "integers.h"
#include "job_grid.h"
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

typedef struct product {
    nt_map_product of;
    nt_gemm gemm;
    nt_indirect_function *indirect;   /* or NULL */
    bool follow;                      /* all rows lie one after the other in the result: */
    bool in_place;                    /* the sums grow there, */
    bool ended;                       /* and bias, plus and relu are done by who stores them */
    bool all_live;                    /* no tap meets nothing */
    int64_t rows, row_jobs;           /* rows of a job; jobs */
    int64_t block_panels, panel_jobs; /* likewise */
} product;

/* What a job works on: rows of the matrix by panels of result channels of a group. */
typedef struct block {
    int64_t group, row, rows, panel, panels;
} block;

static block block_of(const product *p, int job) {
    nt_job_place at = nt_job_place_of(job, p->row_jobs, p->panel_jobs * p->of.groups);
    block b = {.group = at.column / p->panel_jobs, .row = at.row * p->rows};
    b.panel = at.column % p->panel_jobs * p->block_panels;
    b.rows = nt_min(p->rows, nt_im2col_rows(&p->of.left) - b.row);
    b.panels = nt_min(p->block_panels, p->of.panels - b.panel);
    return b;
}

/* What ends the sums of a block that grow in the result. */
static nt_product_end end_of(const product *p, const block *b) {
    const nt_epilogue *e = &p->of.epilogue;
    int64_t channel = b->group * p->of.lanes + b->panel * NT_PANEL;
    return (nt_product_end){
        .bias = e->bias ? e->bias + channel : NULL,
        .plus = e->plus ? e->plus + b->row * p->of.pitch + channel : NULL,
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
    float *piece = (float *)(p->of.memory->workers + (size_t)worker * p->of.memory->per_worker);
    float *sums = piece + BLOCK_ROWS * PITCH, *work = sums + BLOCK_PANELS * SUM_PANEL;
    if (!p->in_place)
        return (workspace){piece, sums, work, NT_PANEL, SUM_PANEL};
    sums = p->of.result + b->row * p->of.pitch + b->group * p->of.lanes + b->panel * NT_PANEL;
    return (workspace){piece, sums, work, p->of.pitch, NT_PANEL};
}

size_t nt_map_product_bytes(void) {
    nt_gemm gemm = nt_gemm_query();
    size_t floats = (size_t)(BLOCK_ROWS * PITCH + BLOCK_PANELS * SUM_PANEL);
    return (floats + nt_gemm_work_size(&gemm, BLOCK_ROWS)) * sizeof(float);
}

/* By rows that stay where the maps hold them or, in too many runs, are copied to `piece`. */
static void multiply_indirect(const product *p, const block *b, const nt_block_product *part,
                              int64_t k, float *piece) {
    int32_t first = (int32_t)b->group * p->of.left.channels;
    nt_im2col_pointed left;
    if (!nt_im2col_point(&p->of.left, first, b->row, b->rows, k, part->depth, piece, PITCH,
                         &left)) {
        nt_im2col_copy(&p->of.left, first, b->row, b->rows, k, part->depth, piece, PITCH);
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
    int32_t first = (int32_t)b->group * p->of.left.channels;
    const float *in_maps = nt_im2col_view(&p->of.left, first, k, length);
    nt_block_product part = {
        .rows = b->rows,
        .depth = length,
        .panels = b->panels,
        .a = in_maps ? in_maps + b->row * p->of.left.pitch : at->piece,
        .a_row = in_maps ? p->of.left.pitch : PITCH,
        .a_step = 1,
        .b = p->of.right + (b->group * p->of.panels + b->panel) * p->of.panel_size + k * NT_PANEL,
        .b_row = NT_PANEL,
        .b_panel = p->of.panel_size,
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
        nt_im2col_copy(&p->of.left, first, b->row, b->rows, k, length, at->piece, PITCH);
    nt_gemm_multiply(&p->gemm, &part, at->work);
}

static bool follow(const product *p) {
    bool all = true;
    for (int d = 0; d < 2; d++)
        all = all && p->of.stride[d] == 1 && p->of.left.grid[d] == p->of.size[d];
    return all;
}

/* How many rows of a block, from one on, have results that lie one after the other. */
static int64_t together(const product *p, int64_t row, int64_t rows) {
    int32_t wide = p->of.left.grid[1];
    return p->follow ? rows : p->of.stride[1] == 1 ? nt_min(rows, wide - row % wide) : 1;
}

/* Which of the result's places is that of a row of the matrix. */
static int64_t place_of(const product *p, int64_t row) {
    int64_t column = row % p->of.left.grid[1], above = row / p->of.left.grid[1];
    int64_t line = above % p->of.left.grid[0], sample = above / p->of.left.grid[0];
    int64_t y = p->of.first[0] + line * p->of.stride[0],
            x = p->of.first[1] + column * p->of.stride[1];
    return (sample * p->of.size[0] + y) * p->of.size[1] + x;
}

static void clear_block(const block *b, const workspace *at) {
    for (int64_t panel = 0; panel < b->panels; panel++)
        for (int64_t i = 0; i < b->rows; i++)
            memset(at->sums + panel * at->sum_panel + i * at->sum_row, 0, NT_PANEL * sizeof(float));
}

/* Takes the block's sums to where they belong. Rows of the matrix that follow one another do so in
 * the result, too, but for the strides. */
static void finish_block(const product *p, const block *b, const workspace *at) {
    int64_t first = b->group * p->of.lanes + b->panel * NT_PANEL;
    int64_t count = nt_min(p->of.lanes - b->panel * NT_PANEL, b->panels * NT_PANEL);
    nt_conv_sums sums = {at->sums, at->sum_row, at->sum_panel};
    for (int64_t i = 0, rows; i < b->rows; i += rows, sums.from += rows * at->sum_row) {
        rows = together(p, b->row + i, b->rows - i);
        nt_epilogue_apply(&p->of.epilogue, &sums, rows, first, count, p->of.result,
                          place_of(p, b->row + i) * p->of.pitch + first, p->of.pitch);
    }
}

static void tell_made(const product *p, const block *b) {
    for (int64_t i = 0, rows; i < b->rows; i += rows) {
        int64_t place = place_of(p, b->row + i);
        rows = together(p, b->row + i, b->rows - i);
        nt_moments_made(p->of.epilogue.moments, place, place + rows, b->panels);
    }
}

/* As nt_im2col_piece, which need not be asked if there is no dead tap. */
static int64_t next_piece(const product *p, int64_t *k) {
    return p->all_live ? nt_min(NT_PIECE, nt_im2col_columns(&p->of.left) - *k)
                       : nt_im2col_piece(&p->of.left, k);
}

/* What is left to do once the block's sums are there, ended or not. */
static void end_block(const product *p, const block *b, const workspace *at, bool ended) {
    int64_t count = nt_min(p->of.lanes - b->panel * NT_PANEL, b->panels * NT_PANEL);
    if (!ended && (!p->in_place || nt_epilogue_changes(&p->of.epilogue)))
        finish_block(p, b, at);
    else if (ended && nt_epilogue_remains(&p->of.epilogue))
        nt_activate(&p->of.epilogue.activation, at->sums, at->sums, b->rows, p->of.pitch, count);
    if (p->of.epilogue.moments)
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
    int64_t groups = p->of.groups;
    int64_t pieces = nt_ceil_div(rows, BLOCK_ROWS);
    if (p->of.panels * groups < WANTED_JOBS)
        pieces = nt_max(pieces, nt_min(WANTED_JOBS, rows / FEWEST_ROWS));
    p->rows = nt_min(BLOCK_ROWS, nt_round_up(nt_ceil_div(rows, pieces), ROUND_ROWS));
    p->row_jobs = nt_ceil_div(rows, p->rows);
    int64_t cuts = nt_clamp(nt_ceil_div(WANTED_JOBS, p->row_jobs * groups), 1, p->of.panels);
    p->block_panels = nt_even(p->of.panels, nt_min(BLOCK_PANELS, nt_ceil_div(p->of.panels, cuts)));
    p->panel_jobs = nt_ceil_div(p->of.panels, p->block_panels);
}

static void run(product *p) {
    int64_t rows = nt_im2col_rows(&p->of.left),
            taps = (int64_t)p->of.left.taps[0] * p->of.left.taps[1];
    if (rows == 0)
        return;
    p->all_live = true;
    for (int64_t tap = 0; p->all_live && tap < taps; tap++)
        p->all_live = nt_im2col_live(&p->of.left, tap);
    p->follow = follow(p);
    p->in_place = p->follow && p->of.lanes % NT_PANEL == 0 &&
                  nt_epilogue_in_place(&p->of.epilogue, p->of.result);
    p->ended = p->in_place && p->gemm.tiles;
    cut(p, rows);
    nt_parallel((int)(p->row_jobs * p->panel_jobs * p->of.groups), product_job, p);
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
    p.of.left = nt_im2col_box(&whole->of.left, from, to);
    for (int d = 0; d < 2; d++)
        p.of.first[d] += from[d] * p.of.stride[d];
    run(&p);
}

void nt_map_product_run(const nt_map_product *given) {
    int32_t cuts[2][NT_GRID_CUTS];
    int count[2];
    product p = {.of = *given, .gemm = nt_gemm_query(), .indirect = nt_indirect_find()};
    if (given->epilogue.moments)
        nt_moments_begin(given->epilogue.moments, 1, 1, given->panels * given->groups);
    if (!boxes_pay(&given->left, nt_im2col_cut(&given->left, cuts, count))) {
        run(&p);
        return;
    }
    for (int i = 0; i + 1 < count[0]; i++)
        for (int j = 0; j + 1 < count[1]; j++)
            run_box(&p, (int32_t[]){cuts[0][i], cuts[1][j]},
                    (int32_t[]){cuts[0][i + 1], cuts[1][j + 1]});
}
