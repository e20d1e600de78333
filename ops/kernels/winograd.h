/* Convolution by Winograd's schemes: fewer multiplications, after Toom, Cook and Winograd. A scheme
 * computes a tile of outputs from a tile of inputs: it takes both the inputs and the kernel
 * to `points` (each a linear map along the rows and the same along the columns), multiplies them
 * there, and takes the products back:
 *
 *     Y = Aᵀ [ (G g Gᵀ) ∘ (Bᵀ d B) ] A          d in x in, g taps x taps, Y out x out
 *
 * With channels, each point is a matrix product of its own, tiles by input channels by output
 * channels; all of them run through nt_gemm_multiply. The gradient to the data is such a scheme on
 * the kernel flipped and transposed; the gradient to the kernel is the scheme's adjoint,
 *
 *     dg = Gᵀ [ sum over tiles of (A dY Aᵀ) ∘ (Bᵀ d B) ] G
 *
 *                    in  out  taps  points
 *     F(4x4, 3x3)     6    4     3       6   3x3 kernels: 36 products in place of 144
 *     toeplitz        2    2     3       3   3x3 on 2x2 maps, padded by 1: 9 in place of 16
 *     strided         9    4     3       9   3x3, stride 2, padded by 1: 81 in place of 144
 *     strided data    5    8     3       9   its gradient to the data: 81 in place of 144
 *     F(4x4, 5x5)     8    4     5       8   5x5 kernels: 64 in place of 400
 *     F(4, 7)        10    4     7      10   1x7 and 7x1, along their side alone: 10 in place of 28
 *     F(4, 3)         6    4     3       6   1x3 and 3x1 likewise: 6 in place of 12
 *
 * Relative errors in the L2 norm, measured with random numbers over 512 channels, forward and to
 * the data: F(4x4, 3x3) 1.7e-6, F(4x4, 5x5) 3.7e-6, F(4, 7) 3.1e-6, F(4, 3) 0.7e-6, strided 1.0e-6,
 * Toeplitz 0.6e-6; to the kernel they are no larger. The more points, the more a rounding error of
 * a sum is magnified: F(4x4, 5x5) keeps its sums short (`depth`).
 *
 * A tile's arithmetic does not depend on the tiles that are worked on beside it. */
#ifndef NT_WINOGRAD_H
#define NT_WINOGRAD_H

#include "conv.h"
#include "gemm.h"
#include <stdbool.h>
#include <stdint.h>

/* What becomes of the numbers that a map makes, in this order (nt_epilogue): the sum with bias[0 …
 * count) and with what lies at plus[i] + to_at, unless they are NULL, and relu; another activation
 * is done afterwards. */
typedef struct nt_winograd_epilogue {
    const float *bias, *const *plus;
    bool relu;
} nt_winograd_epilogue;

/* One of the linear maps, of n x n places to m x m, for `count` numbers side by side (a multiple of
 * NT_PANEL): place i is read at from[i] + from_at and written at to[i] + to_at. `epilogue` may be
 * NULL; only a scheme's output map heeds it. No place written overlaps any that is read, but a
 * place of `plus` may be the one that is written. */
typedef void (*nt_winograd_map)(const float *const *from, int64_t from_at, float *const *to,
                                int64_t to_at, int64_t count, const nt_winograd_epilogue *epilogue);

/* The most of a tile, or of the points; the most of a kernel. */
enum { NT_MOST_PLACES = 81, NT_MOST_TAPS = 25 };

typedef struct nt_winograd nt_winograd;
struct nt_winograd {
    int32_t in[2], out[2], taps[2], points[2]; /* down a column and along a row */
    int32_t stride;                            /* of the convolution, */
    int32_t step[2];                           /* and so inputs from one tile to the next */
    int32_t kernel_points[2]; /* that differ: the last of them serves all points from it on, too */
    int32_t depth; /* channels that a sum takes before it is added to the others, at most, about */
    const nt_winograd *data;        /* the scheme of the gradient to the data */
    nt_winograd_map input;          /* Bᵀ d B: in to points */
    nt_winograd_map kernel;         /* G g Gᵀ: taps to kernel_points */
    nt_winograd_map output;         /* Aᵀ m A: points to out */
    nt_winograd_map output_adjoint; /* A dY Aᵀ: out to points */
    nt_winograd_map kernel_adjoint; /* Gᵀ m G: kernel_points to taps */

