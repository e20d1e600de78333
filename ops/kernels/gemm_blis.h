/* BLIS's single-precision kernels, the innermost parts of a matrix product (Van Zee and van de
 * Geijn, "BLIS: a framework for rapidly instantiating BLAS functionality", ACM TOMS 41(3), 2015),
 * as a kernel of gemm.h.
 *
 * For some processors BLIS has a kernel for unpacked matrices ("sup", small and unpacked), which is
 * all that is needed. For the others the matrices are packed for the micro-kernel that every
 * processor has, into micro-panels that it multiplies to one tile:
 *
 *     A  [k][mr]   mr rows of the left matrix       tile  mr by nr, in one piece, stored by rows or
 *     B  [k][nr]   nr columns of the right matrix         columns, whichever the kernel prefers
 *
 * The sizes come from BLIS's context and differ between processors; nothing here assumes any. */
#ifndef NT_GEMM_BLIS_H
#define NT_GEMM_BLIS_H

#include "block_product.h"
#include <stddef.h>

enum {
    NT_GEMM_DEPTH = 256 /* of the pieces in which sums are added up: of B one fits the L1 cache */
};

typedef struct nt_gemm_blis {
    const void *context;
    void *unpacked; /* reads matrices as they lie: a function, as BLIS hands it out, or NULL */
    int32_t unpacked_rows;  /* of its tile */
    void *kernel;           /* the micro-kernel */
    int32_t mr, nr;         /* rows and columns of its tile */
    int32_t a_step, b_step; /* floats from one k to the next in a micro-panel; at least mr and nr */
    int32_t tile_row, tile_col; /* floats from one row, one column of a tile to the next */
} nt_gemm_blis;

/* The kernels for this processor. Safe to call from any thread; costs a few look-ups. */
nt_gemm_blis nt_gemm_blis_query(void);

/* All of k as one piece, of at most NT_GEMM_DEPTH. `work` as nt_gemm_multiply has it. */
void nt_gemm_blis_multiply(const nt_gemm_blis *blis, const nt_block_product *product, float *work);
size_t nt_gemm_blis_work_size(const nt_gemm_blis *blis, int64_t rows);

enum { NT_LIBRARY_TEXT = 64 };
void nt_gemm_blis_name(char ret_text[NT_LIBRARY_TEXT]); /* "BLIS 0.9.0, zen3" */

#endif
