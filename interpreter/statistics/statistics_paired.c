/* Two classifiers on the same samples: McNemar's exact test, and Tango's score statistic with its
 * inverse, the interval. With n samples, b lost and c gained, let q be the likeliest probability of
 * a loss among those with P(gain) - P(loss) = t; then
 *
 *     z(t) = (c - b - n t) / sqrt(n (2 q + t - t^2)),
 *     2 n q^2 + ((2 n - c + b) t - b - c) q - b t (1 - t) = 0. */
#include "statistics.h"

#include "statistics_distributions.h"
#include <math.h>

nt_paired nt_paired_count(const unsigned char *baseline, const unsigned char *other,
                          int64_t samples) {
    nt_paired counts = {.samples = samples};
    for (int64_t i = 0; i < samples; i++) {
        counts.lost += baseline[i] && !other[i];
        counts.gained += !baseline[i] && other[i];
    }
    return counts;
}

double nt_paired_change(nt_paired counts) {
    return counts.samples > 0 ? (double)(counts.gained - counts.lost) / (double)counts.samples
                              : NAN;
}

double nt_paired_mcnemar(nt_paired counts) {
    int64_t fewer = counts.lost < counts.gained ? counts.lost : counts.gained;
    return fmin(1, 2 * nt_binomial_cdf(fewer, counts.lost + counts.gained, 0.5));
}

/* --- Tango's score ---------------------------------------------------------------------------- */

/* z(t) for t in [0, 1], where no root is a difference of what is nearly equal. */
static double score_above(double n, double lost, double gained, double t) {
    double half = ((2 * n - gained + lost) * t - lost - gained) / 2;
    double rest = lost * t * (1 - t);
    double root = sqrt(half * half + 2 * n * rest);
    double q = half > 0 ? rest / (half + root) : n > 0 ? (root - half) / (2 * n) : 0;
    double above = gained - lost - n * t, variance = n * (2 * q + t * (1 - t));
    return above == 0 ? 0 : above / sqrt(variance);
}

double nt_paired_score(nt_paired counts, double change) {
    double n = (double)counts.samples, lost = (double)counts.lost, gained = (double)counts.gained;
    if (!(fabs(change) <= 1)) /* no change is as large */
        return isnan(change) ? NAN : -copysign(INFINITY, change);
    return change < 0 ? -score_above(n, gained, lost, -change)
                      : score_above(n, lost, gained, change);
}

/* The largest true change whose score isn't below -z; the score falls as the change grows. */
static double upper_limit(nt_paired counts, double z) {
    double low = counts.samples > 0 ? nt_paired_change(counts) : 0, high = 1;
    for (int i = 0; i < 64; i++) {
        double middle = low + (high - low) / 2;
        if (nt_paired_score(counts, middle) >= -z)
            low = middle;
        else
            high = middle;
    }
    return low;
}

nt_interval nt_paired_interval(nt_paired counts, double confidence) {
    double z = nt_normal_quantile((1 + confidence) / 2);
    nt_paired mirrored = {counts.samples, counts.gained, counts.lost};
    return (nt_interval){-upper_limit(mirrored, z), upper_limit(counts, z)};
}

nt_margin_test nt_paired_margin(nt_paired counts, double margin) {
    double at_top = nt_paired_score(counts, margin), at_bottom = nt_paired_score(counts, -margin);
    double inside = fmax(nt_normal_cdf(at_top), nt_normal_cdf(-at_bottom));
    double outside = 2 * fmin(nt_normal_cdf(-at_top), nt_normal_cdf(at_bottom));
    if (isnan(margin))
        return (nt_margin_test){NAN, NAN};
    return (nt_margin_test){inside, fmin(outside, 1)};
}
