/* How often a verdict is false, simulated: patients whose mean change lies on the margin itself, so
 * that "trivial" and "critical" are both false, with changes of five kinds. 5 % are allowed, and
 * 1.5 points for the simulation and what resampling can't know; with fewer patients than
 * NT_FEWEST_CLUSTERS there must be no "trivial" at all. */
#include "parallel.h"
#include "random.h"
#include "statistics.h"
#include "support_base.h"
#include <math.h>

enum { RUNS = 1000, DRAWS = 399, MOST = 100 };

static const double margin = 0.02;

typedef double (*draw_one)(nt_random *random, double mean);

static double normal(nt_random *random, double mean) {
    return mean + 0.03 * nt_random_normal(random);
}

static double exponential(nt_random *random) {
    return -log(1 - nt_random_uniform(random));
}

static double long_losses(nt_random *random, double mean) {
    return mean + 0.03 * (1 - exponential(random));
}

static double long_gains(nt_random *random, double mean) {
    return mean - 0.03 * (1 - exponential(random));
}

/* One patient in five collapses, the others hardly change. */
static double few_collapses(nt_random *random, double mean) {
    double noise = 0.005 * nt_random_normal(random);
    return noise + (nt_random_uniform(random) < 0.2 ? 5 * mean : 0);
}

/* One patient in ten does. */
static double rare_collapses(nt_random *random, double mean) {
    double noise = 0.005 * nt_random_normal(random);
    return noise + (nt_random_uniform(random) < 0.1 ? 10 * mean : 0);
}

/* Per cent of the runs with each verdict. */
static void simulate(draw_one draw, int patients, double *ret_trivial, double *ret_critical) {
    double baseline[MOST] = {0}, other[MOST];
    int trivial = 0, critical = 0;
    for (int run = 0; run < RUNS; run++) {
        nt_random random;
        nt_bootstrap bootstrap;
        nt_random_init(&random, (uint64_t)patients, (uint64_t)run);
        for (int i = 0; i < patients; i++)
            other[i] = draw(&random, -margin);
        const nt_bootstrap_data data = {
            .baseline = baseline, .other = other, .samples = patients, .draws = DRAWS, .seed = 1};
        assert_int_equal(nt_bootstrap_init(&bootstrap, &data), NT_OK);
        nt_margin_test test = nt_bootstrap_margin(&bootstrap, margin);
        trivial += test.inside < 0.05;
        critical += test.outside < 0.05;
        nt_bootstrap_finish(&bootstrap);
    }
    *ret_trivial = 100.0 * trivial / RUNS;
    *ret_critical = 100.0 * critical / RUNS;
}

static void false_verdicts_are_rare(void **state) {
    static const struct {
        const char *name;
        draw_one draw;
    } kinds[] = {{"normal", normal},
                 {"long losses", long_losses},
                 {"long gains", long_gains},
                 {"few collapses", few_collapses},
                 {"rare collapses", rare_collapses}};
    static const int patients[] = {10, 15, 30, 100};
    bool held = true;
    (void)state;
    nt_threads_set(1);
    print_message("%-14s %8s %9s %9s\n", "changes", "patients", "trivial", "critical");
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        for (size_t p = 0; p < sizeof patients / sizeof *patients; p++) {
            double trivial, critical;
            simulate(kinds[k].draw, patients[p], &trivial, &critical);
            print_message("%-14s %8d %7.1f %% %7.1f %%\n", kinds[k].name, patients[p], trivial,
                          critical);
            held = held && trivial <= 6.5 && critical <= 6.5;
            if (patients[p] < NT_FEWEST_CLUSTERS)
                assert_true(trivial == 0);
        }
    assert_true(held);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(false_verdicts_are_rare)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
