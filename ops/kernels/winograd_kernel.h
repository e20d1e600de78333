/* The kernel's way to the points of one of Winograd's schemes (winograd.h): G g Gᵀ for every pair
 * of an input and an output channel. For the gradient to the data the kernel is turned around, and
 * its input and output channels change places.
 *
 * The kernel as a product reads it: panels of NT_PANEL result channels, [channel][16] for each
 * point, the channels being those to sum over. */
#ifndef NT_WINOGRAD_KERNEL_H
#define NT_WINOGRAD_KERNEL_H

#include "winograd.h"

typedef struct nt_winograd_kernel {
    const nt_winograd *scheme;
    const nt_conv_shape *shape;
    const float *weight;
    bool transposed; /* for the gradient to the data */
} nt_winograd_kernel;

/* Transforms channels [first, end), `first` a multiple of NT_PANEL, of a panel: that of point i
 * starts at to + i * point. Past the last channel to sum over, up to a multiple of NT_PANEL, there
 * may be zeros. */
void nt_winograd_kernel_transform(const nt_winograd_kernel *kernel, int64_t panel, int64_t first,
                                  int64_t end, float *to, int64_t point);

/* Prefetches from the weight part `part` of `parts` of what transforming so much will need. */
void nt_winograd_kernel_prefetch(const nt_winograd_kernel *kernel, int64_t panel, int64_t first,
                                 int64_t end, int64_t part, int64_t parts);

#endif
