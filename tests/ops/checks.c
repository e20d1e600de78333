#include "checks.h"

#include "attrs.h"
#include "parallel.h"
#include "vectorise.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const char *label(const trial *t) {
    static char text[256];
    snprintf(text, sizeof text, "%s [%s] %s, statistics %d", t->spec.op->kind.name,
             t->spec.cas->attrs, t->spec.cas->inputs, t->spec.statistics);
    return text;
}

static double largest(const double *v, int64_t count) {
    double most = 0;
    for (int64_t i = 0; i < count; i++)
        most = fmax(most, fabs(v[i]));
    return most;
}

static void expect_near(const trial *t, const char *what, int which, const double *got,
                        const double *wanted, int64_t count, double tolerance) {
    for (int64_t i = 0; i < count; i++)
        if (!(fabs(got[i] - wanted[i]) <= tolerance))
            fail_msg("%s: %s %d, element %lld: %.9g, not %.9g", label(t), what, which, (long long)i,
                     got[i], wanted[i]);
}

static int64_t elements_of(const ref_value *value) {
    return value->count * nt_shape_elements(value->shape);
}

static bool on_batch(const trial_spec *spec) {
    return spec->statistics != NT_STATISTICS_RUNNING;
}

/* The places past a kernel's last output channel must hold zeros. */
static void expect_kernel_zeros(trial *t, const nt_tensor *kernel) {
    if (kernel->type.layout != NT_KERNEL)
        return;
    int64_t stored = nt_type_stored(kernel->type);
    float *rows = nt_arena_alloc(&t->arena, (size_t)stored * sizeof *rows);
    float *again = nt_arena_alloc(&t->arena, (size_t)stored * sizeof *again);
    nt_tensor_to_rows(kernel->type, kernel->f, rows);
    nt_tensor_from_rows(kernel->type, rows, again);
    for (int64_t i = 0; i < stored; i++)
        if (kernel->f[i] != again[i])
            fail_msg("%s: a kernel holds %g past its last channel", label(t), (double)kernel->f[i]);
}

/* --- forward ---------------------------------------------------------------------------------- */

void check_forward(const trial_spec *spec) {
    trial t;
    ref_value in[TRIAL_INPUTS], wanted[NT_MAX_OUTPUTS];
    trial_init(&t, spec);
    trial_forward(&t);
    for (int i = 0; i < t.in_count; i++)
        in[i] = trial_value(&t, &t.in[i]);
    trial_reference(&t, in, wanted);
    for (int i = 0; i < t.out_count; i++) {
        expect_kernel_zeros(&t, &t.out[i]);
        ref_value got = trial_value(&t, &t.out[i]);
        int64_t count = elements_of(&got);
        expect_near(&t, "output", i, got.v, wanted[i].v, count,
                    3e-6 * fmax(largest(wanted[i].v, count), 0.1));
    }
    trial_finish(&t);
}

/* --- gradient --------------------------------------------------------------------------------- */

/* The scalar whose gradient to the outputs is out_grad. */
static double scalar_of(trial *t, const ref_value *in) {
    ref_value out[NT_MAX_OUTPUTS];
    double sum = 0;
    trial_reference(t, in, out);
    for (int i = 0; i < t->out_count; i++) {
        if (!trial_out_grad(t, i))
            continue;
        ref_value grad = trial_value(t, &t->out_grad[i]);
        for (int64_t e = 0; e < elements_of(&grad); e++)
            sum += grad.v[e] * out[i].v[e];
    }
    return sum;
}

/* The central difference of the scalar along `way`, which is a step of input i. */
static double difference(trial *t, ref_value *in, int i, const double *way) {
    enum { MILLIONTH = 1000000 };
    const double *kept = in[i].v;
    int64_t count = elements_of(&in[i]);
    double *moved = nt_arena_alloc(&t->arena, (size_t)count * sizeof *moved), at[2];
    in[i].v = moved;
    for (int side = 0; side < 2; side++) {
        for (int64_t e = 0; e < count; e++)
            moved[e] = kept[e] + (side ? 1 : -1) * way[e] / MILLIONTH;
        at[side] = scalar_of(t, in);
    }
    in[i].v = (double *)kept;
    return (at[1] - at[0]) * MILLIONTH / 2;
}

