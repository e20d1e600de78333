/* Mean and variance of columns (moments.h): their digits, against two passes in double precision;
 * their bits, in whatever order the matrix is made; and the ops that hand them on. */
#include "moments.h"

#include "alloc.h"
#include "attrs.h"
#include "parallel.h"
#include "trial.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

typedef struct matrix {
    int64_t rows, columns;
    float *x;
    void *work;
    float *parts;
} matrix;

static size_t parts_bytes(const matrix *m) {
    return (size_t)(NT_MOMENTS_PARTS * m->columns) * sizeof(float);
}

static matrix matrix_new(int64_t rows, int64_t columns, double mean, uint64_t seed) {
    matrix m = {rows, columns, NULL, NULL, NULL};
    m.x = nt_alloc((size_t)(rows * columns) * sizeof *m.x);
    m.work = nt_alloc(nt_moments_bytes(rows, columns));
    m.parts = nt_alloc(parts_bytes(&m));
    assert_true(m.x && m.work && m.parts);
    for (int64_t i = 0; i < rows * columns; i++)
        m.x[i] = (float)(mean + 2 * trial_noise(seed, (uint64_t)i) - 1);
    return m;
}

static void matrix_free(matrix *m) {
    nt_free(m->x, (size_t)(m->rows * m->columns) * sizeof *m->x);
    nt_free(m->work, nt_moments_bytes(m->rows, m->columns));
    nt_free(m->parts, parts_bytes(m));
}

static nt_moments start(const matrix *m) {
    memset(m->work, 0xFF, nt_moments_bytes(m->rows, m->columns));
    return nt_moments_of(m->x, m->rows, m->columns, m->work);
}

static void find(const matrix *m, double *ret_mean, double *ret_variance) {
    nt_moments moments = start(m);
    nt_moments_finish(&moments, m->parts);
    nt_moments_join(m->parts, m->columns, ret_mean, ret_variance);
}

/* --- digits ----------------------------------------------------------------------------------- */

enum { MOST_COLUMNS = 300 };

/* Squares are rounded to float32, which leaves 1e-7 of the variance, whatever the mean; the mean is
 * exact but for that much of the deviation. */
static void expect_digits(int64_t rows, int64_t columns, double about) {
    matrix m = matrix_new(rows, columns, about, 3);
    double mean[MOST_COLUMNS], variance[MOST_COLUMNS];
    find(&m, mean, variance);
    for (int64_t c = 0; c < columns; c++) {
        double sum = 0, squares = 0;
        for (int64_t i = 0; i < rows; i++)
            sum += (double)m.x[i * columns + c];
        sum /= (double)rows;
        for (int64_t i = 0; i < rows; i++)
            squares += pow((double)m.x[i * columns + c] - sum, 2);
        squares /= (double)rows;
        if (!(fabs(mean[c] - sum) <= 1e-7 && fabs(variance[c] - squares) <= 3e-7 * squares))
            fail_msg("%dx%d about %g: mean off by %g, variance by %g of itself", (int)rows,
                     (int)columns, about, mean[c] - sum, variance[c] / squares - 1);
    }
    matrix_free(&m);
}

static void test_digits(void **state) {
    static const double means[] = {0, 1, 100, -1e4, 3e6};
    (void)state;
    for (size_t i = 0; i < sizeof means / sizeof *means; i++) {
        expect_digits(20000, 3, means[i]);
        expect_digits(1027, 64, means[i]);
        expect_digits(331, MOST_COLUMNS, means[i]);
    }
}

