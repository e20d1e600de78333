/* The distributions that the tests and intervals of statistics.h rest on. Doubles; relative error
 * about 1e-12 for probabilities above 1e-290, tails included (a lower tail isn't 1 minus
 * something). A NaN argument gives NaN. */
#ifndef NT_STATISTICS_DISTRIBUTIONS_H
#define NT_STATISTICS_DISTRIBUTIONS_H

#include <stdint.h>

double nt_normal_cdf(double x);
double nt_normal_quantile(double p); /* -inf at 0, inf at 1; NaN outside */

/* P(X <= k) of n trials that succeed with probability p in (0, 1); n up to 2^53. */
double nt_binomial_cdf(int64_t k, int64_t n, double p);

/* Student's t with `freedom` > 0 degrees of freedom. */
double nt_student_cdf(double t, double freedom);
double nt_student_quantile(double p, double freedom); /* as nt_normal_quantile */

/* The regularised incomplete beta function I_x(a, b), a and b > 0, with y = 1 - x, which the caller
 * may know better than a subtraction would. */
double nt_incomplete_beta(double a, double b, double x, double y);

#endif
