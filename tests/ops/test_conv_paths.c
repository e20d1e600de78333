/* The ways that a convolution can take (conv.h), each on shapes of its own: depthwise, with
 * and without a multiplier, wide and narrow groups, windows that slide, dilated, strided, few
 * channels, taps that meet nothing. All are held against the definition in double precision, in all
 * three passes; with every way to end a layer; with kept kernels; and with the direct algorithm in
 * place of the chosen one.
 */
#include "conv_problem.h"
#include "im2col.h"
#include "job_grid.h"
#include "parallel.h"
#include "trial.h"
#include "vectorise.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

enum { EACH = 25 / CONV_ONE_IN };

static int32_t between(uint64_t seed, uint64_t *draw, int32_t low, int32_t high) {
    return low + (int32_t)(trial_noise(seed, (*draw)++) * (high - low + 1));
}

/* --- shapes ----------------------------------------------------------------------------------- */

static nt_conv_shape plain(uint64_t seed, uint64_t *n) {
    return (nt_conv_shape){
        .samples = between(seed, n, 1, 4),
        .channels = between(seed, n, 1, 40),
        .height = between(seed, n, 1, 13),
        .width = between(seed, n, 1, 13),
        .out_channels = between(seed, n, 1, 40),
        .kernel = {3, 3},
        .stride = {1, 1},
        .pad = {1, 1},
        .dilation = {1, 1},
        .groups = 1,
    };
}

/* Any window that has a place on the map. */
static void any_window(nt_conv_shape *s, uint64_t seed, uint64_t *n) {
    for (int d = 0; d < 2; d++) {
        int32_t *size = d == 0 ? &s->height : &s->width;
        s->kernel[d] = between(seed, n, 1, 5);
        s->stride[d] = between(seed, n, 1, 3);
        s->dilation[d] = between(seed, n, 1, 3);
        s->pad[d] = between(seed, n, 0, 4);
        int32_t reach = s->dilation[d] * (s->kernel[d] - 1) + 1 - 2 * s->pad[d];
        if (*size < reach)
            *size = reach;
    }
}

static nt_conv_shape depthwise(uint64_t seed, uint64_t *n) {
    nt_conv_shape s = plain(seed, n);
    s.channels = s.groups = between(seed, n, 2, 70);
    s.out_channels = s.channels * (between(seed, n, 0, 1) ? between(seed, n, 2, 5) : 1);
    any_window(&s, seed, n);
    return s;
}

static nt_conv_shape grouped(uint64_t seed, uint64_t *n) {
    nt_conv_shape s = plain(seed, n);
    s.groups = between(seed, n, 2, 5);
    s.channels = s.groups * between(seed, n, 2, 40);
    s.out_channels = s.groups * between(seed, n, 1, 40);
    if (between(seed, n, 0, 1))
        any_window(&s, seed, n);
    return s;
}

static nt_conv_shape narrow_groups(uint64_t seed, uint64_t *n) {
    nt_conv_shape s = plain(seed, n);
    s.groups = between(seed, n, 2, 12);
    s.channels = s.groups * between(seed, n, 1, 8);
    s.out_channels = s.groups * between(seed, n, 1, 8);
    any_window(&s, seed, n);
    return s;
}

/* Groups as wide out as in, under kernels for which windows slide, and some under which they don't.
 */
static nt_conv_shape sliding(uint64_t seed, uint64_t *n) {
    static const int32_t widths[] = {1, 2, 3, 4, 5, 8, 16, 24, 32, 48};
    nt_conv_shape s = plain(seed, n);
    int32_t width = widths[between(seed, n, 0, sizeof widths / sizeof *widths - 1)];
    s.groups = between(seed, n, 2, width < 8 ? 40 : 5);
    s.channels = s.out_channels = s.groups * width;
    s.kernel[0] = between(seed, n, 1, 7);
    s.kernel[1] = 2 * between(seed, n, 1, 3) + 1;
    for (int d = 0; d < 2; d++) {
        int32_t *size = d == 0 ? &s.height : &s.width;
        s.stride[d] = between(seed, n, 1, 2);
        s.dilation[d] = between(seed, n, 0, 2) ? 1 : between(seed, n, 2, 3);
        s.pad[d] = between(seed, n, 0, 4);
        *size = between(seed, n, 1, 25);
        int32_t reach = s.dilation[d] * (s.kernel[d] - 1) + 1 - 2 * s.pad[d];
        if (*size < reach)
            *size = reach;
    }
    return s;
}

static nt_conv_shape dilated(uint64_t seed, uint64_t *n) {
    nt_conv_shape s = plain(seed, n);
    for (int d = 0; d < 2; d++) {
        int32_t *size = d == 0 ? &s.height : &s.width;
        s.dilation[d] = between(seed, n, 1, 5);
        s.pad[d] = between(seed, n, 0, 2) ? s.dilation[d] : between(seed, n, 0, 2 * s.dilation[d]);
        if (*size < 2 * s.dilation[d] + 1 - 2 * s.pad[d])
            *size = 2 * s.dilation[d] + 1 - 2 * s.pad[d];
    }
    return s;
}

