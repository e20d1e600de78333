/* Sums over the rows of a matrix, for each of its columns: over all pixels of a batch, for each
 * channel. Four rows are added in float32, everything beyond in double, over blocks of a fixed
 * number of rows; the blocks are then put together in order: the same bits at any number of
 * threads. */
#ifndef NT_COLUMNS_H
#define NT_COLUMNS_H

#include <stddef.h>
#include <stdint.h>

/* sum[c] += sum of a[row][c], in the calling thread; rows lie `stride` apart. */
void nt_columns_add(const float *a, int64_t rows, int64_t stride, int64_t columns, double *sum);

/* Bytes of the `work` that the functions below scribble on. */
size_t nt_columns_bytes(int64_t rows, int64_t columns);

/* ret_sum[c] = sum of a[row][c]. */
void nt_columns_sum(const float *a, int64_t rows, int64_t columns, double *work, double *ret_sum);

/* The same, and ret_dot[c] = sum of a[row][c] * (b[row][c] - centre[c]): with the rounded mean of b
 * as its centre, what a large mean would cancel is never added. */
void nt_columns_dot(const float *a, const float *b, const float *centre, int64_t rows,
                    int64_t columns, double *work, double *ret_sum, double *ret_dot);

#endif
