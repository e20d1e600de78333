/* Convolution in narrow groups of as many output channels as input channels, depthwise among them,
 * and with strides of 1 its gradient to the data, as a window that slides along the lines: what
 * several columns of the kernel make of an input is computed while it is in a register, and groups
 * that don't fill a vector lie in it side by side. Needs fused multiply-adds (vectorise.h). Beside
 * a map, along its lines, lie zeros, which are multiplied; rows of the kernel that lie above or
 * below it are not. */
#ifndef NT_CONV_SLIDING_H
#define NT_CONV_SLIDING_H

#include "conv.h"
#include <stdbool.h>

bool nt_sliding_fits(const nt_conv_shape *shape);

/* As in conv.h, for shapes that fit. */
void nt_sliding_forward(const nt_conv_shape *shape, const float *x, const float *weight,
                        const nt_epilogue *epilogue, float *y, const nt_conv_memory *memory);
nt_conv_need nt_sliding_forward_need(const nt_conv_shape *shape);

/* The two halves of nt_sliding_forward (nt_conv_keep): the kernel in the order in which it is read;
 * and the sums, which need no `shared`. */
size_t nt_sliding_kernel_size(const nt_conv_shape *shape);
void nt_sliding_pack_kernel(const nt_conv_shape *shape, const float *weight, float *ret_packed);
void nt_sliding_apply(const nt_conv_shape *shape, const float *x, const float *packed,
                      const nt_epilogue *epilogue, float *y, const nt_conv_memory *memory);

/* Whether its gradient to the data can be had so, too; and that. */
bool nt_sliding_data_fits(const nt_conv_shape *shape);
void nt_sliding_data(const nt_conv_shape *shape, const float *dy, const float *weight, float *dx,
                     const nt_conv_memory *memory);
nt_conv_need nt_sliding_data_need(const nt_conv_shape *shape);

#endif