static nt_conv_shape strided(uint64_t seed, uint64_t *n) {
    nt_conv_shape s = plain(seed, n);
    s.stride[0] = s.stride[1] = 2;
    s.kernel[0] = s.kernel[1] = between(seed, n, 0, 1) ? 3 : 1;
    s.pad[0] = s.pad[1] = s.kernel[0] / 2;
    return s;
}

static nt_conv_shape few_channels(uint64_t seed, uint64_t *n) {
    nt_conv_shape s = plain(seed, n);
    s.channels = between(seed, n, 1, 4);
    s.out_channels = between(seed, n, 1, 3) * 16;
    s.kernel[0] = s.kernel[1] = 2 * between(seed, n, 1, 3) + 1;
    s.pad[0] = s.pad[1] = s.kernel[0] / 2;
    s.stride[0] = s.stride[1] = between(seed, n, 1, 2);
    return s;
}

static nt_conv_shape (*const kinds[])(uint64_t seed, uint64_t *draw) = {
    depthwise, grouped, narrow_groups, sliding, sliding, dilated, strided, few_channels,
};

/* Of more than one job, more taps than fit a run, as many multiples as there can be, and what a
 * network for segmentation asks for. */
static const nt_conv_shape large[] = {
    {3, 72, 33, 30, 72, 0, 0, {3, 3}, {1, 1}, {1, 1}, {1, 1}, 72, false},
    {2, 64, 40, 41, 128, 0, 0, {3, 3}, {2, 2}, {1, 1}, {1, 1}, 64, false},
    {2, 19, 12, 14, 19, 0, 0, {9, 11}, {1, 1}, {4, 5}, {1, 1}, 19, false},
    {2, 5, 7, 8, 80, 0, 0, {3, 3}, {1, 1}, {1, 1}, {1, 1}, 5, false},
    {2, 5, 7, 8, 85, 0, 0, {3, 3}, {1, 1}, {1, 1}, {1, 1}, 5, false},
    {1, 3, 40, 8, 3, 0, 0, {33, 3}, {1, 1}, {1, 1}, {1, 1}, 3, false},
    {2, 96, 16, 16, 64, 0, 0, {3, 3}, {1, 1}, {2, 2}, {2, 2}, 1, false},
    {2, 64, 16, 16, 96, 0, 0, {3, 3}, {1, 1}, {4, 4}, {4, 4}, 1, false},
    {2, 32, 8, 8, 24, 0, 0, {3, 3}, {1, 1}, {4, 2}, {4, 4}, 1, false},
    {2, 32, 8, 7, 24, 0, 0, {3, 3}, {1, 1}, {4, 4}, {4, 4}, 1, false},
    {5, 64, 4, 4, 64, 0, 0, {3, 3}, {1, 1}, {4, 4}, {4, 4}, 1, false},
    {5, 64, 4, 4, 64, 0, 0, {3, 3}, {1, 1}, {2, 2}, {2, 2}, 1, false},
    {3, 96, 9, 9, 64, 0, 0, {3, 3}, {1, 1}, {1, 1}, {1, 1}, 2, false},
    {3, 3, 33, 35, 64, 0, 0, {7, 7}, {2, 2}, {3, 3}, {1, 1}, 1, false},
    {9, 40, 2, 2, 48, 0, 0, {3, 3}, {2, 2}, {1, 1}, {1, 1}, 1, false},
    {2, 24, 5, 5, 290, 0, 0, {3, 3}, {2, 2}, {1, 1}, {1, 1}, 1, false},
    {3, 290, 5, 3, 24, 0, 0, {1, 1}, {1, 1}, {0, 0}, {1, 1}, 1, false},
    {5, 290, 1, 1, 290, 0, 0, {3, 3}, {1, 1}, {1, 1}, {1, 1}, 1, false},
    {3, 24, 20, 23, 40, 0, 0, {3, 3}, {1, 1}, {1, 1}, {1, 1}, 1, false}, /* many blocks of rows */
    {3, 16, 22, 21, 48, 0, 0, {3, 3}, {1, 1}, {1, 1}, {1, 1}, 1, false},
    {1, 100, 9, 9, 300, 0, 0, {3, 3}, {1, 1}, {1, 1}, {1, 1}, 1, false},
    {33, 20, 2, 2, 300, 0, 0, {3, 3}, {1, 1}, {1, 1}, {1, 1}, 1, false},
    {3, 24, 15, 15, 290, 0, 0, {3, 3}, {2, 2}, {1, 1}, {1, 1}, 1, false},
    {3, 16, 10, 10, 540, 0, 0, {1, 1}, {1, 1}, {0, 0}, {1, 1}, 2, false},
    {2, 200, 7, 7, 200, 0, 0, {5, 5}, {1, 1}, {2, 2}, {1, 1}, 200, false}, /* blocks of channels */
    {2, 296, 9, 14, 296, 0, 0, {7, 7}, {1, 1}, {3, 3}, {1, 1}, 37, false},
    {2, 96, 33, 31, 96, 0, 0, {7, 7}, {2, 2}, {3, 3}, {1, 1}, 96, false},
    {2, 128, 8, 40, 128, 0, 0, {3, 3}, {1, 1}, {1, 1}, {1, 1}, 32, false},
    {2, 96, 17, 17, 96, 0, 0, {3, 3}, {2, 2}, {1, 1}, {1, 1}, 3, false},
    {3, 3, 40, 40, 64, 0, 0, {11, 11}, {4, 4}, {2, 2}, {1, 1}, 1, false}, /* runs over edges */
    {2, 1, 30, 30, 70, 0, 0, {7, 7}, {2, 2}, {3, 3}, {1, 1}, 1, false},
    {2, 48, 10, 9, 40, 0, 0, {1, 7}, {1, 1}, {0, 3}, {1, 1}, 1, false},
    {2, 48, 9, 10, 90, 0, 0, {7, 1}, {1, 1}, {3, 0}, {1, 1}, 1, false},
    {2, 1, 20, 21, 33, 0, 0, {5, 5}, {1, 1}, {4, 4}, {2, 2}, 1, false},  /* runs of one */
    {3, 300, 7, 9, 112, 0, 0, {1, 1}, {1, 1}, {0, 0}, {1, 1}, 1, false}, /* ended by who stores */
    {3, 40, 7, 9, 96, 0, 0, {1, 1}, {1, 1}, {0, 0}, {1, 1}, 2, false},
    {2, 70, 9, 11, 80, 0, 0, {3, 3}, {2, 2}, {1, 1}, {1, 1}, 1, false},
    {3, 40, 20, 18, 70, 0, 0, {3, 3}, {1, 1}, {9, 8}, {9, 8}, 1, false}, /* boxes */
    {2, 33, 40, 20, 48, 0, 0, {3, 2}, {2, 1}, {14, 12}, {14, 12}, 1, false},
    {2, 20, 40, 3, 33, 0, 0, {5, 1}, {1, 1}, {24, 0}, {12, 1}, 1, false},
    {1, 24, 26, 27, 40, 0, 0, {3, 3}, {1, 1}, {18, 15}, {12, 20}, 2, false},
};

