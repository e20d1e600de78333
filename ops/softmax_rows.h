/* Softmax of many short vectors, for the ops that compute with probabilities. */
#ifndef NT_SOFTMAX_ROWS_H
#define NT_SOFTMAX_ROWS_H

#include <stdint.h>

/* y[row][c] = e^x[row][c] / sum over c of e^x[row][c]. y may be x. A NaN makes its row NaN. */
void nt_softmax_rows(const float *x, int64_t rows, int64_t channels, float *y);

/* The gradient to x, given those to y. dx may be dy. */
void nt_softmax_rows_gradient(const float *y, const float *dy, int64_t rows, int64_t channels,
                              float *dx);

#endif
