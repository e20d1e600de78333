/* Every op of the registry, or those that the arguments name, against the contract in op.h, from
 * the cases that it lists. */
#include "attrs.h"
#include "checks.h"
#include "parallel.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void unless_source(const trial_spec *spec, void (*check)(const trial_spec *spec)) {
    if (!(spec->op->traits & NT_OP_SOURCE))
        check(spec);
}

#define TEST_OF_EACH(name)                                                                         \
    static void visit_##name(const trial_spec *spec) {                                             \
        unless_source(spec, check_##name);                                                         \
    }                                                                                              \
    static void test_##name(void **state) {                                                        \
        (void)state;                                                                               \
        trial_each(visit_##name);                                                                  \
    }

TEST_OF_EACH(forward)
TEST_OF_EACH(threads)
TEST_OF_EACH(samples)
TEST_OF_EACH(unbatched)
TEST_OF_EACH(in_place)
TEST_OF_EACH(grad_in_place)
TEST_OF_EACH(vectors)
TEST_OF_EACH(optional)

TEST_OF_EACH(gradient)

static void test_descriptors(void **state) {
    (void)state;
    for (const nt_kind *const *kind = nt_ops; *kind; kind++) {
        const nt_op *op = (const nt_op *)*kind;
        if (nt_op_flaw(op))
            fail_msg("%s %s", op->kind.name, nt_op_flaw(op));
        if (!(op->traits & NT_OP_SOURCE) && op->cases && !ref_find(op->kind.name))
            fail_msg("%s has no reference", op->kind.name);
    }
}

static void set_count(nt_tensor *tensors, int count, int32_t samples) {
    for (int i = 0; i < count; i++)
        tensors[i].count = tensors[i].type.batched ? samples : 1;
}

/* A plan is made for the largest batch, and runs smaller ones in the same memory. */
static void check_need(const trial_spec *spec) {
    nt_need last = {0}, last_grad = {0};
    trial t;
    trial_init(&t, spec);
    for (int32_t count = 1; count <= 300; count++) {
        set_count(t.in, t.in_count, count);
        set_count(t.in_grad, t.in_count, count);
        set_count(t.out, t.out_count, count);
        set_count(t.out_grad, t.out_count, count);
        nt_need need = trial_need(&t), grad = trial_grad_need(&t);
        if (need.shared < last.shared || need.per_worker < last.per_worker ||
            grad.shared < last_grad.shared || grad.per_worker < last_grad.per_worker)
            fail_msg("%s [%s] needs less memory for %d samples than for %d", spec->op->kind.name,
                     spec->cas->attrs, count, count - 1);
        last = need;
        last_grad = grad;
    }
    trial_finish(&t);
}

TEST_OF_EACH(need)

/* Whether an op says what it makes of zeros. Losses, what only trains, and what is made by passes
 * that come later need not. */
static void check_zeros(const trial_spec *spec) {
    const nt_op *op = spec->op;
    bool zero = true, ints = false;
    trial t;
    trial_init(&t, spec);
    for (int i = 0; i < t.data_count; i++) {
        ints = ints || t.in[i].type.dtype != NT_F32;
        if (t.in[i].type.dtype == NT_F32)
            memset(t.in[i].data, 0, trial_bytes(&t.in[i]));
    }
    trial_forward(&t);
    for (size_t i = 0; i < trial_bytes(&t.out[0]) / sizeof(float); i++)
        zero = zero && t.out[0].f[i] == 0;
    bool may_be_silent = ints || op->traits & (NT_OP_INTERNAL | NT_OP_TRAINING | NT_OP_LOSS);
    bool says = op->keeps_zero && op->keeps_zero(t.attrs);
    if (says ? !zero : zero && !may_be_silent)
        fail_msg("%s [%s] %s zeros of zeros", op->kind.name, spec->cas->attrs,
                 says ? "doesn't make" : "does not say that it makes");
    trial_finish(&t);
}

TEST_OF_EACH(zeros)

/* --- single ops ------------------------------------------------------------------------------- */

