/* The contract of all that multiplies matrices here: a block of rows by panels of columns. */
#ifndef NT_BLOCK_PRODUCT_H
#define NT_BLOCK_PRODUCT_H

#include <stdbool.h>
#include <stdint.h>

/* What is done to sums before they are stored, in this order: a bias for each of C's columns, panel
 * after panel, and what lies as C does are added, unless they are NULL; negative ones become 0 with
 * `relu`. Each step rounds by itself. */
typedef struct nt_product_end {
    const float *bias, *plus;
    bool relu;
} nt_product_end;

/* C = A B, or C += A B with `add`: a block of rows by panels of NT_PANEL columns. Element (i, k) of
 * A is a[i * a_row + k * a_step]; (k, j) of panel p of B is b[p * b_panel + k * b_row + j]; (i, j)
 * of panel p of C is c[p * c_panel + i * c_row + j]. Nothing is read but these elements. */
typedef struct nt_block_product {
    int64_t rows, depth, panels;
    const float *a;
    int64_t a_row, a_step;
    const float *b;
    int64_t b_row, b_panel;
    float *c;
    int64_t c_row, c_panel;
    bool add;
    const nt_product_end *end; /* or NULL; only for kernels of our own (gemm_tile.h) */
} nt_block_product;

#endif
