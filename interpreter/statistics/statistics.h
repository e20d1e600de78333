/* What can be said about a case from what was measured: how much the metric changed against the
 * baseline, how sure that is, and what it makes of the layers. Pure functions over plain arrays; a
 * change is the case's value minus the baseline's, so below 0 something was lost. Proportions and
 * margins are shares of 1, not percent.
 *
 * One rule serves counts and means. With margin m, `inside` is the p value of two one-sided tests
 * that the true change lies within (-m, m) (Schuirmann 1987, J. Pharmacokinet. Biopharm. 15), and
 * `outside` that of the two-sided test that it lies beyond [-m, m], to either side. So before any
 * adjustment
 *
 *     inside < 0.05     the 90 % interval of the change lies within (-m, m)
 *     outside < 0.05    the 95 % interval lies wholly below -m, or wholly above m
 *
 * and at most one of the two can be below 1/2. Who judges the cases of a group together adjusts
 * each of the two over the group by nt_holm: the tests of `inside` are one family, those of
 * `outside` another, as McNemar's p values are, and in each a false verdict has the probability
 * alpha. */
#ifndef NT_STATISTICS_H
#define NT_STATISTICS_H

#include "status.h"
#include <stdint.h>

typedef struct nt_interval {
    double low, high; /* both NaN: there is none */
} nt_interval;

typedef struct nt_margin_test {
    double inside, outside; /* p values */
} nt_margin_test;

typedef enum nt_verdict {
    NT_UNDECIDED, /* neither is shown */
    NT_TRIVIAL,   /* inside < alpha: the change is within the margin */
    NT_CRITICAL,  /* outside < alpha: it is beyond, and a loss */
    NT_BETTER,    /* outside < alpha: it is beyond, and a gain */
    NT_VERDICTS
} nt_verdict;

/* A NaN isn't below alpha. Undecided should both be below, which takes an alpha above 1/2. */
nt_verdict nt_verdict_of(nt_margin_test test, double change, double alpha);
extern const char
    *const nt_verdict_names[]; /* "undecided", "trivial", "critical"; ends with NULL */
const char *nt_verdict_name(nt_verdict verdict);

/* Holm's step-down adjustment of `count` p values (Scand. J. Statist. 6, 1979): the k-th smallest,
 * from 0, becomes the largest (count - i) p_i of those up to it, i <= k, capped at 1. NaN stays NaN
 * and isn't counted. `ret` may be `p`. NT_NO_MEMORY or NT_OK. */
nt_status nt_holm(const double *p, int32_t count, double *ret);

/* --- right or wrong: two classifiers on the same samples -------------------------------------- */

typedef struct nt_paired {
    int64_t samples;
    int64_t lost;   /* the baseline is right, the case wrong */
    int64_t gained; /* the other way round */
} nt_paired;

/* A byte per sample: 0 is wrong, anything else right. */
nt_paired nt_paired_count(const unsigned char *baseline, const unsigned char *other,
                          int64_t samples);

double nt_paired_change(nt_paired counts); /* of the accuracy; NaN without samples */

/* The exact McNemar test: two-sided binomial of (lost, gained) at 1/2. 1 where none is discordant.
 */
double nt_paired_mcnemar(nt_paired counts);

/* Tango's score interval of the change (Statistics in Medicine 17, 1998, 891-908). It stays within
 * [-1, 1], has a width even where nothing or everything is discordant (nothing: z^2/(n + z^2) to
 * each side), and covers about as often as it says down to a few discordant pairs, where Wald's
 * fails; it is the inverse of the test below, so that interval and verdict can't contradict each
 * other, which Newcombe's method 10 lacks. Being a large-sample score method it can differ from the
 * exact McNemar test on a borderline 0. [-1, 1] without samples. */
nt_interval nt_paired_interval(nt_paired counts, double confidence);

/* Tango's score statistic for a true change of `change`: about standard normal if that is true,
 * falling as `change` grows; at 0 it is McNemar's (gained - lost) / sqrt(gained + lost). */
double nt_paired_score(nt_paired counts, double change);

/* By the score statistic at both margins (Liu, Hsueh, Hsieh, Chen, Statistics in Medicine 21, 2002,
 * 231-245). margin >= 0; at 0 nothing is inside and `outside` is the score McNemar test. */
nt_margin_test nt_paired_margin(nt_paired counts, double margin);

/* --- a metric per sample: bootstrap over clusters --------------------------------------------- */

enum { NT_BOOTSTRAP_DRAWS = 10000 };

typedef struct nt_bootstrap_data {
    const double *baseline, *other; /* [samples]; pairs that aren't finite are left out */
    const int32_t *clusters;        /* [samples], any numbers (patients), or NULL: each its own */
    int32_t samples;
    int32_t draws; /* at least 1 */
    uint64_t seed;
} nt_bootstrap_data;

/* The mean paired change and its studentised bootstrap distribution. Whole clusters are drawn, as
 * many as there are; the mean is over their samples. Where most images hardly change and a few
 * collapse, a normal or a percentile interval is too short on the side of the collapses; this one
 * is not (tests/unit/test_statistics_coverage.c has how often each verdict is false).
 *
 * Resampling can't know what an unseen cluster would have said. A collapse that strikes one cluster
 * in ten is missed altogether by 10 of them in a third of all cases, by 30 in one of 24: below
 * NT_FEWEST_CLUSTERS nothing is said to lie within a margin. */
enum { NT_FEWEST_CLUSTERS = 30 };

typedef struct nt_bootstrap {
    int32_t samples, clusters; /* without those left out */
    double change;             /* NaN without samples */
    double error;              /* its standard error; NaN below two clusters, 0: all are alike */
    int32_t draw_count;
    double *draws; /* (mean - change) / error, ascending; NULL below two clusters: no interval, p
                    * NaN */
} nt_bootstrap;

/* Draw i depends on (seed, i) and the data only, not on the number of threads; it runs nt_parallel.
 * NT_NO_MEMORY or NT_OK. nt_bootstrap_finish frees the draws. */
nt_status nt_bootstrap_init(nt_bootstrap *bootstrap, const nt_bootstrap_data *data);
void nt_bootstrap_finish(nt_bootstrap *bootstrap);

nt_interval nt_bootstrap_interval(const nt_bootstrap *bootstrap, double confidence);
double nt_bootstrap_p(const nt_bootstrap *bootstrap); /* two-sided, of no change */
/* `inside` is NaN with fewer clusters than NT_FEWEST_CLUSTERS. */
nt_margin_test nt_bootstrap_margin(const nt_bootstrap *bootstrap, double margin);

/* --- over seeds ------------------------------------------------------------------------------- */

typedef struct nt_spread {
    int32_t count;    /* of the values that aren't NaN; the rest is over these */
    double mean;      /* NaN if there are none */
    double deviation; /* the sample's, with count - 1; NaN below two */
} nt_spread;

nt_spread nt_spread_of(const double *values, int32_t count);
nt_interval nt_spread_interval(nt_spread spread, double confidence); /* of the mean, Student's t */

/* Kendall's tau-b of two rankings (Biometrika 33, 1945), ties allowed for; items with a NaN in
 * either are left out. NaN where one ranking has no order. O(count^2). */
double nt_kendall(const double *a, const double *b, int32_t count);

/* The mean of tau-b over all pairs of seeds, of values [cases][seeds]: how well the seeds agree
 * which case matters more. Pairs without a tau are left out; NaN if none has one. */
double nt_kendall_mean(const double *values, int32_t cases, int32_t seeds);

#endif