static float *forward_of(trial *t, const char *op, const nt_op_case *cas, const char *path) {
    trial_spec spec = {.op = nt_op_find(op), .cas = cas, .count = 2, .seed = 3};
    trial_init(t, &spec);
    if (path)
        ((nt_dropout_attrs *)t->attrs)->path = path;
    trial_forward(t);
    return t->out[0].f;
}

/* How many of two masks' elements agree. */
static int agreement(const float *a, const float *b, int count) {
    int same = 0;
    for (int i = 0; i < count; i++)
        same += (a[i] == 0) == (b[i] == 0);
    return same;
}

static void test_dropout_masks(void **state) {
    enum { LENGTH = 20000 };
    static const nt_op_case cas = {"probability=0.3", "10000", "10000"};
    trial t, other;
    (void)state;
    const float *y = forward_of(&t, "dropout", &cas, "a");
    int zeros = 0;
    for (int i = 0; i < LENGTH; i++)
        zeros += y[i] == 0;
    assert_true(abs(zeros - 6000) < 260); /* four deviations */
    /* Masks of another path, another step and another sample agree no more than chance has it. */
    const float *elsewhere = forward_of(&other, "dropout", &cas, "b");
    assert_true(abs(agreement(y, elsewhere, LENGTH) - 11600) < 300);
    assert_true(abs(agreement(y, y + LENGTH / 2, LENGTH / 2) - 5800) < 220);
    ((nt_dropout_attrs *)other.attrs)->path = "a";
    other.draw = t.draw + 1;
    trial_forward(&other);
    assert_true(abs(agreement(y, elsewhere, LENGTH) - 11600) < 300);
    other.draw = t.draw;
    trial_forward(&other);
    assert_int_equal(agreement(y, elsewhere, LENGTH), LENGTH);
    trial_finish(&t);
    trial_finish(&other);
}

/* To a few units in the last place; a NaN for a NaN. */
static void expect_float(const char *op, double x, float got, float wanted) {
    if (isnan(wanted) ? !isnan(got)
                      : !(got == wanted || fabsf(got - wanted) <= 1e-6F * fabsf(wanted)))
        fail_msg("%s of %g: %g, not %g", op, x, (double)got, (double)wanted);
}

/* What PyTorch's functions leave undefined, or what data can do to them. */
static void test_cross_entropy_targets(void **state) {
    static const nt_op_case cas = {"ignore=2", "3 scalar", "scalar"};
    trial t;
    (void)state;
    forward_of(&t, "softmax_cross_entropy", &cas, NULL);
    t.in[1].i[0] = t.in[1].i[1] = 2;
    trial_forward(&t);
    assert_true(t.out[0].f[0] == 0); /* nothing counts */
    trial_backward(&t);
    t.in[1].i[0] = 3;
    trial_forward(&t);
    assert_true(isnan(t.out[0].f[0])); /* no such class */
    t.in[1].i[0] = -1;
    trial_forward(&t);
    assert_true(isnan(t.out[0].f[0]));
    t.in[1].i[0] = 1;
    t.in[0].f[0] = 1e30f; /* far beyond where exp overflows */
    trial_forward(&t);
    assert_true(t.out[1].f[0] == 1 && t.out[1].f[1] == 0 && t.out[0].f[0] > 1e29f);
    trial_finish(&t);
}

static void test_nan_is_seen(void **state) {
    static const nt_op_case pool = {"kernel=2", "1x2x2", "1x1x1"}, relu = {"", "3", "3"};
    trial t;
    (void)state;
    for (int i = 0; i < 4; i++) {
        forward_of(&t, "max_pool", &pool, NULL);
        t.in[0].f[i] = NAN;
        trial_forward(&t);
        assert_true(isnan(t.out[0].f[0]));
        trial_finish(&t);
    }
    forward_of(&t, "relu", &relu, NULL);
    t.in[0].f[1] = NAN;
    trial_forward(&t);
    assert_true(isnan(t.out[0].f[1]));
    trial_finish(&t);
}

