/* Tests that may be looked at as often as one likes and stopped at any time, of the mean of paired
 * differences that lie in [-1, 1]: betting (Waudby-Smith and Ramdas, "Estimating means of bounded
 * random variables by betting", JRSS B 86, 2024).
 *
 * Against the null hypothesis that the mean is at most `bound` one begins with a capital of 1 and
 * stakes the same share of it on each difference; if the null is true, no share makes the capital
 * grow on average. The mean capital over several shares (their "diversified Kelly") is an e-value:
 * under the null it exceeds 1/alpha at any time with probability alpha at most (Ville 1939). With x
 * = (1 + d) / 2 and b = (1 + bound) / 2,
 *
 *     capital of share f  *=  1 + f (x - b) / b
 *
 * so that nothing is estimated and the order of the differences does not matter. Against the null
 * that the mean is at least `bound` all signs turn.
 *
 * Differences are of samples drawn independently from a population, as in the tests of
 * statistics.h; or, with a finite population, drawn from it without replacement: then the null
 * speaks of that population's own mean, b is what is left of it for the next draw, and the order
 * does matter. */
#ifndef NT_SEQUENTIAL_H
#define NT_SEQUENTIAL_H

#include "statistics.h"
#include <stdbool.h>

enum { NT_BET_SHARES = 24 };

typedef enum nt_bet_null { NT_NULL_AT_MOST, NT_NULL_AT_LEAST } nt_bet_null;

typedef struct nt_bet {
    nt_bet_null null;
    double bound;       /* of the mean, -1 to 1 */
    int64_t population; /* without replacement from so many; 0: independent draws */
    int64_t seen;
    double sum; /* of the differences seen, turned so that the null is "at most" */
    double capital[NT_BET_SHARES];
    bool impossible; /* the null can no longer be true of the population */
} nt_bet;

void nt_bet_init(nt_bet *bet, nt_bet_null null, double bound, int64_t population);
void nt_bet_add(nt_bet *bet, const double *differences, int64_t count);

/* The e-value so far: 1 at first, infinite where the null is impossible. It may fall again; its
 * largest value may be used all the same, since the bound holds for all times together. */
double nt_bet_value(const nt_bet *bet);

/* The means that no look until now has reason to reject, at `confidence` for all times together:
 * computed from all differences seen. [-1, 1] without any. */
nt_interval nt_bet_interval(const double *differences, int64_t count, int64_t population,
                            double confidence);

/* --- verdicts --------------------------------------------------------------------------------- */

/* A case watched while its differences come in. Both are p values that hold at any time: the
 * reciprocals of the largest e-values at the looks so far. */
typedef struct nt_watch {
    nt_bet above_low, below_high; /* against: the mean is at most -margin; it is at least margin */
    nt_bet below_low, above_high; /* against: it is at least -margin; it is at most margin */
    double inside_low, inside_high, out; /* the largest values so far */
    bool worse;                          /* which side `out` is of */
} nt_watch;

void nt_watch_init(nt_watch *watch, double margin, int64_t population);

/* Adds the differences since the last look, and looks. */
void nt_watch_look(nt_watch *watch, const double *differences, int64_t count);

/* As in nt_margin_test: that the mean lies within the margin, and that it lies beyond. */
nt_margin_test nt_watch_test(const nt_watch *watch);

#endif