static void each_shape(void (*check)(const conv_problem *p)) {
    enum { KINDS = sizeof kinds / sizeof *kinds, LARGE = sizeof large / sizeof *large };
    for (uint64_t seed = 1; seed <= KINDS * EACH + LARGE; seed++) {
        uint64_t draw = 0;
        nt_conv_shape shape = seed <= KINDS * EACH ? kinds[seed % KINDS](seed, &draw)
                                                   : large[seed - KINDS * EACH - 1];
        conv_shape_finish(&shape);
        conv_problem p = conv_problem_new(&shape, 10 * seed);
        check(&p);
        conv_problem_free(&p);
    }
}

/* --- values ----------------------------------------------------------------------------------- */

static void expect_close(const conv_problem *p, nt_conv_pass pass, const double *wanted) {
    conv_array got = conv_run(p, pass);
    double error = conv_error(got, wanted);
    nt_conv_algorithm algorithm = nt_conv_choose(&p->shape, pass);
    bool many_points =
        algorithm == NT_WINOGRAD5_ALGORITHM || algorithm == NT_WINOGRAD_LINE_ALGORITHM;
    if (!(error <= (many_points ? 4e-6 : 2.5e-6)))
        fail_msg("%s: pass %d has error %g", conv_describe(&p->shape), (int)pass, error);
    conv_array_free(got);
}

static void expect_same(const conv_problem *p, const char *what, const float *got,
                        const float *wanted, int64_t count) {
    if (memcmp(got, wanted, (size_t)count * sizeof *got) != 0)
        fail_msg("%s: %s changes the bits", conv_describe(&p->shape), what);
}

static void check_reference(const conv_problem *p) {
    double *wanted[CONV_PASSES];
    conv_problem direct = *p;
    direct.shape.direct = true;
    conv_reference(p, wanted);
    for (int pass = 0; pass < CONV_PASSES; pass++) {
        assert_int_equal(nt_conv_choose(&direct.shape, (nt_conv_pass)pass), NT_DIRECT_ALGORITHM);
        expect_close(p, (nt_conv_pass)pass, wanted[pass]);
        expect_close(&direct, (nt_conv_pass)pass, wanted[pass]);
        free(wanted[pass]);
    }
}

static void test_reference(void **state) {
    (void)state;
    each_shape(check_reference);
}

static void test_reference_without_wide_vectors(void **state) {
    (void)state;
    nt_vectors_allow_wide(false);
    each_shape(check_reference);
    nt_vectors_allow_wide(true);
}

/* Kernels of the processor's sets of instructions: the plain ones are right, too, and the fused
 * ones give the same bits. */
