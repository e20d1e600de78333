/* What the kinds share that change a kernel. */
#ifndef NT_ABLATION_KERNEL_H
#define NT_ABLATION_KERNEL_H

#include "edit.h"

#define NT_KERNEL_LAYERS "convolutions and linear layers"

/* Changes a kernel's elements, which stand in PyTorch's order. */
typedef void nt_change_rows(const nt_derivation *from, float *rows, size_t count);

/* The trained kernel, changed so. Places which only fill up panels (tensor.h) stay zero. */
nt_status nt_derive_changed(const nt_derivation *from, nt_change_rows *change, nt_tensor to);

/* The key of a stream of draws that no other purpose has: not that of the initial values, whatever
 * the seed. */
uint64_t nt_ablation_key(const nt_ablation *kind, int64_t seed);

#endif
