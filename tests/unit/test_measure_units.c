/* Units of work, shared out among hands: each is done once, whoever fails and when. */
#include "support_base.h"
#include "unit_queue.h"

#include "hash.h"

typedef struct work {
    nt_unit *units;
    int32_t count, graphs, hands;
    nt_unit_queue *queue;
} work;

static double draw(uint64_t seed, uint64_t which) {
    return (double)(nt_hash_word(nt_hash_word(11, seed), which) >> 11) * 0x1p-53;
}

static work start(int32_t graphs, int32_t each, int32_t hands) {
    work w = {.count = graphs * each, .graphs = graphs, .hands = hands};
    w.units = calloc((size_t)w.count + 1, sizeof *w.units);
    assert_non_null(w.units);
    for (int32_t i = 0; i < w.count; i++)
        w.units[i] = (nt_unit){i % graphs, 1000 * (i / graphs), 1000, 1 + draw(1, (uint64_t)i)};
    assert_int_equal(nt_unit_queue_new(w.units, w.count, graphs, hands, &w.queue), NT_OK);
    return w;
}

static void finish(work *w) {
    nt_unit_queue_free(w->queue);
    free(w->units);
}

/* --- order ------------------------------------------------------------------------------------ */

static void test_longest_first(void **state) {
    (void)state;
    work w = start(1, 60, 2);
    double last = 2;
    for (int32_t i = 0; i < w.count; i++) {
        int32_t unit = nt_unit_queue_next(w.queue, i % 2);
        assert_in_range(unit, 0, w.count - 1);
        assert_true(w.units[unit].cost <= last);
        last = w.units[unit].cost;
        nt_unit_queue_done(w.queue, unit);
        assert_int_equal(nt_unit_queue_left(w.queue), w.count - i - 1);
    }
    assert_int_equal(nt_unit_queue_next(w.queue, 0), -1);
    assert_int_equal(nt_unit_queue_left(w.queue), 0);
    finish(&w);
}

/* Equal ones are given in their order. */
static void test_equal_costs(void **state) {
    (void)state;
    nt_unit units[10];
    nt_unit_queue *queue;
    for (int32_t i = 0; i < 10; i++)
        units[i] = (nt_unit){0, 1000 * i, 1000, 3};
    assert_int_equal(nt_unit_queue_new(units, 10, 1, 1, &queue), NT_OK);
    for (int32_t i = 0; i < 10; i++) {
        assert_int_equal(nt_unit_queue_next(queue, 0), i);
        nt_unit_queue_done(queue, i);
    }
    nt_unit_queue_free(queue);
    assert_int_equal(nt_unit_queue_new(NULL, 0, 0, 3, &queue), NT_OK);
    assert_int_equal(nt_unit_queue_next(queue, 2), -1);
    assert_int_equal(nt_unit_queue_left(queue), 0);
    nt_unit_queue_free(queue);
}

/* A hand stays with its graph while that has units; hands spread over the graphs. */
static void test_affinity(void **state) {
    (void)state;
    enum { MOST_GRAPHS = 8, EACH = 20, HANDS = 8 };
    work w = start(MOST_GRAPHS, EACH, HANDS);
    int32_t at[HANDS], given[MOST_GRAPHS] = {0}, moves = 0;
    bool seen[MOST_GRAPHS] = {false};
    for (int32_t h = 0; h < HANDS; h++) {
        int32_t unit = nt_unit_queue_next(w.queue, h);
        at[h] = w.units[unit].graph;
        nt_unit_queue_done(w.queue, unit);
        assert_false(seen[at[h]]);
        seen[at[h]] = true;
        given[at[h]]++;
    }
    for (int32_t i = HANDS, h; i < w.count; i++) {
        h = (int32_t)(draw(2, (uint64_t)i) * HANDS);
        int32_t unit = nt_unit_queue_next(w.queue, h), graph = w.units[unit].graph;
        nt_unit_queue_done(w.queue, unit);
        if (graph != at[h])
            assert_int_equal(given[at[h]], EACH);
        moves += graph != at[h];
        at[h] = graph;
        given[graph]++;
    }
    assert_in_range(moves, 1, 3 * HANDS);
    finish(&w);
}

/* With no more units than hands, who has one waits for its end, and the others get theirs. */
static void test_last_units(void **state) {
    (void)state;
    work w = start(1, 5, 3);
    int32_t held[3];
    for (int32_t h = 0; h < 3; h++)
        assert_true((held[h] = nt_unit_queue_next(w.queue, h)) >= 0);
    for (int32_t h = 0; h < 3; h++)
        assert_int_equal(nt_unit_queue_next(w.queue, h), -1);
    nt_unit_queue_done(w.queue, held[1]);
    assert_true((held[1] = nt_unit_queue_next(w.queue, 1)) >= 0);
    assert_true(nt_unit_queue_failed(w.queue, held[2]));
    assert_true((held[2] = nt_unit_queue_next(w.queue, 2)) >= 0);
    assert_int_equal(nt_unit_queue_next(w.queue, 0), -1); /* the one that failed, too */
    nt_unit_queue_done(w.queue, held[0]);
    assert_true(nt_unit_queue_next(w.queue, 0) >= 0);
    finish(&w);
    w = start(1, 6, 2); /* while there are enough, two at once */
    for (int32_t i = 0; i < 4; i++)
        assert_true(nt_unit_queue_next(w.queue, i % 2) >= 0);
    finish(&w);
}

