/* The convolution and its gradient to the data, each as one product of an im2col matrix (im2col.h)
 * with packed panels (see conv.h).
 *
 *     forward   rows: output places   columns k: (r, s, input channel)    result: output channels
 *     data      rows: input places    columns k: (r, s, output channel)   result: input channels
 *
 * For the data, input places whose coordinates leave the same rest under the stride form a phase,
 * which meets a subset of the taps; each phase is a product of its own, so no product with a zero
 * that the stride put between the pixels is ever computed. Neither are taps that only meet padding.
 */
#include "conv_direct.h"

#include "integers.h"
#include "map_product.h"
#include "parallel.h"
#include "tensor.h"

#include <string.h>

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

/* A product by that matrix. */
static void run(nt_map_product *p, const right *r, const nt_conv_memory *memory) {
    p->panel_size = r->panel_size;
    p->panels = r->panels;
    p->lanes = r->lanes;
    p->groups = r->shape->groups;
    p->memory = memory;
    nt_map_product_run(p);
}

/* --- forward ---------------------------------------------------------------------------------- */

nt_conv_need nt_direct_forward_need(const nt_conv_shape *shape) {
    (void)shape;
    return (nt_conv_need){.per_worker = nt_map_product_bytes()};
}

void nt_direct_forward(const nt_conv_shape *shape, const float *x, const float *weight,
                       const nt_epilogue *epilogue, float *y, const nt_conv_memory *memory) {
    right r = right_of(shape, false);
    nt_map_product p = {
        .left = nt_im2col_forward(shape, x),
        .right = weight,
        .epilogue = *epilogue,
        .result = y,
        .size = {shape->out_height, shape->out_width},
        .pitch = shape->out_channels,
        .stride = {1, 1},
    };
    run(&p, &r, memory);
}

/* --- data ------------------------------------------------------------------------------------- */

nt_conv_need nt_direct_data_need(const nt_conv_shape *shape) {
    right r = right_of(shape, true);
    return (nt_conv_need){
        .shared = (size_t)(shape->groups * r.panels * r.panel_size) * sizeof(float),
        .per_worker = nt_map_product_bytes(),
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

static nt_map_product product_of_phase(const nt_conv_shape *shape, const float *dy, int64_t phase,
                                       float *dx) {
    int64_t columns = nt_min(shape->stride[1], shape->width);
    nt_map_product p = {
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
        nt_map_product p = product_of_phase(shape, dy, i, dx);
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
        nt_map_product p = product_of_phase(shape, dy, i, dx);
        p.right = r.transposed;
        if (any_live(&p.left))
            run(&p, &r, memory);
    }
}
