/* Kendall's tau-b by comparing every pair of items: (concordant - discordant) over the geometric
 * mean of the pairs that either ranking orders. */
#include "statistics.h"

#include <math.h>

static int order(double a, double b) {
    return (a > b) - (a < b);
}

/* tau-b of a[0], a[stride], … and b[0], b[stride], … */
static double kendall(const double *a, const double *b, int32_t count, int32_t stride) {
    int64_t agreement = 0, ordered_a = 0, ordered_b = 0;
    for (int64_t i = 0; i < (int64_t)count * stride; i += stride) {
        if (isnan(a[i]) || isnan(b[i]))
            continue;
        for (int64_t j = 0; j < i; j += stride) {
            if (isnan(a[j]) || isnan(b[j]))
                continue;
            int in_a = order(a[i], a[j]), in_b = order(b[i], b[j]);
            agreement += in_a * in_b;
            ordered_a += in_a != 0;
            ordered_b += in_b != 0;
        }
    }
    return ordered_a && ordered_b ? (double)agreement / sqrt((double)ordered_a * (double)ordered_b)
                                  : NAN;
}

double nt_kendall(const double *a, const double *b, int32_t count) {
    return kendall(a, b, count, 1);
}

double nt_kendall_mean(const double *values, int32_t cases, int32_t seeds) {
    double sum = 0;
    int64_t pairs = 0;
    for (int32_t i = 0; i < seeds; i++)
        for (int32_t j = 0; j < i; j++) {
            double tau = kendall(values + i, values + j, cases, seeds);
            if (!isnan(tau)) {
                sum += tau;
                pairs++;
            }
        }
    return pairs > 0 ? sum / (double)pairs : NAN;
}
