/* What networks that label each place are made of: corners of single ops that the generic tests
 * don't reach. */
#include "attrs.h"
#include "exponential.h"
#include "parallel.h"
#include "trial.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void open_trial(trial *t, const char *op, const nt_op_case *cas, int32_t count) {
    trial_spec spec = {.op = nt_op_find(op), .cas = cas, .count = count, .seed = 3};
    trial_init(t, &spec);
}

static void give(nt_tensor *tensor, const void *values) {
    memcpy(tensor->data, values, trial_bytes(tensor));
}

static void expect_floats(const nt_tensor *tensor, const float *values) {
    assert_memory_equal(tensor->f, values, trial_bytes(tensor));
}

/* --- exponentials ----------------------------------------------------------------------------- */

/* Of floats from the least that matters to the largest. */
static void test_exponential(void **state) {
    (void)state;
    for (float x = -110; x < 95; x += 0.0007f) {
        double wanted = exp((double)x), got = (double)nt_exp(x);
        float rounded = (float)wanted;
        if (isinf(rounded))
            assert_true(isinf(got));
        else if (fabs(got - wanted) > 1.6e-7 * wanted + 1.5e-45) /* or the least float */
            fail_msg("exp(%.9g) = %.9g, not %.9g", (double)x, got, wanted);
    }
    assert_true(nt_exp(0) == 1);
    assert_true(nt_exp(-INFINITY) == 0 && isinf(nt_exp(INFINITY)));
    assert_true(isnan(nt_exp(NAN)) && isnan(nt_exp(-NAN)));
}

static void test_sigmoid_far_out(void **state) {
    static const nt_op_case cas = {"", "6", "6"};
    trial t;
    (void)state;
    open_trial(&t, "sigmoid", &cas, 1);
    give(&t.in[0], (float[]){-INFINITY, -1000, 0, 1000, INFINITY, NAN});
    trial_forward(&t);
    assert_memory_equal(t.out[0].f, ((float[]){0, 0, 0.5f, 1, 1}), 5 * sizeof(float));
    assert_true(isnan(t.out[0].f[5]));
    trial_finish(&t);
}

static void test_softmax_far_out(void **state) {
    static const nt_op_case cas = {"", "3", "3"};
    trial t;
    (void)state;
    open_trial(&t, "softmax", &cas, 4);
    give(&t.in[0], (float[]){1e30f, -1e30f, 0, 500, 500, -INFINITY, -500, -500, -1e9f, 0, NAN, 1});
    trial_forward(&t);
    assert_memory_equal(t.out[0].f, ((float[]){1, 0, 0, 0.5f, 0.5f, 0, 0.5f, 0.5f, 0}),
                        9 * sizeof(float));
    for (int i = 9; i < 12; i++)
        assert_true(isnan(t.out[0].f[i])); /* that row alone */
    trial_finish(&t);
}

/* --- pooling by indices ----------------------------------------------------------------------- */

/* Of equal elements the first; NaN before all; padding never. */
static void test_pool_indices(void **state) {
    static const nt_op_case cas = {"kernel=2 stride=2 pad=1 indices=true", "1x3x4", "1x2x3"};
    trial t;
    (void)state;
    open_trial(&t, "max_pool", &cas, 1);
    give(&t.in[0], (float[]){-9, 1, 1, -INFINITY, /**/ 7, 7, 2, NAN, /**/ 7, 8, 3, 2});
    trial_forward(&t);
    assert_memory_equal(t.out[1].i, ((int32_t[]){0, 1, 3, 4, 9, 7}), 6 * sizeof(int32_t));
    assert_memory_equal(t.out[0].f, ((float[]){-9, 1, -INFINITY, 7, 8}), 5 * sizeof(float));
    assert_true(isnan(t.out[0].f[5]));
    trial_finish(&t);
}

