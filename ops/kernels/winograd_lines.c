/* The linear maps of the schemes of winograd.h, one line (row or column) at a time, vectorised over
 * channels. The build compiles this file once for each set of instructions, with NT_LINES naming
 * it.
 *
 * Winograd's F(4x4, 3x3) (Lavin and Gray, "Fast algorithms for convolutional neural networks", CVPR
 * 2016) as Toom and Cook would derive it: polynomials of degree 3 and 2 are evaluated at five
 * points p and at infinity and multiplied there; transposing the interpolation gives the filter
 * form. With M(t) the product of t - p over the five points,
 *
 *     column of Aᵀ   1, p, p², p³                         and 0, 0, 0, 1 for infinity
 *     row of G       (1, p, p²) / product of p - q, q ≠ p  and 0, 0, 1
 *     row of Bᵀ      the coefficients of M(t) / (t - p)    and those of M(t)
 *
 * The points are 0, ±a, ±b with a = √½ and b = √2 = 2a, for which M(t) = t (t² - ½)(t² - 2)
 * = t⁵ - 2.5 t³ + t. That a b = 1 keeps the powers near 1, and rounding errors at half of those of
 * the usual 0, ±1, ±2. The products of differences are 1 for 0, -1.5 for ±a, and 6 for ±b.
 *
 * F(4x4, 5x5) likewise, of degrees 3 and 4, at 0, ±½, ±1, ±2 and infinity: M(t) = t (t² - ¼)(t² -
 * 1) (t² - 4) = t⁷ - 5.25 t⁵ + 5.25 t³ - t, with the products of differences -1 for 0, where the
 * signs of both rows are turned, 45/32 for ±½, -4.5 for ±1 and 90 for ±2. No other three pairs were
 * found whose errors are smaller by more than a thousandth.
 *
 * F(4, 7), of degrees 3 and 6, at 0, ±5/12, ±4/5, ±5/4, ±12/5 and infinity, whose errors are within
 * a thousandth of the least found, too.
 *
 * Strided, by 2: an output takes the first and the third tap to every other input, which is
 * F(4, 2) on those: by Toom and Cook again, at the points ±a, ±b and infinity, where M(t) = t⁴ -
 * 2.5 t² + 1 and the products of differences are ∓3a and ±3b. The second tap meets the inputs in
 * between, each for one output alone: four products more, all with that tap. Backwards the same
 * happens to every other input's gradient, two taps to each, and to those in between, one tap.
 *
 * Toeplitz: on a line of two, y₀ = g₁ x₀ + g₂ x₁ and y₁ = g₀ x₀ + g₁ x₁ share the product
 * g₁ (x₀ + x₁), and need (g₂ - g₁) x₁ and (g₀ - g₁) x₀ beside it. */
#include "winograd_lines.h"

#include "tensor.h"
#include <string.h>

#define PASTE(a, b) a##b
#define NAME(suffix) PASTE(nt_winograd_lines_, suffix)
#define INLINE static inline __attribute__((always_inline))

/* --- vectors ---------------------------------------------------------------------------------- */

#if defined __AVX512F__
#include <immintrin.h>
typedef __m512 lanes;
typedef int32_t lane_bits __attribute__((vector_size(64)));
INLINE lanes multiply_add(lanes a, float b, lanes c) {
    return _mm512_fmadd_ps(a, _mm512_set1_ps(b), c);
}
#elif defined __AVX2__ && defined __FMA__
#include <immintrin.h>
typedef __m256 lanes;
typedef int32_t lane_bits __attribute__((vector_size(32)));
INLINE lanes multiply_add(lanes a, float b, lanes c) {
    return _mm256_fmadd_ps(a, _mm256_set1_ps(b), c);
}
#else
typedef float lanes __attribute__((vector_size(16)));
typedef int32_t lane_bits __attribute__((vector_size(16)));
INLINE lanes multiply_add(lanes a, float b, lanes c) {
    return a * b + c;
}
#endif

enum { LANES = sizeof(lanes) / sizeof(float) };

INLINE lanes load(const float *from) {
    lanes v;
    memcpy(&v, from, sizeof v);
    return v;
}

