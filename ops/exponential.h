/* The exponential function for loops that the compiler turns into vectors, which libm's expf would
 * keep it from doing. Within a unit or two in the last place; overflow, underflow and NaN as in
 * expf.
 *
 * x = n ln 2 + r with n an integer and |r| <= ln 2 / 2, so that e^x = 2^n e^r. The multiple of ln 2
 * is taken off in two parts, the first of so few bits that n times it is exact (Cody, Waite:
 * "Software manual for the elementary functions", 1980); e^r is Taylor's series up to r^7 / 7!, the
 * rest of which is below 6e-9. */
#ifndef NT_EXPONENTIAL_H
#define NT_EXPONENTIAL_H

#include "vectorise.h"
#include <stdint.h>
#include <string.h>

/* 2^n, for -126 <= n <= 127. */
NT_INLINE float nt_power_of_two(int32_t n) {
    uint32_t bits = ((uint32_t)n + 127) << 23;
    float power;
    memcpy(&power, &bits, sizeof power);
    return power;
}

NT_INLINE float nt_exp(float x) {
    const float to_integer = 12582912; /* 1.5 * 2^23: floats that large are integers */
    const float ln2_high = 0.693359375f, ln2_low = -2.12194440e-4f;
    int32_t bits, bits_of_zero;
    x = x < -104 ? -104 : x; /* e^x is 0 below, infinite above */
    x = x > 89 ? 89 : x;
    float shifted = x * 1.44269504f + to_integer, n = shifted - to_integer;
    memcpy(&bits, &shifted, sizeof bits);
    memcpy(&bits_of_zero, &to_integer, sizeof bits_of_zero);
    float r = (x - n * ln2_high) - n * ln2_low, series = 1.0f / 5040;
    series = series * r + 1.0f / 720;
    series = series * r + 1.0f / 120;
    series = series * r + 1.0f / 24;
    series = series * r + 1.0f / 6;
    series = series * r + 0.5f;
    series = series * r + 1;
    series = series * r + 1;
    int32_t power = (int32_t)((uint32_t)bits - (uint32_t)bits_of_zero), half = power >> 1;
    /* In two steps, for 2^n itself may be out of range where the result is not. */
    return series * nt_power_of_two(half) * nt_power_of_two(power - half);
}

#endif