    /* Turns a square of NT_PANEL by NT_PANEL numbers on its diagonal; there are `rows` of them to
     * read, and zeros beyond. */
    void (*turn)(const float *from, int64_t rows, float *to);
};

/* The schemes, with the instructions that this processor has. */
typedef enum nt_winograd_name {
    NT_WINOGRAD_F43,
    NT_WINOGRAD_TOEPLITZ,
    NT_WINOGRAD_STRIDED,
    NT_WINOGRAD_F45,
    NT_WINOGRAD_ROW7,
    NT_WINOGRAD_COLUMN7,
    NT_WINOGRAD_ROW3,
    NT_WINOGRAD_COLUMN3,
    NT_WINOGRAD_SCHEMES,                           /* up to here each is one by itself */
    NT_WINOGRAD_STRIDED_DATA = NT_WINOGRAD_SCHEMES /* as the `data` of NT_WINOGRAD_STRIDED only */
} nt_winograd_name;
const nt_winograd *nt_winograd_find(nt_winograd_name name);

/* The same with other sets of instructions, from 0, which is portable, to the one that
 * nt_winograd_find prefers; past it NULL. */
const nt_winograd *nt_winograd_with(nt_winograd_name name, int set);

/* Places in a tile, points, or taps, of so many along both sides. */
static inline int32_t nt_winograd_area(const int32_t sides[2]) {
    return sides[0] * sides[1];
}

/* Of the points of both sides, which of the kernel's one is multiplied by. */
int nt_winograd_kernel_point(const nt_winograd *scheme, int point);

/* Whether a scheme computes a convolution of this shape. */
bool nt_winograd_fits(const nt_winograd *scheme, const nt_conv_shape *shape);

/* Tiles of a sample of such a shape, in the forward pass and the gradient to the kernel or, with
 * `data`, in that to the data; and how often numbers are multiplied for each pair of an input and
 * an output channel: once for each point of each tile. */
int64_t nt_winograd_tiles(const nt_winograd *scheme, const nt_conv_shape *shape, bool data);
int64_t nt_winograd_products(const nt_winograd *scheme, const nt_conv_shape *shape, bool data);

/* As in conv.h, for shapes that fit. */
void nt_winograd_forward(const nt_winograd *scheme, const nt_conv_shape *shape, const float *x,
                         const float *weight, const nt_epilogue *epilogue, float *y,
                         const nt_conv_memory *memory);
nt_conv_need nt_winograd_forward_need(const nt_winograd *scheme, const nt_conv_shape *shape);

void nt_winograd_data(const nt_winograd *scheme, const nt_conv_shape *shape, const float *dy,
                      const float *weight, float *dx, const nt_conv_memory *memory);
nt_conv_need nt_winograd_data_need(const nt_winograd *scheme, const nt_conv_shape *shape);

void nt_winograd_weight(const nt_winograd *scheme, const nt_conv_shape *shape, const float *x,
                        const float *dy, float *dweight, const nt_conv_memory *memory);
nt_conv_need nt_winograd_weight_need(const nt_winograd *scheme, const nt_conv_shape *shape);

/* The two halves of nt_winograd_forward, for who keeps a transformed kernel over many calls: the
 * first fills nt_winograd_kernel_size floats, aligned to 64 bytes. 0: the kernel is so large that
 * to transform it where it is used takes no longer than to read it from memory (winograd_plan.h),
 * and there is nothing to keep. */
size_t nt_winograd_kernel_size(const nt_winograd *scheme, const nt_conv_shape *shape);
void nt_winograd_transform_kernel(const nt_winograd *scheme, const nt_conv_shape *shape,
                                  const float *weight, float *ret_transformed);
void nt_winograd_apply(const nt_winograd *scheme, const nt_conv_shape *shape, const float *x,
                       const float *transformed, const nt_epilogue *epilogue, float *y,
                       const nt_conv_memory *memory);
nt_conv_need nt_winograd_apply_need(const nt_winograd *scheme, const nt_conv_shape *shape);

#endif
