/* Products of matrices whose left one is not in one piece: its rows are found through pointers, so
 * that a convolution's need not be copied from the maps (Dukhan, "The indirect convolution
 * algorithm", 2019). With fused multiply-adds, in AVX2 and in AVX-512; an element's bits are those
 * of a piece of nt_gemm_multiply. */
#ifndef NT_INDIRECT_H
#define NT_INDIRECT_H

#include "block_product.h"

/* C = A B, or C += A B with `add`. A row of A is `runs` runs of floats, one after the other: run r
 * of row i is the length[r] floats from[r * from_run + i], of which there are NT_INDIRECT_SPARE
 * more than rows, that can be read as well. B and C lie as in nt_block_product, with NT_PANEL
 * floats from one k to the next. */
enum { NT_INDIRECT_SPARE = 7 };

typedef struct nt_indirect_product {
    int64_t rows, panels;
    int runs;
    const int64_t *length;
    const float *const *from;
    int64_t from_run;
    const float *b;
    int64_t b_panel;
    float *c;
    int64_t c_row, c_panel;
    bool add;
    const nt_product_end *end; /* or NULL */
} nt_indirect_product;

typedef void nt_indirect_function(const nt_indirect_product *product);

/* For this processor, or NULL where it has no fused multiply-adds. */
nt_indirect_function *nt_indirect_find(void);

#endif
