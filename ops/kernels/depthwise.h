/* Depthwise convolution: as many groups as input channels, each of which gives one output channel
 * or a few ("multiplier"). A matrix product has nothing to share there: instead, sums run side by
 * side for all channels of a place, which is how NHWC maps lie in memory. Every product of the
 * definition but those with padding is computed, each once, in the order of the taps. */
#ifndef NT_DEPTHWISE_H
#define NT_DEPTHWISE_H

#include "conv.h"
#include <stdbool.h>

/* Whether a convolution is depthwise; kernels of more than 32 rows or columns are left out, and
 * multipliers over NT_PANEL, for which a product of matrices does better. */
bool nt_depthwise_fits(const nt_conv_shape *shape);

/* As in conv.h, for shapes that fit. */
void nt_depthwise_forward(const nt_conv_shape *shape, const float *x, const float *weight,
                          const nt_epilogue *epilogue, float *y, const nt_conv_memory *memory);
nt_conv_need nt_depthwise_forward_need(const nt_conv_shape *shape);

void nt_depthwise_data(const nt_conv_shape *shape, const float *dy, const float *weight, float *dx,
                       const nt_conv_memory *memory);
nt_conv_need nt_depthwise_data_need(const nt_conv_shape *shape);

void nt_depthwise_weight(const nt_conv_shape *shape, const float *x, const float *dy,
                         float *dweight, const nt_conv_memory *memory);
nt_conv_need nt_depthwise_weight_need(const nt_conv_shape *shape);

/* The two halves of nt_depthwise_forward (nt_conv_keep): the kernel without the zeros that fill its
 * panels, [multiple][tap][channel]; and the sums, which need no `shared`. */
size_t nt_depthwise_kernel_size(const nt_conv_shape *shape);
void nt_depthwise_pack_kernel(const nt_conv_shape *shape, const float *weight, float *ret_packed);
void nt_depthwise_apply(const nt_conv_shape *shape, const float *x, const float *packed,
                        const nt_epilogue *epilogue, float *y, const nt_conv_memory *memory);

#endif
