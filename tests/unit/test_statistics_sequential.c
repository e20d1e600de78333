/* Betting on paired differences: values worked out by hand, what must hold of any data, and how
 * often a null that is true is rejected. */
#include "random.h"
#include "sequential.h"
#include "support_base.h"
#include <math.h>

enum { SAMPLES = 2000 };

/* Lost, gained or neither, as often as said. */
static void draw(uint64_t stream, double lost, double gained, double *ret, int count) {
    nt_random random;
    nt_random_init(&random, 20260101, stream);
    for (int i = 0; i < count; i++) {
        double u = nt_random_uniform(&random);
        ret[i] = u < lost ? -1 : u < lost + gained ? 1 : 0;
    }
}

/* With b = (1 + 0) / 2 a loss has x = 0 and a gain x = 1: each share f becomes 1 - f or 1 + f. */
static void capitals_are_products(void **state) {
    const double differences[] = {1, 1, -1};
    double expected = 0;
    nt_bet bet;
    (void)state;
    nt_bet_init(&bet, NT_NULL_AT_MOST, 0, 0);
    assert_true(nt_bet_value(&bet) == 1);
    nt_bet_add(&bet, differences, 3);
    for (int i = 1; i <= NT_BET_SHARES; i++) {
        double share = i * i / 625.0;
        expected += (1 + share) * (1 + share) * (1 - share) / NT_BET_SHARES;
    }
    assert_true(fabs(nt_bet_value(&bet) - expected) < 1e-12);
}

static void sides_mirror_each_other(void **state) {
    double differences[SAMPLES], mirrored[SAMPLES];
    nt_bet most, least;
    (void)state;
    draw(1, .1, .05, differences, SAMPLES);
    for (int i = 0; i < SAMPLES; i++)
        mirrored[i] = -differences[i];
    nt_bet_init(&most, NT_NULL_AT_MOST, -.02, 0);
    nt_bet_init(&least, NT_NULL_AT_LEAST, .02, 0);
    nt_bet_add(&most, differences, SAMPLES);
    nt_bet_add(&least, mirrored, SAMPLES);
    assert_true(nt_bet_value(&most) == nt_bet_value(&least));
}

static void order_does_not_matter(void **state) {
    double differences[SAMPLES], reversed[SAMPLES];
    nt_bet a, b;
    (void)state;
    draw(2, .1, .05, differences, SAMPLES);
    for (int i = 0; i < SAMPLES; i++)
        reversed[i] = differences[SAMPLES - 1 - i];
    nt_bet_init(&a, NT_NULL_AT_LEAST, 0, 0);
    nt_bet_init(&b, NT_NULL_AT_LEAST, 0, 0);
    nt_bet_add(&a, differences, SAMPLES);
    nt_bet_add(&b, reversed, SAMPLES);
    assert_true(fabs(nt_bet_value(&a) / nt_bet_value(&b) - 1) < 1e-9);
}

/* Without replacement, all of the population tells its mean exactly. */
static void all_of_a_population_leaves_no_doubt(void **state) {
    double differences[SAMPLES], mean = 0;
    (void)state;
    draw(3, .1, .05, differences, SAMPLES);
    for (int i = 0; i < SAMPLES; i++)
        mean += differences[i] / SAMPLES;
    nt_interval whole = nt_bet_interval(differences, SAMPLES, SAMPLES, .95);
    nt_interval half = nt_bet_interval(differences, SAMPLES / 2, SAMPLES, .95);
    nt_interval drawn = nt_bet_interval(differences, SAMPLES / 2, 0, .95);
    assert_true(fabs(whole.low - mean) < 1e-6 && fabs(whole.high - mean) < 1e-6);
    assert_true(half.low <= mean && mean <= half.high);
    assert_true(half.high - half.low < drawn.high - drawn.low);
}

static void nothing_seen_says_nothing(void **state) {
    (void)state;
    nt_interval interval = nt_bet_interval(NULL, 0, 0, .95);
    assert_true(interval.low == -1 && interval.high == 1);
}

/* How often, of 1,000 runs of the kind that is looked at a hundred times, a verdict is reached. */
static void count_verdicts(double lost, double gained, int64_t population, int *ret_inside,
                           int *ret_outside) {
    *ret_inside = *ret_outside = 0;
    for (int run = 0; run < 1000; run++) {
        double differences[SAMPLES];
        nt_watch watch;
        draw((uint64_t)run, lost, gained, differences, SAMPLES);
        nt_watch_init(&watch, .02, population);
        for (int first = 0; first < SAMPLES; first += SAMPLES / 100)
            nt_watch_look(&watch, differences + first, SAMPLES / 100);
        nt_margin_test test = nt_watch_test(&watch);
        *ret_inside += test.inside < .05;
        *ret_outside += test.outside < .05;
    }
}

/* On the margin itself both nulls are true: a verdict of either kind is false. */
static void false_verdicts_are_rare(void **state) {
    int inside, outside;
    (void)state;
    count_verdicts(.06, .04, 0, &inside, &outside);
    assert_true(inside <= 65 && outside <= 65);
    count_verdicts(.02, 0, 0, &inside, &outside);
    assert_true(inside <= 65 && outside <= 65);
    count_verdicts(.3, .32, 0, &inside, &outside);
    assert_true(inside <= 65 && outside <= 65);
}

static void true_verdicts_are_found(void **state) {
    int inside, outside;
    (void)state;
    count_verdicts(.15, .02, 0, &inside, &outside);
    assert_true(inside == 0 && outside == 1000);
    count_verdicts(.002, .002, 0, &inside, &outside);
    assert_true(inside > 950 && outside == 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(capitals_are_products),
        cmocka_unit_test(sides_mirror_each_other),
        cmocka_unit_test(order_does_not_matter),
        cmocka_unit_test(all_of_a_population_leaves_no_doubt),
        cmocka_unit_test(nothing_seen_says_nothing),
        cmocka_unit_test(false_verdicts_are_rare),
        cmocka_unit_test(true_verdicts_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
