/* im2col: the left matrix of a convolution written as a product, never stored: it is copied from
 * NHWC maps a piece at a time.
 *
 *     row      one place (i, j) of a grid laid over each sample:
 *              row = (sample * grid_0 + i) * grid_1 + j
 *     column   one channel of one tap (r, s) of the kernel: k = (r * taps_1 + s) * channels + c
 *
 * Row i of the grid meets source row  i * step + (base + slope * r) / divisor  under tap r;
 * likewise for columns. A source place outside the map, or one that the division does not hit,
 * holds zero. For the convolution itself, divisor is 1; for its gradient to the data, where the
 * strides have to be undone, divisor is the stride and step is 1. */
#ifndef NT_IM2COL_H
#define NT_IM2COL_H

#include "conv.h"
#include <stdbool.h>
#include <stdint.h>

enum { NT_PIECE = 256 }; /* the most columns that are copied at a time */

typedef struct nt_im2col {
    const float *maps; /* [samples][size_0][size_1][pitch] */
    int32_t samples, size[2], pitch;
    int32_t channels; /* of one group: a contiguous part of the pitch */
    int32_t grid[2], taps[2];
    int32_t step[2], base[2], slope[2], divisor[2];
} nt_im2col;

/* The left matrix of the convolution itself: a row for each output place, over the input `x`. */
nt_im2col nt_im2col_forward(const nt_conv_shape *shape, const float *x);

/* That of its gradient to the data, for the phase of input places first + (i, j) * stride. */
nt_im2col nt_im2col_data(const nt_conv_shape *shape, const float *dy, const int32_t first[2]);

int64_t nt_im2col_rows(const nt_im2col *im2col);
int64_t nt_im2col_columns(const nt_im2col *im2col);

/* The places i of the grid, along dimension d, that meet the map under the tap'th tap of that
 * dimension: [from, to), each at source place  step * i + offset. */
typedef struct nt_reach {
    int64_t from, to, offset;
} nt_reach;
nt_reach nt_im2col_reach(const nt_im2col *im2col, int d, int64_t tap);

/* Whether any place of the grid meets the map under tap (r, s) = (tap / taps_1, tap % taps_1). */
bool nt_im2col_live(const nt_im2col *im2col, int64_t tap);

/* Cuts a grid into boxes each of whose places meet the map under the same taps: along dimension d,
 * they begin at the first, the second... of ret_cuts[d], and the last ends where the grid does, at
 * one more. Returns how many boxes there are; 0 if there were more than a few along a dimension. */
enum { NT_GRID_CUTS = 8 };
int64_t nt_im2col_cut(const nt_im2col *im2col, int32_t ret_cuts[2][NT_GRID_CUTS], int ret_count[2]);

/* The same matrix's rows of the places [from, to) of each sample's grid. */
nt_im2col nt_im2col_box(const nt_im2col *im2col, const int32_t from[2], const int32_t to[2]);

/* The next run of at most NT_PIECE columns at or after *from whose taps are all live: sets *from
 * and returns the run's length, or 0 at the end. */
int64_t nt_im2col_piece(const nt_im2col *im2col, int64_t *from);

/* Columns [k, k + length) of one group where the maps hold them as they are, each row pitch floats
 * after the last: those under a tap that meets each place of the grid at that place itself. Returns
 * the first row's, or NULL if they do not lie so. */
const float *nt_im2col_view(const nt_im2col *im2col, int32_t first, int64_t k, int64_t length);

/* Copies columns [k, k + length) of rows [row, row + rows), for the group whose channels start at
 * `first`: column k + j of row row + i goes to to[i * pitch + j]. At most NT_PIECE columns. */
void nt_im2col_copy(const nt_im2col *im2col, int32_t first, int64_t row, int64_t rows, int64_t k,
                    int64_t length, float *to, int64_t pitch);

/* Of the same columns and rows, where the maps hold them: run r of row row + i, as
 * nt_indirect_product has them, begins at ret->from[r][i]. Zeros, and runs that hang over an edge
 * of the map, lie elsewhere, the latter in `spare`, which is as large as `to` above. False, and
 * nothing done, if there were too many runs for that to be worth it. */
enum { NT_POINTED_RUNS = 16, NT_POINTED_ROWS = 96, NT_POINTED_PITCH = 104 };
typedef struct nt_im2col_pointed {
    int runs;
    int64_t length[NT_POINTED_RUNS];
    const float *from[NT_POINTED_RUNS][NT_POINTED_PITCH];
} nt_im2col_pointed;
bool nt_im2col_point(const nt_im2col *im2col, int32_t first, int64_t row, int64_t rows, int64_t k,
                     int64_t length, float *spare, int64_t pitch, nt_im2col_pointed *ret);

#endif
