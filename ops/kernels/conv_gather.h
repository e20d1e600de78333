/* The left matrix of a convolution written as a product, never stored: it is gathered from NHWC
 * maps piece by piece, straight into the panels that the micro-kernel reads.
 *
 *     row     one place (i, j) of a grid laid over each sample: row = (sample * grid_0 + i) *
 * grid_1 + j column  one channel of one tap (r, s) of the kernel: k = (r * taps_1 + s) * channels +
 * c
 *
 * Row i of the grid meets source row  i * step + (base + slope * r) / divisor  under tap r;
 * likewise for columns. A source place outside the map, or one that the division does not hit,
 * holds zero. For the convolution itself, divisor is 1; for its gradient to the data, where the
 * strides have to be undone, divisor is the stride and step is 1. */
#ifndef NT_CONV_GATHER_H
#define NT_CONV_GATHER_H

#include "conv.h"
#include "gemm.h"
#include <stdbool.h>
#include <stdint.h>

enum { NT_PIECE = 256 }; /* the most columns (or rows, transposed) that are packed at a time */

typedef struct nt_gather {
    const float *maps; /* [samples][size_0][size_1][pitch] */
    int32_t samples, size[2], pitch;
    int32_t channels; /* of one group: a contiguous part of the pitch */
    int32_t grid[2], taps[2];
    int32_t step[2], base[2], slope[2], divisor[2];
} nt_gather;

/* The left matrix of the convolution itself: a row for each output place, over the input `x`. */
nt_gather nt_gather_forward(const nt_conv_shape *shape, const float *x);

int64_t nt_gather_rows(const nt_gather *gather);
int64_t nt_gather_columns(const nt_gather *gather);

/* Whether any place of the grid meets the map under tap (r, s) = (tap / taps_1, tap % taps_1). */
bool nt_gather_live(const nt_gather *gather, int64_t tap);

/* The next run of at most NT_PIECE columns at or after *from whose taps are all live: sets *from
 * and returns the run's length, or 0 at the end. */
int64_t nt_gather_piece(const nt_gather *gather, int64_t *from);

/* Packs columns [k, k + length), one of the pieces above, of rows [row, row + mr) into one A panel,
 * for the group whose channels start at `first`. Rows past the last one are zeros. */
void nt_gather_pack(const nt_gather *gather, const nt_gemm *gemm, int32_t first, int64_t row,
                    int64_t k, int64_t length, float *panel);

/* Packs the transpose: rows [row, row + length) of columns [k, k_end) into as many A panels as it
 * takes, `panel_size` floats apart, in each of which the columns are the panel's rows. The places
 * past k_end in the last panel are left alone. */
void nt_gather_pack_transposed(const nt_gather *gather, const nt_gemm *gemm, int32_t first,
                               int64_t row, int64_t length, int64_t k, int64_t k_end, float *panels,
                               size_t panel_size);

#endif
