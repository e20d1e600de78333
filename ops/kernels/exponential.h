/* The exponential function, and what follows from it, for loops that the compiler turns into
 * vectors, which libm's expf would keep it from doing. Within a unit or two in the last place;
 * overflow, underflow and NaN as in expf.
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

/* e^r - 1 and n, of an x from -104 to 89. */
NT_INLINE float nt_exp_reduced(float x, int32_t *ret_power) {
    const float to_integer = 12582912; /* 1.5 * 2^23: floats that large are integers */
    const float ln2_high = 0.693359375f, ln2_low = -2.12194440e-4f;
    int32_t bits, bits_of_zero;
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
    *ret_power = (int32_t)((uint32_t)bits - (uint32_t)bits_of_zero);
    return series * r;
}

NT_INLINE float nt_exp(float x) {
    int32_t power;
    x = x < -104 ? -104 : x; /* e^x is 0 below, infinite above */
    x = x > 89 ? 89 : x;
    float series = nt_exp_reduced(x, &power) + 1;
    int32_t half = power >> 1;
    /* In two steps, for 2^n itself may be out of range where the result is not. */
    return series * nt_power_of_two(half) * nt_power_of_two(power - half);
}

/* e^x - 1 for x <= 0, to a unit or two in the last place near 0 too. */
NT_INLINE float nt_exp_less_one(float x) {
    int32_t power;
    x = x < -25 ? -25 : x; /* it is -1 below */
    float rest = nt_exp_reduced(x, &power), scale = nt_power_of_two(power);
    return rest * scale + (scale - 1);
}

/* 1 / (1 + e^-x) */
NT_INLINE float nt_logistic(float x) {
    return 1 / (1 + nt_exp(-x));
}

/* ln(1 + e^x). With t = e^-|x| it is max(x, 0) + ln(1 + t), and ln(1 + t) = 2 artanh(z) with
 * z = t / (2 + t) <= 1/3: Taylor's series up to z^13 / 13, the rest of which is below 2e-8 of it;
 * all rounding makes that 3e-7. */
NT_INLINE float nt_log_one_more_exp(float x) {
    float t = nt_exp(x < 0 ? x : -x), z = t / (2 + t), w = z * z, series = 1.0f / 13;
    series = series * w + 1.0f / 11;
    series = series * w + 1.0f / 9;
    series = series * w + 1.0f / 7;
    series = series * w + 1.0f / 5;
    series = series * w + 1.0f / 3;
    series = series * w + 1;
    return (x < 0 ? 0 : x) + 2 * z * series;
}

#endif