INLINE void store(float *to, lanes v) {
    memcpy(to, &v, sizeof v);
}

/* Negative values become 0; NaN is not negative. */
INLINE lanes relu(lanes v) {
    return (lanes)((lane_bits)v & ~(lane_bits)(v < 0));
}

/* A line is to stay in registers, which can't be indexed: loops over its places are unrolled. */
#define UNROLLED _Pragma("GCC unroll 10")

/* --- lines ------------------------------------------------------------------------------------ */

static const float A = 0.70710678118654752F, B = 1.41421356237309505F;

INLINE void f43_input(const lanes *d, lanes *v) {
    lanes even = multiply_add(d[2], -2, d[4]), odd = multiply_add(d[1], -2, d[3]);
    v[1] = multiply_add(odd, A, even);
    v[2] = multiply_add(odd, -A, even);
    even = multiply_add(d[2], -0.5F, d[4]), odd = multiply_add(d[1], -0.5F, d[3]);
    v[3] = multiply_add(odd, B, even);
    v[4] = multiply_add(odd, -B, even);
    v[0] = multiply_add(d[2], -2.5F, d[0] + d[4]);
    v[5] = multiply_add(d[3], -2.5F, d[1] + d[5]);
}

INLINE void f43_kernel(const lanes *g, lanes *u) {
    u[0] = g[0];
    lanes even = multiply_add(g[2], 0.5F, g[0]) * (-1 / 1.5F);
    u[1] = multiply_add(g[1], -A / 1.5F, even);
    u[2] = multiply_add(g[1], A / 1.5F, even);
    even = multiply_add(g[2], 2, g[0]) * (1 / 6.0F);
    u[3] = multiply_add(g[1], B / 6, even);
    u[4] = multiply_add(g[1], -B / 6, even);
    u[5] = g[2];
}

INLINE void f43_output(const lanes *m, lanes *y) {
    lanes sum_a = m[1] + m[2], odd_a = (m[1] - m[2]) * A;
    lanes sum_b = m[3] + m[4], odd_b = (m[3] - m[4]) * B;
    y[0] = m[0] + sum_a + sum_b;
    y[1] = odd_a + odd_b;
    y[2] = multiply_add(sum_b, 2, sum_a * 0.5F);
    y[3] = multiply_add(odd_a, 0.5F, multiply_add(odd_b, 2, m[5]));
}

INLINE void f43_output_adjoint(const lanes *y, lanes *m) {
    lanes even = multiply_add(y[2], 0.5F, y[0]), odd = multiply_add(y[3], 0.5F, y[1]);
    m[1] = multiply_add(odd, A, even);
    m[2] = multiply_add(odd, -A, even);
    even = multiply_add(y[2], 2, y[0]), odd = multiply_add(y[3], 2, y[1]);
    m[3] = multiply_add(odd, B, even);
    m[4] = multiply_add(odd, -B, even);
    m[0] = y[0];
    m[5] = y[3];
}

INLINE void f43_kernel_adjoint(const lanes *u, lanes *g) {
    lanes sum_a = (u[1] + u[2]) * (-1 / 1.5F), sum_b = (u[3] + u[4]) * (1 / 6.0F);
    g[0] = u[0] + sum_a + sum_b;
    g[1] = multiply_add(u[1] - u[2], -A / 1.5F, (u[3] - u[4]) * (B / 6));
    g[2] = multiply_add(sum_a, 0.5F, multiply_add(sum_b, 2, u[5]));
}

/* At p and -p, of eight points; given are the sum and the product of the other two squares. */
INLINE void eight_pair(const lanes *d, float sum, float product, float p, lanes *v) {
    lanes even = multiply_add(d[2], product, multiply_add(d[4], -sum, d[6]));
    lanes odd = multiply_add(d[1], product, multiply_add(d[3], -sum, d[5]));
    v[0] = multiply_add(odd, p, even);
    v[1] = multiply_add(odd, -p, even);
}

