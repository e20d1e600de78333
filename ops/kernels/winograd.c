/* The shapes that the schemes of winograd.h fit, and their forward pass and gradient to the data:
 * winograd_plan.h, carried out by winograd_product.h on a kernel from winograd_kernel.h. */
#include "winograd.h"

#include "integers.h"
#include "parallel.h"
#include "tensor.h"
#include "tiles.h"
#include "winograd_kernel.h"
#include "winograd_plan.h"
#include "winograd_product.h"

/* --- shapes ----------------------------------------------------------------------------------- */

/* A phase of a dilated map is a map of its own (tiles.h); this is the largest one's side. */
static int32_t phase_side(const nt_conv_shape *shape, int32_t size, int d) {
    return nt_ceil_div(size, shape->dilation[d]);
}

bool nt_winograd_fits(const nt_winograd *scheme, const nt_conv_shape *shape) {
    const int32_t size[2] = {shape->height, shape->width};
    bool fits = shape->groups == 1;
    for (int d = 0; d < 2; d++) {
        int32_t taps = scheme->taps[d];
        fits = fits && shape->kernel[d] == taps && shape->stride[d] == scheme->stride;
        if (scheme->stride > 1)
            fits = fits && shape->pad[d] == 1 && shape->dilation[d] == 1;
        else if (scheme->in[d] < scheme->out[d] + taps - 1) /* what is padding isn't an input */
            fits = fits && phase_side(shape, size[d], d) == scheme->in[d] &&
                   shape->pad[d] == shape->dilation[d];
        else
            fits = fits && shape->pad[d] <= (taps - 1) * shape->dilation[d];
    }
    return fits;
}

int64_t nt_winograd_tiles(const nt_winograd *scheme, const nt_conv_shape *shape, bool data) {
    const int32_t size[2] = {data ? shape->height : shape->out_height,
                             data ? shape->width : shape->out_width};
    const int32_t *side = data ? scheme->data->out : scheme->out;
    return (int64_t)nt_tiles_count(size[0], shape->dilation[0], side[0]) *
           nt_tiles_count(size[1], shape->dilation[1], side[1]);
}

int64_t nt_winograd_products(const nt_winograd *scheme, const nt_conv_shape *shape, bool data) {
    return nt_winograd_area(data ? scheme->data->points : scheme->points) *
           nt_winograd_tiles(scheme, shape, data);
}

/* --- the kernel ------------------------------------------------------------------------------- */

typedef struct kernel_task {
    const nt_winograd_plan *plan;
    nt_winograd_kernel source;
    float *to;
} kernel_task;

/* A piece of a panel. */
static void kernel_job(const void *context, int job, int worker) {
    const kernel_task *t = context;
    const nt_winograd_plan *p = t->plan;
    int64_t first = job % p->pieces * p->depth, end = first + p->depth;
    (void)worker;
    nt_winograd_kernel_transform(&t->source, job / p->pieces, first,
                                 end < p->from.channels ? end : p->from.channels,
                                 t->to + job * p->kernel_points * p->kernel_point, p->kernel_point);
}

static void transform_kernel(const nt_winograd_plan *p, const nt_winograd_kernel *source,
                             float *ret) {
    kernel_task t = {p, *source, ret};
    nt_parallel((int)(p->panels * p->pieces), kernel_job, &t);
}

/* What `source` transforms to, in memory that has room for it. */
static nt_winograd_right right_of(const nt_winograd_plan *p, const nt_winograd_kernel *source,
                                  float *memory) {
    if (p->streamed)
        return (nt_winograd_right){NULL, *source};
    transform_kernel(p, source, memory);
    return (nt_winograd_right){memory, *source};
}

/* Shared memory has the round's tiles and, unless it is kept elsewhere, the kernel. */
static nt_conv_need need_of(const nt_winograd_plan *p, bool kept) {
    int64_t floats = nt_winograd_plan_tiles(p, p->round_point);
    if (!kept && !p->streamed)
        floats += nt_winograd_plan_kernel(p);
    return (nt_conv_need){(size_t)floats * sizeof(float), nt_winograd_product_bytes(p)};
}

static float *kernel_in(const nt_winograd_plan *p, const nt_conv_memory *memory) {
    return (float *)memory->shared + nt_winograd_plan_tiles(p, p->round_point);
}

/* --- forward ---------------------------------------------------------------------------------- */

nt_conv_need nt_winograd_forward_need(const nt_winograd *scheme, const nt_conv_shape *shape) {
    nt_winograd_plan p = nt_winograd_plan_of(scheme, shape, false);
    return need_of(&p, false);
}

void nt_winograd_forward(const nt_winograd *scheme, const nt_conv_shape *shape, const float *x,
                         const float *weight, const nt_epilogue *epilogue, float *y,
                         const nt_conv_memory *memory) {
    nt_winograd_plan p = nt_winograd_plan_of(scheme, shape, false);
    nt_winograd_kernel source = {scheme, shape, weight, false};
    nt_winograd_right right = right_of(&p, &source, kernel_in(&p, memory));
    nt_winograd_product(&p, x, &right, epilogue, y, (float *)memory->shared, memory);
}

size_t nt_winograd_kernel_size(const nt_winograd *scheme, const nt_conv_shape *shape) {
    nt_winograd_plan p = nt_winograd_plan_of(scheme, shape, false);
    return p.streamed ? 0 : (size_t)nt_winograd_plan_kernel(&p);
}

void nt_winograd_transform_kernel(const nt_winograd *scheme, const nt_conv_shape *shape,
                                  const float *weight, float *ret_transformed) {
    nt_winograd_plan p = nt_winograd_plan_of(scheme, shape, false);
    nt_winograd_kernel source = {scheme, shape, weight, false};
    transform_kernel(&p, &source, ret_transformed);
}

nt_conv_need nt_winograd_apply_need(const nt_winograd *scheme, const nt_conv_shape *shape) {
    nt_winograd_plan p = nt_winograd_plan_of(scheme, shape, false);
    return need_of(&p, true);
}

void nt_winograd_apply(const nt_winograd *scheme, const nt_conv_shape *shape, const float *x,
                       const float *transformed, const nt_epilogue *epilogue, float *y,
                       const nt_conv_memory *memory) {
    nt_winograd_plan p = nt_winograd_plan_of(scheme, shape, false);
    nt_winograd_right right = {.kernel = transformed};
    nt_winograd_product(&p, x, &right, epilogue, y, (float *)memory->shared, memory);
}

/* --- data ------------------------------------------------------------------------------------- */

nt_conv_need nt_winograd_data_need(const nt_winograd *scheme, const nt_conv_shape *shape) {
    nt_winograd_plan p = nt_winograd_plan_of(scheme, shape, true);
    return need_of(&p, false);
}

void nt_winograd_data(const nt_winograd *scheme, const nt_conv_shape *shape, const float *dy,
                      const float *weight, float *dx, const nt_conv_memory *memory) {
    nt_winograd_plan p = nt_winograd_plan_of(scheme, shape, true);
    nt_winograd_kernel source = {p.scheme, shape, weight, true};
    nt_winograd_right right = right_of(&p, &source, kernel_in(&p, memory));
    nt_winograd_product(&p, dy, &right, &(nt_epilogue){0}, dx, (float *)memory->shared, memory);
}
