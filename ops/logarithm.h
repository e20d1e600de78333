/* The natural logarithm for loops that the compiler turns into vectors (see exponential.h). Of
 * normal floats above 0; NaN of what is not finite.
 *
 * x = 2^n m with √½ <= m < √2, and log m = 2 artanh t = 2 (t + t³ / 3 + t⁵ / 5 + …) with
 * t = (m - 1) / (m + 1): |t| < 0.172, so that what follows t⁹ / 9 is below 1e-9. */
#ifndef NT_LOGARITHM_H
#define NT_LOGARITHM_H

#include "vectorise.h"
#include <stdint.h>
#include <string.h>

NT_INLINE float nt_log(float x) {
    const uint32_t half_root = 0x3f3504f3; /* the bits of √½ */
    const float ln2_high = 0.693359375f, ln2_low = -2.12194440e-4f;
    uint32_t bits;
    float m;
    memcpy(&bits, &x, sizeof bits);
    int32_t n = (int32_t)(bits - half_root) >> 23;
    bits -= (uint32_t)n << 23;
    memcpy(&m, &bits, sizeof m);
    float t = (m - 1) / (m + 1), square = t * t, series = 1.0f / 9;
    series = series * square + 1.0f / 7;
    series = series * square + 1.0f / 5;
    series = series * square + 1.0f / 3;
    float rest = 2 * t * (series * square), power = (float)n;
    return power * ln2_high + (2 * t + (rest + power * ln2_low)) + (x - x);
}

#endif
