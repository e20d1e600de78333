/* Winograd's schemes beneath conv2d, that of tiny maps among them, held against a plain
 * double-precision convolution and its two gradients, with each set of instructions that this
 * processor has; their epilogues; and the table that chooses among all algorithms.
 *
 * Errors are relative, in the L2 norm. A float product summed over n terms has about 1e-7 √n / √n;
 * Winograd's transforms with the points 0, ±√½, ±√2 multiply that by up to 6. */
#include "alloc.h"
#include "conv.h"
#include "parallel.h"
#include "tensor.h"
#include "trial.h"
#include "winograd.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

enum { PASSES = 3, GUARD = 64, SHAPES = 50, MANY = 13, ROUNDS = 3 };

/* --- one problem ------------------------------------------------------------------------------ */

typedef struct array {
    float *v;
    int64_t count;
} array;

/* Blocks end in a guard, and start out as NaN. */
static array array_new(int64_t count) {
    array a = {nt_alloc((size_t)count * sizeof(float) + GUARD), count};
    assert_non_null(a.v);
    memset(a.v, 0xFF, (size_t)count * sizeof(float) + GUARD);
    return a;
}

static void array_free(array a) {
    for (size_t i = 0; i < GUARD; i++)
        assert_int_equal(((unsigned char *)(a.v + a.count))[i], 0xFF);
    nt_free(a.v, (size_t)a.count * sizeof(float) + GUARD);
}

static array array_random(int64_t count, uint64_t seed) {
    array a = array_new(count);
    for (int64_t i = 0; i < count; i++)
        a.v[i] = (float)(2 * trial_noise(seed, (uint64_t)i) - 1);
    return a;
}

typedef struct problem {
    nt_conv_shape shape;
    array x, weight, bias, plus, dy;
} problem;

static int64_t taps_of(const nt_conv_shape *s) {
    return (int64_t)s->kernel[0] * s->kernel[1];
}

/* Where the weight of output channel k under a tap starts; input channels are NT_PANEL apart. */
static int64_t weight_at(const nt_conv_shape *s, int64_t k, int64_t tap) {
    return (k / NT_PANEL * taps_of(s) + tap) * s->channels * NT_PANEL + k % NT_PANEL;
}

static int64_t x_count(const nt_conv_shape *s) {
    return (int64_t)s->samples * s->height * s->width * s->channels;
}

static int64_t y_count(const nt_conv_shape *s) {
    return (int64_t)s->samples * s->out_height * s->out_width * s->out_channels;
}

static int64_t weight_count(const nt_conv_shape *s) {
    return (s->out_channels + NT_PANEL - 1) / NT_PANEL * NT_PANEL * taps_of(s) * s->channels;
}

static problem problem_new(const nt_conv_shape *shape, uint64_t seed) {
    problem p = {.shape = *shape,
                 .x = array_random(x_count(shape), seed),
                 .weight = array_random(weight_count(shape), seed + 1),
                 .bias = array_random(shape->out_channels, seed + 2),
                 .plus = array_random(y_count(shape), seed + 4),
                 .dy = array_random(y_count(shape), seed + 3)};
    int32_t end = (shape->out_channels + NT_PANEL - 1) / NT_PANEL * NT_PANEL;
    for (int64_t k = shape->out_channels; k < end; k++)
        for (int64_t tap = 0; tap < taps_of(shape); tap++)
            for (int64_t c = 0; c < shape->channels; c++)
                p.weight.v[weight_at(shape, k, tap) + c * NT_PANEL] = 0;
    return p;
}

static void problem_free(problem *p) {
    array_free(p->x);
    array_free(p->weight);
    array_free(p->bias);
    array_free(p->plus);
    array_free(p->dy);
}

static int64_t result_count(const nt_conv_shape *s, nt_conv_pass pass) {
    return pass == NT_FORWARD_PASS ? y_count(s)
           : pass == NT_DATA_PASS  ? x_count(s)
                                   : weight_count(s);
}

/* --- in double precision ---------------------------------------------------------------------- */

