/* The gradient to the data of a convolution whose windows tile its input: the kernel is as large as
 * the stride, and nothing is padded or left over. Forward, that is the transposed convolution by
 * which decoders double their maps. Each input place then lies in one window, under one tap, and
 * the gradient is a matrix product whose rows are dealt out over the maps. */
#ifndef NT_CONV_PATCH_H
#define NT_CONV_PATCH_H

#include "conv.h"

bool nt_patch_fits(const nt_conv_shape *shape);

/* dx = the gradient to the data, from that to y; plus bias, a value for each of its channels, if
 * that is not NULL. */
void nt_patch_data(const nt_conv_shape *shape, const float *dy, const float *weight,
                   const float *bias, float *dx, const nt_conv_memory *memory);
nt_conv_need nt_patch_data_need(const nt_conv_shape *shape);

#endif
