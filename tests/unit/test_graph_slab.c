/* Where blocks of memory lie: small sets with a known best answer, and random ones, in which blocks
 * that are alive together must not overlap. */
#include "random.h"
#include "slab.h"
#include "support_base.h"

static size_t placed(nt_lifetime *blocks, size_t count) {
    size_t size = 12345;
    assert_int_equal(nt_slab_lay_out(blocks, count, &size), NT_OK);
    return size;
}

static void nothing_takes_nothing(void **state) {
    nt_lifetime none;
    (void)state;
    assert_int_equal(placed(&none, 0), 0);
}

static void memory_is_used_again(void **state) {
    nt_lifetime chain[] = {{8, 0, 1, 0}, {8, 1, 2, 0}, {8, 2, 3, 0}, {8, 3, INT32_MAX, 0}};
    (void)state;
    assert_int_equal(placed(chain, 4), 16);
    assert_true(chain[0].at == chain[2].at && chain[1].at == chain[3].at);
}

/* In order of time the third finds a gap that is too small for it. */
static void larger_blocks_come_first(void **state) {
    nt_lifetime blocks[] = {{1, 0, 0, 0}, {1, 0, 2, 0}, {2, 1, 2, 0}};
    (void)state;
    assert_int_equal(placed(blocks, 3), 3);
}

/* In order of size the last one would begin at 3. */
static void earlier_blocks_come_first(void **state) {
    nt_lifetime blocks[] = {{2, 0, 0, 0}, {2, 0, 2, 0}, {1, 2, 4, 0}, {2, 3, 4, 0}};
    (void)state;
    assert_int_equal(placed(blocks, 4), 4);
}

/* With the first gap that is large enough, either order would take 8. */
static void the_smallest_gap_is_taken(void **state) {
    nt_lifetime blocks[] = {{2, 0, 2, 0}, {2, 0, 1, 0}, {2, 1, 3, 0}, {1, 2, 4, 0},
                            {1, 3, 4, 0}, {2, 4, 5, 0}, {3, 4, 4, 0}};
    (void)state;
    assert_int_equal(placed(blocks, 7), 7);
}

static bool together(const nt_lifetime *a, const nt_lifetime *b) {
    return a->first <= b->last && b->first <= a->last;
}

static void expect_apart(const nt_lifetime *blocks, size_t count, size_t size) {
    for (size_t i = 0; i < count; i++) {
        assert_true(blocks[i].at + blocks[i].size <= size);
        for (size_t j = 0; j < i; j++)
            assert_true(!together(&blocks[i], &blocks[j]) ||
                        blocks[i].at + blocks[i].size <= blocks[j].at ||
                        blocks[j].at + blocks[j].size <= blocks[i].at);
    }
}

/* The most that is alive at once. */
static size_t least_size(const nt_lifetime *blocks, size_t count) {
    size_t most = 0;
    for (size_t i = 0; i < count; i++) {
        size_t alive = 0;
        for (size_t j = 0; j < count; j++)
            if (blocks[j].first <= blocks[i].first && blocks[j].last >= blocks[i].first)
                alive += blocks[j].size;
        most = alive > most ? alive : most;
    }
    return most;
}

static void what_lives_together_lies_apart(void **state) {
    enum { ROUNDS = 200, MOST = 60 };
    (void)state;
    for (uint64_t round = 0; round < ROUNDS; round++) {
        nt_lifetime blocks[MOST];
        nt_random random;
        nt_random_init(&random, round, 0);
        size_t count = 1 + nt_random_below(&random, MOST);
        for (size_t i = 0; i < count; i++) {
            int32_t first = (int32_t)nt_random_below(&random, MOST);
            blocks[i] = (nt_lifetime){.size = 64 * (1 + nt_random_below(&random, 9)),
                                      .first = first,
                                      .last = first + (int32_t)nt_random_below(&random, 9)};
        }
        size_t size = placed(blocks, count), least = least_size(blocks, count);
        expect_apart(blocks, count, size);
        assert_true(size >= least && size - least <= least / 3);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_takes_nothing),
        cmocka_unit_test(memory_is_used_again),
        cmocka_unit_test(larger_blocks_come_first),
        cmocka_unit_test(earlier_blocks_come_first),
        cmocka_unit_test(the_smallest_gap_is_taken),
        cmocka_unit_test(what_lives_together_lies_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
