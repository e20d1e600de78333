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

/* Of cases that are judged together, all on the margin, any verdict is false: Holm's adjustment
 * keeps them as rare as of one. Groups of ten, at the looks that measuring has. */
static void false_verdicts_are_rare_in_groups(void **state) {
    enum { GROUPS = 400, CASES = 10 };
    static const struct { double lost, gained; } nulls[] = {{.06, .04}, {.02, 0}, {.3, .32}};
    int wrong[2] = {0};
    (void)state;
    for (int g = 0; g < GROUPS; g++) {
        double inside[CASES], outside[CASES];
        for (int c = 0; c < CASES; c++) {
            double differences[SAMPLES];
            nt_watch watch;
            draw((uint64_t)(10000 + g * CASES + c), nulls[g % 3].lost, nulls[g % 3].gained,
                 differences, SAMPLES);
            nt_watch_init(&watch, .02, 0);
            for (int32_t from = 0, to; from < SAMPLES; from = to) {
                to = nt_look_next(from, SAMPLES);
                nt_watch_look(&watch, differences + from, to - from);
            }
            inside[c] = nt_watch_test(&watch).inside;
            outside[c] = nt_watch_test(&watch).outside;
        }
        assert_int_equal(nt_holm(inside, CASES, inside), NT_OK);
        assert_int_equal(nt_holm(outside, CASES, outside), NT_OK);
        bool trivial = false, beyond = false;
        for (int c = 0; c < CASES; c++) {
            trivial = trivial || inside[c] < .05;
            beyond = beyond || outside[c] < .05;
        }
        wrong[0] += trivial;
        wrong[1] += beyond;
    }
    assert_true(wrong[0] <= GROUPS * 65 / 1000 && wrong[1] <= GROUPS * 65 / 1000);
}

/* An end without a verdict is told before the last sample of most that come to none, and of hardly
 * any that come to one. */
static void hopeless_cases_are_told(void **state) {
    enum { RUNS = 500, AT = 1000 };
    static const struct {
        double lost, gained;
        int most_kept, least_kept;
    } kinds[] = {{.06, .04, 350, 0},         /* on the margin */
                 {.08, .02, RUNS, RUNS - 5}, /* a loss of 6 %, decided before the end */
                 {.001, .001, RUNS, RUNS - 5}};
    (void)state;
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        int kept = 0;
        for (int run = 0; run < RUNS; run++) {
            double differences[SAMPLES];
            nt_watch watch;
            draw((uint64_t)(90000 + run), kinds[k].lost, kinds[k].gained, differences, SAMPLES);
            nt_watch_init(&watch, .02, 0);
            nt_watch_look(&watch, differences, AT);
            kept += !nt_watch_hopeless(&watch, SAMPLES - AT, .05 / 4);
        }
        assert_true(kept <= kinds[k].most_kept && kept >= kinds[k].least_kept);
    }
}

static void looks_are_those_stated(void **state) {
    static const int32_t expected[] = {100, 200, 300, 400,  500,  600,
                                       700, 800, 900, 1000, 2000, 2345};
    int32_t look = 0;
    (void)state;
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
        assert_int_equal(look = nt_look_next(look, 2345), expected[i]);
    assert_int_equal(nt_look_next(0, 40), 40);
}

/* A sample without a value is passed over, and the mean of all differences of -1 is known. */
static void odd_differences_are_right(void **state) {
    double with[] = {.5, NAN, -1, 0, NAN, .25}, without[] = {.5, -1, 0, .25}, least[300];
    nt_bet a, b;
    (void)state;
    nt_bet_init(&a, NT_NULL_AT_LEAST, .1, 0);
    nt_bet_init(&b, NT_NULL_AT_LEAST, .1, 0);
    nt_bet_add(&a, with, 6);
    nt_bet_add(&b, without, 4);
    assert_true(nt_bet_value(&a) == nt_bet_value(&b));
    for (int i = 0; i < 300; i++)
        least[i] = -1;
    nt_interval interval = nt_bet_interval(least, 300, 0, .95);
    assert_true(interval.low == -1 && interval.high < -.9);
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
        cmocka_unit_test(false_verdicts_are_rare_in_groups),
        cmocka_unit_test(hopeless_cases_are_told),
        cmocka_unit_test(looks_are_those_stated),
        cmocka_unit_test(odd_differences_are_right),
        cmocka_unit_test(true_verdicts_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
