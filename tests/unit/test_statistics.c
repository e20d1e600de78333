/* Statistics: against SciPy's numbers and a numerical likelihood (statistics.txt, made by
 * tests/golden/make_statistics.py), a published example, and what must hold for every table. */
#include "crossed.h"
#include "parallel.h"
#include "statistics.h"
#include "statistics_distributions.h"
#include "support_base.h"
#include <math.h>

/* --- the fixture ------------------------------------------------------------------------------ */

enum { MOST = 1000 };

static double numbers[MOST];
static const char *line_word;
static int line_number;

static void expect_near(double got, double expected, double tolerance) {
    if (isnan(expected) ? !isnan(got) : !(fabs(got - expected) <= tolerance))
        fail_msg("line %d, %s: %.17g, not %.17g", line_number, line_word, got, expected);
}

static void expect_close(double got, double expected, double relative) {
    expect_near(got, expected, relative * fabs(expected));
}

static int parse(const char *text) {
    int count = 0;
    for (char *end; count < MOST; text = end) {
        double value = strtod(text, &end);
        if (end == text)
            break;
        numbers[count++] = value;
    }
    assert_true(count < MOST);
    return count;
}

/* Checks every line of the fixture that begins with `word`; there must be some. */
static void each_line(const char *word, void (*check)(const double *v)) {
    static char line[40000];
    int found = 0;
    FILE *file = fopen(GOLDEN "/statistics.txt", "r");
    assert_non_null(file);
    line_word = word;
    for (line_number = 1; fgets(line, sizeof line, file); line_number++) {
        size_t length = strcspn(line, " ");
        if (length != strlen(word) || strncmp(line, word, length) != 0)
            continue;
        assert_true(parse(line + length) > 1);
        check(numbers);
        found++;
    }
    fclose(file);
    assert_true(found > 0);
}

/* --- distributions ---------------------------------------------------------------------------- */

static void check_normal_cdf(const double *v) {
    expect_close(nt_normal_cdf(v[0]), v[1], 1e-13);
}

static void check_normal_quantile(const double *v) {
    expect_near(nt_normal_quantile(v[0]), v[1], 1e-13 * fmax(1, fabs(v[1])));
}

static void check_binomial(const double *v) {
    expect_close(nt_binomial_cdf((int64_t)v[0], (int64_t)v[1], v[2]), v[3], 1e-12);
}

static void check_student_cdf(const double *v) {
    expect_close(nt_student_cdf(v[0], v[1]), v[2], 1e-13);
}

static void check_student_quantile(const double *v) {
    expect_near(nt_student_quantile(v[0], v[1]), v[2], 1e-12 * fmax(1, fabs(v[2])));
}

static void distributions_are_scipys(void **state) {
    (void)state;
    each_line("normal_cdf", check_normal_cdf);
    each_line("normal_quantile", check_normal_quantile);
    each_line("binomial", check_binomial);
    each_line("student_cdf", check_student_cdf);
    each_line("student_quantile", check_student_quantile);
}

static void distributions_have_ends(void **state) {
    (void)state;
    assert_true(nt_normal_quantile(0) == -INFINITY && nt_normal_quantile(1) == INFINITY);
    assert_true(nt_student_quantile(0, 3) == -INFINITY && nt_student_quantile(1, 3) == INFINITY);
    assert_true(isnan(nt_normal_quantile(1.5)) && isnan(nt_normal_quantile(NAN)));
    assert_true(isnan(nt_student_quantile(.5, NAN)) && isnan(nt_student_cdf(NAN, 3)));
    assert_true(nt_student_cdf(-INFINITY, 3) == 0 && nt_student_cdf(INFINITY, 3) == 1);
    assert_true(nt_binomial_cdf(-1, 5, .5) == 0 && nt_binomial_cdf(5, 5, .5) == 1);
    assert_true(nt_binomial_cdf(0, 0, .5) == 1 && isnan(nt_binomial_cdf(1, 5, NAN)));
}

/* --- right or wrong --------------------------------------------------------------------------- */

static nt_paired paired(const double *v) {
    return (nt_paired){(int64_t)v[0], (int64_t)v[1], (int64_t)v[2]};
}

