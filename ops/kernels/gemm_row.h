/* A product with one row on the left (see gemm.h): a vector by a matrix, which takes as long as
 * reading the matrix does, if nothing else holds it up.
 *
 * BLIS's kernel would: with one row it has two sums of eight to add to, each step waits for the one
 * before, and most of the processor idles. Here several panels are read side by side, each with
 * sums of its own. An element's sum runs through the same steps in the same order, each a fused
 * multiply-add, and so has the same bits as in a product of many rows by BLIS 0.9's kernel, to
 * which a test holds it. */
#ifndef NT_GEMM_ROW_H
#define NT_GEMM_ROW_H

#include "gemm.h"

/* Whether this processor has AVX2 and fused multiply-adds. */
bool nt_gemm_row_fits(void);

/* As nt_gemm_multiply, for one row, and all of k as one piece. */
void nt_gemm_row(const nt_block_product *product);

#endif
