/* Maps in larger ones: what crop cuts out and pad surrounds by zeros, each the gradient of the
 * other. */
#ifndef NT_CROP_PAD_H
#define NT_CROP_PAD_H

#include "op.h"

/* The inner maps' first row and column in the outer ones. Both have as many channels. */
typedef struct nt_crop_pad {
    nt_shape outer, inner;
    int32_t first[2];
} nt_crop_pad;

/* inner = that part of outer, for so many samples. */
void nt_crop_pad_cut(const nt_crop_pad *crop_pad, int32_t samples, const float *outer,
                     float *inner);

/* outer = inner, and zeros around it. */
void nt_crop_pad_surround(const nt_crop_pad *crop_pad, int32_t samples, const float *inner,
                          float *outer);

#endif
