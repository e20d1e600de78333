/* A thin layer over BLIS: its single-precision micro-kernel, the innermost part of a matrix product
 * (Van Zee and van de Geijn, "BLIS: a framework for rapidly instantiating BLAS functionality", ACM
 * TOMS 41(3), 2015). It multiplies two packed panels into one tile:
 *
 *     A  [k][mr]   mr rows of the left matrix       tile  mr by nr, in one piece, stored by rows or
 * by B  [k][nr]   nr columns of the right matrix         columns, whichever the kernel prefers
 *
 * Tiles are always whole: what lies past the edge of a matrix is zeros in the panel and is left out
 * when the tile is read. An element's value is the sum over k in order, wherever in a tile the
 * element lies, so results don't depend on how a matrix is cut into tiles.
 *
 * Where a processor has a kernel for matrices as they lie in memory (BLIS's "sup",
 * small and unpacked), nt_gemm_multiply runs on it and packs nothing; elsewhere it packs for the
 * micro-kernel.
 *
 * The sizes come from BLIS's context and differ between processors; nothing here assumes any. Where
 * nr is NT_BLOCK, a kernel in our layout (tensor.h) is its own B panel. */
#ifndef NT_GEMM_H
#define NT_GEMM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    NT_PANEL_ALIGN = 16, /* floats: panels and tiles start at 64 bytes */
    /* Kernels fetch a step ahead: so many floats past a panel's end must be readable memory. */
    NT_PANEL_SLACK = 64
};

typedef struct nt_gemm {
    int32_t mr, nr;             /* rows and columns of a tile */
    int32_t a_step, b_step;     /* floats from one k to the next in a panel; at least mr and nr */
    int32_t tile_row, tile_col; /* floats from one row, one column of a tile to the next */
    const void *context;
    void *kernel;          /* a function, in the form in which BLIS hands it out */
    void *unpacked;        /* the one that reads matrices as they lie; NULL: there is none */
    int32_t unpacked_rows; /* of its tile */
} nt_gemm;

/* The kernel for this processor. Safe to call from any thread; costs a few look-ups. */
nt_gemm nt_gemm_query(void);

/* Floats that one panel of `k` steps takes, rounded so that the next one is aligned. */
size_t nt_gemm_a_size(const nt_gemm *gemm, int64_t k);
size_t nt_gemm_b_size(const nt_gemm *gemm, int64_t k);
size_t nt_gemm_tile_size(const nt_gemm *gemm);

/* tile = A B, or tile += A B with `add`, for panels `a` and `b` of `k` steps. */
void nt_gemm_tile(const nt_gemm *gemm, int64_t k, const float *a, const float *b, bool add,
                  float *tile);

/* What does the multiplying: "BLIS 0.9.0, zen3". */
/* C = A B, or C += A B with `add`: a block of rows by panels of NT_BLOCK columns. Element (i, k) of
 * A is a[i * a_row + k * a_step], one of the two being 1; (k, j) of panel p of B is
 * b[p * b_panel + k * b_row + j]; (i, j) of panel p of C is c[p * c_panel + i * c_row + j]. */
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

/* `work` has nt_gemm_work_size floats for at least as many rows, aligned to 64 bytes. An element's
 * value depends on its own row and column alone, never on how many rows or panels go with them. */
void nt_gemm_multiply(const nt_gemm *gemm, const nt_block_product *product, float *work);
size_t nt_gemm_work_size(const nt_gemm *gemm, int64_t rows);

enum { NT_LIBRARY_TEXT = 64 };
void nt_gemm_library(char ret_text[NT_LIBRARY_TEXT]);

#endif
