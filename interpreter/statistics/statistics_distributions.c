/* Normal, binomial and Student's distributions. The last two are incomplete beta functions (DLMF
 * 8.17): a continued fraction times x^a y^b / (a B(a, b)). That factor is written as a binomial
 * probability in Loader's form ("Fast and accurate computation of binomial probabilities", 2000),
 * which is exact to a few units in the last place where a difference of log-gammas of a million
 * would have lost seven digits. */
#include "statistics_distributions.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>

static const double pi = 3.14159265358979323846;

/* --- normal ----------------------------------------------------------------------------------- */

double nt_normal_cdf(double x) {
    return erfc(-x * sqrt(0.5)) / 2;
}

/* The quantile of a tail p in (0, 1/2]: Hastings's rational approximation (Abramowitz and Stegun
 * 26.2.23, error below 4.5e-4), then Halley's steps on Phi(x) - p, each of which cubes the error.
 */
static double normal_tail_quantile(double p) {
    double t = sqrt(-2 * log(p));
    double x = (2.515517 + t * (0.802853 + t * 0.010328)) /
                   (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))) -
               t;
    for (int i = 0; i < 2; i++) {
        double step = (nt_normal_cdf(x) - p) * sqrt(2 * pi) * exp(x * x / 2);
        x -= step / (1 + x * step / 2);
    }
    return x;
}

double nt_normal_quantile(double p) {
    if (!(p > 0 && p < 1))
        return p == 0 ? -INFINITY : p == 1 ? INFINITY : NAN;
    return p <= 0.5 ? normal_tail_quantile(p) : -normal_tail_quantile(1 - p);
}

/* --- incomplete beta -------------------------------------------------------------------------- */

/* log(n!) less Stirling's formula log(sqrt(2 pi n) (n / e)^n), for real n > 0. */
static double stirling_error(double n) {
    if (n < 16)
        return lgamma(n + 1) - (n + 0.5) * log(n) + n - log(2 * pi) / 2;
    double square = n * n;
    double sum = 1.0 / 1680 - 1 / (1188 * square);
    sum = 1.0 / 1260 - sum / square;
    sum = 1.0 / 360 - sum / square;
    return (1.0 / 12 - sum / square) / n;
}

/* x log(x / mean) + mean - x, without cancellation where x is near the mean. */
static double deviance(double x, double mean) {
    if (fabs(x - mean) >= 0.1 * (x + mean))
        return x * log(x / mean) + mean - x;
    double v = (x - mean) / (x + mean), power = 2 * x * v, sum = (x - mean) * v, last;
    int k = 1;
    do {
        last = sum;
        power *= v * v;
        sum += power / (2 * k++ + 1);
    } while (sum != last);
    return sum;
}

/* x^a y^b / (a B(a, b)) */
static double beta_factor(double a, double b, double x, double y) {
    double n = a + b;
    double log_ratio = stirling_error(n) - stirling_error(a) - stirling_error(b) -
                       deviance(a, n * x) - deviance(b, n * y);
    return exp(log_ratio) * sqrt(b / (2 * pi * a * n));
}

static double off_zero(double value) {
    return fabs(value) < DBL_MIN ? DBL_MIN : value;
}

/* The continued fraction 8.17.22 by Lentz's method as Thompson and Barnett modified it; about
 * sqrt(max(a, b)) terms for x below (a + 1) / (a + b + 2). */
static double beta_fraction(double a, double b, double x) {
    const int most = 10000000;
    double c = 1, d = 1 / off_zero(1 - (a + b) * x / (a + 1)), product = d;
    for (int m = 1; m < most; m++) {
        double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        d = 1 / off_zero(1 + even * d);
        c = off_zero(1 + even / c);
        product *= c * d;
        double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        d = 1 / off_zero(1 + odd * d);
        c = off_zero(1 + odd / c);
        product *= c * d;
        if (fabs(c * d - 1) <= DBL_EPSILON)
            break;
    }
    return product;
}

double nt_incomplete_beta(double a, double b, double x, double y) {
    if (isnan(a + b + x + y))
        return NAN;
    if (x <= 0 || y <= 0)
        return x <= 0 ? 0 : 1;
    if (x < (a + 1) / (a + b + 2))
        return beta_factor(a, b, x, y) * beta_fraction(a, b, x);
    return 1 - beta_factor(b, a, y, x) * beta_fraction(b, a, y);
}

/* --- binomial and Student's ------------------------------------------------------------------- */

double nt_binomial_cdf(int64_t k, int64_t n, double p) {
    if (isnan(p))
        return NAN;
    if (k < 0 || k >= n)
        return k < 0 ? 0 : 1;
    return nt_incomplete_beta((double)(n - k), (double)k + 1, 1 - p, p);
}

/* P(T > t) for t >= 0 */
static double student_tail(double t, double freedom) {
    double ratio = t / freedom * t;
    return nt_incomplete_beta(freedom / 2, 0.5, 1 / (1 + ratio), 1 / (1 + 1 / ratio)) / 2;
}

double nt_student_cdf(double t, double freedom) {
    if (isnan(t) || isnan(freedom))
        return NAN;
    return t < 0 ? student_tail(-t, freedom) : 1 - student_tail(t, freedom);
}

/* By bisection: the tail falls with t. */
static double student_tail_quantile(double p, double freedom) {
    double low = 0, high = 1;
    for (; student_tail(high, freedom) > p && high < DBL_MAX / 2; high *= 2)
        low = high;
    for (int i = 0; i < 64; i++) {
        double middle = low + (high - low) / 2;
        if (student_tail(middle, freedom) > p)
            low = middle;
        else
            high = middle;
    }
    return low + (high - low) / 2;
}

double nt_student_quantile(double p, double freedom) {
    if (isnan(freedom) || !(p > 0 && p < 1))
        return nt_normal_quantile(isnan(freedom) ? NAN : p); /* the ends are the same */
    return p <= 0.5 ? -student_tail_quantile(p, freedom) : student_tail_quantile(1 - p, freedom);
}
