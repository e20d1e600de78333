/* Memory, texts, random numbers, tensors, jobs. */
#include "arena.h"
#include "hash.h"
#include "parallel.h"
#include "random.h"
#include "status.h"
#include "support_base.h"
#include "tensor.h"
#include <math.h>
#include <stdatomic.h>

/* --- memory ----------------------------------------------------------------------------------- */

static void test_alloc_counts(void **state) {
    (void)state;
    size_t before = nt_alloc_in_use();
    char *block = nt_alloc(1000);
    assert_int_equal((uintptr_t)block % NT_ALIGN, 0);
    memset(block, 7, 1000);
    assert_int_equal(nt_alloc_in_use(), before + 1000);
    assert_true(nt_alloc_peak() >= before + 1000);
    block = nt_realloc(block, 1000, 5000);
    assert_int_equal(block[0], 7);
    assert_int_equal(block[999], 7);
    assert_int_equal(nt_alloc_in_use(), before + 5000);
    nt_free(block, 5000);
    char *empty = nt_alloc(0);
    assert_non_null(empty);
    nt_free(empty, 0);
    nt_free(NULL, 10);
    assert_int_equal(nt_alloc_in_use(), before);
    assert_null(nt_alloc(SIZE_MAX));
    assert_int_equal(nt_alloc_in_use(), before);
}

static void test_grow_keeps_items(void **state) {
    (void)state;
    void *items = NULL;
    size_t capacity = 0;
    for (int i = 0; i < 1000; i++) {
        assert_true(nt_grow(&items, &capacity, (size_t)i, sizeof(int)));
        ((int *)items)[i] = i;
    }
    for (int i = 0; i < 1000; i++)
        assert_int_equal(((int *)items)[i], i);
    nt_free(items, capacity * sizeof(int));
}

static void test_arena_blocks(void **state) {
    (void)state;
    size_t before = nt_alloc_in_use();
    nt_arena arena;
    nt_arena_init(&arena);
    allow_allocations(1000);
    unsigned char *blocks[300];
    size_t sizes[300];
    for (int i = 0; i < 300; i++) {
        sizes[i] = i % 50 == 49 ? 3000000 : (size_t)(i * 37 % 997);
        blocks[i] = nt_arena_alloc(&arena, sizes[i]);
        assert_non_null(blocks[i]);
        assert_int_equal((uintptr_t)blocks[i] % 16, 0);
        for (size_t k = 0; k < sizes[i]; k++)
            assert_int_equal(blocks[i][k], 0);
        memset(blocks[i], i % 256, sizes[i]);
    }
    for (int i = 0; i < 300; i++) /* no block overlaps another */
        for (size_t k = 0; k < sizes[i]; k++)
            assert_int_equal(blocks[i][k], i % 256);
    assert_string_equal(nt_arena_printf(&arena, "%s-%d", "a", 5), "a-5");
    assert_string_equal(nt_arena_substring(&arena, "abcdef", 3), "abc");
    assert_null(nt_arena_alloc(&arena, SIZE_MAX - 8));
    nt_arena_finish(&arena);
    allow_all_allocations();
    assert_int_equal(nt_alloc_in_use(), before);
}

static void test_text_grows_and_fails(void **state) {
    (void)state;
    nt_text text;
    nt_text_init(&text);
    assert_string_equal(text.bytes, "");
    for (int i = 0; i < 1000; i++)
        nt_text_printf(&text, "%d,", i);
    assert_int_equal(text.length, 10 + 90 * 2 + 900 * 3 + 1000);
    assert_int_equal(strlen(text.bytes), text.length);
    assert_string_equal(text.bytes + text.length - 8, "998,999,");
    nt_text_add_bytes(&text, "a\0b", 3);
    assert_memory_equal(text.bytes + text.length - 3, "a\0b", 4);
    nt_text_clear(&text);
    assert_string_equal(text.bytes, "");
    nt_text_finish(&text);

    allow_allocations(1);
    char big[1000];
    memset(big, 'x', sizeof big - 1);
    big[sizeof big - 1] = '\0';
    nt_text_add(&text, "kept");
    nt_text_add(&text, big);
    allow_all_allocations();
    assert_true(text.failed);
    assert_string_equal(text.bytes, "kept");
    nt_text_finish(&text);
}