static void check_mcnemar(const double *v) {
    nt_paired counts = {2000000, (int64_t)v[0], (int64_t)v[1]};
    expect_close(nt_paired_mcnemar(counts), v[2], 2e-12);
}

static void check_score(const double *v) {
    expect_near(nt_paired_score(paired(v), v[3]), v[4], 1e-8 * fmax(1, fabs(v[4])));
}

static void check_interval(const double *v) {
    nt_interval interval = nt_paired_interval(paired(v), v[3]);
    expect_near(interval.low, v[4], 1e-9);
    expect_near(interval.high, v[5], 1e-9);
}

static void check_margin(const double *v) {
    nt_margin_test test = nt_paired_margin(paired(v), v[3]);
    expect_close(test.inside, v[4], 1e-6);
    expect_close(test.outside, v[5], 1e-6);
}

static void paired_tests_are_the_likelihoods(void **state) {
    (void)state;
    each_line("mcnemar", check_mcnemar);
    each_line("score", check_score);
    each_line("interval", check_interval);
    each_line("margin", check_margin);
}

/* Cavo et al. 2012, complete response before and after consolidation, of 161 patients 6 only before
 * and 16 only after: Fagerland, Lydersen, Laake, "Statistical Analysis of Contingency Tables",
 * 2017, chapter 8, give -0.0621 (-0.1240 to -0.0054). */
static void tango_is_as_published(void **state) {
    (void)state;
    nt_paired counts = {161, 16, 6};
    nt_interval interval = nt_paired_interval(counts, 0.95);
    assert_true(fabs(nt_paired_change(counts) + 0.0621) < 5e-5);
    assert_true(fabs(interval.low + 0.1240) < 5e-5 && fabs(interval.high + 0.0054) < 5e-5);
}

static void counting_is_of_discordant_pairs(void **state) {
    (void)state;
    const unsigned char baseline[] = {1, 1, 1, 0, 0, 0, 1, 1}, other[] = {1, 0, 0, 1, 0, 0, 1, 0};
    nt_paired counts = nt_paired_count(baseline, other, 8);
    assert_int_equal(counts.samples, 8);
    assert_int_equal(counts.lost, 3);
    assert_int_equal(counts.gained, 1);
    assert_true(nt_paired_change(counts) == -0.25);
}

static nt_verdict paired_verdict(nt_paired counts, double margin) {
    return nt_verdict_of(nt_paired_margin(counts, margin), nt_paired_change(counts), 0.05);
}

static void paired_edges_are_sensible(void **state) {
    (void)state;
    nt_paired none = {0}, same = {1000, 0, 0}, lost = {50, 50, 0}, gained = {50, 0, 50};
    nt_interval interval = nt_paired_interval(none, 0.95);
    assert_true(isnan(nt_paired_change(none)) && nt_paired_mcnemar(none) == 1);
    assert_true(interval.low == -1 && interval.high == 1);
    assert_int_equal(paired_verdict(none, 0.5), NT_UNDECIDED);

    double z = 1.959963984540054, reach = z * z / (1000 + z * z);
    interval = nt_paired_interval(same, 0.95);
    assert_true(nt_paired_mcnemar(same) == 1);
    assert_true(fabs(interval.low + reach) < 1e-14 && fabs(interval.high - reach) < 1e-14);
    assert_int_equal(paired_verdict(same, 0.01), NT_TRIVIAL);
    assert_int_equal(paired_verdict(same, 0), NT_UNDECIDED);

    double bound = (50 - z * z) / (50 + z * z);
    interval = nt_paired_interval(lost, 0.95);
    assert_true(interval.low == -1 && fabs(interval.high + bound) < 1e-14);
    interval = nt_paired_interval(gained, 0.95);
    assert_true(interval.high == 1 && fabs(interval.low - bound) < 1e-14);
    assert_int_equal(paired_verdict(lost, 0.01), NT_CRITICAL);
    assert_int_equal(paired_verdict(gained, 0.01), NT_BETTER);

    assert_true(isnan(nt_paired_score(same, NAN)));
    assert_true(isnan(nt_paired_margin(same, NAN).inside));
    assert_true(isnan(nt_paired_margin(same, NAN).outside));
    assert_int_equal(paired_verdict(lost, 2), NT_TRIVIAL);
}

