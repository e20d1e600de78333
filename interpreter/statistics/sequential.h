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

/* Capitals are kept as logarithms. Independent differences of -1, 0 and 1, which those of classes
 * are, are only counted: what they do to each capital follows from how many there are. */
typedef struct nt_bet {
    nt_bet_null null;
    double bound;       /* of the mean, -1 to 1 */
    int64_t population; /* without replacement from so many; 0: independent draws */
    int64_t seen;
    double sum;        /* of the differences seen, turned so that the null is "at most" */
    int64_t counts[3]; /* of turned -1, 0, 1, where they are only counted; of the others: */
    double logs[NT_BET_SHARES], squares[NT_BET_SHARES]; /* sums of log factors, and squared */
    bool impossible; /* the null can no longer be true of the population */
} nt_bet;

void nt_bet_init(nt_bet *bet, nt_bet_null null, double bound, int64_t population);

/* Differences that are NaN, of samples without a value, are passed over. */
void nt_bet_add(nt_bet *bet, const double *differences, int64_t count);

/* The e-value so far: 1 at first, infinite where the null is impossible. It may fall again; its
 * largest value may be used all the same, since the bound holds for all times together. */
double nt_bet_value(const nt_bet *bet);

/* What the e-value will hardly exceed after `left` more independent differences like those seen:
 * where each capital's logarithm stands by then with probability 95 %, by the normal distribution,
 * the uncertainty of what was seen so far included. Says nothing below some hundreds of them. */
double nt_bet_outlook(const nt_bet *bet, int64_t left);

/* The means that no look until now has reason to reject, at `confidence` for all times together:
 * computed from all differences seen. [-1, 1] without any. */
nt_interval nt_bet_interval(const double *differences, int64_t count, int64_t population,
                            double confidence);

/* --- what is to be decided early -------------------------------------------------------------- */

typedef enum nt_decide {
    NT_DECIDE_NOT,
    NT_DECIDE_POPULATION, /* about what the samples were drawn from, as all other tests */
    NT_DECIDE_TEST_SET    /* about the mean over these samples, all of them, and about no others */
} nt_decide;

extern const char *const nt_decide_names[]; /* "false", "true", "test_set"; ends with NULL */

/* The population of bets on so many samples. */
int64_t nt_decide_population(nt_decide decide, int64_t samples);

/* --- verdicts --------------------------------------------------------------------------------- */

/* After how many samples, more than `after`, the next look is: every hundred up to a thousand,
 * every thousand from there on, and all of them. */
int32_t nt_look_next(int32_t after, int32_t samples);

enum { NT_WATCH_BETS = 6 };

/* A case watched while its differences come in. All p values hold at any time: they are the
 * reciprocals of the largest e-values at the looks so far. */
typedef struct nt_watch {
    nt_bet bets[NT_WATCH_BETS];
    double inside_low, inside_high, out, moved; /* the largest values so far */
} nt_watch;

void nt_watch_init(nt_watch *watch, double margin, int64_t population);

/* Adds the differences since the last look, and looks. */
void nt_watch_look(nt_watch *watch, const double *differences, int64_t count);

/* As in nt_margin_test: that the mean lies within the margin, and that it lies beyond. */
nt_margin_test nt_watch_test(const nt_watch *watch);
double nt_watch_p(const nt_watch *watch); /* of no change */

/* Whether, with `left` differences to come, both p values will hardly fall to `p`. */
bool nt_watch_hopeless(const nt_watch *watch, int64_t left, double p);

#endif
