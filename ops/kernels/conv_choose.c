#include "conv_choose.h"

#include "bilinear.h"
#include "conv_direct.h"
#include "parallel.h"
#include <stddef.h>

/* Each row's algorithm takes the shapes that it fits, from these sizes on; the first that does
 * wins, and what none takes is computed directly. Measured, with Winograd's transforms against the
 * products that they save: on a few input channels they cost more, and on maps of one or two rows
 * most of a tile lies outside. */
typedef struct row {
    nt_conv_algorithm algorithm;
    nt_bilinear_name scheme;
    int32_t channels[3]; /* of the input, at least: forward, data, weight */
    int32_t side;        /* of the output, the shorter one, at least */
} row;

static const row rows[] = {
    {NT_SINGLE_ALGORITHM, NT_SINGLE, {1, 1, 1}, 1},
    {NT_TOEPLITZ_ALGORITHM, NT_TOEPLITZ, {1, 1, 1}, 2},
    {NT_WINOGRAD_ALGORITHM, NT_WINOGRAD, {4, 1, 4}, 3},
};

static const row *find(const nt_conv_shape *shape, nt_conv_pass pass) {
    int32_t high = shape->out_height, wide = shape->out_width;
    if (shape->direct)
        return NULL;
    for (const row *r = rows; r < rows + sizeof rows / sizeof *rows; r++)
        if (nt_bilinear_fits(nt_bilinear_find(r->scheme), shape) &&
            shape->channels >= r->channels[pass] && (high < wide ? high : wide) >= r->side)
            return r;
    return NULL;
}

nt_conv_algorithm nt_conv_choose(const nt_conv_shape *shape, nt_conv_pass pass) {
    const row *r = find(shape, pass);
    return r ? r->algorithm : NT_DIRECT_ALGORITHM;
}

/* --- conv.h ----------------------------------------------------------------------------------- */

/* Adds `plus` and takes out what is negative: one sample's map. */
typedef struct ending {
    const nt_conv_end *end;
    int64_t elements; /* of a sample */
    float *y;
} ending;

static void end_job(const void *context, int job, int worker) {
    const ending *t = context;
    int64_t from = job * t->elements, to = from + t->elements;
    (void)worker;
    for (int64_t i = from; t->end->plus && i < to; i++)
        t->y[i] += t->end->plus[i];
    for (int64_t i = from; t->end->relu && i < to; i++)
        t->y[i] = t->y[i] < 0 ? 0 : t->y[i];
}

static void finish(const nt_conv_shape *shape, const nt_conv_end *end, float *y) {
    ending t = {end, (int64_t)shape->out_channels * shape->out_height * shape->out_width, y};
    if (end->plus || end->relu)
        nt_parallel(shape->samples, end_job, &t);
}

void nt_conv_forward(const nt_conv_shape *shape, const float *x, const float *weight,
                     const nt_conv_end *end, float *y, const nt_conv_memory *memory) {
    const row *r = find(shape, NT_FORWARD_PASS);
    if (r)
        nt_bilinear_forward(nt_bilinear_find(r->scheme), shape, x, weight, end->bias, y, memory);
    else
        nt_direct_forward(shape, x, weight, end->bias, y, memory);
    finish(shape, end, y);
}

nt_conv_need nt_conv_forward_need(const nt_conv_shape *shape) {
    const row *r = find(shape, NT_FORWARD_PASS);
    return r ? nt_bilinear_forward_need(nt_bilinear_find(r->scheme), shape)
             : nt_direct_forward_need(shape);
}

/* The scheme whose transformed kernel is worth keeping; NULL: none. */
static const nt_bilinear *kept_scheme(const nt_conv_shape *shape) {
    const row *r = find(shape, NT_FORWARD_PASS);
    const nt_bilinear *scheme = r ? nt_bilinear_find(r->scheme) : NULL;
    return scheme && scheme->taps > 1 ? scheme : NULL;
}

size_t nt_conv_kept_floats(const nt_conv_shape *shape) {
    const nt_bilinear *scheme = kept_scheme(shape);
    return scheme ? nt_bilinear_kernel_size(scheme, shape) : 0;
}

void nt_conv_keep(const nt_conv_shape *shape, const float *weight, float *ret_kept) {
    nt_bilinear_transform_kernel(kept_scheme(shape), shape, weight, ret_kept);
}

void nt_conv_forward_kept(const nt_conv_shape *shape, const float *x, const float *kept,
                          const nt_conv_end *end, float *y, const nt_conv_memory *memory) {
    nt_bilinear_apply(kept_scheme(shape), shape, x, kept, end->bias, y, memory);
    finish(shape, end, y);
}

nt_conv_need nt_conv_forward_kept_need(const nt_conv_shape *shape) {
    nt_conv_need need = nt_bilinear_forward_need(kept_scheme(shape), shape);
    need.shared = 0;
    return need;
}

void nt_conv_data(const nt_conv_shape *shape, const float *dy, const float *weight, float *dx,
                  const nt_conv_memory *memory) {
    const row *r = find(shape, NT_DATA_PASS);
    if (r)
        nt_bilinear_data(nt_bilinear_find(r->scheme), shape, dy, weight, dx, memory);
    else
        nt_direct_data(shape, dy, weight, dx, memory);
}

nt_conv_need nt_conv_data_need(const nt_conv_shape *shape) {
    const row *r = find(shape, NT_DATA_PASS);
    return r ? nt_bilinear_data_need(nt_bilinear_find(r->scheme), shape)
             : nt_direct_data_need(shape);
}

void nt_conv_weight(const nt_conv_shape *shape, const float *x, const float *dy, float *dweight,
                    const nt_conv_memory *memory) {
    const row *r = find(shape, NT_WEIGHT_PASS);
    if (r)
        nt_bilinear_weight(nt_bilinear_find(r->scheme), shape, x, dy, dweight, memory);
    else
        nt_direct_weight(shape, x, dy, dweight, memory);
}

nt_conv_need nt_conv_weight_need(const nt_conv_shape *shape) {
    const row *r = find(shape, NT_WEIGHT_PASS);
    return r ? nt_bilinear_weight_need(nt_bilinear_find(r->scheme), shape)
             : nt_direct_weight_need(shape);
}