static void test_text_matches(void **state) {
    static const struct {
        const char *text, *pattern;
        bool matches;
    } rows[] = {
        {"", "", true},
        {"", "*", true},
        {"a", "", false},
        {"", "a", false},
        {"layer1", "layer1", true},
        {"layer1", "layer", false},
        {"layer", "layer1", false},
        {"layer1.0.conv1", "layer1*", true},
        {"layer1.0.conv1", "*conv1", true},
        {"layer1.0.conv1", "*conv", false},
        {"layer1.0.conv1", "l*0*1", true},
        {"layer1.0.conv1", "l*0*2", false},
        {"abab", "*ab", true},
        {"aab", "*ab", true},
        {"ab", "a**b", true},
        {"abcabd", "*ab*d", true},
        {"a*", "a*", true},
        {"xay", "*a", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (nt_text_matches(rows[i].text, rows[i].pattern) != rows[i].matches)
            fail_msg("'%s', '%s'", rows[i].text, rows[i].pattern);
}

/* --- random numbers --------------------------------------------------------------------------- */

/* The known answers of the Random123 distribution (kat_vectors, philox4x32 10). */
static void test_philox(void **state) {
    (void)state;
    static const struct {
        uint64_t key, high, low;
        uint32_t words[4];
    } known[] = {
        {0, 0, 0, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {UINT64_MAX, UINT64_MAX, UINT64_MAX, {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {UINT64_C(0x299f31d0a4093822),
         UINT64_C(0x0370734413198a2e),
         UINT64_C(0x85a308d3243f6a88),
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        uint32_t words[4];
        nt_philox(known[i].key, known[i].high, known[i].low, words);
        assert_memory_equal(words, known[i].words, sizeof words);
    }
}

static void test_random_streams(void **state) {
    (void)state;
    nt_random a, b, c;
    nt_random_init(&a, 1, 2);
    nt_random_init(&b, 1, 2);
    nt_random_init(&c, 1, 3);
    uint32_t first[4];
    nt_philox(1, 2, 0, first);
    int differ = 0;
    for (int i = 0; i < 100; i++) {
        uint32_t word = nt_random_word(&a);
        if (i < 4)
            assert_int_equal(word, first[i]);
        assert_int_equal(word, nt_random_word(&b));
        differ += word != nt_random_word(&c);
    }
    assert_true(differ > 95);
}

static void test_random_distributions(void **state) {
    (void)state;
    enum { DRAWS = 60000 };
    nt_random random;
    nt_random_init(&random, 42, 0);
    int often[6] = {0};
    double sum = 0, squares = 0;
    for (int i = 0; i < DRAWS; i++) {
        uint32_t below = nt_random_below(&random, 6);
        assert_in_range(below, 0, 5);
        often[below]++;
        double u = nt_random_uniform(&random), z = nt_random_normal(&random);
        assert_true(u >= 0 && u < 1);
        sum += z;
        squares += z * z;
    }
    for (int i = 0; i < 6; i++) /* 10,000 expected, deviation 91 */
        assert_in_range(often[i], 9500, 10500);
    assert_true(fabs(sum / DRAWS) < .02);
    assert_true(fabs(squares / DRAWS - 1) < .03);
    assert_int_equal(nt_random_below(&random, 1), 0);
}

/* --- tensors ---------------------------------------------------------------------------------- */

static nt_type kernel_type(int32_t k, int32_t c, int32_t rows, int32_t columns, int32_t groups) {
    nt_type type = nt_type_param(nt_shape_of(4, (const int32_t[]){k, c, rows, columns}));
    type.layout = NT_KERNEL;
    type.groups = groups;
    return type;
}

/* The kernel's places are those of the header's drawing, and the rest are zeros. */
static void check_kernel(nt_type type) {
    int32_t k_count = type.shape.dim[0], c_count = type.shape.dim[1];
    int32_t rows = type.shape.dim[2], columns = type.shape.dim[3];
    int32_t per_group = k_count / type.groups, panels = (per_group + NT_PANEL - 1) / NT_PANEL;
    size_t count = (size_t)nt_shape_elements(type.shape), stored = (size_t)nt_type_stored(type);
    assert_int_equal(stored,
                     (size_t)type.groups * (size_t)(panels * rows * columns * c_count) * NT_PANEL);
    float *file = malloc(count * sizeof *file), *back = malloc(count * sizeof *back);
    float *held = malloc(stored * sizeof *held);
    for (size_t i = 0; i < count; i++)
        file[i] = (float)(i + 1);
    for (size_t i = 0; i < stored; i++)
        held[i] = NAN;
    nt_tensor_from_rows(type, file, held);
    size_t nonzero = 0, i = 0;
    for (size_t s = 0; s < stored; s++)
        nonzero += held[s] != 0;
    assert_int_equal(nonzero, count);
    for (int32_t k = 0; k < k_count; k++)
        for (int32_t c = 0; c < c_count; c++)
            for (int32_t y = 0; y < rows; y++)
                for (int32_t x = 0; x < columns; x++, i++) {
                    int32_t g = k / per_group, lane = k % per_group;
                    size_t panel = (size_t)(g * panels + lane / NT_PANEL);
                    size_t at = ((panel * (size_t)rows + (size_t)y) * (size_t)columns + (size_t)x) *
                                    (size_t)c_count +
                                (size_t)c;
                    assert_true(held[at * NT_PANEL + (size_t)(lane % NT_PANEL)] == file[i]);
                }
    nt_tensor_to_rows(type, held, back);
    assert_memory_equal(back, file, count * sizeof *file);
    free(file);
    free(back);
    free(held);
}

static void test_kernel_layout(void **state) {
    (void)state;
    check_kernel(kernel_type(5, 3, 3, 2, 1));
    check_kernel(kernel_type(16, 4, 1, 1, 1));
    check_kernel(kernel_type(33, 2, 3, 3, 1));
    check_kernel(kernel_type(40, 3, 2, 5, 2));
    check_kernel(kernel_type(6, 1, 3, 3, 6));
    check_kernel(kernel_type(36, 2, 1, 1, 2));
}

static void test_map_layout(void **state) {
    (void)state;
    nt_type type = nt_type_map(nt_shape_of(3, (const int32_t[]){3, 2, 4}));
    float file[24], held[24], back[24];
    for (int i = 0; i < 24; i++)
        file[i] = (float)i;
    nt_tensor_from_rows(type, file, held);
    for (int c = 0; c < 3; c++)
        for (int p = 0; p < 8; p++)
            assert_true(held[3 * p + c] == file[8 * c + p]);
    nt_tensor_to_rows(type, held, back);
    assert_memory_equal(back, file, sizeof file);
    nt_type matrix = nt_type_param(nt_shape_of(2, (const int32_t[]){6, 4}));
    nt_tensor_from_rows(matrix, file, held);
    assert_memory_equal(held, file, sizeof file);
}

static void test_shapes(void **state) {
    (void)state;
    char text[NT_SHAPE_TEXT];
    nt_shape map = nt_shape_of(3, (const int32_t[]){64, 8, 7}), scalar = nt_shape_of(0, NULL);
    assert_string_equal(nt_shape_format(map, text), "64x8x7");
    assert_string_equal(nt_shape_format(scalar, text), "scalar");
    assert_int_equal(nt_shape_elements(map), 64 * 56);
    assert_int_equal(nt_shape_pixels(map), 56);
    assert_int_equal(nt_shape_elements(scalar), 1);
    assert_false(nt_shape_equal(nt_shape_of(1, (const int32_t[]){1}), scalar));
    int32_t widest[] = {INT32_MAX, INT32_MAX, INT32_MAX, INT32_MAX};
    assert_string_equal(nt_shape_format(nt_shape_of(4, widest), text),
                        "2147483647x2147483647x2147483647x2147483647");
}

/* --- jobs, statuses, hashes ------------------------------------------------------------------- */

enum { JOBS = 1000 };
static int done[JOBS];

static void mark(const void *context, int job, int worker) {
    assert_true(worker >= 0 && worker < nt_threads());
    done[job] += *(const int *)context;
}

static void test_parallel(void **state) {
    (void)state;
    const int one = 1;
    for (int threads = 1; threads <= 4; threads++) {
        nt_threads_set(threads);
        assert_int_equal(nt_threads(), threads);
        memset(done, 0, sizeof done);
        nt_parallel(JOBS, mark, &one);
        for (int i = 0; i < JOBS; i++)
            assert_int_equal(done[i], 1);
    }
    nt_threads_set(0);
    assert_true(nt_threads() >= 1);
}

/* Threads begin with their own parts; what one is kept from, the others take from its end. */
static atomic_int arrivals, order[2][6], taken[2];

static void keep_second(const void *context, int job, int worker) {
    (void)context;
    order[worker][taken[worker]++] = job;
    arrivals++;
    while (arrivals < 2 || (worker == 1 && taken[0] < 5))
        ;
}

static void test_shares_of_jobs(void **state) {
    (void)state;
    nt_threads_set(2);
    nt_parallel(6, keep_second, NULL);
    const int first[] = {0, 1, 2, 5, 4};
    assert_int_equal(taken[0], 5);
    assert_int_equal(taken[1], 1);
    for (int i = 0; i < 5; i++)
        assert_int_equal(order[0][i], first[i]);
    assert_int_equal(order[1][0], 3);
    nt_threads_set(0);
}

/* Jobs of jobs stay with the worker that runs the outer one, whose scratch memory they may use. */
static atomic_int arrived, strangers;

static void inner(const void *context, int job, int worker) {
    (void)job;
    strangers += worker != *(const int *)context;
}

static void outer(const void *context, int job, int worker) {
    (void)context, (void)job;
    arrived++;
    while (arrived < 2) /* so that both workers have one */
        ;
    nt_parallel(10, inner, &worker);
}

static void test_nested_parallel(void **state) {
    (void)state;
    nt_threads_set(2);
    nt_parallel(2, outer, NULL);
    assert_int_equal(strangers, 0);
    nt_threads_set(0);
}

static void test_status(void **state) {
    (void)state;
    assert_int_equal(nt_status_exit(NT_OK), 0);
    assert_int_equal(nt_status_exit(NT_FAILED), 1);
    assert_int_equal(nt_status_exit(NT_USAGE), 2);
    assert_int_equal(nt_status_exit(NT_INVALID), 3);
    assert_int_equal(nt_status_exit(NT_INTERRUPTED), 130);
    assert_int_equal(nt_status_exit(NT_TERMINATED), 143);
    assert_string_equal(nt_status_text(NT_NO_MEMORY), "out of memory");
}

static void test_hashes(void **state) {
    (void)state;
    char hex[NT_DIGEST_HEX];
    assert_true(nt_digest_bytes("abc", 3, hex)); /* FIPS 180-4's example */
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_true(nt_hash_string(0, "a") != nt_hash_string(0, "b"));
    assert_true(nt_hash_string(0, "a") != nt_hash_string(1, "a"));
    assert_true(nt_hash_bytes(0, "a\0", 2) != nt_hash_bytes(0, "a", 1));
    assert_true(nt_hash_bytes(0, "12345678", 8) == nt_hash_string(0, "12345678"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_alloc_counts),   cmocka_unit_test(test_grow_keeps_items),
        cmocka_unit_test(test_arena_blocks),   cmocka_unit_test(test_text_grows_and_fails),
        cmocka_unit_test(test_text_matches),   cmocka_unit_test(test_philox),
        cmocka_unit_test(test_random_streams), cmocka_unit_test(test_random_distributions),
        cmocka_unit_test(test_kernel_layout),  cmocka_unit_test(test_map_layout),
        cmocka_unit_test(test_shapes),         cmocka_unit_test(test_parallel),
        cmocka_unit_test(test_shares_of_jobs), cmocka_unit_test(test_nested_parallel),
        cmocka_unit_test(test_status),         cmocka_unit_test(test_hashes),
    };
    return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
