/* Confidence in bins, the error that follows from them, and the file that keeps them. */
#include "reliability.h"
#include "support_base.h"
#include <math.h>

#define DIGEST "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static nt_error error;

static void images_go_into_the_bin_of_their_confidence(void **state) {
    (void)state;
    nt_reliability_bin bins[NT_RELIABILITY_BINS] = {{0}};
    const float even[] = {1, 1, 1, 1}, sure[] = {0, 200, 0, 0}, odd[] = {0, NAN, 0, 0};
    const float quarter[] = {0, 0, logf(2.9F), -INFINITY};
    assert_true(nt_reliability_add(bins, even, 4, 0)); /* the first of equal ones is the guess */
    assert_true(nt_reliability_add(bins, even, 4, 1));
    assert_true(nt_reliability_add(bins, sure, 4, 1));
    assert_false(nt_reliability_add(bins, odd, 4, 0));
    assert_false(nt_reliability_add(bins, quarter, 4, 0));
    assert_true(nt_reliability_add(bins, quarter, 3, 2)); /* 2.9 / 4.9 */
    for (int b = 0; b < NT_RELIABILITY_BINS; b++)
        assert_int_equal(bins[b].images, b == 3 ? 2 : b == 8 || b == 14);
    assert_int_equal(bins[3].right, 1); /* 0.25 is above 3 / 15 */
    assert_true(bins[3].confidence == 0.5);
    assert_int_equal(bins[14].right, 1);
    assert_true(bins[14].confidence == 1);
    assert_true(fabs(bins[8].confidence - 2.9 / 4.9) < 1e-6);
}

static void the_error_is_the_mean_gap(void **state) {
    (void)state;
    nt_reliability_bin bins[NT_RELIABILITY_BINS] = {{0}};
    assert_true(isnan(nt_reliability_error(bins)));
    bins[3] = (nt_reliability_bin){4, 2, 1};  /* half are right, a quarter was said: 0.25 */
    bins[14] = (nt_reliability_bin){6, 3, 6}; /* half are right, all was said: 0.5 */
    assert_true(fabs(nt_reliability_error(bins) - 0.4) < 1e-15);
}

static void make(nt_reliability *all, nt_reliability_case cases[2],
                 nt_reliability_bin bins[2][NT_RELIABILITY_BINS]) {
    for (int c = 0; c < 2; c++) {
        for (int b = 0; b < NT_RELIABILITY_BINS; b++)
            bins[c][b] = (nt_reliability_bin){b + c, b, 0.1 * b};
        cases[c] = (nt_reliability_case){
            c ? "each" : "baseline", c ? "conv1" : "baseline", DIGEST, "as ever", bins[c],
            NT_RELIABILITY_BINS};
    }
    *all = (nt_reliability){7, cases, 2};
}

static void what_was_written_is_read_back(void **folder) {
    nt_reliability_bin bins[2][NT_RELIABILITY_BINS];
    nt_reliability_case cases[2];
    nt_reliability all, read;
    nt_arena arena;
    const char *path = path_in(*folder, NT_RELIABILITY_NAME);
    nt_arena_init(&arena);
    make(&all, cases, bins);
    EXPECT_OK(&error, nt_reliability_write(&all, *folder, &error));
    EXPECT_OK(&error, nt_reliability_read(path, &arena, &read, &error));
    assert_int_equal(read.seed, 7);
    assert_int_equal(read.case_count, 2);
    for (int c = 0; c < 2; c++) {
        assert_string_equal(read.cases[c].group, cases[c].group);
        assert_string_equal(read.cases[c].name, cases[c].name);
        assert_string_equal(read.cases[c].key, DIGEST);
        assert_string_equal(read.cases[c].numerics, "as ever");
        assert_memory_equal(read.cases[c].bins, bins[c], sizeof bins[c]);
    }
    bins[1][4].right = 99;
    EXPECT_OK(&error, nt_reliability_write(&all, *folder, &error));
    EXPECT_ERROR(&error, nt_reliability_read(path, &arena, &read, &error), NT_INVALID,
                 "cases[1].bins[4]: has more than its 5 images");
    cases[1].bin_count = 3;
    EXPECT_OK(&error, nt_reliability_write(&all, *folder, &error));
    EXPECT_ERROR(&error, nt_reliability_read(path, &arena, &read, &error), NT_INVALID,
                 "cases[1].bins");
    write_bytes(path, "{", 1);
    EXPECT_ERROR(&error, nt_reliability_read(path, &arena, &read, &error), NT_INVALID,
                 "is not JSON");
    nt_arena_finish(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(images_go_into_the_bin_of_their_confidence),
        cmocka_unit_test(the_error_is_the_mean_gap),
        WITH_FOLDER(what_was_written_is_read_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
