/* Convolution in groups too narrow for a panel of output channels: neighbouring groups are computed
 * as one, with zeros for what they don't share, as many as fill a panel. The products take no
 * longer than those of single groups, whose panels would be filled with zeros too, and several
 * times as many channels lie side by side. A NaN or infinity in one group reaches those that it is
 * joined with. */
#ifndef NT_CONV_GROUPED_H
#define NT_CONV_GROUPED_H

#include "conv.h"
#include <stdbool.h>

bool nt_grouped_fits(const nt_conv_shape *shape);

/* As in conv.h, for shapes that fit. */
void nt_grouped_forward(const nt_conv_shape *shape, const float *x, const float *weight,
                        const nt_epilogue *epilogue, float *y, const nt_conv_memory *memory);
nt_conv_need nt_grouped_forward_need(const nt_conv_shape *shape);

void nt_grouped_data(const nt_conv_shape *shape, const float *dy, const float *weight, float *dx,
                     const nt_conv_memory *memory);
nt_conv_need nt_grouped_data_need(const nt_conv_shape *shape);

void nt_grouped_weight(const nt_conv_shape *shape, const float *x, const float *dy, float *dweight,
                       const nt_conv_memory *memory);
nt_conv_need nt_grouped_weight_need(const nt_conv_shape *shape);

/* The two halves of nt_grouped_forward (nt_conv_keep): the kernel of the joined groups; and the
 * convolution with it. */
size_t nt_grouped_kernel_size(const nt_conv_shape *shape);
void nt_grouped_kernel(const nt_conv_shape *shape, const float *weight, float *ret_joined);
void nt_grouped_apply(const nt_conv_shape *shape, const float *x, const float *joined,
                      const nt_epilogue *epilogue, float *y, const nt_conv_memory *memory);

#endif