/* --- failures --------------------------------------------------------------------------------- */

/* It goes to another hand, and after a second failure to nobody. */
static void test_fails_twice(void **state) {
    (void)state;
    work w = start(1, 3, 2);
    int32_t first = nt_unit_queue_next(w.queue, 0), other = nt_unit_queue_next(w.queue, 1);
    assert_true(nt_unit_queue_failed(w.queue, first));
    assert_int_equal(nt_unit_queue_left(w.queue), 3);
    int32_t third = nt_unit_queue_next(w.queue, 0);
    assert_int_not_equal(third, first);
    assert_int_equal(nt_unit_queue_next(w.queue, 0), -1); /* not to the one that failed */
    nt_unit_queue_done(w.queue, other);
    assert_int_equal(nt_unit_queue_next(w.queue, 1), first);
    assert_false(nt_unit_queue_failed(w.queue, first));
    assert_int_equal(nt_unit_queue_next(w.queue, 0), -1);
    assert_int_equal(nt_unit_queue_next(w.queue, 1), -1);
    assert_int_equal(nt_unit_queue_left(w.queue), 1);
    nt_unit_queue_done(w.queue, third);
    assert_int_equal(nt_unit_queue_left(w.queue), 0);
    finish(&w);
}

/* Who asks alone gets it again, however many hands there might be. */
static void test_alone(void **state) {
    (void)state;
    for (int32_t hands = 1; hands < 4; hands++) {
        work w = start(2, 1, hands);
        int32_t unit = nt_unit_queue_next(w.queue, hands - 1);
        assert_true(nt_unit_queue_failed(w.queue, unit));
        assert_int_equal(nt_unit_queue_next(w.queue, hands - 1), unit);
        nt_unit_queue_done(w.queue, unit);
        nt_unit_queue_done(w.queue, nt_unit_queue_next(w.queue, hands - 1));
        assert_int_equal(nt_unit_queue_left(w.queue), 0);
        finish(&w);
    }
}

/* --- many hands ------------------------------------------------------------------------------- */

/* Hands hold up to two units each, and end them in a random order, some badly. Units that fail
 * twice are those that fail with everybody. */
static void expect_each_once(uint64_t seed, int32_t graphs, int32_t each, int32_t hands) {
    work w = start(graphs, each, hands);
    int32_t(*held)[2] = calloc((size_t)hands, sizeof *held);
    int *done = calloc((size_t)w.count, sizeof *done),
        *failed = calloc((size_t)w.count, sizeof *done);
    assert_true(held && done && failed);
    int64_t asked = 0, idle = 0;
    for (int32_t h = 0; h < hands; h++)
        held[h][0] = held[h][1] = -1;
    while (nt_unit_queue_left(w.queue) > 0) {
        double which = draw(seed, (uint64_t)asked++);
        int32_t h = (int32_t)(which * hands), slot = (int32_t)(which * hands * 2) % 2;
        int32_t unit = held[h][slot];
        held[h][slot] = -1;
        if (unit < 0)
            held[h][slot] = nt_unit_queue_next(w.queue, h);
        idle += unit < 0 && held[h][slot] < 0;
        assert_true(idle < 4000000); /* it ends */
        if (unit < 0)
            continue;
        bool hopeless = unit % 97 == 5;
        if (hopeless || (!failed[unit] && draw(seed + 1, (uint64_t)unit) < 0.1)) {
            assert_int_equal(nt_unit_queue_failed(w.queue, unit), failed[unit] == 0);
            failed[unit]++;
        } else {
            nt_unit_queue_done(w.queue, unit);
            done[unit]++;
        }
    }
    for (int32_t i = 0; i < w.count; i++) {
        assert_int_equal(done[i], i % 97 != 5);
        assert_true(failed[i] <= 2 && (failed[i] < 2 || i % 97 == 5));
    }
    free(failed);
    free(done);
    free(held);
    finish(&w);
}

static void test_many_hands(void **state) {
    (void)state;
    expect_each_once(1, 1, 100, 1);
    expect_each_once(2, 3, 50, 2);
    expect_each_once(3, 1, 5000, 1024);
    expect_each_once(4, 96, 10, 1024); /* fewer units than hands */
    expect_each_once(5, 300, 10, 1024);
    expect_each_once(6, 1000, 1, 7);
}

static void test_no_memory(void **state) {
    (void)state;
    const nt_unit units[] = {{0, 0, 1000, 1}, {1, 0, 1000, 2}};
    nt_unit_queue *queue = NULL;
    int failures = 0;
    for (int n = 0;; n++, failures++) {
        fail_allocation(n);
        nt_status status = nt_unit_queue_new(units, 2, 2, 3, &queue);
        if (!allow_all_allocations())
            break;
        assert_int_equal(status, NT_NO_MEMORY);
        assert_null(queue);
    }
    nt_unit_queue_free(queue);
    nt_unit_queue_free(NULL);
    assert_in_range(failures, 5, 10);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_longest_first), cmocka_unit_test(test_equal_costs),
        cmocka_unit_test(test_affinity),      cmocka_unit_test(test_last_units),
        cmocka_unit_test(test_fails_twice),   cmocka_unit_test(test_alone),
        cmocka_unit_test(test_many_hands),    cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests_name("measure_units", tests, NULL, NULL);
}