INLINE void eight_input(const lanes *d, lanes *v) {
    v[0] = multiply_add(d[4] - d[2], 5.25F, d[0] - d[6]);
    eight_pair(d, 5, 4, 0.5F, v + 1);
    eight_pair(d, 4.25F, 1, 1, v + 3);
    eight_pair(d, 1.25F, 0.25F, 2, v + 5);
    v[7] = multiply_add(d[3] - d[5], 5.25F, d[7] - d[1]);
}

/* `differences`: the product of those of p and each other point. */
INLINE void f45_kernel_pair(const lanes *g, float p, float differences, lanes *u) {
    lanes even =
        multiply_add(g[4], p * p * p * p, multiply_add(g[2], p * p, g[0])) * (1 / differences);
    lanes odd = multiply_add(g[3], p * p, g[1]);
    u[0] = multiply_add(odd, p / differences, even);
    u[1] = multiply_add(odd, -p / differences, even);
}

INLINE void f45_kernel(const lanes *g, lanes *u) {
    u[0] = g[0];
    f45_kernel_pair(g, 0.5F, 1.40625F, u + 1);
    f45_kernel_pair(g, 1, -4.5F, u + 3);
    f45_kernel_pair(g, 2, 90, u + 5);
    u[7] = g[4];
}

INLINE void f45_output(const lanes *m, lanes *y) {
    lanes sum_a = m[1] + m[2], odd_a = (m[1] - m[2]) * 0.5F;
    lanes sum_b = m[3] + m[4], odd_b = m[3] - m[4];
    lanes sum_c = m[5] + m[6], odd_c = (m[5] - m[6]) * 2;
    y[0] = m[0] + sum_a + sum_b + sum_c;
    y[1] = odd_a + odd_b + odd_c;
    y[2] = multiply_add(sum_a, 0.25F, multiply_add(sum_c, 4, sum_b));
    y[3] = multiply_add(odd_a, 0.25F, multiply_add(odd_c, 4, odd_b)) + m[7];
}

INLINE void f45_output_adjoint_pair(const lanes *y, float p, lanes *m) {
    lanes even = multiply_add(y[2], p * p, y[0]), odd = multiply_add(y[3], p * p, y[1]);
    m[0] = multiply_add(odd, p, even);
    m[1] = multiply_add(odd, -p, even);
}

INLINE void f45_output_adjoint(const lanes *y, lanes *m) {
    m[0] = y[0];
    f45_output_adjoint_pair(y, 0.5F, m + 1);
    f45_output_adjoint_pair(y, 1, m + 3);
    f45_output_adjoint_pair(y, 2, m + 5);
    m[7] = y[3];
}

INLINE void f45_kernel_adjoint(const lanes *u, lanes *g) {
    lanes sum_a = (u[1] + u[2]) * (1 / 1.40625F), odd_a = (u[1] - u[2]) * (0.5F / 1.40625F);
    lanes sum_b = (u[3] + u[4]) * (-1 / 4.5F), odd_b = (u[3] - u[4]) * (-1 / 4.5F);
    lanes sum_c = (u[5] + u[6]) * (1 / 90.0F), odd_c = (u[5] - u[6]) * (2 / 90.0F);
    g[0] = u[0] + sum_a + sum_b + sum_c;
    g[1] = odd_a + odd_b + odd_c;
    g[2] = multiply_add(sum_a, 0.25F, multiply_add(sum_c, 4, sum_b));
    g[3] = multiply_add(odd_a, 0.25F, multiply_add(odd_c, 4, odd_b));
    g[4] = multiply_add(sum_a, 0.0625F, multiply_add(sum_c, 16, sum_b)) + u[7];
}

/* At ten points: 0, ±P, ±Q, ±R, ±S and infinity. */
static const double P = 5 / 12.0, Q = 0.8, R = 1.25, S = 2.4;

INLINE void ten_pair(const lanes *d, double p, double x, double y, double z, lanes *v) {
    float sum = (float)(x + y + z), mixed = (float)(x * y + x * z + y * z);
    float product = (float)(x * y * z);
    lanes even = multiply_add(d[4], mixed, multiply_add(d[6], -sum, d[8]));
    lanes odd = multiply_add(d[3], mixed, multiply_add(d[5], -sum, d[7]));
    even = multiply_add(d[2], -product, even);
    odd = multiply_add(d[1], -product, odd);
    v[0] = multiply_add(odd, (float)p, even);
    v[1] = multiply_add(odd, -(float)p, even);
}

