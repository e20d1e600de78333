/* BLIS's kernels (gemm_blis.h): unpacked where there is such a kernel, packed into micro-panels
 * else. */
#include "gemm_blis.h"

#include "integers.h"
#include "tensor.h"
#ifdef NT_BLIS_IN_FOLDER
#include <blis/blis.h>
#else
#include <blis.h>
#endif
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Since BLIS 1.0 a kernel's type is the same for all types of numbers. */
#ifdef NT_BLIS_UNTYPED
typedef gemm_ukr_ft micro_kernel;
typedef gemmsup_ker_ft unpacked_kernel;
#define prefers_rows bli_cntx_ukr_prefers_rows_dt
#else
typedef sgemm_ukr_ft micro_kernel;
typedef sgemmsup_ker_ft unpacked_kernel;
#define prefers_rows bli_cntx_l3_vir_ukr_prefers_rows_dt
#endif

enum {
    PANEL_ALIGN = 16, /* floats: micro-panels and tiles start at 64 bytes */
    /* The micro-kernel fetches a step ahead: so many floats past a micro-panel's end must be
       readable. */
    PANEL_SLACK = 64
};

/* BLIS 0.9 tells processors by their names: one that it hasn't heard of, or that a virtual machine
 * hides, gets its plain C kernel. What the processor can do chooses here, unless the environment
 * does: with AVX2 and fused multiply-adds the kernel written for Haswell, which BLIS gives to its
 * followers and to Zen too. Has to come before anything else that is asked of BLIS. */
static void choose_kernel(void) {
#ifdef __x86_64__
    char number[16];
    snprintf(number, sizeof number, "%d", BLIS_ARCH_HASWELL);
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        setenv("BLIS_ARCH_TYPE", number, 0);
#endif
}

static void begin(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, choose_kernel);
    bli_init();
}

nt_gemm_blis nt_gemm_blis_query(void) {
    begin();
    cntx_t *context = (cntx_t *)bli_gks_query_cntx(); /* const since 1.0 */
    bool by_rows = prefers_rows(BLIS_FLOAT, BLIS_GEMM_UKR, context);
    /* A configuration without unpacked kernels leaves their sizes 0 (and has slow stand-ins). */
    bool unpacked = bli_cntx_get_l3_sup_blksz_def_dt(BLIS_FLOAT, BLIS_NR, context) == NT_PANEL;
    int32_t mr = (int32_t)bli_cntx_get_blksz_def_dt(BLIS_FLOAT, BLIS_MR, context);
    int32_t nr = (int32_t)bli_cntx_get_blksz_def_dt(BLIS_FLOAT, BLIS_NR, context);
    return (nt_gemm_blis){
        .context = context,
        .unpacked = unpacked ? bli_cntx_get_l3_sup_ker_dt(BLIS_FLOAT, BLIS_RRR, context) : NULL,
        .unpacked_rows = (int32_t)bli_cntx_get_l3_sup_blksz_def_dt(BLIS_FLOAT, BLIS_MR, context),
        .kernel = bli_cntx_get_l3_vir_ukr_dt(BLIS_FLOAT, BLIS_GEMM_UKR, context),
        .mr = mr,
        .nr = nr,
        /* The "maximum" of a register block size is the leading dimension of its packed
           micro-panel. */
        .a_step = (int32_t)bli_cntx_get_blksz_max_dt(BLIS_FLOAT, BLIS_MR, context),
        .b_step = (int32_t)bli_cntx_get_blksz_max_dt(BLIS_FLOAT, BLIS_NR, context),
        .tile_row = by_rows ? nr : 1,
        .tile_col = by_rows ? 1 : mr,
    };
}

/* --- unpacked --------------------------------------------------------------------------------- */

/* By the kernel that reads the matrices as they lie. With beta = 0 it does not read C. */
static void multiply_unpacked(const nt_gemm_blis *blis, const nt_block_product *p) {
    unpacked_kernel kernel;
    memcpy(&kernel, &blis->unpacked, sizeof kernel);
    float one = 1, beta = p->add ? 1 : 0;
    auxinfo_t aux = {0};
    bli_auxinfo_set_ps_a(blis->unpacked_rows * p->a_row, &aux); /* to its next rows of A */
    for (int64_t panel = 0; panel < p->panels; panel++)
        kernel(BLIS_NO_CONJUGATE, BLIS_NO_CONJUGATE, p->rows, NT_PANEL, p->depth, &one,
               (float *)p->a, p->a_row, p->a_step, (float *)p->b + panel * p->b_panel, p->b_row, 1,
               &beta, p->c + panel * p->c_panel, p->c_row, 1, &aux, (cntx_t *)blis->context);
}