/* At limits, and for values that no number is: as PyTorch has it. */
static void test_limits(void **state) {
    static const struct {
        const char *op, *attrs;
        float x, y, slope;
    } cases[] = {
        {"relu6", "", 0, 0, 0},
        {"relu6", "", 6, 6, 0},
        {"clamp", "min=0 max=6", 0, 0, 1},
        {"clamp", "min=0 max=6", 6, 6, 1},
        {"clamp", "max=6", -INFINITY, -INFINITY, 1},
        {"clamp", "min=0", INFINITY, INFINITY, 1},
        {"clamp", "min=0", NAN, NAN, 0},
        {"leaky_relu", "slope=0.5", -INFINITY, -INFINITY, 0.5F},
        {"elu", "alpha=2", -INFINITY, -2, 0},
        {"elu", "", -1e-7F, -1e-7F, 1},
        {"elu", "", INFINITY, INFINITY, 1},
        {"elu", "", NAN, NAN, NAN},
        {"sigmoid", "", -INFINITY, 0, 0},
        {"sigmoid", "", INFINITY, 1, 0},
        {"silu", "", -1e30F, -0.0F, 0},
        {"silu", "", INFINITY, INFINITY, NAN},
        {"gelu", "", -INFINITY, NAN, NAN},
        {"gelu", "", -1e18F, -0.0F, 0},
        {"gelu", "", 1e18F, 1e18F, 1},
        {"gelu", "approximate=tanh", -1e18F, -0.0F, 0},
        {"softplus", "", -INFINITY, 0, 0},
        {"softplus", "", -80, 1.8048513e-35F, 1.8048513e-35F},
        {"softplus", "beta=2", INFINITY, INFINITY, 1},
        {"softplus", "", NAN, NAN, NAN},
        {"hardsigmoid", "", -3, 0, 0},
        {"hardsigmoid", "", 3, 1, 0},
        {"hardsigmoid", "", NAN, NAN, 0},
        {"hardswish", "", -3, -0.0F, -0.5F},
        {"hardswish", "", 3, 3, 1},
        {"hardswish", "", NAN, NAN, NAN},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const nt_op_case one = {cases[i].attrs, "1", "1"};
        trial t;
        forward_of(&t, cases[i].op, &one, NULL);
        t.in[0].f[0] = cases[i].x;
        t.out_grad[0].f[0] = 1;
        trial_forward(&t);
        trial_backward(&t);
        expect_float(cases[i].op, (double)cases[i].x, t.out[0].f[0], cases[i].y);
        expect_float(cases[i].op, (double)cases[i].x, t.in_grad[0].f[0], cases[i].slope);
        trial_finish(&t);
    }
}

/* Of equal elements the first takes the gradient. */
static void test_max_pool_tie(void **state) {
    static const nt_op_case cas = {"kernel=2", "1x2x2", "1x1x1"};
    trial t;
    (void)state;
    forward_of(&t, "max_pool", &cas, NULL);
    memcpy(t.in[0].f, (float[]){1, 2, 2, 0}, 4 * sizeof(float));
    t.out_grad[0].f[0] = 5;
    trial_backward(&t);
    assert_memory_equal(t.in_grad[0].f, ((float[]){0, 5, 0, 0}), 4 * sizeof(float));
    trial_finish(&t);
}

