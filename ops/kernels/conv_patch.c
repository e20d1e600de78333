/* For each row r of the kernel, places (i, j) of y, and lanes (s, c), which are columns of the
 * kernel and channels of the data:
 *
 *     dx[i * stride_0 + r][j * stride_1 + s][c] = sum over k of dy[i][j][k] * weight[k][c][r][s]
 *
 * The lanes of places j that follow one another do so in dx, so a line of dy makes a line of dx for
 * each r, and where whole panels of lanes lie there, the sums grow in place; else in the worker's
 * memory. dy is multiplied as it lies. A job takes a block of places through all r, one after the
 * other, while they are in a cache; where there are too few blocks to keep threads busy, a job
 * takes one r. */
#include "conv_patch.h"

#include "epilogue.h"
#include "gemm.h"
#include "integers.h"
#include "parallel.h"
#include "tensor.h"

enum {
    BLOCK_ROWS = 96,   /* at most so many places a job; the heights of micro-kernels divide it */
    BLOCK_PANELS = 16, /* at most so many panels of lanes at a time */
    PIECE = 256,       /* and so many k, so that a panel's part stays in the first-level cache */
    SUM_PANEL = BLOCK_ROWS * NT_PANEL, /* floats from one panel of sums to the next */
    WIDE = 32,                         /* places of a line that are worth a product of their own */
    ENOUGH_JOBS = 32
};

typedef struct product {
    const nt_conv_shape *shape;
    nt_gemm gemm;
    const float *dy, *weight;
    const float *bias; /* of the channels, or NULL */
    float *right;      /* the weight as [r][panel][k][NT_PANEL lanes], then the bias of each lane */
    float *dx;
    int64_t rows, blocks, lanes, panels;
    int64_t r_jobs; /* of a block: 1, or the kernel's rows */
    char *workers;
    size_t per_worker;
} product;

bool nt_patch_fits(const nt_conv_shape *shape) {
    for (int d = 0; d < 2; d++)
        if (shape->kernel[d] != shape->stride[d] || shape->pad[d] != 0 ||
            (shape->kernel[d] > 1 && shape->dilation[d] != 1))
            return false;
    return shape->groups == 1 && shape->height == (int64_t)shape->out_height * shape->stride[0] &&
           shape->width == (int64_t)shape->out_width * shape->stride[1];
}

static product product_of(const nt_conv_shape *shape) {
    product p = {
        .shape = shape,
        .gemm = nt_gemm_query(),
        .rows = (int64_t)shape->samples * shape->out_height * shape->out_width,
        .lanes = (int64_t)shape->kernel[1] * shape->channels,
    };
    p.panels = nt_ceil_div(p.lanes, NT_PANEL);
    p.blocks = nt_ceil_div(p.rows, BLOCK_ROWS);
    p.r_jobs = p.blocks < ENOUGH_JOBS ? shape->kernel[0] : 1;
    return p;
}

/* --- the kernel ------------------------------------------------------------------------------- */

static int64_t panel_size(const product *p) {
    return (int64_t)p->shape->out_channels * NT_PANEL;
}

static int64_t right_size(const product *p) {
    return p->shape->kernel[0] * p->panels * panel_size(p);
}

nt_conv_need nt_patch_data_need(const nt_conv_shape *shape) {
    product p = product_of(shape);
    size_t sums = BLOCK_PANELS * SUM_PANEL, work = nt_gemm_work_size(&p.gemm, BLOCK_ROWS);
    return (nt_conv_need){
        .shared = (size_t)(right_size(&p) + p.lanes) * sizeof(float),
        .per_worker = (sums + work) * sizeof(float),
    };
}

/* Job: one panel of one r. */
static void transpose_job(const void *context, int job, int worker) {
    const product *p = context;
    const nt_conv_shape *shape = p->shape;
    int64_t r = job / p->panels, first = job % p->panels * NT_PANEL;
    int64_t taps = (int64_t)shape->kernel[0] * shape->kernel[1];
    float *to = p->right + job * panel_size(p);
    (void)worker;
    for (int64_t lane = first; lane < first + NT_PANEL; lane++, to++) {
        int64_t tap = r * shape->kernel[1] + lane / shape->channels, c = lane % shape->channels;
        const float *from = p->weight + (tap * shape->channels + c) * NT_PANEL;
        int64_t weight_panel = taps * shape->channels * NT_PANEL;
        for (int64_t k = 0; k < shape->out_channels; k++)
            to[k * NT_PANEL] =
                lane < p->lanes ? from[k / NT_PANEL * weight_panel + k % NT_PANEL] : 0;
    }
}

static void repeat_bias(const product *p, float *to) {
    for (int64_t lane = 0; lane < p->lanes; lane++)
        to[lane] = p->bias[lane % p->shape->channels];
}