/* --- packed ----------------------------------------------------------------------------------- */

static size_t aligned(size_t floats) {
    return nt_round_up(floats, PANEL_ALIGN);
}

static size_t left_size(const nt_gemm_blis *blis) {
    return aligned(NT_GEMM_DEPTH * (size_t)blis->a_step);
}

static size_t right_size(const nt_gemm_blis *blis) {
    return aligned(NT_GEMM_DEPTH * (size_t)blis->b_step) + PANEL_SLACK;
}

static size_t tile_size(const nt_gemm_blis *blis) {
    return aligned((size_t)blis->mr * (size_t)blis->nr);
}

/* tile = A B, for micro-panels of `depth` steps. */
static void multiply_micro_panels(const nt_gemm_blis *blis, int64_t depth, const float *a,
                                  const float *b, float *tile) {
    micro_kernel kernel;
    memcpy(&kernel, &blis->kernel, sizeof kernel);
    float one = 1, zero = 0;
    auxinfo_t aux = {0};
    bli_auxinfo_set_next_ab((void *)a, (void *)b, &aux); /* prefetch hints */
    kernel(blis->mr, blis->nr, depth, &one, (float *)a, (float *)b, &zero, tile, blis->tile_row,
           blis->tile_col, &aux, (cntx_t *)blis->context);
}

/* Packs A into micro-panels, with zeros in the rows past the last one. */
static void pack_left(const nt_gemm_blis *blis, const nt_block_product *p, float *to) {
    for (int64_t row = 0; row < p->rows; row += blis->mr, to += left_size(blis))
        for (int64_t i = 0; i < blis->mr; i++)
            for (int64_t k = 0; k < p->depth; k++)
                to[k * blis->a_step + i] =
                    row + i < p->rows ? p->a[(row + i) * p->a_row + k * p->a_step] : 0;
}

/* Packs columns [first, first + nr) of one panel of B, as far as it has them, else zeros. */
static void pack_right(const nt_gemm_blis *blis, const nt_block_product *p, int64_t panel,
                       int64_t first, float *to) {
    const float *b = p->b + panel * p->b_panel;
    for (int64_t k = 0; k < p->depth; k++, b += p->b_row, to += blis->b_step)
        for (int64_t j = 0; j < blis->nr; j++)
            to[j] = first + j < NT_PANEL ? b[first + j] : 0;
}

/* Writes or adds to C what lies within a panel of it, of the tile whose first element is `c`. */
static void emit_tile(const nt_gemm_blis *blis, const nt_block_product *p, const float *tile,
                      int64_t rows, int64_t columns, float *c) {
    for (int64_t i = 0; i < rows && i < blis->mr; i++, c += p->c_row)
        for (int64_t j = 0; j < columns && j < blis->nr; j++) {
            float value = tile[i * blis->tile_row + j * blis->tile_col];
            c[j] = p->add ? c[j] + value : value;
        }
}

/* By the micro-kernel. */
static void multiply_packed(const nt_gemm_blis *blis, const nt_block_product *p, float *work) {
    float *right = work, *tile = right + right_size(blis), *left = tile + tile_size(blis);
    pack_left(blis, p, left);
    for (int64_t panel = 0; panel < p->panels; panel++)
        for (int64_t j = 0; j < NT_PANEL; j += blis->nr) {
            float *c = p->c + panel * p->c_panel + j;
            pack_right(blis, p, panel, j, right);
            for (int64_t i = 0; i < p->rows; i += blis->mr) {
                const float *panel_a = left + (size_t)(i / blis->mr) * left_size(blis);
                multiply_micro_panels(blis, p->depth, panel_a, right, tile);
                emit_tile(blis, p, tile, p->rows - i, NT_PANEL - j, c + i * p->c_row);
            }
        }
}

/* --- either ----------------------------------------------------------------------------------- */

size_t nt_gemm_blis_work_size(const nt_gemm_blis *blis, int64_t rows) {
    if (blis->unpacked)
        return 0;
    size_t panels = (size_t)nt_ceil_div(rows, blis->mr);
    return right_size(blis) + tile_size(blis) + panels * left_size(blis) + PANEL_SLACK;
}

void nt_gemm_blis_multiply(const nt_gemm_blis *blis, const nt_block_product *p, float *work) {
    if (blis->unpacked)
        multiply_unpacked(blis, p);
    else
        multiply_packed(blis, p, work);
}

void nt_gemm_blis_name(char ret_text[NT_LIBRARY_TEXT]) {
    begin();
    snprintf(ret_text, NT_LIBRARY_TEXT, "BLIS %s, %s", bli_info_get_version_str(),
             bli_arch_string(bli_arch_query_id()));
}
