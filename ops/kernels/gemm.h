/* Products of matrices as they lie in memory, by the best of several kernels that the processor can
 * run: of our own for sets of vector instructions (gemm_tile.h), and BLIS's (gemm_blis.h), for
 * processors that have none of these, and to compare with.
 *
 * An element's value is a sum over k in an order that depends on nothing but how many k there are:
 * not on where in a matrix the element lies, nor on how many rows and columns it has. All kernels
 * of our own give the same bits. */
#ifndef NT_GEMM_H
#define NT_GEMM_H

#include "block_product.h"
#include "gemm_blis.h"
#include "gemm_peak.h"
#include "gemm_tile.h"

typedef struct nt_gemm {
    const char *name;
    const nt_gemm_tiles *tiles; /* of our own; NULL: BLIS's */
    nt_gemm_peak *peak;         /* what its vectors could do at most; NULL: not known */
    nt_gemm_blis blis;          /* only where there are no tiles */
} nt_gemm;

/* The first kernel that this processor can run and the limit of vectorise.h lets it; or with
 * NONTRIVIAL_KERNEL in the environment, the first of those from the named one on. Safe to call from
 * any thread; costs a few look-ups. */
nt_gemm nt_gemm_query(void);

/* Those that it can run, in the order in which they are preferred: "avx512", "avx2", "portable",
 * "blis". Returns how many. */
enum { NT_GEMM_KERNELS = 4 };
int nt_gemm_names(const char *ret_names[NT_GEMM_KERNELS]);
bool nt_gemm_named(const char *name, nt_gemm *ret); /* false: none of them */

/* How many of so many panels a product of so many rows is best given at a time, if the caller has a
 * choice: as few as the kernel is fast with. */
int64_t nt_gemm_panels(const nt_gemm *gemm, int64_t rows, int64_t panels);

/* `work` has nt_gemm_work_size floats for at least as many rows, aligned to 64 bytes. */
void nt_gemm_multiply(const nt_gemm *gemm, const nt_block_product *product, float *work);
size_t nt_gemm_work_size(const nt_gemm *gemm, int64_t rows);

/* What multiplies: "nontrivial, avx512"; "BLIS 0.9.0, zen3". And what its bits depend on: "fused"
 * for all kernels of our own. */
void nt_gemm_library(char ret_text[NT_LIBRARY_TEXT]);
void nt_gemm_numerics(char ret_text[NT_LIBRARY_TEXT]);

#endif