/* One output element of the definition: adds what it takes from, and gives to, each input. */
static void reference_element(const problem *p, int64_t n, int64_t i, int64_t j, int64_t k,
                              double *ret[PASSES]) {
    const nt_conv_shape *s = &p->shape;
    int64_t at = ((n * s->out_height + i) * s->out_width + j) * s->out_channels + k;
    double sum = (double)p->bias.v[k], dy = (double)p->dy.v[at];
    for (int64_t tap = 0; tap < taps_of(s); tap++) {
        int64_t y = i * s->stride[0] + tap / s->kernel[1] * s->dilation[0] - s->pad[0];
        int64_t x = j * s->stride[1] + tap % s->kernel[1] * s->dilation[1] - s->pad[1];
        if (y < 0 || x < 0 || y >= s->height || x >= s->width)
            continue;
        int64_t from = ((n * s->height + y) * s->width + x) * s->channels;
        int64_t w = weight_at(s, k, tap);
        for (int64_t c = 0; c < s->channels; c++) {
            sum += (double)p->x.v[from + c] * (double)p->weight.v[w + c * NT_PANEL];
            ret[NT_DATA_PASS][from + c] += dy * (double)p->weight.v[w + c * NT_PANEL];
            ret[NT_WEIGHT_PASS][w + c * NT_PANEL] += dy * (double)p->x.v[from + c];
        }
    }
    ret[NT_FORWARD_PASS][at] = sum;
}

static void reference(const problem *p, double *ret[PASSES]) {
    for (int pass = 0; pass < PASSES; pass++) {
        ret[pass] = calloc((size_t)result_count(&p->shape, (nt_conv_pass)pass), sizeof(double));
        assert_non_null(ret[pass]);
    }
    for (int64_t n = 0; n < p->shape.samples; n++)
        for (int64_t i = 0; i < p->shape.out_height; i++)
            for (int64_t j = 0; j < p->shape.out_width; j++)
                for (int64_t k = 0; k < p->shape.out_channels; k++)
                    reference_element(p, n, i, j, k, ret);
}

static double error_of(array got, const double *wanted) {
    double difference = 0, norm = 0;
    for (int64_t i = 0; i < got.count; i++) {
        difference += pow((double)got.v[i] - wanted[i], 2);
        norm += wanted[i] * wanted[i];
    }
    return norm == 0 ? sqrt(difference) : sqrt(difference / norm);
}

/* --- running ---------------------------------------------------------------------------------- */

/* NULL: what the table chooses. */
static nt_conv_need need_of(const nt_winograd *scheme, const nt_conv_shape *s, nt_conv_pass pass) {
    if (pass == NT_FORWARD_PASS)
        return scheme ? nt_winograd_forward_need(scheme, s) : nt_conv_forward_need(s);
    if (pass == NT_DATA_PASS)
        return scheme ? nt_winograd_data_need(scheme, s) : nt_conv_data_need(s);
    return scheme ? nt_winograd_weight_need(scheme, s) : nt_conv_weight_need(s);
}

static void call(const nt_winograd *scheme, const problem *p, nt_conv_pass pass, float *result,
                 const nt_conv_memory *memory) {
    const nt_conv_shape *s = &p->shape;
    const nt_epilogue epilogue = {.bias = p->bias.v};
    if (pass == NT_FORWARD_PASS && scheme)
        nt_winograd_forward(scheme, s, p->x.v, p->weight.v, &epilogue, result, memory);
    else if (pass == NT_FORWARD_PASS)
        nt_conv_forward(s, p->x.v, p->weight.v, &epilogue, result, memory);
    else if (pass == NT_DATA_PASS && scheme)
        nt_winograd_data(scheme, s, p->dy.v, p->weight.v, result, memory);
    else if (pass == NT_DATA_PASS)
        nt_conv_data(s, p->dy.v, p->weight.v, result, memory);
    else if (scheme)
        nt_winograd_weight(scheme, s, p->x.v, p->dy.v, result, memory);
    else
        nt_conv_weight(s, p->x.v, p->dy.v, result, memory);
}

/* The result, made in scratch memory of exactly the size asked for. */
static array run(const nt_winograd *scheme, const problem *p, nt_conv_pass pass) {
    nt_conv_need need = need_of(scheme, &p->shape, pass);
    assert_int_equal(need.per_worker % 64, 0);
    array result = array_new(result_count(&p->shape, pass));
    array shared = array_new((int64_t)(need.shared / sizeof(float)));
    array workers = array_new((int64_t)(need.per_worker / sizeof(float)) * nt_threads());
    nt_conv_memory memory = {(char *)shared.v, (char *)workers.v, need.per_worker};
    call(scheme, p, pass, result.v, &memory);
    array_free(shared);
    array_free(workers);
    return result;
}

