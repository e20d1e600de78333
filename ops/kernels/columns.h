/* Sums over the rows of a matrix, for each of its columns: over all pixels of a batch, for each
 * channel. Sums are in double, over blocks of a fixed number of rows, and the blocks' sums are
 * added in order: the same bits at any number of threads. */
#ifndef NT_COLUMNS_H
#define NT_COLUMNS_H

#include <stddef.h>
#include <stdint.h>

/* ret_sum[c] = sum of a[row][c]; with `b`, ret_dot[c] = sum of a[row][c] * b[row][c]. `b` and
 * `ret_dot` may be NULL together; b may be a. `work` has nt_columns_bytes bytes. */
void nt_columns_sum(const float *a, const float *b, int64_t rows, int64_t columns, double *work,
                    double *ret_sum, double *ret_dot);
size_t nt_columns_bytes(int64_t rows, int64_t columns);

#endif
