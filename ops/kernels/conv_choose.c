#include "conv_choose.h"

#include "bilinear.h"
#include "conv_direct.h"
#include "conv_joined.h"
#include "depthwise.h"
#include <stddef.h>

/* Each row's algorithm takes the shapes that it fits, from these sizes on; the first that does
 * wins, and what none takes is computed directly. Measured, with Winograd's transforms against the
 * products that they save: on a few input channels they cost more, and on maps of one or two rows
 * most of a tile lies outside. */
typedef struct row {
    nt_conv_algorithm algorithm;
    nt_bilinear_name scheme; /* of an algorithm of bilinear.h */
    int32_t channels[3];     /* of the input, at least: forward, data, weight */
    int32_t side;            /* of the output, the shorter one, or of its phases, at least */
} row;

static const row rows[] = {
    {NT_DEPTHWISE_ALGORITHM, 0, {1, 1, 1}, 0},
    {NT_JOINED_ALGORITHM, 0, {1, 1, 1}, 0},
    {NT_TOEPLITZ_ALGORITHM, NT_TOEPLITZ, {1, 1, 1}, 0},
    {NT_WINOGRAD_ALGORITHM, NT_WINOGRAD, {4, 1, 4}, 3},
};

static bool fits(const row *r, const nt_conv_shape *shape) {
    if (r->algorithm == NT_DEPTHWISE_ALGORITHM)
        return nt_depthwise_fits(shape);
    if (r->algorithm == NT_JOINED_ALGORITHM)
        return nt_joined_fits(shape);
    return nt_bilinear_fits(nt_bilinear_find(r->scheme), shape);
}

/* What computes a pass: an algorithm and, if it is one of bilinear.h, its scheme. */
typedef struct choice {
    nt_conv_algorithm algorithm;
    const nt_bilinear *scheme;
} choice;

static choice choose(const nt_conv_shape *shape, nt_conv_pass pass) {
    int32_t high = shape->out_height / shape->dilation[0];
    int32_t wide = shape->out_width / shape->dilation[1], side = high < wide ? high : wide;
    for (const row *r = rows; !shape->direct && r < rows + sizeof rows / sizeof *rows; r++)
        if (fits(r, shape) && shape->channels >= r->channels[pass] && side >= r->side)
            return (choice){r->algorithm, nt_bilinear_find(r->scheme)};
    return (choice){NT_DIRECT_ALGORITHM, NULL};
}

nt_conv_algorithm nt_conv_choose(const nt_conv_shape *shape, nt_conv_pass pass) {
    return choose(shape, pass).algorithm;
}

/* --- forward ---------------------------------------------------------------------------------- */

void nt_conv_forward(const nt_conv_shape *shape, const float *x, const float *weight,
                     const nt_conv_end *end, float *y, const nt_conv_memory *memory) {
    choice c = choose(shape, NT_FORWARD_PASS);
    if (c.algorithm == NT_DIRECT_ALGORITHM) {
        nt_direct_forward(shape, x, weight, end, y, memory);
    } else if (c.algorithm == NT_DEPTHWISE_ALGORITHM) {
        nt_depthwise_forward(shape, x, weight, end, y, memory);
    } else if (c.algorithm == NT_JOINED_ALGORITHM) {
        nt_joined_forward(shape, x, weight, end, y, memory);
    } else {
        nt_bilinear_forward(c.scheme, shape, x, weight, end, y, memory);
    }
}

nt_conv_need nt_conv_forward_need(const nt_conv_shape *shape) {
    choice c = choose(shape, NT_FORWARD_PASS);
    if (c.algorithm == NT_DIRECT_ALGORITHM)
        return nt_direct_forward_need(shape);
    if (c.algorithm == NT_DEPTHWISE_ALGORITHM)
        return nt_depthwise_forward_need(shape);
    if (c.algorithm == NT_JOINED_ALGORITHM)
        return nt_joined_forward_need(shape);
    return nt_bilinear_forward_need(c.scheme, shape);
}

/* --- kept kernels ----------------------------------------------------------------------------- */

size_t nt_conv_kept_floats(const nt_conv_shape *shape) {
    choice c = choose(shape, NT_FORWARD_PASS);
    if (c.algorithm == NT_DEPTHWISE_ALGORITHM)
        return nt_depthwise_kernel_size(shape);
    if (c.algorithm == NT_JOINED_ALGORITHM)
        return nt_joined_kernel_size(shape);
    bool transforms = c.scheme && c.scheme->taps > 1;
    return transforms ? nt_bilinear_kernel_size(c.scheme, shape) : 0;
}