INLINE void ten_input(const lanes *d, lanes *v) {
    const double p = P * P, q = Q * Q, r = R * R, s = S * S;
    const float sum = (float)(p + q + r + s);
    const float mixed = (float)(p * q + p * r + p * s + q * r + q * s + r * s);
    v[0] = multiply_add(d[4], mixed, multiply_add(d[2] + d[6], -sum, d[0] + d[8]));
    ten_pair(d, P, q, r, s, v + 1);
    ten_pair(d, Q, p, r, s, v + 3);
    ten_pair(d, R, p, q, s, v + 5);
    ten_pair(d, S, p, q, r, v + 7);
    v[9] = multiply_add(d[5], mixed, multiply_add(d[3] + d[7], -sum, d[1] + d[9]));
}

/* The product of p's differences with all other points. */
INLINE double ten_differences(double p, double x, double y, double z) {
    return 2 * p * p * (p * p - x) * (p * p - y) * (p * p - z);
}

INLINE void f47_kernel_pair(const lanes *g, double p, double differences, lanes *u) {
    float square = (float)(p * p), fourth = (float)(p * p * p * p);
    lanes even = multiply_add(g[4], fourth, multiply_add(g[2], square, g[0]));
    lanes odd = multiply_add(g[5], fourth, multiply_add(g[3], square, g[1]));
    even = multiply_add(g[6], (float)(p * p * p * p * p * p), even) * (float)(1 / differences);
    u[0] = multiply_add(odd, (float)(p / differences), even);
    u[1] = multiply_add(odd, (float)(-p / differences), even);
}

INLINE void f47_kernel(const lanes *g, lanes *u) {
    const double p = P * P, q = Q * Q, r = R * R, s = S * S;
    u[0] = g[0];
    f47_kernel_pair(g, P, ten_differences(P, q, r, s), u + 1);
    f47_kernel_pair(g, Q, ten_differences(Q, p, r, s), u + 3);
    f47_kernel_pair(g, R, ten_differences(R, p, q, s), u + 5);
    f47_kernel_pair(g, S, ten_differences(S, p, q, r), u + 7);
    u[9] = g[6];
}

/* The numbers, each times a power of its pair's point, added up. */
INLINE lanes powers(const lanes *v, double p, double q, double r, double s) {
    lanes sum = multiply_add(v[1], (float)q, v[0] * (float)p);
    return multiply_add(v[3], (float)s, multiply_add(v[2], (float)r, sum));
}

INLINE void sums_and_differences(const lanes *m, lanes *sums, lanes *differences) {
    UNROLLED for (int i = 0; i < 4; i++) {
        sums[i] = m[2 * i] + m[2 * i + 1];
        differences[i] = m[2 * i] - m[2 * i + 1];
    }
}

INLINE void f47_output(const lanes *m, lanes *y) {
    lanes even[4], odd[4];
    sums_and_differences(m + 1, even, odd);
    y[0] = m[0] + even[0] + even[1] + even[2] + even[3];
    y[1] = powers(odd, P, Q, R, S);
    y[2] = powers(even, P * P, Q * Q, R * R, S * S);
    y[3] = powers(odd, P * P * P, Q * Q * Q, R * R * R, S * S * S) + m[9];
}

INLINE void f47_output_adjoint_pair(const lanes *y, double p, lanes *m) {
    lanes even = multiply_add(y[2], (float)(p * p), y[0]);
    lanes odd = multiply_add(y[3], (float)(p * p), y[1]);
    m[0] = multiply_add(odd, (float)p, even);
    m[1] = multiply_add(odd, -(float)p, even);
}

