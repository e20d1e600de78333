/* The kernels of gemm.h that are our own, compiled once for each set of vector instructions from
 * gemm_tile.c. An element's sum begins with zero, takes one fused multiply-add for each k, in
 * order, and is added to what C holds last: all sets give the same bits, which are those of BLIS
 * 0.9's kernel for Haswell. */
#ifndef NT_GEMM_TILE_H
#define NT_GEMM_TILE_H

#include "block_product.h"

typedef struct nt_gemm_tiles {
    void (*multiply)(const nt_block_product *product); /* all of k as one piece */
    /* How many panels a tile of so many rows takes at most; more rows take as many as the last. */
    const int32_t *panels;
    int32_t most_rows;
} nt_gemm_tiles;

#if defined __x86_64__
extern const nt_gemm_tiles nt_gemm_tiles_avx512, nt_gemm_tiles_avx2;
#endif
#if defined __x86_64__ || defined __aarch64__
extern const nt_gemm_tiles nt_gemm_tiles_portable; /* x86-64 has to have FMA */
#endif

#endif
