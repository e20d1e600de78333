#include "conv_choose.h"

#include "bilinear.h"
#include "conv_direct.h"
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

void nt_conv_forward(const nt_conv_shape *shape, const float *x, const float *weight,
                     const float *bias, float *y, const nt_conv_memory *memory) {
    const row *r = find(shape, NT_FORWARD_PASS);
    if (r)
        nt_bilinear_forward(nt_bilinear_find(r->scheme), shape, x, weight, bias, y, memory);
    else
        nt_direct_forward(shape, x, weight, bias, y, memory);
}

nt_conv_need nt_conv_forward_need(const nt_conv_shape *shape) {
    const row *r = find(shape, NT_FORWARD_PASS);
    return r ? nt_bilinear_forward_need(nt_bilinear_find(r->scheme), shape)
             : nt_direct_forward_need(shape);
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