INLINE void f47_output_adjoint(const lanes *y, lanes *m) {
    m[0] = y[0];
    f47_output_adjoint_pair(y, P, m + 1);
    f47_output_adjoint_pair(y, Q, m + 3);
    f47_output_adjoint_pair(y, R, m + 5);
    f47_output_adjoint_pair(y, S, m + 7);
    m[9] = y[3];
}

INLINE void f47_kernel_adjoint(const lanes *u, lanes *g) {
    const double p = P * P, q = Q * Q, r = R * R, s = S * S;
    const float weight[4] = {
        (float)(1 / ten_differences(P, q, r, s)), (float)(1 / ten_differences(Q, p, r, s)),
        (float)(1 / ten_differences(R, p, q, s)), (float)(1 / ten_differences(S, p, q, r))};
    lanes even[4], odd[4];
    sums_and_differences(u + 1, even, odd);
    UNROLLED for (int i = 0; i < 4; i++) {
        even[i] = even[i] * weight[i];
        odd[i] = odd[i] * weight[i];
    }
    g[0] = u[0] + even[0] + even[1] + even[2] + even[3];
    g[1] = powers(odd, P, Q, R, S);
    g[2] = powers(even, p, q, r, s);
    g[3] = powers(odd, p * P, q * Q, r * R, s * S);
    g[4] = powers(even, p * p, q * q, r * r, s * s);
    g[5] = powers(odd, p * p * P, q * q * Q, r * r * R, s * s * S);
    g[6] = powers(even, p * p * p, q * q * q, r * r * r, s * s * s) + u[9];
}

/* Of five inputs in a row, and so of every other input of nine. */
INLINE void phase_input(const lanes *d, int apart, lanes *v) {
    lanes odd = multiply_add(d[apart], -2, d[3 * apart]);
    lanes even = multiply_add(d[0], -2, d[2 * apart]);
    v[0] = multiply_add(even, A, odd);
    v[1] = multiply_add(even, -A, odd);
    odd = multiply_add(d[apart], -0.5F, d[3 * apart]);
    even = multiply_add(d[0], -0.5F, d[2 * apart]);
    v[2] = multiply_add(even, B, odd);
    v[3] = multiply_add(even, -B, odd);
    v[4] = multiply_add(d[2 * apart], -2.5F, d[0] + d[4 * apart]);
}

INLINE void phase_output(const lanes *m, lanes *y) {
    lanes sum_a = m[0] + m[1], odd_a = (m[0] - m[1]) * A;
    lanes sum_b = m[2] + m[3], odd_b = (m[2] - m[3]) * B;
    y[0] = sum_a + sum_b;
    y[1] = odd_a + odd_b;
    y[2] = multiply_add(sum_b, 2, sum_a * 0.5F);
    y[3] = multiply_add(odd_a, 0.5F, multiply_add(odd_b, 2, m[4]));
}

INLINE void strided_input(const lanes *d, lanes *v) {
    phase_input(d, 2, v);
    for (int i = 0; i < 4; i++)
        v[5 + i] = d[2 * i + 1];
}

INLINE void strided_kernel(const lanes *g, lanes *u) {
    lanes even = g[0] * (B / 3), odd = g[2] * (1 / 3.0F);
    u[0] = -even - odd;
    u[1] = even - odd;
    even = g[0] * (A / 3);
    u[2] = odd + even;
    u[3] = odd - even;
    u[4] = g[2];
    u[5] = g[1];
}

INLINE void strided_output(const lanes *m, lanes *y) {
    phase_output(m, y);
    for (int i = 0; i < 4; i++)
        y[i] = y[i] + m[5 + i];
}

INLINE void strided_output_adjoint(const lanes *y, lanes *m) {
    lanes even = multiply_add(y[2], 0.5F, y[0]), odd = multiply_add(y[3], 0.5F, y[1]);
    m[0] = multiply_add(odd, A, even);
    m[1] = multiply_add(odd, -A, even);
    even = multiply_add(y[2], 2, y[0]), odd = multiply_add(y[3], 2, y[1]);
    m[2] = multiply_add(odd, B, even);
    m[3] = multiply_add(odd, -B, even);
    m[4] = y[3];
    for (int i = 0; i < 4; i++)
        m[5 + i] = y[i];
}

