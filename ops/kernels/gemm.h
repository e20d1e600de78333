/* A thin layer over BLIS: products of matrices as they lie in memory, by its single-precision
 * kernels, the innermost parts of a matrix product (Van Zee and van de Geijn, "BLIS: a framework
 * for rapidly instantiating BLAS functionality", ACM TOMS 41(3), 2015).
 *
 * Some processors have a kernel for unpacked matrices (BLIS's "sup", small and unpacked), which is
 * all that is needed. For the others the matrices are packed for the micro-kernel that every
 * processor has, into micro-panels that it multiplies to one tile:
 *
 *     A  [k][mr]   mr rows of the left matrix       tile  mr by nr, in one piece, stored by rows or
 *     B  [k][nr]   nr columns of the right matrix         columns, whichever the kernel prefers
 *
 * An element's value is a sum over k in an order that depends on nothing but how many k there are:
 * not on where in a matrix the element lies, nor on how many rows and columns it has. The sizes
 * come from BLIS's context and differ between processors; nothing here assumes any. */
#ifndef NT_GEMM_H
#define NT_GEMM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct nt_gemm {
    const void *context;
    void *unpacked; /* reads matrices as they lie: a function, as BLIS hands it out, or NULL */
    int32_t unpacked_rows;  /* of its tile */
    bool single;            /* beside it, a row alone has a way of its own (gemm_row.h) */
    void *kernel;           /* the micro-kernel */
    int32_t mr, nr;         /* rows and columns of its tile */
    int32_t a_step, b_step; /* floats from one k to the next in a micro-panel; at least mr and nr */
    int32_t tile_row, tile_col; /* floats from one row, one column of a tile to the next */
} nt_gemm;

/* The kernels for this processor. Safe to call from any thread; costs a few look-ups. */
nt_gemm nt_gemm_query(void);

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
} nt_block_product;

/* `work` has nt_gemm_work_size floats for at least as many rows, aligned to 64 bytes. */
void nt_gemm_multiply(const nt_gemm *gemm, const nt_block_product *product, float *work);
size_t nt_gemm_work_size(const nt_gemm *gemm, int64_t rows);

enum { NT_LIBRARY_TEXT = 64 };
void nt_gemm_library(char ret_text[NT_LIBRARY_TEXT]); /* "BLIS 0.9.0, zen3" */

#endif
