/* Which kernel multiplies (gemm.h). k is cut into pieces of NT_GEMM_DEPTH from its start, whatever
 * the rows and columns are, so that an element's sum has the same order wherever it lies. */
#include "gemm.h"

#include "integers.h"
#include "vectorise.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- which ------------------------------------------------------------------------------------ */

#if defined __x86_64__
static bool has_avx512(void) {
    return nt_vectors_fused() >= NT_VECTORS_AVX512;
}

static bool has_avx2(void) {
    return nt_vectors_fused() >= NT_VECTORS_AVX2;
}

static bool has_fused(void) {
    return __builtin_cpu_supports("fma");
}
#elif defined __aarch64__
static bool has_fused(void) {
    return true;
}
#endif

static bool always(void) {
    return true;
}

/* Those before others first. */
static const struct {
    const char *name;
    bool (*runs)(void);
    const nt_gemm_tiles *tiles;
    nt_gemm_peak *peak;
} kernels[] = {
#if defined __x86_64__
    {"avx512", has_avx512, &nt_gemm_tiles_avx512, nt_gemm_peak_avx512},
    {"avx2", has_avx2, &nt_gemm_tiles_avx2, nt_gemm_peak_avx2},
#endif
#if defined __x86_64__ || defined __aarch64__
    {"portable", has_fused, &nt_gemm_tiles_portable, nt_gemm_peak_portable},
#endif
    {"blis", always, NULL, NULL},
};

enum { KERNELS = sizeof kernels / sizeof *kernels };

int nt_gemm_names(const char *ret_names[NT_GEMM_KERNELS]) {
    int count = 0;
    for (int i = 0; i < KERNELS; i++)
        if (kernels[i].runs())
            ret_names[count++] = kernels[i].name;
    return count;
}

static nt_gemm gemm_of(int i) {
    nt_gemm gemm = {.name = kernels[i].name, .tiles = kernels[i].tiles, .peak = kernels[i].peak};
    if (!gemm.tiles)
        gemm.blis = nt_gemm_blis_query();
    return gemm;
}

bool nt_gemm_named(const char *name, nt_gemm *ret) {
    for (int i = 0; i < KERNELS; i++)
        if (strcmp(kernels[i].name, name) == 0 && kernels[i].runs()) {
            *ret = gemm_of(i);
            return true;
        }
    return false;
}

nt_gemm nt_gemm_query(void) {
    const char *asked = getenv("NONTRIVIAL_KERNEL");
    int first = 0;
    for (int i = 0; asked && i < KERNELS; i++)
        if (strcmp(kernels[i].name, asked) == 0)
            first = i;
    while (!kernels[first].runs())
        first++;
    return gemm_of(first);
}

/* --- products --------------------------------------------------------------------------------- */

int64_t nt_gemm_panels(const nt_gemm *gemm, int64_t rows, int64_t panels) {
    if (gemm->tiles)
        return nt_min(panels, gemm->tiles->panels[nt_min(rows, gemm->tiles->most_rows)]);
    return gemm->blis.unpacked ? 1 : panels; /* each call would pack the rows anew */
}

size_t nt_gemm_work_size(const nt_gemm *gemm, int64_t rows) {
    return gemm->tiles ? 0 : nt_gemm_blis_work_size(&gemm->blis, rows);
}

void nt_gemm_multiply(const nt_gemm *gemm, const nt_block_product *p, float *work) {
    nt_block_product piece = *p;
    for (int64_t k = 0; k < p->depth; k += NT_GEMM_DEPTH) {
        piece.depth = nt_min(NT_GEMM_DEPTH, p->depth - k);
        piece.a = p->a + k * p->a_step;
        piece.b = p->b + k * p->b_row;
        piece.add = p->add || k > 0;
        piece.end = k + piece.depth == p->depth ? p->end : NULL;
        if (gemm->tiles)
            gemm->tiles->multiply(&piece);
        else
            nt_gemm_blis_multiply(&gemm->blis, &piece, work);
    }
}

/* --- names ------------------------------------------------------------------------------------ */

void nt_gemm_library(char ret_text[NT_LIBRARY_TEXT]) {
    nt_gemm gemm = nt_gemm_query();
    if (gemm.tiles)
        snprintf(ret_text, NT_LIBRARY_TEXT, "nontrivial, %s", gemm.name);
    else
        nt_gemm_blis_name(ret_text);
}

void nt_gemm_numerics(char ret_text[NT_LIBRARY_TEXT]) {
    if (nt_gemm_query().tiles)
        snprintf(ret_text, NT_LIBRARY_TEXT, "fused");
    else
        nt_gemm_blis_name(ret_text);
}
