#include "gemm.h"

#include <blis.h>
#include <stdio.h>
#include <string.h>

nt_gemm nt_gemm_query(void) {
    bli_init();
    cntx_t *context = bli_gks_query_cntx();
    bool by_rows = bli_cntx_l3_vir_ukr_prefers_rows_dt(BLIS_FLOAT, BLIS_GEMM_UKR, context);
    int32_t mr = (int32_t)bli_cntx_get_blksz_def_dt(BLIS_FLOAT, BLIS_MR, context);
    int32_t nr = (int32_t)bli_cntx_get_blksz_def_dt(BLIS_FLOAT, BLIS_NR, context);
    return (nt_gemm){
        .mr = mr,
        .nr = nr,
        /* The "maximum" of a register block size is the leading dimension of its packed panel. */
        .a_step = (int32_t)bli_cntx_get_blksz_max_dt(BLIS_FLOAT, BLIS_MR, context),
        .b_step = (int32_t)bli_cntx_get_blksz_max_dt(BLIS_FLOAT, BLIS_NR, context),
        .tile_row = by_rows ? nr : 1,
        .tile_col = by_rows ? 1 : mr,
        .context = context,
        .kernel = bli_cntx_get_l3_vir_ukr_dt(BLIS_FLOAT, BLIS_GEMM_UKR, context),
    };
}

static size_t aligned(size_t floats) {
    return (floats + NT_PANEL_ALIGN - 1) / NT_PANEL_ALIGN * NT_PANEL_ALIGN;
}

size_t nt_gemm_a_size(const nt_gemm *gemm, int64_t k) {
    return aligned((size_t)k * (size_t)gemm->a_step);
}

size_t nt_gemm_b_size(const nt_gemm *gemm, int64_t k) {
    return aligned((size_t)k * (size_t)gemm->b_step);
}

size_t nt_gemm_tile_size(const nt_gemm *gemm) {
    return aligned((size_t)gemm->mr * (size_t)gemm->nr);
}

void nt_gemm_tile(const nt_gemm *gemm, int64_t k, const float *a, const float *b, bool add,
                  float *tile) {
    sgemm_ukr_ft kernel;
    memcpy(&kernel, &gemm->kernel, sizeof kernel);
    float one = 1, beta = add ? 1 : 0;
    auxinfo_t aux = {0};
    bli_auxinfo_set_next_ab((void *)a, (void *)b, &aux); /* prefetch hints */
    kernel(gemm->mr, gemm->nr, k, &one, (float *)a, (float *)b, &beta, tile, gemm->tile_row,
           gemm->tile_col, &aux, (cntx_t *)gemm->context);
}

void nt_gemm_library(char ret_text[NT_LIBRARY_TEXT]) {
    snprintf(ret_text, NT_LIBRARY_TEXT, "BLIS %s, %s", bli_info_get_version_str(),
             bli_arch_string(bli_arch_query_id()));
}