/* Along a few single elements, and along all at once. */
static void check_input_gradient(trial *t, ref_value *in, int i) {
    enum { SINGLES = 6, WAYS = 2 };
    ref_value grad = trial_value(t, &t->in_grad[i]);
    int64_t count = elements_of(&grad);
    double most = largest(grad.v, count);
    double *way = nt_arena_alloc(&t->arena, (size_t)count * sizeof *way);
    for (int k = 0; k < SINGLES; k++) {
        int64_t e = (int64_t)(trial_noise(t->spec.seed + 5, (uint64_t)k) * (double)count);
        memset(way, 0, (size_t)count * sizeof *way);
        way[e] = 1;
        double wanted = difference(t, in, i, way);
        if (!(fabs(grad.v[e] - wanted) <= 2e-5 * fmax(most, 1e-2)))
            fail_msg("%s: gradient to input %d, element %lld: %.9g, not %.9g", label(t), i,
                     (long long)e, grad.v[e], wanted);
    }
    for (int k = 0; k < WAYS; k++) {
        double got = 0;
        for (int64_t e = 0; e < count; e++) {
            way[e] = 2 * trial_noise(t->spec.seed + 9 + (uint64_t)k, (uint64_t)e) - 1;
            got += way[e] * grad.v[e];
        }
        double wanted = difference(t, in, i, way);
        if (!(fabs(got - wanted) <= 2e-5 * fmax(most, 1e-2) * sqrt((double)count)))
            fail_msg("%s: gradient to input %d along a line: %.9g, not %.9g", label(t), i, got,
                     wanted);
    }
}

void check_gradient(const trial_spec *spec) {
    trial t;
    ref_value in[TRIAL_INPUTS];
    trial_init(&t, spec);
    trial_forward(&t);
    if (spec->op->backward)
        trial_backward(&t);
    for (int i = 0; i < t.in_count; i++)
        in[i] = trial_value(&t, &t.in[i]);
    for (int i = 0; spec->op->backward && i < t.in_count; i++) {
        if (t.in[i].type.dtype != NT_F32)
            continue;
        check_input_gradient(&t, in, i);
        expect_kernel_zeros(&t, &t.in_grad[i]);
    }
    trial_finish(&t);
}

/* --- bits ------------------------------------------------------------------------------------- */

static void expect_same(const trial *t, const char *what, int which, const void *got,
                        const void *wanted, size_t bytes) {
    if (memcmp(got, wanted, bytes) != 0)
        fail_msg("%s: the bits of %s %d differ", label(t), what, which);
}

static void expect_same_trials(const trial *got, const trial *wanted) {
    for (int i = 0; i < got->out_count; i++)
        expect_same(got, "output", i, got->out[i].data, wanted->out[i].data,
                    trial_bytes(&got->out[i]));
    for (int i = 0; i < got->in_count; i++)
        if (got->in_grad[i].data && got->in[i].type.dtype == NT_F32)
            expect_same(got, "the gradient to input", i, got->in_grad[i].data,
                        wanted->in_grad[i].data, trial_bytes(&got->in_grad[i]));
}

static void run_both(trial *t) {
    trial_forward(t);
    if (t->spec.op->backward)
        trial_backward(t);
}

void check_threads(const trial_spec *spec) {
    trial one, many;
    nt_threads_set(1);
    trial_init(&one, spec);
    run_both(&one);
    for (int threads = 2; threads <= 4; threads++) {
        nt_threads_set(threads);
        trial_init(&many, spec);
        run_both(&many);
        expect_same_trials(&many, &one);
        trial_finish(&many);
    }
    trial_finish(&one);
    nt_threads_set(2);
}

