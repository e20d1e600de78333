/* Bets on the mean of bounded differences. Every capital stays above 0, since no share is staked
 * whole; a log that grows past all numbers is infinite, and its null long rejected. */
#include "sequential.h"

#include <math.h>
#include <stddef.h>

/* Share number i, from 1/625 to 0.92: a mean far from the bound is best met with a large one, one
 * that hardly differs with a small one. */
static double share_of(int i) {
    return (i + 1.0) * (i + 1.0) / ((NT_BET_SHARES + 1.0) * (NT_BET_SHARES + 1.0));
}

void nt_bet_init(nt_bet *bet, nt_bet_null null, double bound, int64_t population) {
    *bet = (nt_bet){.null = null, .bound = bound, .population = population};
}

/* The largest mean that the null allows the next difference, turned; above 1: any. */
static double bound_of(const nt_bet *bet) {
    double bound = bet->null == NT_NULL_AT_MOST ? bet->bound : -bet->bound;
    if (bet->population == 0)
        return bound;
    int64_t left = bet->population - bet->seen;
    double rest = bound * (double)bet->population - bet->sum;
    return left > 0 ? rest / (double)left : rest >= 0 ? 1 : -2;
}

/* The logarithm of what a turned difference does to the capital of share number i. */
static double log_factor(double turned, double bound, int i) {
    double b = (1 + bound) / 2, x = (1 + turned) / 2;
    return log1p(share_of(i) * (x - b) / b);
}

static void bet_on(nt_bet *bet, double turned) {
    double bound = bound_of(bet);
    if (bound < -1)
        bet->impossible = true;
    else if (bound == -1)
        bet->impossible = bet->impossible || turned > -1;
    else if (bound < 1)
        for (int i = 0; i < NT_BET_SHARES; i++) {
            double gain = log_factor(turned, bound, i);
            bet->logs[i] += gain;
            bet->squares[i] += gain * gain;
        }
}

static void add_one(nt_bet *bet, double difference) {
    double turned = bet->null == NT_NULL_AT_MOST ? difference : -difference;
    if (bet->population == 0 && (turned == -1 || turned == 0 || turned == 1))
        bet->counts[1 + (int)turned]++;
    else
        bet_on(bet, turned);
    bet->sum += turned;
    bet->seen++;
}

void nt_bet_add(nt_bet *bet, const double *differences, int64_t count) {
    for (int64_t i = 0; i < count; i++)
        if (!isnan(differences[i]))
            add_one(bet, differences[i]);
    if (bet->population > 0 && bound_of(bet) < -1)
        bet->impossible = true;
}

/* The log of the capital of share number i, and the sum of its squared steps. */
static double log_capital(const nt_bet *bet, int i, double *ret_squares) {
    double log = bet->logs[i], squares = bet->squares[i], bound = bound_of(bet);
    for (int k = 0; k < 3; k++) {
        double count = (double)bet->counts[k];
        double gain = count > 0 && bound > -1 && bound < 1 ? log_factor(k - 1, bound, i) : 0;
        log += count * gain;
        squares += count * gain * gain;
    }
    *ret_squares = squares;
    return log;
}

/* A mean of -1 leaves room for nothing else. */
static bool is_impossible(const nt_bet *bet) {
    return bet->impossible || (bound_of(bet) <= -1 && bet->counts[1] + bet->counts[2] > 0);
}

double nt_bet_value(const nt_bet *bet) {
    double sum = 0, ignored;
    if (is_impossible(bet))
        return (double)INFINITY;
    for (int i = 0; i < NT_BET_SHARES; i++)
        sum += exp(log_capital(bet, i, &ignored));
    return sum / NT_BET_SHARES;
}

double nt_bet_outlook(const nt_bet *bet, int64_t left) {
    const double z_95 = 1.6448536269514722; /* normal quantile, one-sided 95 % */
    double sum = 0, squares, n = (double)bet->seen, more = (double)left;
    if (bet->seen == 0 || is_impossible(bet))
        return (double)INFINITY;
    for (int i = 0; i < NT_BET_SHARES; i++) {
        double log = log_capital(bet, i, &squares);
        double rate = log / n, variance = fmax(0, squares / n - rate * rate);
        sum += exp(log + more * rate + z_95 * sqrt(variance * more * (1 + more / n)));
    }
    return sum / NT_BET_SHARES;
}

/* --- intervals -------------------------------------------------------------------------------- */

typedef struct sequence {
    const double *differences;
    int64_t count, population;
    nt_bet counted[2]; /* with independent draws: the bet that has seen all, of either null */
} sequence;

/* What the bet against a bound is worth. Independent draws that are only counted needn't be gone
 * through again for another bound. */
