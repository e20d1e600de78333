/* Products of matrices (gemm.h), by every kernel that runs here: their digits, against sums in
 * double precision; that nothing else is written; that a row's bits don't depend on the rows and
 * panels beside it; and that the bits of our own kernels, and of BLIS's for Haswell, are those of
 * plain fused sums in order. */
#include "gemm.h"

#include "alloc.h"
#include "tensor.h"
#include "trial.h"
#include "vectorise.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
    MOST_ROWS = 40,
    PART_ROWS = 15, /* of products that are cut into parts */
    MOST_DEPTH = 600,
    MOST_PANELS = 7,
    FUSED_PANELS = 5,
    GAP = 16, /* floats between rows, and panels, that are not the product's */
    A_ROW = MOST_DEPTH + GAP,
    A_STEP = MOST_ROWS + GAP, /* where A is turned */
    B_PANEL = MOST_DEPTH * NT_PANEL + GAP,
    C_ROW = MOST_PANELS * NT_PANEL + GAP
};

static const int depths[] = {1, 2, 17, 255, 256, 257, MOST_DEPTH};
enum { DEPTHS = sizeof depths / sizeof *depths };

typedef struct matrices {
    float *a, *turned, *b, *c, *work; /* turned: A, stored by columns */
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

static matrices matrices_new(const char *kernel) {
    matrices m = {.a = numbers(MOST_ROWS * A_ROW, 1),
                  .turned = numbers(MOST_DEPTH * A_STEP, 4),
                  .b = numbers(MOST_PANELS * B_PANEL, 2),
                  .c = numbers(MOST_ROWS * C_ROW, 3)};
    assert_true(nt_gemm_named(kernel, &m.gemm));
    for (int row = 0; row < MOST_ROWS; row++)
        for (int k = 0; k < MOST_DEPTH; k++)
            m.turned[k * A_STEP + row] = m.a[row * A_ROW + k];
    m.work_bytes = (nt_gemm_work_size(&m.gemm, MOST_ROWS) + 1) * sizeof(float);
    m.work = nt_alloc(m.work_bytes);
    assert_non_null(m.work);
    return m;
}

static void matrices_free(matrices *m) {
    nt_free(m->a, MOST_ROWS * A_ROW * sizeof(float));
    nt_free(m->turned, MOST_DEPTH * A_STEP * sizeof(float));
    nt_free(m->b, MOST_PANELS * B_PANEL * sizeof(float));
    nt_free(m->c, MOST_ROWS * C_ROW * sizeof(float));
    nt_free(m->work, m->work_bytes);
}

/* Rows [row, row + rows) of the product by panels [panel, panel + panels), into m->c. */
static nt_block_product product_of(const matrices *m, int row, int rows, int depth, int panel,
                                   int panels, bool add) {
    return (nt_block_product){
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
}

static void multiply(matrices *m, int row, int rows, int depth, int panel, int panels, bool add) {
    const nt_block_product product = product_of(m, row, rows, depth, panel, panels, add);
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
                fail_msg("%s, %d rows, depth %d, %d panels: element (%d, %d) is %.9g in place of "
                         "%.9g",
                         m->gemm.name, rows, depth, panels, row, column, found, wanted);
        }
}

static void try_digits(matrices *m) {
    for (int rows = 1; rows <= PART_ROWS; rows++)
        for (int i = 0; i < DEPTHS; i++)
            for (int panels = 1; panels <= MOST_PANELS; panels += rows > 1 ? 3 : 1)
                check_digits(m, rows, depths[i], panels, (rows + i + panels) % 2);
}

/* --- bits ------------------------------------------------------------------------------------- */

static void check_parts(matrices *m, int depth, bool add) {
    const size_t bytes = MOST_ROWS * C_ROW * sizeof(float);
    float *together = nt_alloc(bytes);
    assert_non_null(together);
    fill(m, 3);
    multiply(m, 0, PART_ROWS, depth, 0, MOST_PANELS, add);
    memcpy(together, m->c, bytes);
    for (int rows = 1; rows <= PART_ROWS; rows++)
        for (int panels = 1; panels <= MOST_PANELS; panels++) {
            fill(m, 3);
            for (int row = 0; row < PART_ROWS; row += rows)
                for (int panel = 0; panel < MOST_PANELS; panel += panels)
                    multiply(m, row, row + rows <= PART_ROWS ? rows : PART_ROWS - row, depth, panel,
                             panel + panels <= MOST_PANELS ? panels : MOST_PANELS - panel, add);
            assert_memory_equal(m->c, together, bytes);
        }
    nt_free(together, bytes);
}

static void try_parts(matrices *m) {
    for (int i = 0; i < DEPTHS; i++)
        for (int add = 0; add < 2; add++)
            check_parts(m, depths[i], add);
}

/* To `ret`, which lies as C does: what C holds, with `add`, and the fused sum of each piece of k in
 * turn. */
static void by_fused_sums(const matrices *m, int depth, bool add, float *ret) {
    for (int row = 0; row < MOST_ROWS; row++)
        for (int column = 0; column < FUSED_PANELS * NT_PANEL; column++) {
            const float *b = m->b + column / NT_PANEL * B_PANEL + column % NT_PANEL;
            float *c = &ret[row * C_ROW + column];
            for (int start = 0; start < depth; start += NT_GEMM_DEPTH) {
                float sum = 0;
                for (int k = start; k < depth && k < start + NT_GEMM_DEPTH; k++)
                    sum = fmaf(m->a[row * A_ROW + k], b[k * NT_PANEL], sum);
                *c = add || start > 0 ? *c + sum : sum;
            }
        }
}

static void check_fused(matrices *m, const float *wanted, int rows, int depth, int panels,
                        bool add) {
    const float before = 3;
    for (int turned = 0; turned < 2; turned++) {
        nt_block_product product = product_of(m, 0, rows, depth, 0, panels, add);
        if (turned)
            product.a = m->turned, product.a_row = 1, product.a_step = A_STEP;
        fill(m, before);
        nt_gemm_multiply(&m->gemm, &product, m->work);
        for (int row = 0; row < MOST_ROWS; row++)
            for (int column = 0; column < C_ROW; column++) {
                bool inside = row < rows && column < panels * NT_PANEL;
                float found = m->c[row * C_ROW + column];
                float expected = inside ? wanted[row * C_ROW + column] : before;
                if (memcmp(&found, &expected, sizeof found) != 0)
                    fail_msg("%s, %d rows, depth %d, %d panels: element (%d, %d) is %a in place "
                             "of %a",
                             m->gemm.name, rows, depth, panels, row, column, (double)found,
                             (double)expected);
            }
    }
}

static bool chosen; /* BLIS's kernel, by the environment */

static void try_fused(matrices *m) {
    const size_t bytes = MOST_ROWS * C_ROW * sizeof(float);
    if (!m->gemm.tiles && (chosen || !m->gemm.blis.unpacked))
        return; /* another of BLIS's */
    float *wanted = nt_alloc(bytes);
    assert_non_null(wanted);
    for (int i = 0; i < DEPTHS; i++)
        for (int add = 0; add < 2; add++) {
            for (int j = 0; j < MOST_ROWS * C_ROW; j++)
                wanted[j] = 3;
            by_fused_sums(m, depths[i], add, wanted);
            for (int rows = 1; rows <= MOST_ROWS; rows++)
                for (int panels = 1; panels <= FUSED_PANELS; panels++)
                    check_fused(m, wanted, rows, depths[i], panels, add);
        }
    nt_free(wanted, bytes);
}

/* --- each kernel ------------------------------------------------------------------------------ */

static void with_each_kernel(void (*try)(matrices *m)) {
    const char *names[NT_GEMM_KERNELS];
    int count = nt_gemm_names(names);
    for (int i = 0; i < count; i++) {
        matrices m = matrices_new(names[i]);
        try(&m);
        matrices_free(&m);
    }
}

static void test_digits(void **state) {
    (void)state;
    with_each_kernel(try_digits);
}

static void test_parts(void **state) {
    (void)state;
    with_each_kernel(try_parts);
}

static void test_fused(void **state) {
    (void)state;
    with_each_kernel(try_fused);
}

/* Whatever the processor is called. */
static void test_fast_where_sums_are_fused(void **state) {
    (void)state;
    const char *names[NT_GEMM_KERNELS], *best = "blis";
#if defined __x86_64__
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        best = __builtin_cpu_supports("avx512f") ? "avx512" : "avx2";
    else if (__builtin_cpu_supports("fma"))
        best = "portable";
#elif defined __aarch64__
    best = "portable";
#endif
    assert_true(nt_gemm_names(names) > 0);
    assert_string_equal(names[0], best);
    unsetenv("NONTRIVIAL_KERNEL");
    assert_string_equal(nt_gemm_query().name, best);
}

static void test_limited(void **state) {
    (void)state;
    if (nt_vectors_fused() < NT_VECTORS_AVX2)
        skip();
    nt_vectors_limit(NT_VECTORS_AVX2);
    assert_string_equal(nt_gemm_query().name, "avx2");
    nt_vectors_limit(NT_VECTORS_AVX512);
}

static void test_named(void **state) {
    (void)state;
    const char *names[NT_GEMM_KERNELS];
    int count = nt_gemm_names(names);
    nt_gemm gemm;
    for (int i = 0; i < count; i++) {
        setenv("NONTRIVIAL_KERNEL", names[i], 1);
        assert_string_equal(nt_gemm_query().name, names[i]);
    }
    unsetenv("NONTRIVIAL_KERNEL");
    assert_false(nt_gemm_named("sup", &gemm));
}

int main(void) {
    chosen = getenv("BLIS_ARCH_TYPE") != NULL;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fast_where_sums_are_fused),
        cmocka_unit_test(test_limited),
        cmocka_unit_test(test_named),
        cmocka_unit_test(test_digits),
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_fused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