static void test_edges(void **state) {
    double mean[4], variance[4];
    matrix m = matrix_new(1, 4, 7, 1);
    (void)state;
    find(&m, mean, variance);
    for (int c = 0; c < 4; c++) {
        assert_true(mean[c] == (double)m.x[c]);
        assert_true(variance[c] == 0);
    }
    matrix_free(&m);
    m = matrix_new(10000, 4, 0, 1);
    for (int64_t i = 0; i < m.rows; i++) {
        m.x[4 * i] = -3e6f;       /* all alike */
        m.x[4 * i + 2] *= 1e25f;  /* squares that float32 can't hold */
        m.x[4 * i + 3] *= 1e-25f; /* and squares that are 0 there */
    }
    m.x[4 * 7777 + 1] = NAN;
    find(&m, mean, variance);
    assert_true(mean[0] == -3e6 && variance[0] == 0);
    assert_true(isnan(mean[1]) && isnan(variance[1]));
    assert_true(isfinite(mean[2]) && isinf(variance[2]));
    assert_true(fabs(mean[3]) < 1e-26 && variance[3] == 0);
    matrix_free(&m);
}

/* --- bits ------------------------------------------------------------------------------------- */

enum { SHARES = 3, MOST_PIECES = 4096 };

/* A matrix made in pieces of some units, each in several shares, in an order that is drawn. */
typedef struct making {
    const matrix *full;
    const nt_moments *moments;
    int64_t units, rows, total, piece; /* `units` make `rows`; in all; of a piece */
    int order[MOST_PIECES];
    atomic_int *given; /* per row: units that have been made for it, times shares */
} making;

static int pieces_of(const making *k) {
    return (int)((k->total + k->piece - 1) / k->piece) * SHARES;
}

/* The rows that a unit belongs to are complete, and there, with the last share of the last unit. */
static void give(const making *k, int64_t unit) {
    const matrix *m = k->full;
    int64_t first = unit / k->units * k->rows;
    int64_t end = first + k->rows < m->rows ? first + k->rows : m->rows;
    int all = (int)k->units * SHARES;
    if (atomic_fetch_add(&k->given[first], 1) + 1 == all)
        for (int64_t i = first * m->columns; i < end * m->columns; i++)
            ((float *)(uintptr_t)k->moments->x)[i] = m->x[i];
}

static void make_job(const void *context, int job, int worker) {
    const making *k = context;
    int64_t from = k->order[job] / SHARES * k->piece, end = from + k->piece;
    (void)worker;
    end = end < k->total ? end : k->total;
    for (int64_t unit = from; unit < end; unit++)
        give(k, unit);
    nt_moments_made(k->moments, from, end, 1);
}

static void draw_order(making *k, uint64_t seed) {
    int count = pieces_of(k);
    assert_true(count <= MOST_PIECES);
    for (int i = 0; i < count; i++) {
        int j = (int)(trial_noise(seed, (uint64_t)i) * (i + 1));
        k->order[i] = k->order[j];
        k->order[j] = i;
    }
}

static void expect_bits(const matrix *full, int64_t units, int64_t rows, int64_t piece,
                        uint64_t seed) {
    matrix m = matrix_new(full->rows, full->columns, 0, 1);
    size_t size = (size_t)full->rows * sizeof(atomic_int);
    memset(m.x, 0xFF, (size_t)(m.rows * m.columns) * sizeof *m.x);
    nt_moments moments = start(&m);
    making k = {
        full, &moments,           units, rows, (full->rows + rows - 1) / rows * units, piece,
        {0},  nt_alloc_zero(size)};
    assert_non_null(k.given);
    draw_order(&k, seed);
    nt_moments_begin(&moments, units, rows, SHARES);
    nt_parallel(pieces_of(&k), make_job, &k);
    nt_moments_finish(&moments, m.parts);
    if (memcmp(m.parts, full->parts, parts_bytes(full)) != 0)
        fail_msg("%d units for %d rows, %d at a time: other bits", (int)units, (int)rows,
                 (int)piece);
    nt_free(k.given, size);
    matrix_free(&m);
}

/* Blocks here have 256 rows: units of one row and of many blocks, across their edges and on them.
 */