static double value_at(const sequence *s, nt_bet_null null, double bound) {
    nt_bet bet = s->counted[null];
    bet.bound = bound;
    if (s->population > 0 || bet.counts[0] + bet.counts[1] + bet.counts[2] < bet.seen) {
        nt_bet_init(&bet, null, bound, s->population);
        nt_bet_add(&bet, s->differences, s->count);
    }
    return nt_bet_value(&bet);
}

/* The last bound that is rejected, between one that is (`out`) and one that isn't (`in`): the value
 * falls as the null allows more. */
static double limit(const sequence *s, nt_bet_null null, double out, double in, double enough) {
    enum { HALVINGS = 40 };
    if (value_at(s, null, out) < enough)
        return out;
    for (int i = 0; i < HALVINGS; i++) {
        double middle = out + (in - out) / 2;
        if (value_at(s, null, middle) >= enough)
            out = middle;
        else
            in = middle;
    }
    return out;
}

nt_interval nt_bet_interval(const double *differences, int64_t count, int64_t population,
                            double confidence) {
    double enough = 2 / (1 - confidence);
    sequence s = {.differences = differences, .count = count, .population = population};
    for (int null = 0; null < 2 && population == 0; null++) {
        nt_bet_init(&s.counted[null], (nt_bet_null)null, 0, 0);
        nt_bet_add(&s.counted[null], differences, count);
    }
    return (nt_interval){limit(&s, NT_NULL_AT_MOST, -1, 1, enough),
                         limit(&s, NT_NULL_AT_LEAST, 1, -1, enough)};
}

/* --- what is to be decided early -------------------------------------------------------------- */

const char *const nt_decide_names[] = {[NT_DECIDE_NOT] = "false",
                                       [NT_DECIDE_POPULATION] = "true",
                                       [NT_DECIDE_TEST_SET] = "test_set",
                                       NULL};

int64_t nt_decide_population(nt_decide decide, int64_t samples) {
    return decide == NT_DECIDE_TEST_SET ? samples : 0;
}

/* --- verdicts --------------------------------------------------------------------------------- */

int32_t nt_look_next(int32_t after, int32_t samples) {
    int32_t step = after < 1000 ? 100 : 1000;
    return after > samples - step ? samples : after + step;
}

/* The bets, by what they show when they win. */
enum { ABOVE_LOW, BELOW_HIGH, BELOW_LOW, ABOVE_HIGH, BELOW_ZERO, ABOVE_ZERO };

void nt_watch_init(nt_watch *watch, double margin, int64_t population) {
    *watch = (nt_watch){.inside_low = 1, .inside_high = 1, .out = 1, .moved = 1};
    nt_bet_init(&watch->bets[ABOVE_LOW], NT_NULL_AT_MOST, -margin, population);
    nt_bet_init(&watch->bets[BELOW_HIGH], NT_NULL_AT_LEAST, margin, population);
    nt_bet_init(&watch->bets[BELOW_LOW], NT_NULL_AT_LEAST, -margin, population);
    nt_bet_init(&watch->bets[ABOVE_HIGH], NT_NULL_AT_MOST, margin, population);
    nt_bet_init(&watch->bets[BELOW_ZERO], NT_NULL_AT_LEAST, 0, population);
    nt_bet_init(&watch->bets[ABOVE_ZERO], NT_NULL_AT_MOST, 0, population);
}

/* To one side or the other is one hypothesis: its e-value is the mean of both sides'. */
static double either(double a, double b) {
    return (a + b) / 2;
}

void nt_watch_look(nt_watch *watch, const double *differences, int64_t count) {
    double value[NT_WATCH_BETS];
    for (int i = 0; i < NT_WATCH_BETS; i++) {
        nt_bet_add(&watch->bets[i], differences, count);
        value[i] = nt_bet_value(&watch->bets[i]);
    }
    watch->inside_low = fmax(watch->inside_low, value[ABOVE_LOW]);
    watch->inside_high = fmax(watch->inside_high, value[BELOW_HIGH]);
    watch->out = fmax(watch->out, either(value[BELOW_LOW], value[ABOVE_HIGH]));
    watch->moved = fmax(watch->moved, either(value[BELOW_ZERO], value[ABOVE_ZERO]));
}

nt_margin_test nt_watch_test(const nt_watch *watch) {
    return (nt_margin_test){1 / fmin(watch->inside_low, watch->inside_high), 1 / watch->out};
}

double nt_watch_p(const nt_watch *watch) {
    return 1 / watch->moved;
}

bool nt_watch_hopeless(const nt_watch *watch, int64_t left, double p) {
    double value[NT_WATCH_BETS];
    for (int i = 0; i < NT_WATCH_BETS; i++)
        value[i] = nt_bet_outlook(&watch->bets[i], left);
    double inside = fmin(fmax(value[ABOVE_LOW], watch->inside_low),
                         fmax(value[BELOW_HIGH], watch->inside_high));
    double out = fmax(either(value[BELOW_LOW], value[ABOVE_HIGH]), watch->out);
    return fmax(inside, out) < 1 / p;
}