static void check_sets(const conv_problem *p) {
    nt_vectors_limit(NT_VECTORS_PLAIN);
    check_reference(p);
    for (int pass = 0; pass < CONV_PASSES; pass++) {
        nt_vectors_limit(NT_VECTORS_AVX2);
        conv_array narrow = conv_run(p, (nt_conv_pass)pass);
        nt_vectors_limit(NT_VECTORS_AVX512);
        conv_array wide = conv_run(p, (nt_conv_pass)pass);
        expect_same(p, "the set of vectors", narrow.v, wide.v, wide.count);
        conv_array_free(narrow);
        conv_array_free(wide);
    }
}

static void test_sets(void **state) {
    (void)state;
    each_shape(check_sets);
}

/* That the wish to have it direct is heard at all: other algorithms round in other places. */
static void test_direct(void **state) {
    const nt_conv_shape shapes[] = {
        {2, 32, 9, 9, 32, 9, 9, {3, 3}, {1, 1}, {1, 1}, {1, 1}, 1, false},
        {2, 32, 2, 2, 32, 2, 2, {3, 3}, {1, 1}, {1, 1}, {1, 1}, 1, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        for (int pass = 0; pass < CONV_PASSES; pass++) {
            conv_problem p = conv_problem_new(&shapes[i], 1);
            conv_array chosen = conv_run(&p, (nt_conv_pass)pass);
            p.shape.direct = true;
            assert_true(nt_conv_kept_floats(&p.shape) == 0);
            conv_array direct = conv_run(&p, (nt_conv_pass)pass);
            size_t bytes = (size_t)direct.count * sizeof(float);
            assert_memory_not_equal(direct.v, chosen.v, bytes);
            conv_array_free(chosen);
            conv_array_free(direct);
            conv_problem_free(&p);
        }
}

static void expect_choice(nt_conv_shape s, nt_conv_algorithm wanted) {
    conv_shape_finish(&s);
    for (int pass = 0; pass < CONV_PASSES; pass++)
        for (s.samples = 1; s.samples <= 1000; s.samples *= 10)
            if (nt_conv_choose(&s, (nt_conv_pass)pass) != wanted)
                fail_msg("%s: pass %d is computed by %d", conv_describe(&s), pass,
                         (int)nt_conv_choose(&s, (nt_conv_pass)pass));
}

/* The phases of a dilated map are treated as maps of their own. */
static void test_choice(void **state) {
    nt_conv_shape s = {1, 64, 16, 16, 64, 0, 0, {3, 3}, {1, 1}, {2, 2}, {2, 2}, 1, false};
    (void)state;
    expect_choice(s, NT_WINOGRAD_ALGORITHM);
    s.pad[0] = s.pad[1] = s.dilation[0] = s.dilation[1] = 4;
    expect_choice(s, NT_WINOGRAD_ALGORITHM);
    s.height = s.width = 8;
    expect_choice(s, NT_TOEPLITZ_ALGORITHM);
    s.height = s.width = 6; /* half the phases have but one row */
    expect_choice(s, NT_DIRECT_ALGORITHM);
    s.height = s.width = 28; /* and here five in six */
    s.pad[0] = s.pad[1] = s.dilation[0] = s.dilation[1] = 24;
    expect_choice(s, NT_DIRECT_ALGORITHM);
    s.pad[0] = s.pad[1] = s.dilation[0] = s.dilation[1] = 4;
    s.height = 9; /* most phases have but two rows */
    s.width = 16;
    expect_choice(s, NT_DIRECT_ALGORITHM);
    s.height = 16;
    s.width = 9;
    expect_choice(s, NT_DIRECT_ALGORITHM);
    s.height = s.width = 4; /* only the middle tap acts */
    expect_choice(s, NT_DIRECT_ALGORITHM);
    s.groups = 64;
    expect_choice(s, NT_DEPTHWISE_ALGORITHM);
    s.out_channels = 256;
    expect_choice(s, NT_DEPTHWISE_ALGORITHM);
    s.height = s.width = 3; /* smaller than the dilation */
    expect_choice(s, NT_DEPTHWISE_ALGORITHM);
    s.groups = 16;
    s.out_channels = 64;
    expect_choice(s, NT_GROUPED_ALGORITHM);
    s.groups = 4;
    expect_choice(s, NT_DIRECT_ALGORITHM);
}

static void expect_pass(nt_conv_shape s, nt_conv_pass pass, nt_conv_algorithm wanted) {
    conv_shape_finish(&s);
    if (nt_conv_choose(&s, pass) != wanted)
        fail_msg("%s: pass %d is computed by %d", conv_describe(&s), (int)pass,
                 (int)nt_conv_choose(&s, pass));
}

/* Windows slide where lines are long enough, forward and, but for strides, to the data; and only
 * where the processor multiplies and adds in one. */
static void test_choice_of_sliding(void **state) {
    nt_conv_shape s = {1, 64, 16, 16, 64, 0, 0, {3, 3}, {1, 1}, {1, 1}, {1, 1}, 64, false};
    (void)state;
    nt_vectors_limit(NT_VECTORS_PLAIN);
    expect_pass(s, NT_FORWARD_PASS, NT_DEPTHWISE_ALGORITHM);
    nt_vectors_limit(NT_VECTORS_AVX512);
    if (nt_vectors_fused() == NT_VECTORS_PLAIN)
        skip();
    for (s.groups = 64; s.groups >= 2; s.groups /= 2) {
        expect_pass(s, NT_FORWARD_PASS, NT_SLIDING_ALGORITHM);
        expect_pass(s, NT_DATA_PASS, NT_SLIDING_ALGORITHM);
    }
    s.groups = 64;
    expect_pass(s, NT_WEIGHT_PASS, NT_DEPTHWISE_ALGORITHM);
    s.stride[0] = s.stride[1] = 2;
    expect_pass(s, NT_FORWARD_PASS, NT_SLIDING_ALGORITHM);
    expect_pass(s, NT_DATA_PASS, NT_DEPTHWISE_ALGORITHM);
    s.width = 3;
    expect_pass(s, NT_FORWARD_PASS, NT_DEPTHWISE_ALGORITHM);
}

/* Columns of the left matrix that are multiplied at all. */
static int64_t columns_of(const nt_im2col *gather) {
    int64_t count = 0, length;
    for (int64_t k = 0; (length = nt_im2col_piece(gather, &k)) > 0; k += length)
        count += length;
    return count;
}

/* Taps that meet nothing but padding, or nothing of a phase, are never computed. */
static void test_dead_taps(void **state) {
    const struct {
        nt_conv_shape shape;
        int64_t forward, data; /* live taps; those of the first phase */
    } cases[] = {
        {{1, 7, 2, 2, 5, 0, 0, {3, 3}, {2, 2}, {1, 1}, {1, 1}, 1, true}, 4, 1},
        {{1, 7, 4, 4, 5, 0, 0, {3, 3}, {1, 1}, {4, 4}, {4, 4}, 1, true}, 1, 1},
        {{1, 7, 2, 2, 5, 0, 0, {7, 7}, {1, 1}, {3, 3}, {1, 1}, 1, true}, 9, 9},
        {{1, 300, 1, 1, 5, 0, 0, {3, 3}, {1, 1}, {1, 1}, {1, 1}, 1, true}, 1, 1},
        {{1, 7, 8, 8, 5, 0, 0, {3, 3}, {2, 2}, {1, 1}, {1, 1}, 1, true}, 9, 1},
        {{1, 7, 8, 8, 5, 0, 0, {3, 3}, {1, 1}, {1, 1}, {1, 1}, 1, true}, 9, 9},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        nt_conv_shape s = cases[i].shape;
        conv_shape_finish(&s);
        nt_im2col forward = nt_im2col_forward(&s, NULL);
        nt_im2col data = nt_im2col_data(&s, NULL, (const int32_t[]){0, 0});
        assert_int_equal(columns_of(&forward), cases[i].forward * s.channels);
        assert_int_equal(columns_of(&data), cases[i].data * s.out_channels);
    }
}

/* The boxes of a grid cover it, and of their products none meets padding. */
static void test_boxes(void **state) {
    (void)state;
    for (int32_t far = 1; far < 24; far++) {
        nt_conv_shape s = {1, 7, 20, 22, 5, 0, 0, {3, 2}, {1, 1}, {far, 3}, {far, 9}, 1, true};
        int32_t cuts[2][NT_GRID_CUTS];
        int count[2];
        conv_shape_finish(&s);
        nt_im2col whole = nt_im2col_forward(&s, NULL);
        int64_t rows = 0, products = 0, boxes = nt_im2col_cut(&whole, cuts, count);
        assert_int_equal(boxes, (int64_t)(count[0] - 1) * (count[1] - 1));
        for (int i = 0; i + 1 < count[0]; i++)
            for (int j = 0; j + 1 < count[1]; j++) {
                nt_im2col box = nt_im2col_box(&whole, (int32_t[]){cuts[0][i], cuts[1][j]},
                                              (int32_t[]){cuts[0][i + 1], cuts[1][j + 1]});
                rows += nt_im2col_rows(&box);
                products += nt_im2col_rows(&box) * columns_of(&box) * s.out_channels;
            }
        assert_int_equal(rows, nt_im2col_rows(&whole));
        assert_int_equal(products, nt_conv_executed(&s, NT_FORWARD_PASS));
    }
}

/* Where a tap meets padding, its weight is not even read, if it lies far from the others. */
static void test_far_taps(void **state) {
    nt_conv_shape s = {2, 5, 24, 24, 16, 24, 24, {3, 3}, {1, 1}, {10, 10}, {10, 10}, 1, true};
    conv_problem p = conv_problem_new(&s, 1);
    (void)state;
    for (int64_t i = 0; i < 5 * 16; i++)
        p.weight.v[i] = NAN; /* of the first tap, up and to the left */
    conv_array y = conv_run(&p, NT_FORWARD_PASS);
    for (int64_t i = 0; i < y.count; i++) {
        int64_t row = i / 16 / 24 % 24, column = i / 16 % 24;
        assert_int_equal(isfinite(y.v[i]) != 0, row < 10 || column < 10);
    }
    conv_array_free(y);
    conv_problem_free(&p);
}

/* --- epilogues -------------------------------------------------------------------------------- */

static void finish_separately(const conv_problem *p, const conv_epilogue *e, conv_array y) {
    for (int64_t i = 0; i < y.count; i++) {
        if (e->bias)
            y.v[i] += p->bias.v[i % p->shape.out_channels];
        if (e->plus)
            y.v[i] += p->plus.v[i];
        if (e->relu)
            y.v[i] = y.v[i] < 0 ? 0 : y.v[i];
    }
}

/* All epilogues, of the algorithm that is chosen and of the direct one, with kernels kept and not.
 */
static void check_epilogues_of(const conv_problem *p) {
    for (int bits = 0; bits < 16; bits++) {
        conv_epilogue e = {bits & 1, bits & 2, bits & 4, bits & 8, {0}};
        conv_array wanted = conv_run_epilogue(p, &(conv_epilogue){0}, false);
        conv_array whole = conv_run_epilogue(p, &e, false), halves = conv_run_epilogue(p, &e, true);
        finish_separately(p, &e, wanted);
        expect_same(p, "the end of the layer", whole.v, wanted.v, wanted.count);
        expect_same(p, "keeping the kernel", halves.v, wanted.v, wanted.count);
        conv_array_free(wanted);
        conv_array_free(whole);
        conv_array_free(halves);
    }
}

static void check_epilogues(const conv_problem *p) {
    conv_problem direct = *p;
    check_epilogues_of(p);
    direct.shape.direct = true;
    check_epilogues_of(&direct);
}

static void test_epilogues(void **state) {
    (void)state;
    each_shape(check_epilogues);
}

/* What the op makes of values that are there. */
static void activate_by_op(const nt_op *op, const void *attrs, conv_array values) {
    nt_tensor x = {.type = nt_type_map(nt_shape_of(1, (int32_t[]){(int32_t)values.count})),
                   .count = 1,
                   .data = values.v};
    nt_tensor y = x;
    op->forward(&(nt_call){.attrs = attrs, .in = &x, .out = &y, .in_count = 1, .out_count = 1});
}

/* The sign of a NaN is nobody's. */
static void make_nan_equal(conv_array values) {
    for (int64_t i = 0; i < values.count; i++)
        values.v[i] = isnan(values.v[i]) ? NAN : values.v[i];
}

/* An activation at the end of a convolution against its op behind it, with a sum between them and
 * without. */
static void check_activation(const conv_problem *p, const nt_op *op, const void *attrs) {
    double numbers[2] = {0};
    nt_activation activation = nt_activation_of(op->activation(attrs, numbers), numbers);
    for (int bits = 0; bits < 4; bits++) {
        conv_epilogue e = {.bias = bits & 1, .plus = bits & 2}, fused = e;
        fused.activation = activation;
        conv_array wanted = conv_run_epilogue(p, &e, false);
        conv_array whole = conv_run_epilogue(p, &fused, false);
        conv_array halves = conv_run_epilogue(p, &fused, true);
        activate_by_op(op, attrs, wanted);
        make_nan_equal(wanted);
        make_nan_equal(whole);
        make_nan_equal(halves);
        expect_same(p, op->kind.name, whole.v, wanted.v, wanted.count);
        expect_same(p, op->kind.name, halves.v, wanted.v, wanted.count);
        conv_array_free(wanted);
        conv_array_free(whole);
        conv_array_free(halves);
    }
}

/* Every op that is an activation, with the attributes of its cases; returns how many there are. */
static int check_activations(const conv_problem *p) {
    int count = 0;
    for (const nt_kind *const *kind = nt_ops; *kind; kind++) {
        const nt_op *op = (const nt_op *)*kind;
        for (const nt_op_case *cas = op->cases; op->activation && cas->inputs; cas++, count++) {
            char why[NT_FIELD_WHY];
            nt_arena arena;
            nt_arena_init(&arena);
            void *attrs = nt_arena_alloc(&arena, op->kind.size + 1);
            assert_true(nt_fields_default(op->kind.fields, attrs, &arena));
            assert_true(nt_fields_parse(op->kind.fields, attrs, &arena, cas->attrs, why));
            check_activation(p, op, attrs);
            nt_arena_finish(&arena);
        }
    }
    return count;
}

/* Through each algorithm, with channels that fill panels and not. */
static void test_activations(void **state) {
    const nt_conv_algorithm sliding_or_depthwise =
        nt_vectors_fused() == NT_VECTORS_PLAIN ? NT_DEPTHWISE_ALGORITHM : NT_SLIDING_ALGORITHM;
    const struct {
        nt_conv_shape shape;
        nt_conv_algorithm algorithm;
    } cases[] = {
        {{3, 48, 9, 10, 48, 0, 0, {3, 3}, {1, 1}, {1, 1}, {1, 1}, 1, false}, NT_WINOGRAD_ALGORITHM},
        {{3, 40, 8, 8, 37, 0, 0, {3, 3}, {1, 1}, {1, 1}, {1, 1}, 1, false}, NT_WINOGRAD_ALGORITHM},
        {{3, 40, 8, 8, 37, 0, 0, {3, 3}, {1, 1}, {1, 1}, {1, 1}, 1, true}, NT_DIRECT_ALGORITHM},
        {{3, 64, 16, 16, 64, 0, 0, {3, 3}, {2, 2}, {1, 1}, {1, 1}, 1, false}, NT_STRIDED_ALGORITHM},
        {{3, 48, 2, 2, 37, 0, 0, {3, 3}, {1, 1}, {1, 1}, {1, 1}, 1, false}, NT_TOEPLITZ_ALGORITHM},
        {{3, 40, 7, 7, 37, 0, 0, {1, 1}, {1, 1}, {0, 0}, {1, 1}, 1, false}, NT_DIRECT_ALGORITHM},
        {{3, 40, 7, 7, 64, 0, 0, {1, 1}, {1, 1}, {0, 0}, {1, 1}, 1, false}, NT_DIRECT_ALGORITHM},
        {{1, 300, 1, 1, 45, 0, 0, {1, 1}, {1, 1}, {0, 0}, {1, 1}, 1, false}, NT_DIRECT_ALGORITHM},
        {{3, 3, 15, 15, 32, 0, 0, {5, 5}, {2, 2}, {2, 2}, {1, 1}, 1, false}, NT_DIRECT_ALGORITHM},
        {{3, 40, 9, 9, 80, 0, 0, {3, 3}, {1, 1}, {1, 1}, {1, 1}, 2, false}, NT_DIRECT_ALGORITHM},
        {{3, 32, 9, 9, 48, 0, 0, {3, 3}, {1, 1}, {1, 1}, {1, 1}, 16, false}, NT_GROUPED_ALGORITHM},
        {{3, 37, 9, 9, 37, 0, 0, {3, 3}, {1, 1}, {1, 1}, {1, 1}, 37, false}, sliding_or_depthwise},
        {{3, 37, 9, 9, 37, 0, 0, {3, 4}, {1, 1}, {1, 1}, {1, 1}, 37, false},
         NT_DEPTHWISE_ALGORITHM},
        {{3, 21, 9, 9, 42, 0, 0, {3, 3}, {2, 2}, {1, 1}, {1, 1}, 21, false},
         NT_DEPTHWISE_ALGORITHM},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        nt_conv_shape shape = cases[i].shape;
        conv_shape_finish(&shape);
        assert_int_equal(shape.direct ? NT_DIRECT_ALGORITHM
                                      : nt_conv_choose(&shape, NT_FORWARD_PASS),
                         cases[i].algorithm);
        conv_problem p = conv_problem_new(&shape, i);
        for (int64_t at = 0; at < p.plus.count; at += 7)
            p.plus.v[at] = at % 3 == 0 ? NAN : at % 3 == 1 ? INFINITY : -100;
        assert_true(check_activations(&p) >= 11);
        conv_problem_free(&p);
    }
}

static void test_nan_stays(void **state) {
    const nt_conv_shape shapes[] = {
        {1, 3, 5, 5, 19, 5, 5, {3, 3}, {1, 1}, {1, 1}, {1, 1}, 1, true},
        {1, 19, 5, 5, 19, 5, 5, {3, 3}, {1, 1}, {1, 1}, {1, 1}, 19, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        conv_problem p = conv_problem_new(&shapes[i], 1);
        for (int32_t c = 0; c < shapes[i].channels; c++)
            p.x.v[12 * shapes[i].channels + c] = NAN; /* the middle */
        conv_array y = conv_run_epilogue(&p, &(conv_epilogue){.bias = true, .relu = true}, false);
        for (int64_t at = 0; at < 25; at++)
            for (int32_t k = 0; k < 19; k++)
                assert_int_equal(isnan(y.v[at * 19 + k]),
                                 at / 5 >= 1 && at / 5 <= 3 && at % 5 >= 1 && at % 5 <= 3);
        conv_array_free(y);
        conv_problem_free(&p);
    }
}

/* --- bits ------------------------------------------------------------------------------------- */

static void check_threads(const conv_problem *p) {
    for (int pass = 0; pass < CONV_PASSES; pass++) {
        nt_threads_set(1);
        conv_array one = conv_run(p, (nt_conv_pass)pass);
        for (int threads = 2; threads <= 3; threads++) {
            nt_threads_set(threads);
            conv_array many = conv_run(p, (nt_conv_pass)pass);
            expect_same(p, "the number of threads", many.v, one.v, one.count);
            conv_array_free(many);
        }
        conv_array_free(one);
    }
    nt_threads_set(2);
}

static void test_threads(void **state) {
    (void)state;
    each_shape(check_threads);
}

/* A sample alone has the bits that it has among others. */
static void check_samples(const conv_problem *p) {
    for (int pass = NT_FORWARD_PASS; pass <= NT_DATA_PASS; pass++) {
        conv_array all = conv_run(p, (nt_conv_pass)pass);
        conv_problem alone = *p;
        alone.shape.samples = 1;
        for (int32_t n = 0; n < p->shape.samples; n++) {
            conv_array one = conv_run(&alone, (nt_conv_pass)pass);
            expect_same(p, "the number of samples", one.v, all.v + n * one.count, one.count);
            conv_array_free(one);
            alone.x.v += conv_result_count(&alone.shape, NT_DATA_PASS);
            alone.dy.v += conv_result_count(&alone.shape, NT_FORWARD_PASS);
        }
        conv_array_free(all);
    }
}

static void test_samples(void **state) {
    (void)state;
    each_shape(check_samples);
}

/* What is enough for some number of samples is enough for fewer. */
static void check_needs(const conv_problem *p) {
    nt_conv_shape s = p->shape;
    nt_conv_need last[CONV_PASSES] = {{0}};
    for (s.samples = 1; s.samples <= 300; s.samples += s.samples / 7 + 1) {
        nt_conv_need need[CONV_PASSES] = {nt_conv_forward_need(&s), nt_conv_data_need(&s),
                                          nt_conv_weight_need(&s)};
        for (int pass = 0; pass < CONV_PASSES; pass++)
            if (need[pass].shared < last[pass].shared ||
                need[pass].per_worker < last[pass].per_worker)
                fail_msg("%s: pass %d needs less than fewer samples do", conv_describe(&s), pass);
        memcpy(last, need, sizeof last);
    }
}

static void test_needs(void **state) {
    (void)state;
    each_shape(check_needs);
}

/* --- the end of memory ------------------------------------------------------------------------ */

enum { FENCED = 1 << 22 };

/* A copy whose last byte is the last before memory that must not be touched. */
static conv_array fence(conv_array a) {
    size_t bytes = (size_t)a.count * sizeof *a.v;
    assert_true(bytes <= FENCED);
    char *memory =
        mmap(NULL, 2 * FENCED, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(memory != MAP_FAILED && mprotect(memory + FENCED, FENCED, PROT_NONE) == 0);
    return (conv_array){memcpy(memory + FENCED - bytes, a.v, bytes), a.count};
}

static void unfence(conv_array a) {
    assert_int_equal(munmap((char *)(a.v + a.count) - FENCED, 2 * FENCED), 0);
}

/* Nothing is read past the end of an input; weights keep their alignment by their size. */
static void check_end_of_memory(const conv_problem *p) {
    conv_problem at_end = *p;
    at_end.x = fence(p->x);
    at_end.weight = fence(p->weight);
    at_end.bias = fence(p->bias);
    at_end.dy = fence(p->dy);
    for (int pass = 0; pass < CONV_PASSES; pass++) {
        conv_array wanted = conv_run(p, (nt_conv_pass)pass);
        conv_array got = conv_run(&at_end, (nt_conv_pass)pass);
        expect_same(p, "the end of memory", got.v, wanted.v, wanted.count);
        conv_array_free(wanted);
        conv_array_free(got);
    }
    unfence(at_end.x);
    unfence(at_end.weight);
    unfence(at_end.bias);
    unfence(at_end.dy);
}

static void test_end_of_memory(void **state) {
    (void)state;
    each_shape(check_end_of_memory);
}

/* Each place has one job; where rows divide evenly, each thread begins with its own. */
static void check_job_places(int rows, int columns, int threads) {
    bool seen[40][6] = {{false}};
    nt_threads_set(threads);
    for (int job = 0; job < rows * columns; job++) {
        nt_job_place place = nt_job_place_of(job, rows, columns);
        assert_in_range(place.row, 0, rows - 1);
        assert_in_range(place.column, 0, columns - 1);
        assert_false(seen[place.row][place.column]);
        seen[place.row][place.column] = true;
        if (rows % threads == 0)
            assert_int_equal(place.row * threads / rows, job * threads / (rows * columns));
    }
}

static void test_job_places(void **state) {
    (void)state;
    for (int rows = 1; rows <= 40; rows++)
        for (int columns = 1; columns <= 6; columns++)
            for (int threads = 1; threads <= 16; threads++)
                check_job_places(rows, columns, threads);
    nt_threads_set(2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reference),  cmocka_unit_test(test_reference_without_wide_vectors),
        cmocka_unit_test(test_sets),       cmocka_unit_test(test_direct),
        cmocka_unit_test(test_choice),     cmocka_unit_test(test_choice_of_sliding),
        cmocka_unit_test(test_dead_taps),  cmocka_unit_test(test_boxes),
        cmocka_unit_test(test_far_taps),   cmocka_unit_test(test_epilogues),
        cmocka_unit_test(test_nan_stays),  cmocka_unit_test(test_activations),
        cmocka_unit_test(test_threads),    cmocka_unit_test(test_samples),
        cmocka_unit_test(test_needs),      cmocka_unit_test(test_end_of_memory),
        cmocka_unit_test(test_job_places),
    };
    nt_threads_set(2);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
