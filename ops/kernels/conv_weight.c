/* The gradient of a convolution to its weight: for each tap and input channel (rows m of the
 * result) and each output channel (lanes), the sum over all output places of input times gradient.
 *
 *     dweight[m][lane] = sum over places of x[place meets m] * dy[place][lane]
 *
 * A job is a block of rows m by a block of lanes of one group, and walks over the places in pieces
 * of NT_PIECE, adding to the result where it lies: its layout, panels of NT_PANEL lanes over rows
 * m, is that of the products. Either side is multiplied where it lies, too, if it can be. Where a
 * weight is too small to give enough jobs, the places are cut into parts too, each part's sum is
 * kept in shared memory, and the sums are added in order; how many parts there are depends on the
 * shape alone. */
#include "conv_direct.h"
#include "gemm.h"
#include "im2col.h"
#include "integers.h"
#include "ordered_sum.h"
#include "parallel.h"
#include "tensor.h"
#include "tiles.h"

#include <string.h>

enum {
    BLOCK_ROWS = 96,   /* at most so many rows m a job */
    BLOCK_PANELS = 16, /* at most so many panels of lanes a job */
    NEAR_PLACES = 256, /* floats: further apart, places of x compete for the same part of a cache */
    WANTED_JOBS = 32,
    PART_PIECES = 4 /* a part has at least so many pieces */
};

typedef struct gradient {
    const nt_conv_shape *shape;
    nt_gemm gemm;
    nt_im2col left;
    const float *dy;
    float *to; /* the parts, or where there is one the result: [part][stored] */
    int64_t lanes, panels, lane_panels, lane_jobs; /* of a group; panels in a job; jobs */
    /* Rows m; those that are cut into blocks by themselves: a tap's if some tap meets nothing, and
     * need not share a block with others, else all; rows of a block; blocks. */
    int64_t rows, cut_rows, block_rows, cut_jobs, row_jobs;
    int64_t places, part_places, parts;
    int64_t most_parts; /* grows with the places, as `parts` does not always */
    int64_t stored;     /* floats of the weight */
    char *workers;
    size_t per_worker;
} gradient;

static bool all_live(const nt_im2col *im2col) {
    bool all = true;
    for (int64_t tap = 0; all && tap < (int64_t)im2col->taps[0] * im2col->taps[1]; tap++)
        all = nt_im2col_live(im2col, tap);
    return all;
}

static gradient gradient_of(const nt_conv_shape *shape, const float *x) {
    gradient g = {.shape = shape, .gemm = nt_gemm_query(), .left = nt_im2col_forward(shape, x)};
    g.lanes = shape->out_channels / shape->groups;
    g.panels = nt_ceil_div(g.lanes, NT_PANEL);
    g.lane_panels = nt_min(g.panels, BLOCK_PANELS);
    g.lane_jobs = nt_ceil_div(g.panels, g.lane_panels);
    g.rows = nt_im2col_columns(&g.left);
    g.cut_rows = all_live(&g.left) ? g.rows : g.left.channels;
    g.cut_jobs = nt_ceil_div(g.cut_rows, BLOCK_ROWS);
    g.block_rows = nt_ceil_div(g.cut_rows, g.cut_jobs);
    g.row_jobs = g.rows / g.cut_rows * g.cut_jobs;
    g.places = nt_im2col_rows(&g.left);
    g.stored = shape->groups * g.panels * NT_PANEL * g.rows;
    int64_t jobs = g.row_jobs * g.lane_jobs * shape->groups;
    g.most_parts =
        nt_min(nt_ceil_div(WANTED_JOBS, jobs), nt_ceil_div(g.places, PART_PIECES * NT_PIECE));
    g.part_places = nt_round_up(nt_ceil_div(g.places, g.most_parts), NT_PIECE);
    g.parts = nt_ceil_div(g.places, g.part_places);
    return g;
}

static int64_t left_pitch(const gradient *g) {
    return nt_tiles_stride(g->block_rows);
}

static int64_t right_pitch(const gradient *g) {
    return nt_tiles_stride(g->lane_panels * NT_PANEL);
}

nt_conv_need nt_direct_weight_need(const nt_conv_shape *shape) {
    gradient g = gradient_of(shape, NULL);
    size_t copies = (size_t)(NT_PIECE * (left_pitch(&g) + right_pitch(&g)));
    return (nt_conv_need){
        .shared = g.most_parts > 1 ? (size_t)(g.most_parts * g.stored) * sizeof(float) : 0,
        .per_worker = (copies + nt_gemm_work_size(&g.gemm, g.block_rows)) * sizeof(float),
    };
}

/* What a job works on. */
typedef struct block {
    int64_t part, group, panel, panels, row, rows;
} block;