/* For one table: the score falls, turns over with its counts, and p values and intervals say the
 * same. */
static void check_table(nt_paired counts) {
    nt_paired turned = {counts.samples, counts.gained, counts.lost};
    nt_interval narrow = nt_paired_interval(counts, 0.90), wide = nt_paired_interval(counts, 0.95);
    double change = nt_paired_change(counts), last = INFINITY;
    assert_true(-1 <= wide.low && wide.low <= narrow.low && narrow.low <= change);
    assert_true(change <= narrow.high && narrow.high <= wide.high && wide.high <= 1);
    for (int i = -20; i <= 20; i++) {
        double score = nt_paired_score(counts, i / 20.0);
        assert_true(score <= last);
        assert_true(score == -nt_paired_score(turned, -i / 20.0));
        last = score;
    }
    for (int i = 0; i < 30; i++) {
        double margin = (i + 0.37) / 30;
        nt_margin_test test = nt_paired_margin(counts, margin);
        assert_int_equal(test.inside < 0.05, -margin < narrow.low && narrow.high < margin);
        assert_int_equal(test.outside < 0.05, wide.high < -margin || margin < wide.low);
        assert_true(test.inside >= 0.5 || test.outside >= 0.5);
    }
}

static void p_values_and_intervals_agree(void **state) {
    (void)state;
    for (int n = 1; n <= 60; n += n < 10 ? 1 : 25)
        for (int lost = 0; lost <= n; lost++)
            for (int gained = 0; gained <= n - lost; gained++)
                check_table((nt_paired){n, lost, gained});
}

/* --- seeds and samples crossed ---------------------------------------------------------------- */

/* What draws are compared with is Monte Carlo too. */
static void check_recipe(const double *v) {
    int32_t seeds = (int32_t)v[0], samples = (int32_t)v[1], clusters[100];
    const double *changes[8], *rest = v + 2 + seeds * samples + samples;
    for (int32_t s = 0; s < seeds; s++)
        changes[s] = v + 2 + s * samples;
    for (int32_t i = 0; i < samples; i++)
        clusters[i] = (int32_t)v[2 + seeds * samples + i];
    nt_crossed recipe;
    const nt_crossed_data data = {.changes = changes,
                                  .seeds = seeds,
                                  .samples = samples,
                                  .clusters = clusters,
                                  .margin = rest[0],
                                  .alpha = 0.05,
                                  .draws = 100000};
    assert_int_equal(nt_crossed_init(&recipe, &data), NT_OK);
    expect_close(recipe.change, rest[1], 1e-12);
    expect_close(recipe.error, rest[2], 1e-11);
    expect_close(recipe.freedom, rest[3], 1e-11);
    nt_interval wide = nt_crossed_interval(&recipe, 0.95);
    expect_close(wide.low, rest[4], 1e-9);
    expect_close(wide.high, rest[5], 1e-9);
    expect_close(nt_crossed_p(&recipe), rest[6], 1e-8);
    expect_close(nt_crossed_margin(&recipe, rest[0]).inside, rest[7], 1e-8);
    expect_close(nt_crossed_margin(&recipe, rest[0]).outside, rest[8], 1e-8);
    expect_near(recipe.drawn.low, rest[9], 0.03 * rest[2]);
    expect_near(recipe.drawn.high, rest[10], 0.03 * rest[2]);
}

static void recipes_are_numpys(void **state) {
    (void)state;
    each_line("recipe", check_recipe);
}