void nt_conv_keep(const nt_conv_shape *shape, const float *weight, float *ret_kept) {
    choice c = choose(shape, NT_FORWARD_PASS);
    if (c.algorithm == NT_DEPTHWISE_ALGORITHM)
        nt_depthwise_pack_kernel(shape, weight, ret_kept);
    else if (c.algorithm == NT_JOINED_ALGORITHM)
        nt_joined_kernel(shape, weight, ret_kept);
    else
        nt_bilinear_transform_kernel(c.scheme, shape, weight, ret_kept);
}

void nt_conv_forward_kept(const nt_conv_shape *shape, const float *x, const float *kept,
                          const nt_conv_end *end, float *y, const nt_conv_memory *memory) {
    choice c = choose(shape, NT_FORWARD_PASS);
    if (c.algorithm == NT_DEPTHWISE_ALGORITHM) {
        nt_depthwise_apply(shape, x, kept, end, y, memory);
    } else if (c.algorithm == NT_JOINED_ALGORITHM) {
        nt_joined_apply(shape, x, kept, end, y, memory);
    } else {
        nt_bilinear_apply(c.scheme, shape, x, kept, end, y, memory);
    }
}

nt_conv_need nt_conv_forward_kept_need(const nt_conv_shape *shape) {
    choice c = choose(shape, NT_FORWARD_PASS);
    if (c.algorithm == NT_WINOGRAD_ALGORITHM || c.algorithm == NT_TOEPLITZ_ALGORITHM)
        return nt_bilinear_apply_need(c.scheme, shape);
    nt_conv_need need = nt_conv_forward_need(shape);
    need.shared = 0;
    return need;
}

/* --- gradients -------------------------------------------------------------------------------- */

void nt_conv_data(const nt_conv_shape *shape, const float *dy, const float *weight, float *dx,
                  const nt_conv_memory *memory) {
    choice c = choose(shape, NT_DATA_PASS);
    if (c.algorithm == NT_DIRECT_ALGORITHM)
        nt_direct_data(shape, dy, weight, dx, memory);
    else if (c.algorithm == NT_DEPTHWISE_ALGORITHM)
        nt_depthwise_data(shape, dy, weight, dx, memory);
    else if (c.algorithm == NT_JOINED_ALGORITHM)
        nt_joined_data(shape, dy, weight, dx, memory);
    else
        nt_bilinear_data(c.scheme, shape, dy, weight, dx, memory);
}

nt_conv_need nt_conv_data_need(const nt_conv_shape *shape) {
    choice c = choose(shape, NT_DATA_PASS);
    if (c.algorithm == NT_DIRECT_ALGORITHM)
        return nt_direct_data_need(shape);
    if (c.algorithm == NT_DEPTHWISE_ALGORITHM)
        return nt_depthwise_data_need(shape);
    if (c.algorithm == NT_JOINED_ALGORITHM)
        return nt_joined_data_need(shape);
    return nt_bilinear_data_need(c.scheme, shape);
}

void nt_conv_weight(const nt_conv_shape *shape, const float *x, const float *dy, float *dweight,
                    const nt_conv_memory *memory) {
    choice c = choose(shape, NT_WEIGHT_PASS);
    if (c.algorithm == NT_DIRECT_ALGORITHM)
        nt_direct_weight(shape, x, dy, dweight, memory);
    else if (c.algorithm == NT_DEPTHWISE_ALGORITHM)
        nt_depthwise_weight(shape, x, dy, dweight, memory);
    else if (c.algorithm == NT_JOINED_ALGORITHM)
        nt_joined_weight(shape, x, dy, dweight, memory);
    else
        nt_bilinear_weight(c.scheme, shape, x, dy, dweight, memory);
}

nt_conv_need nt_conv_weight_need(const nt_conv_shape *shape) {
    choice c = choose(shape, NT_WEIGHT_PASS);
    if (c.algorithm == NT_DIRECT_ALGORITHM)
        return nt_direct_weight_need(shape);
    if (c.algorithm == NT_DEPTHWISE_ALGORITHM)
        return nt_depthwise_weight_need(shape);
    if (c.algorithm == NT_JOINED_ALGORITHM)
        return nt_joined_weight_need(shape);
    return nt_bilinear_weight_need(c.scheme, shape);
}