static block block_of(const gradient *g, int job) {
    int64_t rest = job / g->row_jobs, cut = job % g->row_jobs / g->cut_jobs;
    int64_t row = job % g->cut_jobs * g->block_rows;
    block b = {.row = cut * g->cut_rows + row, .rows = nt_min(g->block_rows, g->cut_rows - row)};
    b.panel = rest % g->lane_jobs * g->lane_panels;
    b.panels = nt_min(g->lane_panels, g->panels - b.panel);
    rest /= g->lane_jobs;
    b.group = rest % g->shape->groups;
    b.part = rest / g->shape->groups;
    return b;
}

/* Copies the block's lanes of the gradient at `length` places, with zeros past the last lane. */
static void copy_lanes(const gradient *g, const block *b, int64_t place, int64_t length,
                       float *to) {
    int64_t width = b->panels * NT_PANEL, lane = b->panel * NT_PANEL;
    int64_t count = nt_min(width, g->lanes - lane);
    const float *from = g->dy + place * g->shape->out_channels + b->group * g->lanes + lane;
    for (int64_t i = 0; i < length; i++) {
        memcpy(to, from, (size_t)count * sizeof *to);
        memset(to + count, 0, (size_t)(width - count) * sizeof *to);
        from += g->shape->out_channels;
        to += right_pitch(g);
    }
}

static bool any_live(const gradient *g, const block *b) {
    int64_t last = (b->row + b->rows - 1) / g->left.channels;
    for (int64_t tap = b->row / g->left.channels; tap <= last; tap++)
        if (nt_im2col_live(&g->left, tap))
            return true;
    return false;
}

/* Where x, or the gradient, can be multiplied as it lies in memory: the block's part of its first
 * place. Else NULL. */
static const float *x_in_place(const gradient *g, const block *b) {
    if (g->left.pitch > NEAR_PLACES)
        return NULL;
    return nt_im2col_view(&g->left, (int32_t)b->group * g->left.channels, b->row, b->rows);
}

static const float *dy_in_place(const gradient *g, const block *b) {
    bool whole = g->lanes % NT_PANEL == 0;
    return whole ? g->dy + b->group * g->lanes + b->panel * NT_PANEL : NULL;
}

static void clear_block(const gradient *g, const block *b, float *to) {
    for (int64_t i = 0; i < b->panels; i++, to += g->rows * NT_PANEL)
        memset(to, 0, (size_t)(b->rows * NT_PANEL) * sizeof *to);
}

static void gradient_job(const void *context, int job, int worker) {
    const gradient *g = context;
    const block b = block_of(g, job);
    float *left = (float *)(g->workers + (size_t)worker * g->per_worker);
    float *right = left + NT_PIECE * left_pitch(g), *work = right + NT_PIECE * right_pitch(g);
    const float *x = x_in_place(g, &b), *dy = dy_in_place(g, &b);
    int64_t start = b.part * g->part_places, end = nt_min(g->places, start + g->part_places);
    nt_block_product product = {
        .rows = b.rows,
        .panels = b.panels,
        .a = left,
        .a_row = 1,
        .a_step = x ? g->left.pitch : left_pitch(g),
        .b = right,
        .b_row = dy ? g->shape->out_channels : right_pitch(g),
        .b_panel = NT_PANEL,
        .c = g->to + b.part * g->stored +
             ((b.group * g->panels + b.panel) * g->rows + b.row) * NT_PANEL,
        .c_row = NT_PANEL,
        .c_panel = g->rows * NT_PANEL,
    };
    if (!any_live(g, &b)) {
        clear_block(g, &b, product.c);
        return;
    }
    for (int64_t place = start; place < end; place += NT_PIECE) {
        product.depth = nt_min(NT_PIECE, end - place);
        product.add = place > start;
        if (x)
            product.a = x + place * product.a_step;
        else
            nt_im2col_copy(&g->left, (int32_t)b.group * g->left.channels, place, product.depth,
                           b.row, b.rows, left, left_pitch(g));
        if (dy)
            product.b = dy + place * product.b_row;
        else
            copy_lanes(g, &b, place, product.depth, right);
        nt_gemm_multiply(&g->gemm, &product, work);
    }
}

void nt_direct_weight(const nt_conv_shape *shape, const float *x, const float *dy, float *dweight,
                      const nt_conv_memory *memory) {
    gradient g = gradient_of(shape, x);
    g.dy = dy;
    g.to = g.parts > 1 ? (float *)memory->shared : dweight;
    g.workers = memory->workers;
    g.per_worker = memory->per_worker;
    nt_parallel((int)(g.row_jobs * g.lane_jobs * shape->groups * g.parts), gradient_job, &g);
    if (g.parts > 1)
        nt_ordered_sum(g.to, g.parts, g.stored, dweight);
}