static void test_bits(void **state) {
    static const int64_t ways[][3] = {{1, 1, 96},   {1, 256, 1},  {8, 128, 24}, {9, 196, 12},
                                      {49, 800, 7}, {1, 1000, 1}, {3, 7, 5}};
    matrix m = matrix_new(3011, 64, 1, 5);
    double unused[2][64];
    (void)state;
    find(&m, unused[0], unused[1]);
    for (int threads = 1; threads <= 3; threads++) {
        nt_threads_set(threads);
        for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
            for (uint64_t seed = 1; seed <= 3; seed++)
                expect_bits(&m, ways[i][0], ways[i][1], ways[i][2], seed);
    }
    nt_threads_set(0);
    matrix_free(&m);
}

/* --- ops -------------------------------------------------------------------------------------- */

static void check_convolution(const trial_spec *spec) {
    trial plain, summed;
    trial_spec with = *spec;
    if (strcmp(spec->op->kind.name, "conv2d") != 0 &&
        strcmp(spec->op->kind.name, "fused_conv2d") != 0)
        return;
    with.moments = true;
    trial_init(&plain, spec);
    trial_init(&summed, &with);
    trial_forward(&plain);
    trial_forward(&summed);
    assert_int_equal(plain.out_count, 1);
    assert_int_equal(summed.out_count, 2);
    assert_memory_equal(plain.out[0].f, summed.out[0].f, trial_bytes(&plain.out[0]));
    int64_t channels = plain.out[0].type.shape.dim[0];
    int64_t rows = (int64_t)(trial_bytes(&plain.out[0]) / sizeof(float)) / channels;
    matrix m = matrix_new(rows, channels, 0, 1);
    memcpy(m.x, plain.out[0].f, trial_bytes(&plain.out[0]));
    nt_moments moments = start(&m);
    nt_moments_finish(&moments, m.parts);
    assert_int_equal(trial_bytes(&summed.out[1]), parts_bytes(&m));
    assert_memory_equal(m.parts, summed.out[1].f, parts_bytes(&m));
    matrix_free(&m);
    trial_finish(&plain);
    trial_finish(&summed);
}

static void test_convolutions(void **state) {
    (void)state;
    trial_each(check_convolution);
}

/* With the moments given, a normalisation gives what it gives when it finds them itself. */
static void test_normalisation(void **state) {
    static const nt_op_case cas = {"", "37x19x15", "37x19x15"};
    enum { COUNT = 3 };
    trial_spec train = {.op = &nt_op_batch_norm,
                        .cas = &cas,
                        .count = COUNT,
                        .statistics = NT_STATISTICS_TRAIN,
                        .seed = 2};
    trial_spec given = train;
    trial t, again;
    (void)state;
    given.statistics = NT_STATISTICS_SUMMED;
    trial_init(&t, &train);
    trial_init(&again, &given);
    assert_int_equal(again.in_count, NT_BN_MOMENTS + 1);
    assert_int_equal(again.out_count, t.out_count);
    for (int i = 0; i < t.in_count; i++)
        memcpy(again.in[i].f, t.in[i].f, trial_bytes(&t.in[i]));
    matrix m = matrix_new(COUNT * 19 * 15, 37, 0, 1);
    memcpy(m.x, t.in[0].f, trial_bytes(&t.in[0]));
    nt_moments moments = start(&m);
    nt_moments_finish(&moments, again.in[NT_BN_MOMENTS].f);
    trial_forward(&t);
    trial_forward(&again);
    for (int k = 0; k < t.out_count; k++)
        assert_memory_equal(t.out[k].f, again.out[k].f, trial_bytes(&t.out[k]));
    for (int i = 0; i < COUNT * 37 * 19 * 15; i++) /* which is not looked at for them */
        again.in[0].f[i] = -again.in[0].f[i];
    trial_forward(&again);
    for (int k = 1; k < t.out_count; k++)
        assert_memory_equal(t.out[k].f, again.out[k].f, trial_bytes(&t.out[k]));
    matrix_free(&m);
    trial_finish(&t);
    trial_finish(&again);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_digits),        cmocka_unit_test(test_edges),
        cmocka_unit_test(test_bits),          cmocka_unit_test(test_convolutions),
        cmocka_unit_test(test_normalisation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