/* Back from where they came: with indices of its own, a pool gives the elements again. */
static void test_unpool_undoes_pool(void **state) {
    static const nt_op_case pool = {"kernel=2 indices=true", "3x4x6", "3x2x3"};
    static const nt_op_case unpool = {"kernel=2", "3x2x3 3x2x3", "3x4x6"};
    trial p, u;
    (void)state;
    open_trial(&p, "max_pool", &pool, 2);
    open_trial(&u, "max_unpool", &unpool, 2);
    trial_forward(&p);
    give(&u.in[0], p.out[0].f);
    give(&u.in[1], p.out[1].i);
    trial_forward(&u);
    int kept = 0;
    for (int i = 0; i < 2 * 3 * 4 * 6; i++) {
        assert_true(u.out[0].f[i] == 0 || u.out[0].f[i] == p.in[0].f[i]);
        kept += u.out[0].f[i] != 0;
    }
    assert_int_equal(kept, 2 * 3 * 2 * 3);
    trial_finish(&p);
    trial_finish(&u);
}

/* Of elements for one place the last is kept, and each gets that place's gradient. The first
 * windows lie side by side, and their indices point into others. */
static void test_unpool_one_place(void **state) {
    static const nt_op_case cases[] = {{"kernel=2", "1x2x2 1x2x2", "1x4x4"},
                                       {"kernel=2 stride=1", "1x2x2 1x2x2 1x3x3", "1x3x3"}};
    (void)state;
    for (int i = 0; i < 2; i++) {
        trial t;
        open_trial(&t, "max_unpool", &cases[i], 2);
        give(&t.in[0], (float[]){1, 2, 3, 4, /**/ 5, 6, 7, 8});
        give(&t.in[1], i == 0 ? (int32_t[]){5, 5, 8, 5, /**/ 0, 2, 8, 10}
                              : (int32_t[]){4, 4, 6, 4, /**/ 0, 1, 3, 4});
        trial_forward(&t);
        if (i == 0)
            expect_floats(&t.out[0], (float[]){0, 0, 0, 0, 0, 4, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, /**/
                                               5, 0, 6, 0, 0, 0, 0, 0, 7, 0, 8, 0, 0, 0, 0, 0});
        else
            expect_floats(&t.out[0], (float[]){0, 0, 0, 0, 4, 0, 3, 0, 0, /**/
                                               5, 6, 0, 7, 8, 0, 0, 0, 0});
        for (int32_t e = 0; e < 32 / (1 + i); e++)
            if (e < (int32_t)(trial_bytes(&t.out_grad[0]) / sizeof(float)))
                t.out_grad[0].f[e] = (float)e;
        trial_backward(&t);
        if (i == 0)
            expect_floats(&t.in_grad[0], (float[]){5, 5, 8, 5, /**/ 16, 18, 24, 26});
        else
            expect_floats(&t.in_grad[0], (float[]){4, 4, 6, 4, /**/ 9, 10, 12, 13});
        trial_finish(&t);
    }
}

/* No index writes or reads outside the map, and none is lost without a trace. */
static void test_unpool_outside(void **state) {
    static const nt_op_case cas = {"kernel=2", "2x1x2 2x1x2", "2x2x4"};
    static const int32_t bad[] = {-1, 8, INT32_MIN, INT32_MAX};
    (void)state;
    for (int i = 0; i < 4; i++) {
        trial t;
        open_trial(&t, "max_unpool", &cas, 1);
        give(&t.in[0], (float[]){1, 2, 3, 4});
        give(&t.in[1], (int32_t[]){4, 1, 2, bad[i]}); /* of channels 0, 1, 0, 1 */
        trial_forward(&t);
        assert_true(isnan(t.out[0].f[1]));
        assert_true(t.out[0].f[2 * 4] == 1 && t.out[0].f[2 * 2] == 3 && t.out[0].f[2 + 1] == 2);
        trial_backward(&t);
        assert_true(t.in_grad[0].f[3] == 0);
        assert_true(t.in_grad[0].f[0] == t.out_grad[0].f[2 * 4]);
        trial_finish(&t);
    }
}

/* --- dropout2d -------------------------------------------------------------------------------- */

