/* Bets on the mean of bounded differences. Every capital stays above 0, since no share is staked
 * whole; one that grows past the largest number is infinite, and its null long rejected. */
#include "sequential.h"

#include <math.h>

/* Share number i, from 1/625 to 0.92: a mean far from the bound is best met with a large one, one
 * that hardly differs with a small one. */
static double share_of(int i) {
    return (i + 1.0) * (i + 1.0) / ((NT_BET_SHARES + 1.0) * (NT_BET_SHARES + 1.0));
}

void nt_bet_init(nt_bet *bet, nt_bet_null null, double bound, int64_t population) {
    *bet = (nt_bet){.null = null, .bound = bound, .population = population};
    for (int i = 0; i < NT_BET_SHARES; i++)
        bet->capital[i] = 1;
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

static void add_one(nt_bet *bet, double difference) {
    double turned = bet->null == NT_NULL_AT_MOST ? difference : -difference;
    double b = (1 + bound_of(bet)) / 2, x = (1 + turned) / 2;
    if (b < 0)
        bet->impossible = true;
    else if (b == 0)
        bet->impossible = bet->impossible || x > 0;
    else if (b < 1)
        for (int i = 0; i < NT_BET_SHARES; i++)
            bet->capital[i] *= 1 + share_of(i) * (x - b) / b;
    bet->sum += turned;
    bet->seen++;
}

void nt_bet_add(nt_bet *bet, const double *differences, int64_t count) {
    for (int64_t i = 0; i < count; i++)
        add_one(bet, differences[i]);
    if (bet->population > 0 && bound_of(bet) < -1)
        bet->impossible = true;
}

double nt_bet_value(const nt_bet *bet) {
    double sum = 0;
    for (int i = 0; i < NT_BET_SHARES; i++)
        sum += bet->capital[i];
    return bet->impossible ? (double)INFINITY : sum / NT_BET_SHARES;
}

/* --- intervals -------------------------------------------------------------------------------- */

static double value_at(nt_bet_null null, double bound, const double *differences, int64_t count,
                       int64_t population) {
    nt_bet bet;
    nt_bet_init(&bet, null, bound, population);
    nt_bet_add(&bet, differences, count);
    return nt_bet_value(&bet);
}

/* The last bound that is rejected, between one that is (`out`) and one that isn't (`in`): the value
 * falls as the null allows more. */
static double limit(nt_bet_null null, double out, double in, const double *differences,
                    int64_t count, int64_t population, double enough) {
    enum { HALVINGS = 40 };
    if (value_at(null, out, differences, count, population) < enough)
        return out;
    for (int i = 0; i < HALVINGS; i++) {
        double middle = out + (in - out) / 2;
        if (value_at(null, middle, differences, count, population) >= enough)
            out = middle;
        else
            in = middle;
    }
    return out;
}

nt_interval nt_bet_interval(const double *differences, int64_t count, int64_t population,
                            double confidence) {
    double enough = 2 / (1 - confidence);
    return (nt_interval){limit(NT_NULL_AT_MOST, -1, 1, differences, count, population, enough),
                         limit(NT_NULL_AT_LEAST, 1, -1, differences, count, population, enough)};
}

/* --- verdicts --------------------------------------------------------------------------------- */

void nt_watch_init(nt_watch *watch, double margin, int64_t population) {
    *watch = (nt_watch){.inside_low = 1, .inside_high = 1, .out = 1};
    nt_bet_init(&watch->above_low, NT_NULL_AT_MOST, -margin, population);
    nt_bet_init(&watch->below_high, NT_NULL_AT_LEAST, margin, population);
    nt_bet_init(&watch->below_low, NT_NULL_AT_LEAST, -margin, population);
    nt_bet_init(&watch->above_high, NT_NULL_AT_MOST, margin, population);
}

/* That the mean lies beyond, to one side or the other, is one hypothesis: its e-value is the mean
 * of both sides'. */
void nt_watch_look(nt_watch *watch, const double *differences, int64_t count) {
    nt_bet_add(&watch->above_low, differences, count);
    nt_bet_add(&watch->below_high, differences, count);
    nt_bet_add(&watch->below_low, differences, count);
    nt_bet_add(&watch->above_high, differences, count);
    double worse = nt_bet_value(&watch->below_low), better = nt_bet_value(&watch->above_high);
    watch->inside_low = fmax(watch->inside_low, nt_bet_value(&watch->above_low));
    watch->inside_high = fmax(watch->inside_high, nt_bet_value(&watch->below_high));
    if ((worse + better) / 2 > watch->out) {
        watch->out = (worse + better) / 2;
        watch->worse = worse > better;
    }
}

nt_margin_test nt_watch_test(const nt_watch *watch) {
    return (nt_margin_test){1 / fmin(watch->inside_low, watch->inside_high), 1 / watch->out};
}
