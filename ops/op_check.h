/* What op files have in common: checks of input types, each writing `why` when it fails, and
 * counting. */
#ifndef NT_OP_CHECK_H
#define NT_OP_CHECK_H

#include "op.h"

/* A float32 value that is held plainly. */
bool nt_check_float(const nt_type *in, char why[NT_WHY]);

/* Float32 maps: channels, rows, columns. */
bool nt_check_map(const nt_type *in, char why[NT_WHY]);

/* Float32 maps, or a vector of channels. */
bool nt_check_channels(const nt_type *in, char why[NT_WHY]);

/* Dimensions as an attribute gives them. */
bool nt_check_dims(const nt_ints *dims, nt_shape *ret, char why[NT_WHY]);

/* How many places a window has along one dimension; 0 if it does not fit. As PyTorch has it: with
 * `ceil` the last window may hang over the end, but must start within the input or the padding
 * before it. */
int32_t nt_window_places(int32_t size, int32_t kernel, int32_t stride, int32_t pad,
                         int32_t dilation, bool ceil);

/* For nt_op.keeps_zero: with any attributes. */
bool nt_keeps_zero(const void *attrs);

/* Elements of all samples of a tensor; pixels of all samples. */
int64_t nt_tensor_total(const nt_tensor *tensor);
int64_t nt_tensor_rows(const nt_tensor *tensor);

/* Zeros to every gradient that is wanted. */
void nt_grad_zero(const nt_grad_call *call);

#endif
