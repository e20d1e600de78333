/* The normal distribution, for loops that the compiler turns into vectors.
 *
 * With t = 4 / (4 + |x|) the probability beyond |x| is e^(-x²/2) t p(t). The factor p is a
 * polynomial of degree 9 whose relative error is the least possible for |x| <= 14, past which
 * floats hold no such probability: found by Remez's algorithm (1934), for this file; 2e-8 with
 * these coefficients. Mills: "Table of the ratio: area to bounding ordinate", 1926, is of that
 * factor. */
#ifndef NT_NORMAL_H
#define NT_NORMAL_H

#include "exponential.h"

/* Below x: within 2.1e-7, and down to -5 within 8e-7 of itself. */
NT_INLINE float nt_normal_below(float x) {
    float t = 4 / (4 + (x < 0 ? -x : x)), p = 0.016579464f;
    p = p * t - 0.062791176f;
    p = p * t + 0.051650092f;
    p = p * t + 0.028438808f;
    p = p * t + 0.012709373f;
    p = p * t + 0.086658224f;
    p = p * t + 0.071998954f;
    p = p * t + 0.095515825f;
    p = p * t + 0.09949254f;
    p = p * t + 0.0997479f;
    float beyond = nt_exp(-0.5f * (x * x)) * (t * p);
    return x < 0 ? beyond : 1 - beyond;
}

NT_INLINE float nt_normal_density(float x) {
    return 0.398942280f * nt_exp(-0.5f * (x * x));
}

#endif