void check_vectors(const trial_spec *spec) {
    trial wide, plain;
    trial_init(&wide, spec);
    trial_init(&plain, spec);
    run_both(&wide);
    nt_vectors_allow_wide(false);
    run_both(&plain);
    nt_vectors_allow_wide(true);
    expect_same_trials(&plain, &wide);
    trial_finish(&wide);
    trial_finish(&plain);
}

/* Makes t's batched data inputs a copy of sample n of `all`'s. */
static void take_sample(trial *t, const trial *all, int32_t n) {
    for (int i = 0; i < t->data_count; i++) {
        size_t bytes = trial_bytes(&t->in[i]);
        if (!t->in[i].type.batched)
            continue;
        memcpy(t->in[i].data, (const char *)all->in[i].data + (size_t)n * bytes, bytes);
    }
}

void check_samples(const trial_spec *spec) {
    trial all, one;
    if (on_batch(spec) || (spec->op->traits & NT_OP_RANDOM))
        return;
    trial_init(&all, spec);
    trial_forward(&all);
    trial_spec alone = *spec;
    alone.count = 1;
    for (int32_t n = 0; n < spec->count; n++) {
        trial_init(&one, &alone);
        take_sample(&one, &all, n);
        trial_forward(&one);
        for (int i = 0; i < one.out_count; i++) {
            size_t bytes = trial_bytes(&one.out[i]);
            if (one.out[i].type.batched)
                expect_same(&one, "sample alone, output", i, one.out[i].data,
                            (const char *)all.out[i].data + (size_t)n * bytes, bytes);
        }
        trial_finish(&one);
    }
    trial_finish(&all);
}

/* --- unbatched -------------------------------------------------------------------------------- */

/* Where `got` holds one sample and `wanted` more: it must be each of them or, with `sum`, their
 * sum. The tolerance is relative to the largest of what is compared or summed. */
static void expect_sum(trial *t, const char *what, int which, const nt_tensor *got,
                       const nt_tensor *wanted, bool sum, double tolerance) {
    ref_value one = trial_value(t, got), all = trial_value(t, wanted);
    int64_t elements = nt_shape_elements(one.shape);
    double scale = fmax(largest(all.v, elements_of(&all)), 0.1);
    assert_true(one.count == all.count || one.count == 1);
    for (int32_t n = 1; n < all.count && one.count == 1; n++)
        for (int64_t i = 0; i < elements; i++)
            if (sum)
                all.v[i] += all.v[n * elements + i];
            else
                assert_true(all.v[n * elements + i] == all.v[i]);
    expect_near(t, what, which, one.v, all.v, one.count * elements, tolerance * scale);
}

/* Where the output holds one sample for all, its gradient is that to all of them together. */
static void share_gradient(const trial *t, const trial *repeated) {
    for (int i = 0; i < t->out_count; i++) {
        size_t floats = trial_bytes(&t->out_grad[i]) / sizeof(float);
        int32_t times = repeated->out[i].count / t->out[i].count;
        for (size_t e = 0; trial_out_grad(t, i) && e < floats * (size_t)times; e++)
            repeated->out_grad[i].f[e] = t->out_grad[i].f[e % floats] / (float)times;
    }
}

static void check_unbatched_inputs(const trial_spec *spec, unsigned mask) {
    trial t, repeated;
    trial_spec one = *spec, all = *spec;
    one.unbatched = mask;
    all.repeated = mask;
    trial_init(&t, &one);
    trial_init(&repeated, &all);
    trial_forward(&t);
    trial_forward(&repeated);
    for (int i = 0; i < t.out_count; i++)
        if (i != NT_BN_NEXT_VARIANCE) /* its unbiased variance counts the samples that are held */
            expect_sum(&t, "unbatched: output", i, &t.out[i], &repeated.out[i], false,
                       on_batch(spec) ? 1e-5 : 1e-7);
    share_gradient(&t, &repeated);
    if (spec->op->backward) {
        trial_backward(&t);
        trial_backward(&repeated);
    }
    for (int i = 0; spec->op->backward && i < t.in_count; i++)
        if (t.in[i].type.dtype == NT_F32)
            expect_sum(&t, "unbatched: gradient to input", i, &t.in_grad[i], &repeated.in_grad[i],
                       true, 1e-5);
    trial_finish(&t);
    trial_finish(&repeated);
}

