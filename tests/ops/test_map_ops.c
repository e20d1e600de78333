/* What the generic tests don't reach of ops that normalise, drop, compare or move maps. */
#include "attrs.h"
#include "checks.h"
#include "logarithm.h"
#include "parallel.h"
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

static void give(nt_tensor *tensor, const float *values) {
    memcpy(tensor->f, values, trial_bytes(tensor));
}

static void expect_floats(const nt_tensor *tensor, const float *values) {
    assert_memory_equal(tensor->f, values, trial_bytes(tensor));
}

/* --- two inputs ------------------------------------------------------------------------------- */

/* Of equal elements each takes half of the gradient, as in PyTorch. */
static void test_ties(void **state) {
    static const nt_op_case cas = {"", "4 4", "4"};
    static const char *const ops[] = {"max", "min"};
    (void)state;
    for (int i = 0; i < 2; i++) {
        trial t;
        open_trial(&t, ops[i], &cas, 1);
        give(&t.in[0], (float[]){1, 2, 3, -1});
        give(&t.in[1], (float[]){2, 2, 1, -1});
        give(&t.out_grad[0], (float[]){5, 6, 7, 8});
        trial_forward(&t);
        trial_backward(&t);
        expect_floats(&t.out[0], i ? (float[]){1, 2, 1, -1} : (float[]){2, 2, 3, -1});
        expect_floats(&t.in_grad[i], (float[]){0, 3, 7, 4});
        expect_floats(&t.in_grad[1 - i], (float[]){5, 3, 0, 4});
        trial_finish(&t);
    }
}

static void test_nan_is_kept(void **state) {
    static const nt_op_case cas = {"", "2 2", "2"};
    static const char *const ops[] = {"max", "min"};
    (void)state;
    for (int i = 0; i < 2; i++) {
        trial t;
        open_trial(&t, ops[i], &cas, 1);
        give(&t.in[0], (float[]){NAN, 1});
        give(&t.in[1], (float[]){1, NAN});
        trial_forward(&t);
        assert_true(isnan(t.out[0].f[0]) && isnan(t.out[0].f[1]));
        trial_finish(&t);
    }
}

/* --- normalisation ---------------------------------------------------------------------------- */

/* A mean a thousand deviations away costs no digits. */
static void far_from_zero(const char *op, const nt_op_case *cas) {
    trial_spec spec = {.op = nt_op_find(op), .cas = cas, .count = 2, .seed = 4};
    ref_value in[TRIAL_INPUTS], wanted[NT_MAX_OUTPUTS];
    trial t;
    trial_init(&t, &spec);
    for (size_t i = 0; i < trial_bytes(&t.in[0]) / sizeof(float); i++)
        t.in[0].f[i] += 1000;
    trial_forward(&t);
    for (int i = 0; i < t.in_count; i++)
        in[i] = trial_value(&t, &t.in[i]);
    trial_reference(&t, in, wanted);
    ref_value got = trial_value(&t, &t.out[0]);
    for (int64_t i = 0; i < got.count * nt_shape_elements(got.shape); i++)
        assert_float_equal(got.v[i], wanted[0].v[i], 2e-6);
    trial_finish(&t);
}

static void test_far_from_zero(void **state) {
    static const nt_op_case layer = {"", "67x5x4", "67x5x4"};
    static const nt_op_case group = {"groups=4", "36x9x7", "36x9x7"};
    static const nt_op_case instance = {"affine=true", "5x20x9", "5x20x9"};
    (void)state;
    far_from_zero("layer_norm", &layer);
    far_from_zero("group_norm", &group);
    far_from_zero("instance_norm", &instance);
}

/* Samples that all threads work on have the same bits as those that are a job each. */
static void test_large_samples(void **state) {
    static const nt_op_case cas = {"groups=2", "4x260x260", "4x260x260"};
    trial_spec spec = {.op = nt_op_find("group_norm"), .cas = &cas, .count = 2, .seed = 1};
    (void)state;
    check_samples(&spec);
    check_threads(&spec);
}

/* What is not finite is not hidden from the channels around. */
static void test_response_of_nan(void **state) {
    static const nt_op_case cas = {"size=3", "5", "5"};
    trial t;
    (void)state;
    open_trial(&t, "local_response_norm", &cas, 1);
    give(&t.in[0], (float[]){1, 2, NAN, 3, 4});
    trial_forward(&t);
    for (int i = 0; i < 5; i++)
        assert_int_equal(isnan(t.out[0].f[i]) != 0, i >= 1 && i <= 3);
    trial_finish(&t);
}

static void test_logarithm(void **state) {
    (void)state;
    for (float x = 1.2e-38f; x < 1e38f; x *= 1.00013f) {
        double wanted = log((double)x), got = (double)nt_log(x);
        if (fabs(got - wanted) > 1.2e-7 * fmax(fabs(wanted), 0.5))
            fail_msg("log(%.9g) = %.9g, not %.9g", (double)x, got, wanted);
    }
    assert_true(nt_log(1) == 0);
    assert_true(isnan(nt_log(NAN)) && isnan(nt_log(INFINITY)));
}

/* --- stochastic depth ------------------------------------------------------------------------- */

/* How many of the samples are kept, each as a whole. */
static int kept_of(const trial *t) {
    int64_t elements = nt_type_stored(t->out[0].type);
    int kept = 0;
    for (int64_t n = 0; n < t->out[0].count; n++) {
        bool zero = t->out[0].f[n * elements] == 0;
        for (int64_t i = 0; i < elements; i++)
            assert_true((t->out[0].f[n * elements + i] == 0) == zero);
        kept += !zero;
    }
    return kept;
}

static void test_stochastic_depth(void **state) {
    enum { SAMPLES = 3000 };
    static const nt_op_case row = {"probability=0.3", "3x1x2", "3x1x2"};
    static const nt_op_case batch = {"probability=0.3 mode=batch", "3x1x2", "3x1x2"};
    trial t;
    int all = 0;
    (void)state;
    open_trial(&t, "stochastic_depth", &row, SAMPLES);
    trial_forward(&t);
    assert_true(abs(kept_of(&t) - 2100) < 100); /* four deviations */
    trial_finish(&t);
    open_trial(&t, "stochastic_depth", &batch, 40);
    for (int step = 0; step < 300; step++, t.draw++) {
        trial_forward(&t);
        int kept = kept_of(&t);
        assert_true(kept == 0 || kept == 40);
        all += kept == 40;
    }
    assert_true(abs(all - 210) < 32);
    trial_finish(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ties),
        cmocka_unit_test(test_nan_is_kept),
        cmocka_unit_test(test_far_from_zero),
        cmocka_unit_test(test_large_samples),
        cmocka_unit_test(test_response_of_nan),
        cmocka_unit_test(test_logarithm),
        cmocka_unit_test(test_stochastic_depth),
    };
    nt_threads_set(2);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
