/* Convolutions of random shape, beyond the cases that conv2d lists: what is odd about a shape (a
 * stride that skips the end, padding wider than the kernel, taps that never meet the input, groups,
 * more channels than a job takes) comes up in combinations that nobody would write down. */
#include "checks.h"
#include "parallel.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

enum { SHAPES = 120 };

static int32_t between(uint64_t seed, uint64_t *draw, int32_t low, int32_t high) {
    return low + (int32_t)(trial_noise(seed, (*draw)++) * (high - low + 1));
}

/* What PyTorch documents for Conv2d. */
static int32_t places(int32_t size, int32_t kernel, int32_t stride, int32_t pad, int32_t dilation) {
    return (size + 2 * pad - dilation * (kernel - 1) - 1) / stride + 1;
}

typedef struct random_case {
    char attrs[160], inputs[48], output[48];
    nt_op_case cas;
    int32_t count;
} random_case;

static void random_case_init(random_case *r, uint64_t seed) {
    uint64_t n = 0;
    int32_t groups = between(seed, &n, 0, 3) ? 1 : between(seed, &n, 2, 3);
    int32_t widest = between(seed, &n, 0, 7) ? 20 : 300 / groups;
    int32_t in = groups * between(seed, &n, 1, widest), out = groups * between(seed, &n, 1, widest);
    int32_t size[2], kernel[2], stride[2], pad[2], dilation[2], result[2];
    for (int d = 0; d < 2; d++) {
        kernel[d] = between(seed, &n, 1, 4);
        stride[d] = between(seed, &n, 1, 3);
        pad[d] = between(seed, &n, 0, 4);
        dilation[d] = between(seed, &n, 1, 3);
        int32_t reach = dilation[d] * (kernel[d] - 1) + 1 - 2 * pad[d];
        size[d] = between(seed, &n, reach > 1 ? reach : 1, (reach > 1 ? reach : 1) + 6);
        result[d] = places(size[d], kernel[d], stride[d], pad[d], dilation[d]);
    }
    snprintf(r->attrs, sizeof r->attrs,
             "channels=%d kernel=[%d,%d] stride=[%d,%d] pad=[%d,%d] dilation=[%d,%d] groups=%d "
             "bias=%s",
             out, kernel[0], kernel[1], stride[0], stride[1], pad[0], pad[1], dilation[0],
             dilation[1], groups, between(seed, &n, 0, 1) ? "true" : "false");
    snprintf(r->inputs, sizeof r->inputs, "%dx%dx%d", in, size[0], size[1]);
    snprintf(r->output, sizeof r->output, "%dx%dx%d", out, result[0], result[1]);
    r->cas = (nt_op_case){r->attrs, r->inputs, r->output};
    r->count = between(seed, &n, 1, 7);
}

static void each_shape(void (*check)(const trial_spec *spec)) {
    for (uint64_t seed = 1; seed <= SHAPES; seed++) {
        random_case r;
        random_case_init(&r, seed);
        trial_spec spec = {
            .op = nt_op_find("conv2d"), .cas = &r.cas, .count = r.count, .seed = seed};
        check(&spec);
    }
}

static void test_forward(void **state) {
    (void)state;
    each_shape(check_forward);
}

static void test_gradient(void **state) {
    (void)state;
    each_shape(check_gradient);
}

static void test_threads(void **state) {
    (void)state;
    each_shape(check_threads);
}

static void test_samples(void **state) {
    (void)state;
    each_shape(check_samples);
}

/* The micro-kernel fetches a step ahead: it must not do so past the end of somebody's weights. */
static void test_weight_at_the_end_of_memory(void **state) {
    enum { SIZE = 1 << 20 };
    static const nt_op_case cas = {"channels=16 kernel=3 pad=1 bias=false", "16x4x4", "16x4x4"};
    trial_spec spec = {.op = nt_op_find("conv2d"), .cas = &cas, .count = 2, .seed = 1};
    char *memory = mmap(NULL, 2 * SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    trial t;
    (void)state;
    assert_true(memory != MAP_FAILED && mprotect(memory + SIZE, SIZE, PROT_NONE) == 0);
    trial_init(&t, &spec);
    size_t bytes = trial_bytes(&t.in[1]);
    t.in[1].data = memcpy(memory + SIZE - bytes, t.in[1].data, bytes);
    trial_forward(&t);
    trial_backward(&t);
    trial_finish(&t);
    assert_int_equal(munmap(memory, 2 * SIZE), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forward),
        cmocka_unit_test(test_gradient),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_samples),
        cmocka_unit_test(test_weight_at_the_end_of_memory),
    };
    nt_threads_set(2);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
