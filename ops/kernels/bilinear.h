/* Convolution by bilinear schemes: fewer multiplications, after Toom, Cook and Winograd. A scheme
 * computes a square tile of outputs from a tile of inputs: it takes both the inputs and the kernel
 * to `points` (each a linear map along the rows and the same along the columns), multiplies them
 * there, and takes the products back:
 *
 *     Y = Aᵀ [ (G g Gᵀ) ∘ (Bᵀ d B) ] A          d in x in, g taps x taps, Y out x out
 *
 * With channels, each point is a matrix product of its own, tiles by input channels by output
 * channels; all of them run through nt_gemm_multiply. The gradient to the data is the same scheme
 * on the kernel flipped and transposed; the gradient to the kernel is the scheme's adjoint,
 *
 *     dg = Gᵀ [ sum over tiles of (A dY Aᵀ) ∘ (Bᵀ d B) ] G
 *
 *     winograd   in 6, out 4, taps 3, points 6     3x3 kernels: 36 products in place of 144
 *     toeplitz   in 2, out 2, taps 3, points 3     3x3 on 2x2 maps, padded by 1: 9 in place of 16
 *
 * A tile's arithmetic does not depend on the tiles that are worked on beside it. */
#ifndef NT_BILINEAR_H
#define NT_BILINEAR_H

#include "conv.h"
#include "gemm.h"
#include <stdbool.h>
#include <stdint.h>

/* What becomes of the numbers that a map makes, in this order (nt_conv_end): the sum with bias[0 …
 * count) and with what lies at plus[i] + to_at, unless they are NULL, and relu. */
typedef struct nt_bilinear_end {
    const float *bias, *const *plus;
    bool relu;
} nt_bilinear_end;

/* One of the linear maps, of n x n places to m x m, for `count` numbers side by side (a multiple of
 * NT_BLOCK): place i is read at from[i] + from_at and written at to[i] + to_at. `end` may be NULL;
 * only a scheme's output map heeds it. No place written overlaps any that is read, but a place of
 * `plus` may be the one that is written. */
typedef void (*nt_bilinear_map)(const float *const *from, int64_t from_at, float *const *to,
                                int64_t to_at, int64_t count, const nt_bilinear_end *end);

enum { NT_MOST_PLACES = 36 };

typedef struct nt_bilinear {
    int32_t in, out, taps, points;  /* along each side */
    nt_bilinear_map input;          /* Bᵀ d B: in to points */
    nt_bilinear_map kernel;         /* G g Gᵀ: taps to points */
    nt_bilinear_map output;         /* Aᵀ m A: points to out */
    nt_bilinear_map output_adjoint; /* A dY Aᵀ: out to points */
    nt_bilinear_map kernel_adjoint; /* Gᵀ m G: points to taps */

    /* Turns a square of NT_BLOCK by NT_BLOCK numbers on its diagonal; there are `rows` of them to
     * read, and zeros beyond. */
    void (*turn)(const float *from, int64_t rows, float *to);
} nt_bilinear;

/* The schemes, with the instructions that this processor has. */
typedef enum nt_bilinear_name { NT_WINOGRAD, NT_TOEPLITZ } nt_bilinear_name;
const nt_bilinear *nt_bilinear_find(nt_bilinear_name name);

/* The same with other sets of instructions, from 0, which is portable, to the one that
 * nt_bilinear_find prefers; past it NULL. */
const nt_bilinear *nt_bilinear_with(nt_bilinear_name name, int set);

/* Whether a scheme computes a convolution of this shape. */
bool nt_bilinear_fits(const nt_bilinear *scheme, const nt_conv_shape *shape);

/* As in conv.h, for shapes that fit. */
void nt_bilinear_forward(const nt_bilinear *scheme, const nt_conv_shape *shape, const float *x,
                         const float *weight, const nt_conv_end *end, float *y,
                         const nt_conv_memory *memory);
nt_conv_need nt_bilinear_forward_need(const nt_bilinear *scheme, const nt_conv_shape *shape);

void nt_bilinear_data(const nt_bilinear *scheme, const nt_conv_shape *shape, const float *dy,
                      const float *weight, float *dx, const nt_conv_memory *memory);
nt_conv_need nt_bilinear_data_need(const nt_bilinear *scheme, const nt_conv_shape *shape);

void nt_bilinear_weight(const nt_bilinear *scheme, const nt_conv_shape *shape, const float *x,
                        const float *dy, float *dweight, const nt_conv_memory *memory);
nt_conv_need nt_bilinear_weight_need(const nt_bilinear *scheme, const nt_conv_shape *shape);

/* The two halves of nt_bilinear_forward, for who keeps a transformed kernel over many calls: the
 * first fills nt_bilinear_kernel_size floats, aligned to 64 bytes. 0: the kernel is so large that
 * to transform it where it is used takes no longer than to read it from memory (bilinear_plan.h),
 * and there is nothing to keep. */
size_t nt_bilinear_kernel_size(const nt_bilinear *scheme, const nt_conv_shape *shape);
void nt_bilinear_transform_kernel(const nt_bilinear *scheme, const nt_conv_shape *shape,
                                  const float *weight, float *ret_transformed);
void nt_bilinear_apply(const nt_bilinear *scheme, const nt_conv_shape *shape, const float *x,
                       const float *transformed, const nt_conv_end *end, float *y,
                       const nt_conv_memory *memory);
nt_conv_need nt_bilinear_apply_need(const nt_bilinear *scheme, const nt_conv_shape *shape);

#endif