INLINE void strided_kernel_adjoint(const lanes *u, lanes *g) {
    g[0] = multiply_add(u[1] - u[0], B / 3, (u[2] - u[3]) * (A / 3));
    g[1] = u[5];
    g[2] = multiply_add((u[2] + u[3]) - (u[0] + u[1]), 1 / 3.0F, u[4]);
}

INLINE void strided_data_input(const lanes *d, lanes *v) {
    phase_input(d, 1, v);
    for (int i = 0; i < 4; i++)
        v[5 + i] = d[i];
}

INLINE void strided_data_output(const lanes *m, lanes *y) {
    lanes between[4];
    phase_output(m, between);
    for (int i = 0; i < 4; i++) {
        y[2 * i] = m[5 + i];
        y[2 * i + 1] = between[i];
    }
}

INLINE void toeplitz_input(const lanes *d, lanes *v) {
    v[0] = d[0] + d[1];
    v[1] = d[1];
    v[2] = d[0];
}

INLINE void toeplitz_kernel(const lanes *g, lanes *u) {
    u[0] = g[1];
    u[1] = g[2] - g[1];
    u[2] = g[0] - g[1];
}

INLINE void toeplitz_output(const lanes *m, lanes *y) {
    y[0] = m[0] + m[1];
    y[1] = m[0] + m[2];
}

INLINE void toeplitz_output_adjoint(const lanes *y, lanes *m) {
    m[0] = y[0] + y[1];
    m[1] = y[0];
    m[2] = y[1];
}

INLINE void toeplitz_kernel_adjoint(const lanes *u, lanes *g) {
    g[0] = u[2];
    g[1] = u[0] - u[1] - u[2];
    g[2] = u[1];
}

/* --- squares ---------------------------------------------------------------------------------- */

/* What ends a layer, for one place of those at to_at. */
INLINE lanes finish(const nt_winograd_epilogue *epilogue, int place, int64_t to_at, int64_t at,
                    lanes v) {
    if (epilogue->bias)
        v = v + load(epilogue->bias + at);
    if (epilogue->plus)
        v = v + load(epilogue->plus[place] + to_at + at);
    return epilogue->relu ? relu(v) : v;
}

/* clang-format off */
/* Applies a line's map, of n places to m, down the columns and then along the rows; `last`: it is
 * an output's, which heeds the epilogue. */
#define SQUARE(line, n, m, last)                                                                   \
    static void line##_square(const float *const *from, int64_t from_at, float *const *to,         \
                              int64_t to_at, int64_t count,                                        \
                              const nt_winograd_epilogue *epilogue) {                              \
        for (int64_t at = 0; at < count; at += LANES) {                                            \
            lanes half[m][n], read[n], made[m];                                                    \
            UNROLLED for (int j = 0; j < (n); j++) {                                               \
                UNROLLED for (int i = 0; i < (n); i++)                                             \
                    read[i] = load(from[i * (n) + j] + from_at + at);                              \
                line(read, made);                                                                  \
                UNROLLED for (int i = 0; i < (m); i++)                                             \
                    half[i][j] = made[i];                                                          \
            }                                                                                      \
            UNROLLED for (int i = 0; i < (m); i++) {                                               \
                line(half[i], made);                                                               \
                if ((last) && epilogue)                                                            \
                    UNROLLED for (int j = 0; j < (m); j++)                                         \
                        made[j] = finish(epilogue, i * (m) + j, to_at, at, made[j]);               \
                UNROLLED for (int j = 0; j < (m); j++)                                             \
                    store(to[i * (m) + j] + to_at + at, made[j]);                                  \
            }                                                                                      \
        }                                                                                          \
        (void)epilogue;                                                                            \
    }