/* Two seeds a hundredth apart, many samples that are all alike: only the seeds spread. */
static void recipes_say_how_many_seeds(void **state) {
    (void)state;
    enum { SAMPLES = 50 };
    double a[SAMPLES], b[SAMPLES];
    const double *changes[] = {a, b};
    for (int i = 0; i < SAMPLES; i++) {
        a[i] = -0.005;
        b[i] = 0.003;
    }
    nt_crossed recipe;
    nt_crossed_data data = {.changes = changes,
                            .seeds = 2,
                            .samples = SAMPLES,
                            .margin = 0.01,
                            .alpha = 0.05,
                            .draws = 100};
    assert_int_equal(nt_crossed_init(&recipe, &data), NT_OK);
    assert_true(recipe.seeds == 2 && recipe.same_sign == 1);
    assert_true(fabs(recipe.freedom - 1) < 1e-12 && fabs(recipe.error - 0.004) < 1e-12);
    assert_true(nt_crossed_margin(&recipe, 0.01).inside > 0.05);
    /* 0.009 from the margin, deviation 0.0056569: t(.95, 2) 2.92 x 0.003266 is more, with four
     * seeds t(.95, 3) 2.353 x 0.002828 is less */
    assert_int_equal(recipe.wanted, 4);
    data.margin = 0.001;
    assert_int_equal(nt_crossed_init(&recipe, &data), NT_OK);
    assert_int_equal(recipe.wanted, 0);
    data.seeds = 1;
    assert_int_equal(nt_crossed_init(&recipe, &data), NT_OK);
    assert_true(recipe.seeds == 0 && isnan(nt_crossed_p(&recipe)));
    assert_true(isnan(nt_crossed_interval(&recipe, 0.9).low));
}

static void agreement_has_words(void **state) {
    (void)state;
    assert_string_equal(nt_agreement_words(0.8), "agree on the order of the cases");
    assert_string_equal(nt_agreement_words(0.79), "agree in part on the order of the cases");
    assert_string_equal(nt_agreement_words(0.39), "do not agree on the order of the cases");
}