/* --- the product ------------------------------------------------------------------------------ */

/* Some lanes of some places, under one row of the kernel. */
typedef struct block {
    int64_t row, rows, r, panel, panels;
} block;

/* What its places from the i'th on are, as far as they lie in one line of y; and where in dx the
 * results of a line's places go, each `lanes` after the last. */
static block line_of(const product *p, const block *b, int64_t i) {
    block line = *b;
    line.row += i;
    line.rows = nt_min(b->rows - i, p->shape->out_width - line.row % p->shape->out_width);
    return line;
}

static int64_t target(const product *p, const block *line) {
    int64_t width = p->shape->out_width, r = line->row / width * p->shape->stride[0] + line->r;
    return (r * width + line->row % width) * p->lanes + line->panel * NT_PANEL;
}

/* Sums of panels `panel` floats apart, of places `row` apart. */
static void multiply(const product *p, const block *b, float *sums, int64_t row, int64_t panel,
                     float *work) {
    int64_t depth = p->shape->out_channels;
    for (int64_t k = 0; k < depth; k += PIECE) {
        const nt_block_product piece = {
            .rows = b->rows,
            .depth = nt_min(PIECE, depth - k),
            .panels = b->panels,
            .a = p->dy + b->row * depth + k,
            .a_row = depth,
            .a_step = 1,
            .b = p->right + (b->r * p->panels + b->panel) * panel_size(p) + k * NT_PANEL,
            .b_row = NT_PANEL,
            .b_panel = panel_size(p),
            .c = sums,
            .c_row = row,
            .c_panel = panel,
            .add = k > 0,
        };
        nt_gemm_multiply(&p->gemm, &piece, work);
    }
}

/* Takes a line's sums to where they belong, with the bias. */
static void finish_line(const product *p, const block *line, nt_conv_sums sums) {
    int64_t first = line->panel * NT_PANEL;
    nt_epilogue epilogue = {.bias = p->bias ? p->right + right_size(p) : NULL};
    nt_epilogue_apply(&epilogue, &sums, line->rows, first,
                      nt_min(p->lanes - first, line->panels * NT_PANEL), p->dx, target(p, line),
                      p->lanes);
}

static void by_way_of_workspace(const product *p, const block *b, float *workspace) {
    multiply(p, b, workspace, NT_PANEL, SUM_PANEL, workspace + BLOCK_PANELS * SUM_PANEL);
    for (int64_t i = 0; i < b->rows;) {
        block line = line_of(p, b, i);
        finish_line(p, &line, (nt_conv_sums){workspace + i * NT_PANEL, NT_PANEL, SUM_PANEL});
        i += line.rows;
    }
}

static void in_place(const product *p, const block *b, float *workspace) {
    for (int64_t i = 0; i < b->rows;) {
        block line = line_of(p, b, i);
        float *to = p->dx + target(p, &line);
        multiply(p, &line, to, p->lanes, NT_PANEL, workspace + BLOCK_PANELS * SUM_PANEL);
        if (p->bias)
            finish_line(p, &line, (nt_conv_sums){to, p->lanes, NT_PANEL});
        i += line.rows;
    }
}

static void product_job(const void *context, int job, int worker) {
    const product *p = context;
    float *workspace = (float *)(p->workers + (size_t)worker * p->per_worker);
    bool whole = p->lanes % NT_PANEL == 0 && p->shape->out_width >= WIDE;
    block b = {.row = job / p->r_jobs * BLOCK_ROWS};
    b.rows = nt_min(BLOCK_ROWS, p->rows - b.row);
    int64_t each = p->shape->kernel[0] / p->r_jobs, first = job % p->r_jobs * each;
    for (b.r = first; b.r < first + each; b.r++)
        for (b.panel = 0; b.panel < p->panels; b.panel += BLOCK_PANELS) {
            b.panels = nt_min(BLOCK_PANELS, p->panels - b.panel);
            if (whole)
                in_place(p, &b, workspace);
            else
                by_way_of_workspace(p, &b, workspace);
        }
}

void nt_patch_data(const nt_conv_shape *shape, const float *dy, const float *weight,
                   const float *bias, float *dx, const nt_conv_memory *memory) {
    product p = product_of(shape);
    p.dy = dy;
    p.weight = weight;
    p.bias = bias;
    p.right = (float *)memory->shared;
    p.dx = dx;
    p.workers = memory->workers;
    p.per_worker = memory->per_worker;
    nt_parallel((int)(shape->kernel[0] * p.panels), transpose_job, &p);
    if (bias)
        repeat_bias(&p, p.right + right_size(&p));
    nt_parallel((int)(p.blocks * p.r_jobs), product_job, &p);
}