static const char *describe(const nt_conv_shape *s) {
    static char text[160];
    snprintf(text, sizeof text, "%d samples, %dx%dx%d to %d, kernel %dx%d, stride %d,%d, pad %d,%d",
             s->samples, s->channels, s->height, s->width, s->out_channels, s->kernel[0],
             s->kernel[1], s->stride[0], s->stride[1], s->pad[0], s->pad[1]);
    return text;
}

static nt_conv_shape shape_of(int32_t samples, int32_t channels, int32_t size, int32_t out_channels,
                              int32_t kernel, int32_t stride, int32_t pad) {
    int32_t out = (size + 2 * pad - kernel) / stride + 1;
    return (nt_conv_shape){
        samples,          channels,   size,   size, out_channels, out, out, {kernel, kernel},
        {stride, stride}, {pad, pad}, {1, 1}, 1,    false};
}

/* So many samples that there are several blocks of work, and several parts of a sum over them. */
static void many_samples(nt_conv_shape ret[MANY]) {
    const nt_conv_shape shapes[MANY] = {
        shape_of(67, 24, 12, 40, 3, 1, 1),  shape_of(131, 64, 4, 64, 3, 1, 1),
        shape_of(611, 80, 2, 48, 3, 1, 1),  shape_of(323, 70, 1, 290, 3, 1, 1),
        shape_of(19, 32, 15, 64, 1, 2, 0),  shape_of(9, 3, 33, 24, 7, 2, 3),
        shape_of(41, 36, 7, 52, 3, 2, 1),   shape_of(140, 24, 12, 20, 3, 1, 1),
        shape_of(1700, 16, 2, 24, 3, 1, 1), shape_of(200, 80, 4, 16, 3, 1, 1),
        shape_of(9, 300, 5, 24, 3, 1, 1),   shape_of(61, 140, 8, 56, 3, 2, 1),
        shape_of(300, 24, 16, 48, 3, 2, 1),
    };
    memcpy(ret, shapes, sizeof shapes);
}

/* Kernels so large that they are transformed where they are used, and so many samples that their
 * tiles don't all fit at once. */
static void many_rounds(nt_conv_shape ret[ROUNDS]) {
    const nt_conv_shape shapes[ROUNDS] = {
        shape_of(143, 244, 4, 136, 3, 1, 1),
        shape_of(211, 377, 2, 331, 3, 1, 1),
        shape_of(150, 260, 8, 136, 3, 2, 1),
    };
    memcpy(ret, shapes, sizeof shapes);
}

/* --- accuracy --------------------------------------------------------------------------------- */

static void check_accuracy(const nt_conv_shape *shape, const double tolerances[PASSES]) {
    problem p = problem_new(shape, 1);
    double *wanted[PASSES];
    reference(&p, wanted);
    for (int pass = 0; pass < PASSES; pass++) {
        array got = run(NULL, &p, (nt_conv_pass)pass);
        double error = error_of(got, wanted[pass]);
        if (!(error <= tolerances[pass]))
            fail_msg("%s: pass %d has error %g", describe(shape), pass, error);
        array_free(got);
        free(wanted[pass]);
    }
    problem_free(&p);
}

