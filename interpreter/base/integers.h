/* Whole numbers: how work is cut into pieces. Divisions are C's, towards 0. */
#ifndef NT_INTEGERS_H
#define NT_INTEGERS_H

#include <stdint.h>

static inline int64_t nt_min(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static inline int64_t nt_max(int64_t a, int64_t b) {
    return a > b ? a : b;
}

/* The upper bound wins. */
static inline int64_t nt_clamp(int64_t a, int64_t low, int64_t high) {
    return nt_min(nt_max(a, low), high);
}

/* How many pieces of b make a, the last of which may be smaller. */
static inline int64_t nt_ceil_div(int64_t a, int64_t b) {
    return (a + b - 1) / b;
}

/* The least multiple of b that is no less than a. */
static inline int64_t nt_round_up(int64_t a, int64_t b) {
    return nt_ceil_div(a, b) * b;
}

/* `all`, at least 1, in as many pieces as pieces of `most` would make, but even ones: the size of
 * each. */
static inline int64_t nt_even(int64_t all, int64_t most) {
    return nt_ceil_div(all, nt_ceil_div(all, most));
}

#endif
