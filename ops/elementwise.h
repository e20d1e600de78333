/* Element-wise work, cut into jobs. */
#ifndef NT_ELEMENTWISE_H
#define NT_ELEMENTWISE_H

#include "tensor.h"
#include <stdint.h>

/* Works on the elements [from, to) of a call, an nt_call or an nt_grad_call. */
typedef void (*nt_range)(const void *call, int64_t from, int64_t to);

/* Covers [0, total) by parallel jobs of a fixed size. */
void nt_elementwise(int64_t total, nt_range range, const void *call);

/* Zeros to all samples of a gradient, if it is wanted. */
void nt_elementwise_zero(const nt_tensor *grad);

#endif