void check_unbatched(const trial_spec *spec) {
    trial t;
    trial_init(&t, spec);
    int count = t.data_count;
    /* Where nothing says how many samples there are, `smooth` is added for one. */
    bool counts =
        strcmp(spec->op->kind.name, "dice_loss") == 0 && ref_int(spec->op, t.attrs, "over", 0);
    bool adds = strncmp(spec->op->kind.name, "fused_", 6) == 0 && t.in[1].type.batched;
    trial_finish(&t);
    for (unsigned mask = 1; mask < 1u << count; mask++)
        if ((!adds || (mask & 3) == 0 || (mask & 3) == 3) && /* it adds what is like its output */
            (!counts || mask + 1 < 1u << count))
            check_unbatched_inputs(spec, mask);
}

/* --- memory ----------------------------------------------------------------------------------- */

/* Inputs of several shapes are the only ones whose first may be smaller than the output: then
 * another one is like it. */
static bool fits_in_place(const trial *t) {
    bool like = false;
    for (int i = 0; i < t->data_count; i++)
        like = like || nt_type_equal(t->in[i].type, t->out[0].type);
    assert_true(like);
    return nt_type_equal(t->in[0].type, t->out[0].type);
}

void check_in_place(const trial_spec *spec) {
    trial apart, same;
    if (!(spec->op->traits & NT_OP_IN_PLACE))
        return;
    trial_init(&apart, spec);
    trial_init(&same, spec);
    if (fits_in_place(&same)) {
        trial_forward(&apart);
        same.out[0].data = same.in[0].data;
        trial_forward(&same);
        for (int i = 0; i < same.out_count; i++)
            expect_same(&same, "in place: output", i, same.out[i].data, apart.out[i].data,
                        trial_bytes(&same.out[i]));
    }
    trial_finish(&apart);
    trial_finish(&same);
}

void check_grad_in_place(const trial_spec *spec) {
    trial apart, same;
    if (!(spec->op->traits & NT_OP_GRAD_IN_PLACE))
        return;
    trial_init(&apart, spec);
    trial_init(&same, spec);
    if (fits_in_place(&same)) {
        same.in_grad[0].data = same.out_grad[0].data;
        run_both(&apart);
        run_both(&same);
        expect_same_trials(&same, &apart);
    }
    trial_finish(&apart);
    trial_finish(&same);
}

/* One output or gradient at a time is not wanted, and then all but that one. */
void check_optional(const trial_spec *spec) {
    trial all, t;
    trial_init(&all, spec);
    run_both(&all);
    for (int i = 0; i < 2 * all.out_count && all.out_count > 1; i++) {
        trial_init(&t, spec);
        for (int k = 0; k < t.out_count; k++)
            if ((k == i % t.out_count) == (i < t.out_count))
                t.out[k].data = NULL;
        trial_forward(&t);
        for (int k = 0; k < t.out_count; k++)
            if (t.out[k].data)
                expect_same(&t, "with others unwanted: output", k, t.out[k].data, all.out[k].data,
                            trial_bytes(&t.out[k]));
        trial_finish(&t);
    }
    for (int i = 0; i < 2 * all.in_count && all.in_count > 1 && spec->op->backward; i++) {
        trial_init(&t, spec);
        trial_forward(&t);
        for (int k = 0; k < t.in_count; k++)
            if ((k == i % t.in_count) == (i < t.in_count))
                t.in_grad[k].data = NULL;
        trial_backward(&t);
        expect_same_trials(&t, &all);
        trial_finish(&t);
    }
    trial_finish(&all);
}
