/* Winograd's schemes beneath conv2d, that of tiny maps among them, held against a plain
 * double-precision convolution and its two gradients, with each set of instructions that this
 * processor has; their epilogues; and the table that chooses among all algorithms.
 *
 * Errors are relative, in the L2 norm. A float product summed over n terms has about 1e-7 √n / √n;
 * Winograd's transforms with the points 0, ±√½, ±√2 multiply that by up to 6. */
#include "alloc.h"
#include "conv.h"
#include "conv_problem.h"
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

enum { SHAPES = 20 / CONV_ONE_IN, MANY = 17, ROUNDS = 5 };

/* --- running ---------------------------------------------------------------------------------- */

/* NULL: what the table chooses. */
static nt_conv_need need_of(const nt_winograd *scheme, const nt_conv_shape *s, nt_conv_pass pass) {
    if (pass == NT_FORWARD_PASS)
        return scheme ? nt_winograd_forward_need(scheme, s) : nt_conv_forward_need(s);
    if (pass == NT_DATA_PASS)
        return scheme ? nt_winograd_data_need(scheme, s) : nt_conv_data_need(s);
    return scheme ? nt_winograd_weight_need(scheme, s) : nt_conv_weight_need(s);
}

static void call(const nt_winograd *scheme, const conv_problem *p, nt_conv_pass pass, float *result,
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
static conv_array run(const nt_winograd *scheme, const conv_problem *p, nt_conv_pass pass) {
    nt_conv_need need = need_of(scheme, &p->shape, pass);
    assert_int_equal(need.per_worker % 64, 0);
    conv_array result = conv_array_new(conv_result_count(&p->shape, pass));
    conv_array shared = conv_array_new((int64_t)(need.shared / sizeof(float)));
    conv_array workers = conv_array_new((int64_t)(need.per_worker / sizeof(float)) * nt_threads());
    nt_conv_memory memory = {(char *)shared.v, (char *)workers.v, need.per_worker};
    call(scheme, p, pass, result.v, &memory);
    conv_array_free(shared);
    conv_array_free(workers);
    return result;
}

static nt_conv_shape shape_of(int32_t samples, int32_t channels, int32_t size, int32_t out_channels,
                              int32_t kernel, int32_t stride, int32_t pad) {
    int32_t out = (size + 2 * pad - kernel) / stride + 1;
    return (nt_conv_shape){
        samples,          channels,   size,   size, out_channels, out, out, {kernel, kernel},
        {stride, stride}, {pad, pad}, {1, 1}, 1,    false};
}

/* The same under a kernel of other sides, and padding that keeps the map's size. */
static nt_conv_shape with_kernel(nt_conv_shape shape, int32_t height, int32_t width) {
    const int32_t sides[] = {height, width};
    for (int d = 0; d < 2; d++) {
        shape.kernel[d] = sides[d];
        shape.pad[d] = sides[d] / 2;
    }
    return shape;
}

/* So many samples that there are several blocks of work, and several parts of a sum over them. */
static void many_samples(nt_conv_shape ret[MANY]) {
    const nt_conv_shape shapes[MANY] = {
        shape_of(67, 24, 12, 40, 3, 1, 1),
        shape_of(131, 64, 4, 64, 3, 1, 1),
        shape_of(611, 80, 2, 48, 3, 1, 1),
        shape_of(323, 70, 1, 290, 3, 1, 1),
        shape_of(19, 32, 15, 64, 1, 2, 0),
        shape_of(9, 3, 33, 24, 7, 2, 3),
        shape_of(41, 36, 7, 52, 3, 2, 1),
        shape_of(140, 24, 12, 20, 3, 1, 1),
        shape_of(1700, 16, 2, 24, 3, 1, 1),
        shape_of(200, 80, 4, 16, 3, 1, 1),
        shape_of(9, 300, 5, 24, 3, 1, 1),
        shape_of(61, 140, 8, 56, 3, 2, 1),
        shape_of(300, 24, 16, 48, 3, 2, 1),
        shape_of(67, 140, 9, 40, 5, 1, 2),
        with_kernel(shape_of(67, 24, 17, 40, 1, 1, 0), 1, 7),
        with_kernel(shape_of(131, 64, 9, 24, 1, 1, 0), 7, 1),
        with_kernel(shape_of(131, 40, 8, 64, 1, 1, 0), 1, 3),
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
        shape_of(100, 140, 8, 136, 5, 1, 2),
        with_kernel(shape_of(31, 400, 8, 300, 1, 1, 0), 7, 1),
    };
    memcpy(ret, shapes, sizeof shapes);
}

/* --- accuracy --------------------------------------------------------------------------------- */

/* Of the scheme that such a shape fits: 5x5 and lines of seven taps have more points. On a map of
 * one output, which the table leaves to others, an error is no mean of a tile's. */
static double most_error(const nt_conv_shape *shape) {
    return shape->kernel[0] > 3 || shape->kernel[1] > 3 ? 6e-6 : 2e-6;
}

static void check_accuracy(const nt_conv_shape *shape, const double tolerances[CONV_PASSES]) {
    conv_problem p = conv_problem_new(shape, 1);
    double *wanted[CONV_PASSES];
    conv_reference(&p, wanted);
    for (int pass = 0; pass < CONV_PASSES; pass++) {
        conv_array got = run(NULL, &p, (nt_conv_pass)pass);
        double error = conv_error(got, wanted[pass]);
        if (!(error <= tolerances[pass]))
            fail_msg("%s: pass %d has error %g", conv_describe(shape), pass, error);
        conv_array_free(got);
        free(wanted[pass]);
    }
    conv_problem_free(&p);
}

static void test_accuracy(void **state) {
    const struct {
        nt_conv_shape shape;
        double tolerances[CONV_PASSES]; /* forward, data, weight */
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
        {shape_of(2, 64, 27, 192, 5, 1, 2), {4.5e-6, 4.5e-6, 4e-6}},
        {shape_of(2, 48, 35, 64, 5, 1, 2), {4.5e-6, 4.5e-6, 4e-6}},
        {shape_of(1, 512, 8, 512, 5, 1, 2), {4.5e-6, 4.5e-6, 4e-6}},
        {with_kernel(shape_of(2, 160, 17, 192, 1, 1, 0), 1, 7), {4e-6, 4e-6, 4e-6}},
        {with_kernel(shape_of(1, 512, 17, 512, 1, 1, 0), 7, 1), {4e-6, 4e-6, 4e-6}},
        {with_kernel(shape_of(2, 512, 8, 512, 1, 1, 0), 1, 3), {2e-6, 2e-6, 1e-6}},
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
        check_accuracy(&shapes[i], shapes[i].kernel[0] < 5 && shapes[i].kernel[1] < 5
                                       ? (const double[]){1.5e-6, 1.5e-6, 2e-6}
                                       : (const double[]){4e-6, 4e-6, 4e-6});
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
        s.kernel[d] = nt_winograd_find(name)->taps[d];
        if (name != NT_WINOGRAD_TOEPLITZ)
            *size = between(seed, &n, s.kernel[d], name == NT_WINOGRAD_STRIDED ? 21 : 13);
        if (name != NT_WINOGRAD_TOEPLITZ && name != NT_WINOGRAD_STRIDED)
            s.pad[d] = between(seed, &n, 0, s.kernel[d] - 1);
        *out = (*size + 2 * s.pad[d] - s.kernel[d]) / s.stride[d] + 1;
    }
    return s;
}

static void each_shape(void (*check)(nt_winograd_name name, const conv_problem *p)) {
    for (int name = 0; name < NT_WINOGRAD_SCHEMES; name++)
        for (uint64_t seed = 1; seed <= SHAPES; seed++) {
            nt_conv_shape shape = random_shape((nt_winograd_name)name, 10 * seed);
            assert_true(nt_winograd_fits(nt_winograd_find((nt_winograd_name)name), &shape));
            conv_problem p = conv_problem_new(&shape, seed);
            check((nt_winograd_name)name, &p);
            conv_problem_free(&p);
        }
}

static void check_reference(nt_winograd_name name, const conv_problem *p) {
    double most = most_error(&p->shape);
    double *wanted[CONV_PASSES];
    conv_reference(p, wanted);
    for (int pass = 0; pass < CONV_PASSES; pass++) {
        const nt_winograd *scheme;
        for (int set = 0; (scheme = nt_winograd_with(name, set)); set++) {
            conv_array got = run(scheme, p, (nt_conv_pass)pass);
            double error = conv_error(got, wanted[pass]);
            if (!(error <= most))
                fail_msg("%s: scheme %d with instructions %d, pass %d has error %g",
                         conv_describe(&p->shape), (int)name, set, pass, error);
            conv_array_free(got);
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
        fail_msg("%s: %s changes the bits", conv_describe(s), what);
}

/* All sets but the portable one have the same fused multiply-adds. */
static void check_sets(nt_winograd_name name, const conv_problem *p) {
    const nt_winograd *first = nt_winograd_with(name, 1), *other;
    for (int set = 2; (other = nt_winograd_with(name, set)); set++)
        for (int pass = 0; pass < CONV_PASSES; pass++) {
            conv_array wanted = run(first, p, (nt_conv_pass)pass);
            conv_array got = run(other, p, (nt_conv_pass)pass);
            expect_same(&p->shape, "the width of vectors", got.v, wanted.v, wanted.count);
            conv_array_free(wanted);
            conv_array_free(got);
        }
}

static void test_sets(void **state) {
    (void)state;
    each_shape(check_sets);
}

static void check_thread_counts(const nt_winograd *scheme, const conv_problem *p) {
    for (int pass = 0; pass < CONV_PASSES; pass++) {
        nt_threads_set(1);
        conv_array one = run(scheme, p, (nt_conv_pass)pass);
        for (int threads = 2; threads <= 4; threads++) {
            nt_threads_set(threads);
            conv_array many = run(scheme, p, (nt_conv_pass)pass);
            expect_same(&p->shape, "the number of threads", many.v, one.v, one.count);
            conv_array_free(many);
        }
        conv_array_free(one);
    }
    nt_threads_set(2);
}

static void check_threads(nt_winograd_name name, const conv_problem *p) {
    check_thread_counts(nt_winograd_find(name), p);
}

static void test_threads(void **state) {
    (void)state;
    each_shape(check_threads);
}

/* A sample alone, forward and back to the data, has the bits that it has among others. */
static void check_samples(nt_winograd_name name, const conv_problem *p) {
    const nt_winograd *scheme = nt_winograd_find(name);
    for (int pass = NT_FORWARD_PASS; pass <= NT_DATA_PASS; pass++) {
        conv_array all = run(scheme, p, (nt_conv_pass)pass);
        conv_problem alone = *p;
        alone.shape.samples = 1;
        for (int32_t n = 0; n < p->shape.samples; n++) {
            conv_array one = run(scheme, &alone, (nt_conv_pass)pass);
            expect_same(&p->shape, "the number of samples", one.v, all.v + n * one.count,
                        one.count);
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

/* The same, of one among many samples. */
static void check_last_sample(const nt_conv_shape *shape) {
    for (int pass = NT_FORWARD_PASS; pass <= NT_DATA_PASS; pass++) {
        conv_problem p = conv_problem_new(shape, 5), last = p;
        conv_array all = run(NULL, &p, (nt_conv_pass)pass);
        last.shape.samples = 1;
        last.x.v += (p.shape.samples - 1) * conv_result_count(&last.shape, NT_DATA_PASS);
        last.dy.v += (p.shape.samples - 1) * conv_result_count(&last.shape, NT_FORWARD_PASS);
        conv_array one = run(NULL, &last, (nt_conv_pass)pass);
        expect_same(&p.shape, "the number of samples", one.v,
                    all.v + (p.shape.samples - 1) * one.count, one.count);
        conv_array_free(one);
        conv_array_free(all);
        conv_problem_free(&p);
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
        conv_problem p = conv_problem_new(&shapes[i], 6);
        check_thread_counts(NULL, &p);
        conv_problem_free(&p);
    }
}

/* --- memory ----------------------------------------------------------------------------------- */

/* What is enough for some samples is enough for fewer. */
static void expect_growth(nt_conv_shape shape) {
    for (int pass = 0; pass < CONV_PASSES; pass++) {
        nt_conv_need before = {0};
        for (shape.samples = 1; shape.samples <= 2000; shape.samples += 1 + shape.samples / 9) {
            nt_conv_need need = need_of(NULL, &shape, (nt_conv_pass)pass);
            if (need.shared < before.shared || need.per_worker < before.per_worker)
                fail_msg("%s: pass %d needs less than with fewer samples", conv_describe(&shape),
                         pass);
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

static nt_epilogue epilogue_of(const conv_problem *p, const epilogue_options *e, const float *y) {
    return (nt_epilogue){.bias = e->bias ? p->bias.v : NULL,
                         .plus = e->on_itself ? y
                                 : e->plus    ? p->plus.v
                                              : NULL,
                         .activation.kind = e->relu ? NT_RELU : NT_NO_ACTIVATION};
}

/* The forward pass, with the kernel as it is or kept, in memory of exactly the size asked for. */
static conv_array run_epilogue(const nt_winograd *scheme, const conv_problem *p,
                               const epilogue_options *e, bool kept) {
    nt_conv_need need = kept ? nt_winograd_apply_need(scheme, &p->shape)
                             : nt_winograd_forward_need(scheme, &p->shape);
    conv_array y = conv_array_new(conv_result_count(&p->shape, NT_FORWARD_PASS));
    conv_array shared = conv_array_new((int64_t)(need.shared / sizeof(float)));
    conv_array workers = conv_array_new((int64_t)(need.per_worker / sizeof(float)) * nt_threads());
    conv_array kernel = conv_array_new((int64_t)nt_winograd_kernel_size(scheme, &p->shape));
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
    conv_array_free(kernel);
    conv_array_free(workers);
    conv_array_free(shared);
    return y;
}

/* The same on sums that are there, one after the other. */
static void finish_plainly(const conv_problem *p, const epilogue_options *e, conv_array y) {
    for (int64_t i = 0; e->bias && i < y.count; i++)
        y.v[i] += p->bias.v[i % p->shape.out_channels];
    for (int64_t i = 0; (e->plus || e->on_itself) && i < y.count; i++)
        y.v[i] += p->plus.v[i];
    for (int64_t i = 0; e->relu && i < y.count; i++)
        y.v[i] = y.v[i] < 0 ? 0 : y.v[i];
}

static void check_epilogue(const nt_winograd *scheme, const conv_problem *p,
                           const epilogue_options *e) {
    conv_array wanted = run_epilogue(scheme, p, &(epilogue_options){0}, false);
    conv_array got = run_epilogue(scheme, p, e, false);
    finish_plainly(p, e, wanted);
    expect_same(&p->shape, "finishing the layer on the way out", got.v, wanted.v, wanted.count);
    if (nt_winograd_kernel_size(scheme, &p->shape) > 0) {
        conv_array kept = run_epilogue(scheme, p, e, true);
        expect_same(&p->shape, "keeping the transformed kernel", kept.v, wanted.v, wanted.count);
        conv_array_free(kept);
    }
    conv_array_free(got);
    conv_array_free(wanted);
}

static void check_epilogues(nt_winograd_name name, const conv_problem *p) {
    const nt_winograd *scheme;
    for (int64_t i = 0; i < p->plus.count; i += 7)
        p->plus.v[i] = i % 3 == 0 ? NAN : -0.0F;
    for (int set = 0; (scheme = nt_winograd_with(name, set)); set++)
        for (unsigned i = (unsigned)p->shape.samples % 3; i < 12;
             i += 3) /* shapes share them out */
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
        conv_problem p = conv_problem_new(&shapes[i], 4);
        const nt_winograd *scheme = nt_winograd_find(shapes[i].stride[0] == 2 ? NT_WINOGRAD_STRIDED
                                                     : shapes[i].height == 2  ? NT_WINOGRAD_TOEPLITZ
                                                                              : NT_WINOGRAD_F43);
        check_epilogue(scheme, &p, &(epilogue_options){.bias = true, .plus = true, .relu = true});
        check_epilogue(scheme, &p,
                       &(epilogue_options){.bias = true, .on_itself = true, .relu = true});
        assert_true((nt_winograd_kernel_size(scheme, &shapes[i]) == 0) == (i == 4));
        conv_problem_free(&p);
    }
}

/* --- the end of memory ------------------------------------------------------------------------ */

/* A copy whose last byte is the last before memory that must not be touched. */
static float *fenced(conv_array a, char *memory, size_t size) {
    size_t bytes = (size_t)a.count * sizeof(float);
    assert_true(bytes <= size);
    return memcpy(memory + size - bytes, a.v, bytes);
}

/* Kernels like to fetch a step ahead: not past the end of somebody's inputs. */
static void test_end_of_memory(void **state) {
    enum { SIZE = 1 << 18, ARRAYS = 4 };
    const nt_conv_shape shapes[] = {
        shape_of(2, 16, 5, 16, 1, 1, 0),
        shape_of(2, 16, 5, 32, 1, 2, 0),
        shape_of(7, 48, 1, 16, 3, 1, 1),
        shape_of(3, 16, 2, 16, 3, 1, 1),
        shape_of(2, 16, 5, 16, 3, 1, 1),
        shape_of(2, 16, 7, 16, 3, 2, 1),
        shape_of(2, 3, 9, 16, 5, 2, 2),
        shape_of(2, 19, 5, 21, 1, 1, 0),
        shape_of(2, 16, 16, 16, 3, 2, 1),
        shape_of(2, 19, 15, 21, 3, 2, 1),
        shape_of(2, 19, 8, 21, 5, 1, 2),
        with_kernel(shape_of(2, 19, 8, 21, 1, 1, 0), 1, 7),
        with_kernel(shape_of(2, 19, 8, 21, 1, 1, 0), 3, 1),
    };
    (void)state;
    char *memory =
        mmap(NULL, 2 * ARRAYS * SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(memory != MAP_FAILED);
    for (int i = 0; i < ARRAYS; i++)
        assert_int_equal(mprotect(memory + (2 * i + 1) * SIZE, SIZE, PROT_NONE), 0);
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        conv_problem p = conv_problem_new(&shapes[i], 3), at_end = p;
        at_end.x.v = fenced(p.x, memory, SIZE);
        at_end.weight.v = fenced(p.weight, memory + 2 * SIZE, SIZE);
        at_end.bias.v = fenced(p.bias, memory + 4 * SIZE, SIZE);
        at_end.dy.v = fenced(p.dy, memory + 6 * SIZE, SIZE);
        for (int pass = 0; pass < CONV_PASSES; pass++) {
            conv_array wanted = run(NULL, &p, (nt_conv_pass)pass);
            conv_array got = run(NULL, &at_end, (nt_conv_pass)pass);
            expect_same(&p.shape, "the end of memory", got.v, wanted.v, wanted.count);
            conv_array_free(wanted);
            conv_array_free(got);
        }
        conv_problem_free(&p);
    }
    assert_int_equal(munmap(memory, 2 * ARRAYS * SIZE), 0);
}

/* --- the table -------------------------------------------------------------------------------- */

static void expect_pass(nt_conv_shape shape, nt_conv_pass pass, nt_conv_algorithm wanted) {
    for (int32_t samples = 1; samples <= 1000; samples *= 10) {
        shape.samples = samples;
        if (nt_conv_choose(&shape, pass) != wanted)
            fail_msg("%s: pass %d is computed by %d", conv_describe(&shape), (int)pass,
                     (int)nt_conv_choose(&shape, pass));
    }
}

static void expect_choice(nt_conv_shape shape, nt_conv_algorithm wanted) {
    for (int pass = 0; pass < CONV_PASSES; pass++)
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
    expect_choice(shape_of(1, 64, 27, 192, 5, 1, 2), NT_WINOGRAD5_ALGORITHM);
    expect_choice(shape_of(1, 64, 4, 192, 5, 1, 2), NT_WINOGRAD5_ALGORITHM);
    expect_choice(shape_of(1, 64, 3, 192, 5, 1, 2), NT_DIRECT_ALGORITHM);
    expect_choice(shape_of(1, 64, 27, 192, 5, 2, 2), NT_DIRECT_ALGORITHM);
    expect_choice(with_kernel(shape_of(1, 160, 17, 192, 1, 1, 0), 1, 7),
                  NT_WINOGRAD_LINE_ALGORITHM);
    expect_choice(with_kernel(shape_of(1, 160, 17, 192, 1, 1, 0), 7, 1),
                  NT_WINOGRAD_LINE_ALGORITHM);
    expect_choice(with_kernel(shape_of(1, 384, 8, 384, 1, 1, 0), 3, 1), NT_WINOGRAD_LINE_ALGORITHM);
    expect_choice(with_kernel(shape_of(1, 384, 5, 384, 1, 1, 0), 3, 1), NT_DIRECT_ALGORITHM);
    expect_choice(with_kernel(shape_of(1, 160, 3, 192, 1, 1, 0), 7, 1), NT_DIRECT_ALGORITHM);
    expect_choice(with_kernel(shape_of(1, 160, 17, 192, 1, 1, 0), 1, 5), NT_DIRECT_ALGORITHM);
    expect_choice(shape_of(1, 64, 8, 64, 1, 1, 1), NT_DIRECT_ALGORITHM);
    odd.groups = 2;
    expect_pass(odd, NT_WEIGHT_PASS, NT_DIRECT_ALGORITHM);
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
