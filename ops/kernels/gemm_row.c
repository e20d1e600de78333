/* One row by several panels (gemm_row.h). A sum takes one fused multiply-add for each k, in order,
 * and what C holds is added last: the steps of BLIS's kernel. Elsewhere than on x86-64 it never
 * fits. */
#include "gemm_row.h"

#include "tensor.h"
#include "vectorise.h"

#if defined __x86_64__
#include <immintrin.h>

enum {
    LANES = 8,
    VECTORS = NT_PANEL / LANES, /* of a panel's row */
    TOGETHER = 4                /* panels: eight sums are under way, as many as the steps that the
                                   processor has begun and not finished */
};

#define FUSED __attribute__((target("avx2,fma")))

bool nt_gemm_row_fits(void) {
    return nt_vectors_fused() >= NT_VECTORS_AVX2;
}

/* `count` panels, a constant where this is inlined, from `panel` on. */
FUSED NT_INLINE void multiply(const nt_block_product *p, int64_t panel, int count) {
    __m256 sums[TOGETHER][VECTORS];
    const float *a = p->a, *b = p->b + panel * p->b_panel;
    for (int i = 0; i < count; i++)
        for (int j = 0; j < VECTORS; j++)
            sums[i][j] = _mm256_setzero_ps();
    for (int64_t k = 0; k < p->depth; k++) {
        __m256 left = _mm256_broadcast_ss(a + k * p->a_step);
        for (int i = 0; i < count; i++)
            for (int j = 0; j < VECTORS; j++) {
                __m256 right = _mm256_loadu_ps(b + k * p->b_row + i * p->b_panel + j * LANES);
                sums[i][j] = _mm256_fmadd_ps(left, right, sums[i][j]);
            }
    }
    for (int i = 0; i < count; i++)
        for (int j = 0; j < VECTORS; j++) {
            float *c = p->c + (panel + i) * p->c_panel + j * LANES;
            if (p->add)
                sums[i][j] = _mm256_add_ps(_mm256_loadu_ps(c), sums[i][j]);
            _mm256_storeu_ps(c, sums[i][j]);
        }
}

FUSED void nt_gemm_row(const nt_block_product *p) {
    int64_t panel = 0;
    for (; panel + TOGETHER <= p->panels; panel += TOGETHER)
        multiply(p, panel, TOGETHER);
    for (; panel + 2 <= p->panels; panel += 2)
        multiply(p, panel, 2);
    for (; panel < p->panels; panel++)
        multiply(p, panel, 1);
}

#else

bool nt_gemm_row_fits(void) {
    return false;
}

void nt_gemm_row(const nt_block_product *p) {
    (void)p;
}

#endif