static void test_dropout2d_masks(void **state) {
    enum { CHANNELS = 5000, PIXELS = 6, SAMPLES = 2, DRAWN = CHANNELS * SAMPLES };
    static const nt_op_case cas = {"probability=0.3", "5000x2x3", "5000x2x3"};
    static unsigned char kept[2][DRAWN];
    trial t;
    (void)state;
    open_trial(&t, "dropout2d", &cas, SAMPLES);
    for (int step = 0; step < 2; step++, t.draw++) {
        trial_forward(&t);
        for (int i = 0; i < DRAWN; i++) {
            const float *sample = t.out[0].f + i / CHANNELS * CHANNELS * PIXELS;
            kept[step][i] = sample[i % CHANNELS] != 0;
            for (int p = 0; p < PIXELS; p++) /* all of a channel, or nothing */
                assert_int_equal(sample[p * CHANNELS + i % CHANNELS] != 0, kept[step][i]);
        }
    }
    int count = 0, steps_agree = 0, samples_agree = 0;
    for (int i = 0; i < DRAWN; i++) {
        count += kept[0][i];
        steps_agree += kept[0][i] == kept[1][i];
        samples_agree += i < CHANNELS && kept[0][i] == kept[0][i + CHANNELS];
    }
    assert_true(abs(count - 7000) < 184); /* four deviations */
    assert_true(abs(steps_agree - 5800) < 200);
    assert_true(abs(samples_agree - 2900) < 140);
    trial_finish(&t);
}

/* --- the Dice loss ---------------------------------------------------------------------------- */

static void test_dice_values(void **state) {
    static const nt_op_case one = {"smooth=0.5", "1x1x2 1x2", "scalar"};
    static const nt_op_case two = {"smooth=0", "2x1x2 1x2", "scalar"};
    static const nt_op_case batch = {"smooth=0 over=batch", "2x1x2 1x2", "scalar"};
    trial t;
    (void)state;
    open_trial(&t, "dice_loss", &one, 1);
    give(&t.in[0], (float[]){0, -100});
    give(&t.in[1], (int32_t[]){1, 0});
    trial_forward(&t);
    assert_float_equal(t.out[0].f[0], 1 - 1.5 / 2, 1e-7);
    trial_finish(&t);
    /* overlap 0.5 of 0.5 + 1 in one image, 0.5 of 1.5 + 1 in the other */
    for (int i = 0; i < 2; i++) {
        open_trial(&t, "dice_loss", i ? &batch : &two, 2);
        give(&t.in[0], (float[]){0, 0, 100, 0, /**/ 0, 0, 0, 100});
        give(&t.in[1], (int32_t[]){1, 0, 1, 0});
        trial_forward(&t);
        assert_float_equal(t.out[0].f[0], i ? 1 - 2.0 / 4 : 1 - (1 / 1.5 + 1 / 2.5) / 2, 1e-6);
        trial_finish(&t);
    }
}

static void test_dice_targets(void **state) {
    static const nt_op_case none = {"smooth=0 ignore=9", "3x1x2 1x2", "scalar"};
    static const nt_op_case single = {"", "1x1x2 1x2", "scalar"};
    static const int32_t bad[] = {-1, 3, INT32_MIN, INT32_MAX};
    trial t;
    (void)state;
    open_trial(&t, "dice_loss", &none, 1);
    give(&t.in[1], (int32_t[]){9, 9});
    trial_forward(&t);
    assert_true(t.out[0].f[0] == 0); /* nothing counts */
    memset(t.out_grad[1].f, 0, trial_bytes(&t.out_grad[1]));
    trial_backward(&t);
    expect_floats(&t.in_grad[0], (float[6]){0});
    for (int i = 0; i < 4; i++) {
        give(&t.in[1], (int32_t[]){0, bad[i]}); /* no such class */
        trial_forward(&t);
        assert_true(isnan(t.out[0].f[0]));
    }
    trial_finish(&t);
    open_trial(&t, "dice_loss", &single, 1);
    give(&t.in[1], (int32_t[]){0, 2});
    trial_forward(&t);
    assert_true(isnan(t.out[0].f[0]));
    trial_finish(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exponential),        cmocka_unit_test(test_sigmoid_far_out),
        cmocka_unit_test(test_softmax_far_out),    cmocka_unit_test(test_pool_indices),
        cmocka_unit_test(test_unpool_undoes_pool), cmocka_unit_test(test_unpool_one_place),
        cmocka_unit_test(test_unpool_outside),     cmocka_unit_test(test_dropout2d_masks),
        cmocka_unit_test(test_dice_values),        cmocka_unit_test(test_dice_targets),
    };
    nt_threads_set(2);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