static void test_accuracy(void **state) {
    const struct {
        nt_conv_shape shape;
        double tolerances[PASSES]; /* forward, data, weight */
    } cases[] = {
        {shape_of(2, 64, 32, 64, 3, 1, 1), {1.5e-6, 1.5e-6, 1.5e-6}},
        {shape_of(2, 128, 16, 128, 3, 1, 1), {2e-6, 2e-6, 1.5e-6}},
        {shape_of(2, 256, 8, 256, 3, 1, 1), {2.5e-6, 2.5e-6, 1.5e-6}},
        {shape_of(3, 512, 4, 512, 3, 1, 1), {3e-6, 3e-6, 1e-6}},
        {shape_of(5, 512, 2, 512, 3, 1, 1), {1e-6, 1e-6, 5e-7}},
        {shape_of(9, 512, 1, 512, 3, 1, 1), {6e-7, 6e-7, 3e-7}},
        {shape_of(3, 200, 9, 72, 1, 2, 0), {5e-7, 5e-7, 5e-7}},
        {shape_of(2, 3, 32, 64, 7, 2, 3), {5e-7, 1e-6, 1e-6}},
        {shape_of(2, 64, 32, 128, 3, 2, 1), {1.5e-6, 1.5e-6, 1.5e-6}},
        {shape_of(2, 512, 16, 512, 3, 2, 1), {2e-6, 2e-6, 1e-6}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_accuracy(&cases[i].shape, cases[i].tolerances);
}

static void test_many_samples_accuracy(void **state) {
    nt_conv_shape shapes[MANY];
    (void)state;
    many_samples(shapes);
    for (size_t i = 0; i < MANY; i++)
        check_accuracy(&shapes[i], (const double[]){1.5e-6, 1.5e-6, 2e-6});
}

/* --- random shapes ---------------------------------------------------------------------------- */

static int32_t between(uint64_t seed, uint64_t *draw, int32_t low, int32_t high) {
    return low + (int32_t)(trial_noise(seed, (*draw)++) * (high - low + 1));
}

/* A shape that a scheme fits. */
static nt_conv_shape random_shape(nt_winograd_name name, uint64_t seed) {
    uint64_t n = 0;
    int32_t widest = between(seed, &n, 0, 5) ? 40 : 150;
    nt_conv_shape s =
        shape_of(between(seed, &n, 1, 7), between(seed, &n, 1, widest), 2,
                 between(seed, &n, 1, widest), 3, name == NT_WINOGRAD_STRIDED ? 2 : 1, 1);
    for (int d = 0; d < 2; d++) {
        int32_t *size = d == 0 ? &s.height : &s.width, *out = d == 0 ? &s.out_height : &s.out_width;
        if (name != NT_WINOGRAD_TOEPLITZ)
            *size = between(seed, &n, 3, name == NT_WINOGRAD_STRIDED ? 21 : 13);
        if (name == NT_WINOGRAD_F43)
            s.pad[d] = between(seed, &n, 0, 2);
        *out = (*size + 2 * s.pad[d] - s.kernel[d]) / s.stride[d] + 1;
    }
    return s;
}

static void each_shape(void (*check)(nt_winograd_name name, const problem *p)) {
    for (int name = NT_WINOGRAD_F43; name <= NT_WINOGRAD_STRIDED; name++)
        for (uint64_t seed = 1; seed <= SHAPES; seed++) {
            nt_conv_shape shape = random_shape((nt_winograd_name)name, 10 * seed);
            assert_true(nt_winograd_fits(nt_winograd_find((nt_winograd_name)name), &shape));
            problem p = problem_new(&shape, seed);
            check((nt_winograd_name)name, &p);
            problem_free(&p);
        }
}

static void check_reference(nt_winograd_name name, const problem *p) {
    double *wanted[PASSES];
    reference(p, wanted);
    for (int pass = 0; pass < PASSES; pass++) {
        const nt_winograd *scheme;
        for (int set = 0; (scheme = nt_winograd_with(name, set)); set++) {
            array got = run(scheme, p, (nt_conv_pass)pass);
            double error = error_of(got, wanted[pass]);
            if (!(error <= 2e-6))
                fail_msg("%s: scheme %d with instructions %d, pass %d has error %g",
                         describe(&p->shape), (int)name, set, pass, error);
            array_free(got);
        }
        free(wanted[pass]);
    }
}

static void test_reference(void **state) {
    (void)state;
    each_shape(check_reference);
}

/* --- bits ------------------------------------------------------------------------------------- */

static void expect_same(const nt_conv_shape *s, const char *what, const float *got,
                        const float *wanted, int64_t count) {
    if (memcmp(got, wanted, (size_t)count * sizeof *got) != 0)
        fail_msg("%s: %s changes the bits", describe(s), what);
}

/* All sets but the portable one have the same fused multiply-adds. */
static void check_sets(nt_winograd_name name, const problem *p) {
    const nt_winograd *first = nt_winograd_with(name, 1), *other;
    for (int set = 2; (other = nt_winograd_with(name, set)); set++)
        for (int pass = 0; pass < PASSES; pass++) {
            array wanted = run(first, p, (nt_conv_pass)pass);
            array got = run(other, p, (nt_conv_pass)pass);
            expect_same(&p->shape, "the width of vectors", got.v, wanted.v, wanted.count);
            array_free(wanted);
            array_free(got);
        }
}

static void test_sets(void **state) {
    (void)state;
    each_shape(check_sets);
}

static void check_thread_counts(const nt_winograd *scheme, const problem *p) {
    for (int pass = 0; pass < PASSES; pass++) {
        nt_threads_set(1);
        array one = run(scheme, p, (nt_conv_pass)pass);
        for (int threads = 2; threads <= 4; threads++) {
            nt_threads_set(threads);
            array many = run(scheme, p, (nt_conv_pass)pass);
            expect_same(&p->shape, "the number of threads", many.v, one.v, one.count);
            array_free(many);
        }
        array_free(one);
    }
    nt_threads_set(2);
}

static void check_threads(nt_winograd_name name, const problem *p) {
    check_thread_counts(nt_winograd_find(name), p);
}

static void test_threads(void **state) {
    (void)state;
    each_shape(check_threads);
}

/* A sample alone, forward and back to the data, has the bits that it has among others. */
static void check_samples(nt_winograd_name name, const problem *p) {
    const nt_winograd *scheme = nt_winograd_find(name);
    for (int pass = NT_FORWARD_PASS; pass <= NT_DATA_PASS; pass++) {
        array all = run(scheme, p, (nt_conv_pass)pass);
        problem alone = *p;
        alone.shape.samples = 1;
        for (int32_t n = 0; n < p->shape.samples; n++) {
            array one = run(scheme, &alone, (nt_conv_pass)pass);
            expect_same(&p->shape, "the number of samples", one.v, all.v + n * one.count,
                        one.count);
            array_free(one);
            alone.x.v += x_count(&alone.shape);
            alone.dy.v += y_count(&alone.shape);
        }
        array_free(all);
    }
}

static void test_samples(void **state) {
    (void)state;
    each_shape(check_samples);
}

/* The same, of one among many samples. */
static void check_last_sample(const nt_conv_shape *shape) {
    for (int pass = NT_FORWARD_PASS; pass <= NT_DATA_PASS; pass++) {
        problem p = problem_new(shape, 5), last = p;
        array all = run(NULL, &p, (nt_conv_pass)pass);
        last.shape.samples = 1;
        last.x.v += (p.shape.samples - 1) * x_count(&last.shape);
        last.dy.v += (p.shape.samples - 1) * y_count(&last.shape);
        array one = run(NULL, &last, (nt_conv_pass)pass);
        expect_same(&p.shape, "the number of samples", one.v,
                    all.v + (p.shape.samples - 1) * one.count, one.count);
        array_free(one);
        array_free(all);
        problem_free(&p);
    }
}

static void test_many_samples(void **state) {
    nt_conv_shape shapes[MANY], rounds[ROUNDS];
    (void)state;
    many_samples(shapes);
    many_rounds(rounds);
    for (size_t i = 0; i < MANY; i++)
        check_last_sample(&shapes[i]);
    for (size_t i = 0; i < ROUNDS; i++)
        check_last_sample(&rounds[i]);
}

static void test_many_samples_threads(void **state) {
    nt_conv_shape shapes[MANY + ROUNDS];
    (void)state;
    many_samples(shapes);
    many_rounds(shapes + MANY);
    for (size_t i = 0; i < MANY + ROUNDS; i++) {
        problem p = problem_new(&shapes[i], 6);
        check_thread_counts(NULL, &p);
        problem_free(&p);
    }
}

/* --- memory ----------------------------------------------------------------------------------- */

/* What is enough for some samples is enough for fewer. */
static void expect_growth(nt_conv_shape shape) {
    for (int pass = 0; pass < PASSES; pass++) {
        nt_conv_need before = {0};
        for (shape.samples = 1; shape.samples <= 2000; shape.samples += 1 + shape.samples / 9) {
            nt_conv_need need = need_of(NULL, &shape, (nt_conv_pass)pass);
            if (need.shared < before.shared || need.per_worker < before.per_worker)
                fail_msg("%s: pass %d needs less than with fewer samples", describe(&shape), pass);
            before = need;
        }
    }
}

static void test_need(void **state) {
    const nt_conv_shape kept = shape_of(1, 64, 8, 64, 3, 1, 1);
    size_t kernel = nt_conv_kept_floats(&kept) * sizeof(float);
    (void)state;
    assert_true(kernel > 0);
    assert_int_equal(nt_conv_forward_kept_need(&kept).shared + kernel,
                     nt_conv_forward_need(&kept).shared);
    for (int32_t channels = 16; channels <= 512; channels *= 2)
        for (int32_t size = 2; size <= 32; size *= 2) {
            expect_growth(shape_of(1, channels, size, channels, 3, 1, 1));
            expect_growth(shape_of(1, channels + channels / 4, size, 16, 3, 1, 1));
        }
}

/* --- the way out ------------------------------------------------------------------------------ */

/* What the epilogue does. `on_itself`: the map to be added lies where the result will. */
typedef struct epilogue_options {
    bool bias, plus, relu, on_itself;
} epilogue_options;

static nt_epilogue epilogue_of(const problem *p, const epilogue_options *e, const float *y) {
    return (nt_epilogue){.bias = e->bias ? p->bias.v : NULL,
                         .plus = e->on_itself ? y
                                 : e->plus    ? p->plus.v
                                              : NULL,
                         .activation.kind = e->relu ? NT_RELU : NT_NO_ACTIVATION};
}

/* The forward pass, with the kernel as it is or kept, in memory of exactly the size asked for. */
static array run_epilogue(const nt_winograd *scheme, const problem *p, const epilogue_options *e,
                          bool kept) {
    nt_conv_need need = kept ? nt_winograd_apply_need(scheme, &p->shape)
                             : nt_winograd_forward_need(scheme, &p->shape);
    array y = array_new(y_count(&p->shape));
    array shared = array_new((int64_t)(need.shared / sizeof(float)));
    array workers = array_new((int64_t)(need.per_worker / sizeof(float)) * nt_threads());
    array kernel = array_new((int64_t)nt_winograd_kernel_size(scheme, &p->shape));
    const nt_conv_memory memory = {(char *)shared.v, (char *)workers.v, need.per_worker};
    const nt_epilogue epilogue = epilogue_of(p, e, y.v);
    if (e->on_itself)
        memcpy(y.v, p->plus.v, (size_t)y.count * sizeof(float));
    if (kept) {
        nt_winograd_transform_kernel(scheme, &p->shape, p->weight.v, kernel.v);
        nt_winograd_apply(scheme, &p->shape, p->x.v, kernel.v, &epilogue, y.v, &memory);
    } else {
        nt_winograd_forward(scheme, &p->shape, p->x.v, p->weight.v, &epilogue, y.v, &memory);
    }
    array_free(kernel);
    array_free(workers);
    array_free(shared);
    return y;
}

/* The same on sums that are there, one after the other. */
static void finish_plainly(const problem *p, const epilogue_options *e, array y) {
    for (int64_t i = 0; e->bias && i < y.count; i++)
        y.v[i] += p->bias.v[i % p->shape.out_channels];
    for (int64_t i = 0; (e->plus || e->on_itself) && i < y.count; i++)
        y.v[i] += p->plus.v[i];
    for (int64_t i = 0; e->relu && i < y.count; i++)
        y.v[i] = y.v[i] < 0 ? 0 : y.v[i];
}

static void check_epilogue(const nt_winograd *scheme, const problem *p, const epilogue_options *e) {
    array wanted = run_epilogue(scheme, p, &(epilogue_options){0}, false);
    array got = run_epilogue(scheme, p, e, false);
    finish_plainly(p, e, wanted);
    expect_same(&p->shape, "finishing the layer on the way out", got.v, wanted.v, wanted.count);
    if (nt_winograd_kernel_size(scheme, &p->shape) > 0) {
        array kept = run_epilogue(scheme, p, e, true);
        expect_same(&p->shape, "keeping the transformed kernel", kept.v, wanted.v, wanted.count);
        array_free(kept);
    }
    array_free(got);
    array_free(wanted);
}

static void check_epilogues(nt_winograd_name name, const problem *p) {
    const nt_winograd *scheme;
    for (int64_t i = 0; i < p->plus.count; i += 7)
        p->plus.v[i] = i % 3 == 0 ? NAN : -0.0F;
    for (int set = 0; (scheme = nt_winograd_with(name, set)); set++)
        for (unsigned i = 0; i < 12; i++)
            check_epilogue(scheme, p,
                           &(epilogue_options){
                               .bias = i & 1, .relu = i & 2, .plus = i & 4, .on_itself = i & 8});
}

static void test_epilogues(void **state) {
    (void)state;
    each_shape(check_epilogues);
}

/* Of more samples than are worked on at once; at last of a kernel that is not kept. */
static void test_many_epilogues(void **state) {
    const nt_conv_shape shapes[] = {
        shape_of(140, 24, 12, 20, 3, 1, 1),  shape_of(1700, 16, 2, 24, 3, 1, 1),
        shape_of(140, 24, 13, 20, 3, 2, 1),  shape_of(9, 300, 5, 24, 3, 1, 1),
        shape_of(143, 244, 4, 136, 3, 1, 1),
    };
    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        problem p = problem_new(&shapes[i], 4);
        const nt_winograd *scheme = nt_winograd_find(shapes[i].stride[0] == 2 ? NT_WINOGRAD_STRIDED
                                                     : shapes[i].height == 2  ? NT_WINOGRAD_TOEPLITZ
                                                                              : NT_WINOGRAD_F43);
        check_epilogue(scheme, &p, &(epilogue_options){.bias = true, .plus = true, .relu = true});
        check_epilogue(scheme, &p,
                       &(epilogue_options){.bias = true, .on_itself = true, .relu = true});
        assert_true((nt_winograd_kernel_size(scheme, &shapes[i]) == 0) == (i == 4));
        problem_free(&p);
    }
}

/* --- the end of memory ------------------------------------------------------------------------ */

/* A copy whose last byte is the last before memory that must not be touched. */
static float *fenced(array a, char *memory, size_t size) {
    size_t bytes = (size_t)a.count * sizeof(float);
    assert_true(bytes <= size);
    return memcpy(memory + size - bytes, a.v, bytes);
}

/* Kernels like to fetch a step ahead: not past the end of somebody's inputs. */
static void test_end_of_memory(void **state) {
    enum { SIZE = 1 << 18, ARRAYS = 4 };
    const nt_conv_shape shapes[] = {
        shape_of(2, 16, 5, 16, 1, 1, 0),  shape_of(2, 16, 5, 32, 1, 2, 0),
        shape_of(7, 48, 1, 16, 3, 1, 1),  shape_of(3, 16, 2, 16, 3, 1, 1),
        shape_of(2, 16, 5, 16, 3, 1, 1),  shape_of(2, 16, 7, 16, 3, 2, 1),
        shape_of(2, 3, 9, 16, 5, 2, 2),   shape_of(2, 19, 5, 21, 1, 1, 0),
        shape_of(2, 16, 16, 16, 3, 2, 1), shape_of(2, 19, 15, 21, 3, 2, 1),
    };
    (void)state;
    char *memory =
        mmap(NULL, 2 * ARRAYS * SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(memory != MAP_FAILED);
    for (int i = 0; i < ARRAYS; i++)
        assert_int_equal(mprotect(memory + (2 * i + 1) * SIZE, SIZE, PROT_NONE), 0);
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        problem p = problem_new(&shapes[i], 3), at_end = p;
        at_end.x.v = fenced(p.x, memory, SIZE);
        at_end.weight.v = fenced(p.weight, memory + 2 * SIZE, SIZE);
        at_end.bias.v = fenced(p.bias, memory + 4 * SIZE, SIZE);
        at_end.dy.v = fenced(p.dy, memory + 6 * SIZE, SIZE);
        for (int pass = 0; pass < PASSES; pass++) {
            array wanted = run(NULL, &p, (nt_conv_pass)pass);
            array got = run(NULL, &at_end, (nt_conv_pass)pass);
            expect_same(&p.shape, "the end of memory", got.v, wanted.v, wanted.count);
            array_free(wanted);
            array_free(got);
        }
        problem_free(&p);
    }
    assert_int_equal(munmap(memory, 2 * ARRAYS * SIZE), 0);
}

/* --- the table -------------------------------------------------------------------------------- */

static void expect_pass(nt_conv_shape shape, nt_conv_pass pass, nt_conv_algorithm wanted) {
    for (int32_t samples = 1; samples <= 1000; samples *= 10) {
        shape.samples = samples;
        if (nt_conv_choose(&shape, pass) != wanted)
            fail_msg("%s: pass %d is computed by %d", describe(&shape), (int)pass,
                     (int)nt_conv_choose(&shape, pass));
    }
}

static void expect_choice(nt_conv_shape shape, nt_conv_algorithm wanted) {
    for (int pass = 0; pass < PASSES; pass++)
        expect_pass(shape, (nt_conv_pass)pass, wanted);
}

static void test_choice(void **state) {
    nt_conv_shape odd = shape_of(1, 64, 8, 64, 3, 1, 1);
    (void)state;
    expect_choice(odd, NT_WINOGRAD_ALGORITHM);
    expect_choice(shape_of(1, 512, 4, 512, 3, 1, 1), NT_WINOGRAD_ALGORITHM);
    expect_choice(shape_of(1, 64, 9, 64, 3, 1, 2), NT_WINOGRAD_ALGORITHM);
    expect_choice(shape_of(1, 512, 2, 512, 3, 1, 1), NT_TOEPLITZ_ALGORITHM);
    expect_choice(shape_of(1, 512, 1, 512, 3, 1, 1), NT_DIRECT_ALGORITHM);
    expect_choice(shape_of(1, 64, 8, 128, 1, 2, 0), NT_DIRECT_ALGORITHM);
    expect_choice(shape_of(1, 512, 1, 10, 1, 1, 0), NT_DIRECT_ALGORITHM);
    expect_pass(shape_of(1, 3, 32, 64, 3, 1, 1), NT_FORWARD_PASS, NT_DIRECT_ALGORITHM);
    expect_pass(shape_of(1, 3, 32, 64, 3, 1, 1), NT_DATA_PASS, NT_WINOGRAD_ALGORITHM);
    expect_pass(shape_of(1, 3, 32, 64, 3, 1, 1), NT_WEIGHT_PASS, NT_DIRECT_ALGORITHM);
    expect_choice(shape_of(1, 3, 32, 64, 7, 2, 3), NT_DIRECT_ALGORITHM);
    expect_choice(shape_of(1, 64, 32, 128, 3, 2, 1), NT_STRIDED_ALGORITHM);
    expect_choice(shape_of(1, 128, 8, 256, 3, 2, 1), NT_STRIDED_ALGORITHM);
    expect_choice(shape_of(1, 64, 15, 128, 3, 2, 1), NT_STRIDED_ALGORITHM);
    expect_choice(shape_of(1, 64, 8, 128, 3, 2, 1), NT_DIRECT_ALGORITHM);
    expect_choice(shape_of(1, 64, 14, 128, 3, 2, 1), NT_DIRECT_ALGORITHM);
    expect_choice(shape_of(1, 64, 6, 128, 3, 2, 1), NT_DIRECT_ALGORITHM);  /* outputs: 3x3, */
    expect_choice(shape_of(1, 64, 10, 128, 3, 2, 1), NT_DIRECT_ALGORITHM); /* 5x5 */
    expect_choice(shape_of(1, 64, 32, 128, 3, 2, 0), NT_DIRECT_ALGORITHM);
    expect_choice(shape_of(1, 64, 9, 64, 3, 1, 3), NT_DIRECT_ALGORITHM);
    expect_choice(shape_of(1, 64, 8, 64, 1, 1, 1), NT_DIRECT_ALGORITHM);
    odd.groups = 2;
    expect_choice(odd, NT_DIRECT_ALGORITHM);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accuracy),
        cmocka_unit_test(test_reference),
        cmocka_unit_test(test_sets),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_samples),
        cmocka_unit_test(test_many_samples),
        cmocka_unit_test(test_many_samples_accuracy),
        cmocka_unit_test(test_many_samples_threads),
        cmocka_unit_test(test_need),
        cmocka_unit_test(test_epilogues),
        cmocka_unit_test(test_many_epilogues),
        cmocka_unit_test(test_end_of_memory),
        cmocka_unit_test(test_choice),
    };
    nt_threads_set(2);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