/* Applies a line's map to one line, be it a row or a column. */
#define SINGLE(line, n, m, last)                                                                   \
    static void line##_single(const float *const *from, int64_t from_at, float *const *to,         \
                              int64_t to_at, int64_t count,                                        \
                              const nt_winograd_epilogue *epilogue) {                              \
        for (int64_t at = 0; at < count; at += LANES) {                                            \
            lanes read[n], made[m];                                                                \
            UNROLLED for (int i = 0; i < (n); i++)                                                 \
                read[i] = load(from[i] + from_at + at);                                            \
            line(read, made);                                                                      \
            if ((last) && epilogue)                                                                \
                UNROLLED for (int i = 0; i < (m); i++)                                             \
                    made[i] = finish(epilogue, i, to_at, at, made[i]);                             \
            UNROLLED for (int i = 0; i < (m); i++)                                                 \
                store(to[i] + to_at + at, made[i]);                                                \
        }                                                                                          \
        (void)epilogue;                                                                            \
    }
/* clang-format on */

SQUARE(f43_input, 6, 6, false)
SQUARE(f43_kernel, 3, 6, false)
SQUARE(f43_output, 6, 4, true)
SQUARE(f43_output_adjoint, 4, 6, false)
SQUARE(f43_kernel_adjoint, 6, 3, false)
SQUARE(eight_input, 8, 8, false)
SQUARE(f45_kernel, 5, 8, false)
SQUARE(f45_output, 8, 4, true)
SQUARE(f45_output_adjoint, 4, 8, false)
SQUARE(f45_kernel_adjoint, 8, 5, false)
SINGLE(ten_input, 10, 10, false)
SINGLE(f47_kernel, 7, 10, false)
SINGLE(f47_output, 10, 4, true)
SINGLE(f47_output_adjoint, 4, 10, false)
SINGLE(f47_kernel_adjoint, 10, 7, false)
SINGLE(f43_input, 6, 6, false)
SINGLE(f43_kernel, 3, 6, false)
SINGLE(f43_output, 6, 4, true)
SINGLE(f43_output_adjoint, 4, 6, false)
SINGLE(f43_kernel_adjoint, 6, 3, false)
SQUARE(strided_input, 9, 9, false)
SQUARE(strided_kernel, 3, 6, false)
SQUARE(strided_output, 9, 4, true)
SQUARE(strided_output_adjoint, 4, 9, false)
SQUARE(strided_kernel_adjoint, 6, 3, false)
SQUARE(strided_data_input, 5, 9, false)
SQUARE(strided_data_output, 9, 8, true)
SQUARE(toeplitz_input, 2, 3, false)
SQUARE(toeplitz_kernel, 3, 3, false)
SQUARE(toeplitz_output, 3, 2, true)
SQUARE(toeplitz_output_adjoint, 2, 3, false)
SQUARE(toeplitz_kernel_adjoint, 3, 3, false)

/* --- turning ---------------------------------------------------------------------------------- */

#if defined __AVX2__
/* Eight rows of eight, NT_PANEL floats apart in both. */
INLINE void turn_eight(const float *from, float *to) {
    __m256 a[8], b[8];
    for (int i = 0; i < 8; i++)
        a[i] = _mm256_loadu_ps(from + i * NT_PANEL);
    for (int i = 0; i < 8; i += 2) {
        b[i] = _mm256_unpacklo_ps(a[i], a[i + 1]);
        b[i + 1] = _mm256_unpackhi_ps(a[i], a[i + 1]);
    }
    for (int i = 0; i < 8; i += 4)
        for (int j = 0; j < 2; j++) {
            a[i + 2 * j] = _mm256_shuffle_ps(b[i + j], b[i + j + 2], 0x44);
            a[i + 2 * j + 1] = _mm256_shuffle_ps(b[i + j], b[i + j + 2], 0xEE);
        }
    for (int i = 0; i < 4; i++) {
        _mm256_storeu_ps(to + i * NT_PANEL, _mm256_permute2f128_ps(a[i], a[i + 4], 0x20));
        _mm256_storeu_ps(to + (i + 4) * NT_PANEL, _mm256_permute2f128_ps(a[i], a[i + 4], 0x31));
    }
}
#endif