/* Initial values as PyTorch draws them. */
static void test_initial_scales(void **state) {
    nt_type in = nt_type_map(nt_shape_of(3, (int32_t[]){8, 5, 5}));
    nt_conv2d_attrs conv = {.channels = 12,
                            .kernel = {3, 5},
                            .stride = {1, 1},
                            .dilation = {1, 1},
                            .groups = 4,
                            .bias = true};
    nt_param params[NT_MAX_PARAMS];
    (void)state;
    assert_int_equal(nt_op_find("conv2d")->params(&conv, &in, params), 2);
    assert_int_equal(params[0].init, NT_INIT_NORMAL);
    assert_float_equal(params[0].scale, sqrt(2.0 / (12 * 15)), 1e-12);
    assert_int_equal(params[1].init, NT_INIT_UNIFORM);
    assert_float_equal(params[1].scale, 1 / sqrt(2 * 15), 1e-12);
    assert_int_equal(params[0].type.layout, NT_KERNEL);
    assert_int_equal(params[0].type.groups, 4);
    conv.init = NT_KAIMING_UNIFORM;
    conv.bias = false;
    assert_int_equal(nt_op_find("conv2d")->params(&conv, &in, params), 1);
    assert_int_equal(params[0].init, NT_INIT_UNIFORM);
    assert_float_equal(params[0].scale, 1 / sqrt(2 * 15), 1e-12);
    nt_type vector = nt_type_map(nt_shape_of(1, (int32_t[]){40}));
    assert_int_equal(nt_op_find("linear")->params(&(nt_linear_attrs){.features = 3, .bias = true},
                                                  &vector, params),
                     2);
    assert_float_equal(params[0].scale, 1 / sqrt(40), 1e-12);
    assert_float_equal(params[1].scale, 1 / sqrt(40), 1e-12);
}

static void test_batch_norm_state(void **state) {
    nt_type in = nt_type_map(nt_shape_of(3, (int32_t[]){8, 5, 5}));
    static const char *const names[] = {"weight", "bias", "running_mean", "running_var",
                                        "num_batches_tracked"};
    static const double scales[] = {1, 0, 0, 1, 0};
    nt_param params[NT_MAX_PARAMS];
    (void)state;
    assert_int_equal(nt_op_find("batch_norm")->params(&(nt_batch_norm_attrs){0}, &in, params), 5);
    for (int i = 0; i < 5; i++) {
        assert_string_equal(params[i].name, names[i]);
        assert_int_equal(params[i].init, NT_INIT_CONSTANT);
        assert_float_equal(params[i].scale, scales[i], 0);
        assert_int_equal(params[i].role, i < 2 ? NT_WEIGHT : i < 4 ? NT_BUFFER : NT_COUNTER);
    }
    assert_int_equal(params[4].type.dtype, NT_I32);
    assert_int_equal(params[4].type.shape.rank, 0);
}

enum { FAR_COUNT = 2 * 40 * 40, FAR_CHANNELS = 16 };

static void norm_far_from_zero(trial *t, int32_t statistics) {
    static const nt_op_case cas = {"", "16x40x40", "16x40x40"};
    trial_spec spec = {.op = nt_op_find("batch_norm"),
                       .cas = &cas,
                       .count = 2,
                       .statistics = statistics,
                       .seed = 4};
    trial_init(t, &spec);
    for (int i = 0; i < FAR_COUNT * FAR_CHANNELS; i++)
        t->in[0].f[i] += 3000;
    trial_forward(t);
    trial_backward(t);
}

/* Where the mean is large, it must not take the digits of the variance, nor of the gradients. */
static void test_batch_norm_far_from_zero(void **state) {
    trial t, again; /* `again` finds the statistics once more for its gradient */
    (void)state;
    norm_far_from_zero(&t, NT_STATISTICS_TRAIN);
    norm_far_from_zero(&again, NT_STATISTICS_BATCH);
    for (int c = 0; c < FAR_CHANNELS; c++) {
        double mean = 0, variance = 0, grad_mean = 0, along = 0;
        for (int i = c; i < FAR_COUNT * FAR_CHANNELS; i += FAR_CHANNELS) {
            mean += (double)t.in[0].f[i] / FAR_COUNT;
            grad_mean += (double)t.out_grad[0].f[i] / FAR_COUNT;
        }
        for (int i = c; i < FAR_COUNT * FAR_CHANNELS; i += FAR_CHANNELS) {
            double apart = (double)t.in[0].f[i] - mean;
            variance += apart * apart / FAR_COUNT;
            along += (double)t.out_grad[0].f[i] * apart;
        }
        double inverse = 1 / sqrt(variance + 1e-5), weight = (double)t.in[1].f[c];
        assert_float_equal(t.out[1].f[c], mean, 1.3e-4); /* floats lie 2.4e-4 apart there */
        assert_float_equal(t.out[2].f[c] / inverse, 1, 2e-7);
        assert_float_equal(again.in_grad[1].f[c], along * inverse, 1e-5);
        for (int i = c; i < FAR_COUNT * FAR_CHANNELS; i += FAR_CHANNELS) {
            double apart = ((double)t.in[0].f[i] - mean) * inverse;
            double grad = (double)t.out_grad[0].f[i] - grad_mean;
            assert_float_equal(again.in_grad[0].f[i],
                               weight * inverse * (grad - apart * along * inverse / FAR_COUNT),
                               5e-7);
        }
    }
    trial_finish(&t);
    trial_finish(&again);
}

