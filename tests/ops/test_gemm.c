/* Products of matrices (gemm.h): their digits, against sums in double precision; that nothing else
 * is written; and that a row's bits don't depend on the rows and panels beside it. */
#include "gemm.h"

#include "alloc.h"
#include "tensor.h"
#include "trial.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
    MOST_ROWS = 15,
    MOST_DEPTH = 600,
    MOST_PANELS = 7,
    GAP = 16, /* floats between rows, and panels, that are not the product's */
    A_ROW = MOST_DEPTH + GAP,
    B_PANEL = MOST_DEPTH * NT_PANEL + GAP,
    C_ROW = MOST_PANELS * NT_PANEL + GAP
};

static const int depths[] = {1, 2, 17, 255, 256, 257, MOST_DEPTH};
enum { DEPTHS = sizeof depths / sizeof *depths };

typedef struct matrices {
    float *a, *b, *c, *work;
    size_t work_bytes;
    nt_gemm gemm;
} matrices;

static float *numbers(int64_t count, uint64_t seed) {
    float *made = nt_alloc((size_t)count * sizeof *made);
    assert_non_null(made);
    for (int64_t i = 0; i < count; i++)
        made[i] = (float)(2 * trial_noise(seed, (uint64_t)i) - 1);
    return made;
}

static matrices matrices_new(void) {
    matrices m = {.a = numbers(MOST_ROWS * A_ROW, 1),
                  .b = numbers(MOST_PANELS * B_PANEL, 2),
                  .c = numbers(MOST_ROWS * C_ROW, 3),
                  .gemm = nt_gemm_query()};
    m.work_bytes = (nt_gemm_work_size(&m.gemm, MOST_ROWS) + 1) * sizeof(float);
    m.work = nt_alloc(m.work_bytes);
    assert_non_null(m.work);
    return m;
}

static void matrices_free(matrices *m) {
    nt_free(m->a, MOST_ROWS * A_ROW * sizeof(float));
    nt_free(m->b, MOST_PANELS * B_PANEL * sizeof(float));
    nt_free(m->c, MOST_ROWS * C_ROW * sizeof(float));
    nt_free(m->work, m->work_bytes);
}

/* Rows [row, row + rows) of the product by panels [panel, panel + panels), into m->c. */
static void multiply(matrices *m, int row, int rows, int depth, int panel, int panels, bool add) {
    const nt_block_product product = {
        .rows = rows,
        .depth = depth,
        .panels = panels,
        .a = m->a + row * A_ROW,
        .a_row = A_ROW,
        .a_step = 1,
        .b = m->b + panel * B_PANEL,
        .b_row = NT_PANEL,
        .b_panel = B_PANEL,
        .c = m->c + row * C_ROW + panel * NT_PANEL,
        .c_row = C_ROW,
        .c_panel = NT_PANEL,
        .add = add,
    };
    nt_gemm_multiply(&m->gemm, &product, m->work);
}

static void fill(matrices *m, float value) {
    for (int64_t i = 0; i < MOST_ROWS * C_ROW; i++)
        m->c[i] = value;
}

/* --- digits ----------------------------------------------------------------------------------- */

static double exact(const matrices *m, int row, int column, int depth) {
    const float *b = m->b + column / NT_PANEL * B_PANEL + column % NT_PANEL;
    double sum = 0;
    for (int k = 0; k < depth; k++)
        sum += (double)m->a[row * A_ROW + k] * (double)b[k * NT_PANEL];
    return sum;
}

static void check_digits(matrices *m, int rows, int depth, int panels, bool add) {
    const float before = 3;
    fill(m, before);
    multiply(m, 0, rows, depth, 0, panels, add);
    for (int row = 0; row < MOST_ROWS; row++)
        for (int column = 0; column < C_ROW; column++) {
            bool inside = row < rows && column < panels * NT_PANEL;
            double found = (double)m->c[row * C_ROW + column];
            double wanted = inside ? exact(m, row, column, depth) : (double)before;
            if (inside && add)
                wanted += (double)before;
            double most = inside ? 1e-7 * (depth + 10) : 0;
            if (!(fabs(found - wanted) <= most))
                fail_msg("%d rows, depth %d, %d panels: element (%d, %d) is %.9g in place of %.9g",
                         rows, depth, panels, row, column, found, wanted);
        }
}

static void test_digits(void **state) {
    (void)state;
    matrices m = matrices_new();
    for (int rows = 1; rows <= MOST_ROWS; rows++)
        for (int i = 0; i < DEPTHS; i++)
            for (int panels = 1; panels <= MOST_PANELS; panels += rows > 1 ? 3 : 1)
                check_digits(&m, rows, depths[i], panels, (rows + i + panels) % 2);
    matrices_free(&m);
}

/* --- bits ------------------------------------------------------------------------------------- */

static void check_parts(matrices *m, int depth, bool add) {
    const size_t bytes = MOST_ROWS * C_ROW * sizeof(float);
    float *together = nt_alloc(bytes);
    assert_non_null(together);
    fill(m, 3);
    multiply(m, 0, MOST_ROWS, depth, 0, MOST_PANELS, add);
    memcpy(together, m->c, bytes);
    for (int rows = 1; rows <= MOST_ROWS; rows++)
        for (int panels = 1; panels <= MOST_PANELS; panels++) {
            fill(m, 3);
            for (int row = 0; row < MOST_ROWS; row += rows)
                for (int panel = 0; panel < MOST_PANELS; panel += panels)
                    multiply(m, row, row + rows <= MOST_ROWS ? rows : MOST_ROWS - row, depth, panel,
                             panel + panels <= MOST_PANELS ? panels : MOST_PANELS - panel, add);
            assert_memory_equal(m->c, together, bytes);
        }
    nt_free(together, bytes);
}

static void test_parts(void **state) {
    (void)state;
    matrices m = matrices_new();
    for (int i = 0; i < DEPTHS; i++)
        for (int add = 0; add < 2; add++)
            check_parts(&m, depths[i], add);
    matrices_free(&m);
}

static bool chosen; /* by the environment */

/* Whatever the processor is called. */
static void test_fast_where_sums_are_fused(void **state) {
    (void)state;
    bool fused = false;
#ifdef __x86_64__
    fused = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#endif
    nt_gemm gemm = nt_gemm_query();
    if (fused && !chosen)
        assert_true(gemm.unpacked && gemm.single);
    assert_true(gemm.kernel != NULL);
}

int main(void) {
    chosen = getenv("BLIS_ARCH_TYPE") != NULL;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fast_where_sums_are_fused),
        cmocka_unit_test(test_digits),
        cmocka_unit_test(test_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
