/* Maps in larger ones: what crop cuts out and pad surrounds by zeros, each the gradient of the
 * other. */
#ifndef NT_FRAME_H
#define NT_FRAME_H

#include "op.h"

/* The inner maps' first row and column in the outer ones. Both have as many channels. */
typedef struct nt_frame {
    nt_shape outer, inner;
    int32_t first[2];
} nt_frame;

/* inner = that part of outer, for so many samples. */
void nt_frame_cut(const nt_frame *frame, int32_t samples, const float *outer, float *inner);

/* outer = inner, and zeros around it. */
void nt_frame_surround(const nt_frame *frame, int32_t samples, const float *inner, float *outer);

#endif