static void turn(const float *from, int64_t rows, float *to) {
#if defined __AVX2__
    if (rows == NT_PANEL) {
        for (int i = 0; i < NT_PANEL; i += 8)
            for (int j = 0; j < NT_PANEL; j += 8)
                turn_eight(from + i * NT_PANEL + j, to + j * NT_PANEL + i);
        return;
    }
#endif
    for (int64_t i = 0; i < NT_PANEL; i++)
        for (int64_t j = 0; j < NT_PANEL; j++)
            to[i * NT_PANEL + j] = j < rows ? from[j * NT_PANEL + i] : 0;
}

#define SET NAME(NT_LINES)

enum { ANY_DEPTH = INT32_MAX };

#define PAIR(down, along)                                                                          \
    { down, along }

/* A scheme without a stride, which is its own for the data: `from` names what transforms its
 * inputs, `by` all else. */
#define UNSTRIDED(name, size, result, tap, point, most, from, by, sides)                           \
    [name] = {                                                                                     \
        .in = size,                                                                                \
        .out = result,                                                                             \
        .taps = tap,                                                                               \
        .points = point,                                                                           \
        .stride = 1,                                                                               \
        .step = result,                                                                            \
        .kernel_points = point,                                                                    \
        .depth = most,                                                                             \
        .data = &SET[name],                                                                        \
        .input = from##_input_##sides,                                                             \
        .kernel = by##_kernel_##sides,                                                             \
        .output = by##_output_##sides,                                                             \
        .output_adjoint = by##_output_adjoint_##sides,                                             \
        .kernel_adjoint = by##_kernel_adjoint_##sides,                                             \
        .turn = turn,                                                                              \
    }

const nt_winograd SET[] = {
    UNSTRIDED(NT_WINOGRAD_F43, PAIR(6, 6), PAIR(4, 4), PAIR(3, 3), PAIR(6, 6), ANY_DEPTH, f43, f43,
              square),
    UNSTRIDED(NT_WINOGRAD_TOEPLITZ, PAIR(2, 2), PAIR(2, 2), PAIR(3, 3), PAIR(3, 3), ANY_DEPTH,
              toeplitz, toeplitz, square),
    UNSTRIDED(NT_WINOGRAD_F45, PAIR(8, 8), PAIR(4, 4), PAIR(5, 5), PAIR(8, 8), 64, eight, f45,
              square),
    UNSTRIDED(NT_WINOGRAD_ROW7, PAIR(1, 10), PAIR(1, 4), PAIR(1, 7), PAIR(1, 10), ANY_DEPTH, ten,
              f47, single),
    UNSTRIDED(NT_WINOGRAD_COLUMN7, PAIR(10, 1), PAIR(4, 1), PAIR(7, 1), PAIR(10, 1), ANY_DEPTH, ten,
              f47, single),
    UNSTRIDED(NT_WINOGRAD_ROW3, PAIR(1, 6), PAIR(1, 4), PAIR(1, 3), PAIR(1, 6), ANY_DEPTH, f43, f43,
              single),
    UNSTRIDED(NT_WINOGRAD_COLUMN3, PAIR(6, 1), PAIR(4, 1), PAIR(3, 1), PAIR(6, 1), ANY_DEPTH, f43,
              f43, single),
    [NT_WINOGRAD_STRIDED] =
        {
            .in = {9, 9},
            .out = {4, 4},
            .taps = {3, 3},
            .points = {9, 9},
            .stride = 2,
            .step = {8, 8},
            .kernel_points = {6, 6},
            .depth = ANY_DEPTH,
            .data = &SET[NT_WINOGRAD_STRIDED_DATA],
            .input = strided_input_square,
            .kernel = strided_kernel_square,
            .output = strided_output_square,
            .output_adjoint = strided_output_adjoint_square,
            .kernel_adjoint = strided_kernel_adjoint_square,
            .turn = turn,
        },
    [NT_WINOGRAD_STRIDED_DATA] =
        {
            .in = {5, 5},
            .out = {8, 8},
            .taps = {3, 3},
            .points = {9, 9},
            .stride = 2,
            .step = {4, 4},
            .kernel_points = {6, 6},
            .depth = ANY_DEPTH,
            .input = strided_data_input_square,
            .kernel = strided_kernel_square,
            .output = strided_data_output_square,
            .turn = turn,
        },
};