static void copy_values(nt_tensor *to, const nt_tensor *from) {
    memcpy(to->f, from->f, trial_bytes(from));
}

/* The scale and shift that training gives make its output again, bit for bit; with a map added and
 * a relu taken, what the ops add and relu make of it. */
static void test_batch_norm_fused(void **state) {
    static const nt_op_case norm_case = {"", "37x9x5", "37x9x5"},
                            bare_case = {"", "37x9x5 37 37", "37x9x5"},
                            whole_case = {"activation=relu", "37x9x5 37x9x5 37 37", "37x9x5"},
                            add_case = {"", "37x9x5 37x9x5", "37x9x5"};
    const trial_spec specs[] = {
        {.op = &nt_op_batch_norm,
         .cas = &norm_case,
         .count = 3,
         .statistics = NT_STATISTICS_TRAIN,
         .seed = 2},
        {.op = &nt_op_fused_batch_norm, .cas = &bare_case, .count = 3, .seed = 2},
        {.op = &nt_op_fused_batch_norm, .cas = &whole_case, .count = 3, .seed = 2},
        {.op = &nt_op_add, .cas = &add_case, .count = 3, .seed = 3},
        {.op = &nt_op_relu, .cas = &norm_case, .count = 3, .seed = 4},
    };
    trial t[5];
    (void)state;
    for (int i = 0; i < 5; i++)
        trial_init(&t[i], &specs[i]);
    trial *norm = &t[0], *bare = &t[1], *whole = &t[2], *add = &t[3], *relu = &t[4];
    trial_forward(norm);
    copy_values(&add->in[0], &norm->out[NT_BN_Y]);
    trial_forward(add);
    copy_values(&relu->in[0], &add->out[0]);
    trial_forward(relu);
    copy_values(&bare->in[1], &norm->out[NT_BN_SCALE]);
    copy_values(&bare->in[2], &norm->out[NT_BN_SHIFT]);
    trial_forward(bare);
    copy_values(&whole->in[1], &add->in[1]);
    copy_values(&whole->in[2], &norm->out[NT_BN_SCALE]);
    copy_values(&whole->in[3], &norm->out[NT_BN_SHIFT]);
    trial_forward(whole);
    assert_memory_equal(bare->out[0].f, norm->out[NT_BN_Y].f, trial_bytes(&bare->out[0]));
    assert_memory_equal(whole->out[0].f, relu->out[0].f, trial_bytes(&whole->out[0]));
    for (int i = 0; i < 5; i++)
        trial_finish(&t[i]);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_descriptors),
        cmocka_unit_test(test_forward),
        cmocka_unit_test(test_gradient),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_samples),
        cmocka_unit_test(test_unbatched),
        cmocka_unit_test(test_in_place),
        cmocka_unit_test(test_grad_in_place),
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_optional),
        cmocka_unit_test(test_need),
        cmocka_unit_test(test_zeros),
        cmocka_unit_test(test_dropout_masks),
        cmocka_unit_test(test_cross_entropy_targets),
        cmocka_unit_test(test_nan_is_seen),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_max_pool_tie),
        cmocka_unit_test(test_initial_scales),
        cmocka_unit_test(test_batch_norm_state),
        cmocka_unit_test(test_batch_norm_far_from_zero),
        cmocka_unit_test(test_batch_norm_fused),
    };
    nt_threads_set(2);
    trial_only(argc > 1 ? argv + 1 : NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
