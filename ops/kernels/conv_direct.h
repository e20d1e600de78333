/* The convolution of any shape and its gradients (conv.h), computed as they are defined: as matrix
 * products whose left matrix (im2col.h) is read where it lies in the maps (indirect.h) or copied
 * from them, a piece at a time. */
#ifndef NT_CONV_DIRECT_H
#define NT_CONV_DIRECT_H

#include "conv.h"

void nt_direct_forward(const nt_conv_shape *shape, const float *x, const float *weight,
                       const nt_epilogue *epilogue, float *y, const nt_conv_memory *memory);
nt_conv_need nt_direct_forward_need(const nt_conv_shape *shape);

void nt_direct_data(const nt_conv_shape *shape, const float *dy, const float *weight, float *dx,
                    const nt_conv_memory *memory);
nt_conv_need nt_direct_data_need(const nt_conv_shape *shape);

void nt_direct_weight(const nt_conv_shape *shape, const float *x, const float *dy, float *dweight,
                      const nt_conv_memory *memory);
nt_conv_need nt_direct_weight_need(const nt_conv_shape *shape);

#endif