static void verdicts_need_one_small_p(void **state) {
    (void)state;
    static const struct {
        double inside, outside, change;
        nt_verdict verdict;
    } cases[] = {{.04, 1, -.1, NT_TRIVIAL},     {.06, 1, -.1, NT_UNDECIDED},
                 {.9, .04, -.1, NT_CRITICAL},   {.9, .04, .1, NT_BETTER},
                 {.9, .05, -.1, NT_UNDECIDED},  {.01, .01, -.1, NT_UNDECIDED},
                 {NAN, NAN, -.1, NT_UNDECIDED}, {NAN, .01, -.1, NT_CRITICAL}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(nt_verdict_of((nt_margin_test){cases[i].inside, cases[i].outside},
                                       cases[i].change, .05),
                         cases[i].verdict);
    assert_string_equal(nt_verdict_name(NT_UNDECIDED), "undecided");
    assert_string_equal(nt_verdict_name(NT_TRIVIAL), "trivial");
    assert_string_equal(nt_verdict_name(NT_CRITICAL), "critical");
    assert_string_equal(nt_verdict_name(NT_BETTER), "better");
}

/* --- Holm, Kendall, seeds --------------------------------------------------------------------- */

static void check_holm(const double *v) {
    int count = (int)v[0];
    double adjusted[100];
    memcpy(adjusted, v + 1, (size_t)count * sizeof *v);
    assert_int_equal(nt_holm(adjusted, count, adjusted), NT_OK);
    for (int i = 0; i < count; i++)
        expect_near(adjusted[i], v[1 + count + i], 1e-15);
}

static void check_kendall(const double *v) {
    int count = (int)v[0];
    expect_near(nt_kendall(v + 1, v + 1 + count, count), v[1 + 2 * count], 1e-14);
}

static void check_kendall_mean(const double *v) {
    int cases = (int)v[0], seeds = (int)v[1];
    expect_near(nt_kendall_mean(v + 2, cases, seeds), v[2 + cases * seeds], 1e-14);
}

static void check_spread(const double *v) {
    const double *expected = v + 1 + (int)v[0];
    nt_spread spread = nt_spread_of(v + 1, (int)v[0]);
    nt_interval interval = nt_spread_interval(spread, expected[0]);
    expect_close(spread.mean, expected[1], 1e-15);
    expect_close(spread.deviation, expected[2], 1e-13);
    expect_close(interval.low, expected[3], 1e-14);
    expect_close(interval.high, expected[4], 1e-14);
}

static void ranks_and_spreads_are_scipys(void **state) {
    (void)state;
    each_line("holm", check_holm);
    each_line("kendall", check_kendall);
    each_line("kendall_mean", check_kendall_mean);
    each_line("spread", check_spread);
}

static void few_values_leave_gaps(void **state) {
    (void)state;
    double one[] = {.5, NAN}, two[] = {NAN, .5, .7};
    assert_int_equal(nt_holm(one, 0, one), NT_OK);
    assert_true(isnan(nt_spread_of(one, 0).mean) && isnan(nt_spread_of(one + 1, 1).mean));
    nt_spread spread = nt_spread_of(one, 2);
    assert_true(spread.count == 1 && spread.mean == .5 && isnan(spread.deviation));
    assert_true(isnan(nt_spread_interval(spread, .95).low));
    assert_true(isnan(nt_spread_interval(spread, .95).high));
    spread = nt_spread_of(two, 3);
    assert_true(spread.count == 2 && spread.mean == .6);
    assert_true(fabs(spread.deviation - sqrt(.02)) < 1e-15);

    const double a[] = {1, NAN, 2, 3, 0}, b[] = {1, 0, 3, 2, NAN};
    assert_true(fabs(nt_kendall(a, b, 5) - 1. / 3) < 1e-15);
    assert_true(isnan(nt_kendall(a, b, 1)) && isnan(nt_kendall(a, b, 0)));
    /* Two seeds agree, the third can't say; a single seed agrees with none. */
    const double seeds[] = {1, 10, 5, 2, 20, 5, 3, 30, 5};
    assert_true(nt_kendall_mean(seeds, 3, 3) == 1);
    assert_true(isnan(nt_kendall_mean(seeds, 9, 1)));
}

/* --- bootstrap -------------------------------------------------------------------------------- */

/* Monte Carlo against Monte Carlo, 400,000 draws each. */
static void check_bootstrap(const double *v) {
    int32_t count = (int32_t)v[0], clusters[100];
    const double *expected = v + 1 + 3 * count;
    for (int32_t i = 0; i < count; i++)
        clusters[i] = (int32_t)v[1 + 2 * count + i];
    nt_bootstrap_data data = {v + 1, v + 1 + count, clusters, count, 400000, 11};
    nt_bootstrap bootstrap;
    assert_int_equal(nt_bootstrap_init(&bootstrap, &data), NT_OK);
    expect_close(bootstrap.change, expected[2], 1e-13);
    expect_close(bootstrap.error, expected[3], 1e-10);
    nt_interval interval = nt_bootstrap_interval(&bootstrap, expected[0]);
    expect_near(interval.low, expected[4], 0.03 * expected[3]);
    expect_near(interval.high, expected[5], 0.03 * expected[3]);
    nt_margin_test test = nt_bootstrap_margin(&bootstrap, expected[1]);
    const double got[] = {nt_bootstrap_p(&bootstrap), test.inside, test.outside};
    for (int i = 0; i < 3; i++)
        expect_near(got[i], expected[6 + i], 0.005);
    nt_bootstrap_finish(&bootstrap);
}

static void bootstraps_are_numpys(void **state) {
    (void)state;
    each_line("bootstrap", check_bootstrap);
}

/* Samples of `clusters` patients: a loss of about 0.05, and a few that collapse. */
enum { IMAGES = 90, PATIENTS = 30 };

typedef struct image_set {
    double baseline[IMAGES], other[IMAGES];
    int32_t patient[IMAGES];
} image_set;

static nt_bootstrap_data make_images(image_set *ret) {
    for (int32_t i = 0; i < IMAGES; i++) {
        ret->patient[i] = 100 - i % PATIENTS;
        ret->baseline[i] = 0.8 + 0.001 * (i * 37 % 90);
        ret->other[i] = ret->baseline[i] - 0.001 * (i * 53 % 90) - (i % 15 == 0 ? 0.2 : 0);
    }
    return (nt_bootstrap_data){ret->baseline, ret->other, ret->patient, IMAGES, 3000, 5};
}

static nt_bootstrap run(nt_bootstrap_data data) {
    nt_bootstrap bootstrap;
    assert_int_equal(nt_bootstrap_init(&bootstrap, &data), NT_OK);
    return bootstrap;
}

static bool same_draws(const nt_bootstrap *a, const nt_bootstrap *b) {
    return a->draw_count == b->draw_count &&
           memcmp(a->draws, b->draws, (size_t)a->draw_count * sizeof *a->draws) == 0;
}

static void draws_follow_the_seed_alone(void **state) {
    (void)state;
    image_set images;
    nt_bootstrap_data data = make_images(&images);
    nt_threads_set(1);
    nt_bootstrap one = run(data);
    nt_threads_set(3);
    nt_bootstrap three = run(data);
    data.seed++;
    nt_bootstrap other = run(data);
    nt_threads_set(0);
    assert_true(same_draws(&one, &three));
    assert_false(same_draws(&one, &other));
    nt_bootstrap_finish(&one);
    nt_bootstrap_finish(&three);
    nt_bootstrap_finish(&other);
}

/* Patients whose images go together make the mean less sure than as many images apart. */
static void clusters_widen(void **state) {
    (void)state;
    image_set images;
    nt_bootstrap_data data = make_images(&images);
    nt_bootstrap together = run(data);
    data.clusters = NULL;
    nt_bootstrap apart = run(data);
    nt_interval wide = nt_bootstrap_interval(&together, 0.95);
    nt_interval narrow = nt_bootstrap_interval(&apart, 0.95);
    assert_true(together.clusters == PATIENTS && apart.clusters == IMAGES);
    assert_true(together.change == apart.change || fabs(together.change - apart.change) < 1e-15);
    assert_true(wide.high - wide.low > 1.2 * (narrow.high - narrow.low));
    nt_bootstrap_finish(&together);
    nt_bootstrap_finish(&apart);
}

/* Whether the change is inside the margin, outside, or neither: by p values as by intervals. */
static nt_verdict agreed_verdict(const nt_bootstrap *bootstrap, double margin) {
    nt_interval narrow = nt_bootstrap_interval(bootstrap, 0.90);
    nt_interval wide = nt_bootstrap_interval(bootstrap, 0.95);
    nt_margin_test test = nt_bootstrap_margin(bootstrap, margin);
    assert_int_equal(test.inside < 0.05, -margin < narrow.low && narrow.high < margin);
    assert_int_equal(test.outside < 0.05, wide.high < -margin || margin < wide.low);
    assert_true(test.inside >= 0.5 || test.outside >= 0.5);
    return nt_verdict_of(test, bootstrap->change, 0.05);
}

static void check_agreement(nt_bootstrap_data data) {
    nt_bootstrap bootstrap = run(data);
    nt_interval narrow = nt_bootstrap_interval(&bootstrap, 0.90);
    nt_interval wide = nt_bootstrap_interval(&bootstrap, 0.95);
    assert_true(wide.low <= narrow.low && narrow.low < bootstrap.change);
    assert_true(bootstrap.change < narrow.high && narrow.high <= wide.high && wide.high < 0);
    for (double margin = 0; margin < 0.2; margin += 0.00037)
        agreed_verdict(&bootstrap, margin);
    /* To the very draw. */
    assert_int_equal(agreed_verdict(&bootstrap, -wide.high - 1e-9), NT_CRITICAL);
    assert_int_equal(agreed_verdict(&bootstrap, -wide.high), NT_UNDECIDED);
    assert_int_equal(agreed_verdict(&bootstrap, -narrow.low), NT_UNDECIDED);
    assert_int_equal(agreed_verdict(&bootstrap, -narrow.low + 1e-9), NT_TRIVIAL);
    double p = nt_bootstrap_p(&bootstrap);
    assert_true(p > 0 && p < 0.01);
    nt_bootstrap_finish(&bootstrap);
}

static void bootstrap_p_values_and_intervals_agree(void **state) {
    (void)state;
    image_set images;
    nt_bootstrap_data data = make_images(&images);
    for (data.draws = 1000; data.draws < 3000; data.draws += 237)
        check_agreement(data);
}

static void bootstrap_edges_are_sensible(void **state) {
    (void)state;
    const double baseline[] = {.5, NAN, .5, .5, .5}, same[] = {.5, .5, .5, .5, INFINITY};
    const int32_t patients[] = {7, 8, 7, 7, 9};
    nt_bootstrap none = run((nt_bootstrap_data){baseline, same, NULL, 0, 100, 1});
    assert_true(none.samples == 0 && isnan(none.change) && isnan(nt_bootstrap_p(&none)));
    nt_bootstrap_finish(&none);

    nt_bootstrap one = run((nt_bootstrap_data){baseline, same, patients, 5, 100, 1});
    assert_true(one.samples == 3 && one.clusters == 1 && one.change == 0);
    assert_true(isnan(nt_bootstrap_interval(&one, .95).low));
    assert_int_equal(nt_verdict_of(nt_bootstrap_margin(&one, .5), one.change, .05), NT_UNDECIDED);
    nt_bootstrap_finish(&one);

    nt_bootstrap equal = run((nt_bootstrap_data){baseline, same, NULL, 5, 100, 1});
    assert_true(equal.clusters == 3 && equal.error == 0);
    nt_interval interval = nt_bootstrap_interval(&equal, .95);
    assert_true(interval.low == 0 && interval.high == 0 && nt_bootstrap_p(&equal) == 1);
    /* Three clusters can't say what happens once in 20 times. */
    assert_true(isnan(nt_bootstrap_margin(&equal, .01).inside));
    assert_int_equal(nt_verdict_of(nt_bootstrap_margin(&equal, .01), equal.change, .05),
                     NT_UNDECIDED);
    nt_bootstrap_finish(&equal);

    image_set images;
    nt_bootstrap_data data = make_images(&images);
    data.other = data.baseline;
    equal = run(data);
    assert_int_equal(nt_verdict_of(nt_bootstrap_margin(&equal, .01), equal.change, .05),
                     NT_TRIVIAL);
    assert_int_equal(nt_verdict_of(nt_bootstrap_margin(&equal, NAN), equal.change, .05),
                     NT_UNDECIDED);
    nt_bootstrap_finish(&equal);
}

/* Far beyond every draw, p values go on falling: many cases judged together stay critical. */
static void far_values_are_not_held_up_by_the_draws(void **state) {
    (void)state;
    image_set images;
    nt_bootstrap_data data = make_images(&images);
    nt_bootstrap bootstrap = run(data);
    double least = 1 / (data.draws + 1.0), last = 1;
    for (int k = 4; k < 100; k += 4) {
        double margin = k * bootstrap.error - bootstrap.change;
        double inside = nt_bootstrap_margin(&bootstrap, margin).inside;
        assert_true(inside < last || (inside == last && last > least));
        last = inside;
    }
    assert_true(last < least / 10 && last > 0);
    nt_bootstrap_finish(&bootstrap);
}

static void running_out_of_memory_is_said(void **state) {
    (void)state;
    image_set images;
    nt_bootstrap_data data = make_images(&images);
    double p[] = {.1, .2};
    for (int n = 0; n < 3; n++) {
        nt_bootstrap bootstrap;
        fail_allocation(n);
        nt_status status = nt_bootstrap_init(&bootstrap, &data);
        assert_true(allow_all_allocations());
        assert_int_equal(status, NT_NO_MEMORY);
    }
    fail_allocation(0);
    assert_int_equal(nt_holm(p, 2, p), NT_NO_MEMORY);
    assert_true(allow_all_allocations());
    assert_int_equal(nt_alloc_in_use(), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(distributions_are_scipys),
        cmocka_unit_test(distributions_have_ends),
        cmocka_unit_test(paired_tests_are_the_likelihoods),
        cmocka_unit_test(tango_is_as_published),
        cmocka_unit_test(counting_is_of_discordant_pairs),
        cmocka_unit_test(paired_edges_are_sensible),
        cmocka_unit_test(p_values_and_intervals_agree),
        cmocka_unit_test(verdicts_need_one_small_p),
        cmocka_unit_test(recipes_are_numpys),
        cmocka_unit_test(recipes_say_how_many_seeds),
        cmocka_unit_test(agreement_has_words),
        cmocka_unit_test(ranks_and_spreads_are_scipys),
        cmocka_unit_test(few_values_leave_gaps),
        cmocka_unit_test(bootstraps_are_numpys),
        cmocka_unit_test(draws_follow_the_seed_alone),
        cmocka_unit_test(clusters_widen),
        cmocka_unit_test(bootstrap_p_values_and_intervals_agree),
        cmocka_unit_test(bootstrap_edges_are_sensible),
        cmocka_unit_test(far_values_are_not_held_up_by_the_draws),
        cmocka_unit_test(running_out_of_memory_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
