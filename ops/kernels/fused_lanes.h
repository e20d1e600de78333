/* Vectors of the set of instructions that a file is compiled for, with multiply and add in one:
 * AVX-512, AVX2 with FMA, or four floats on arm64 and on x86-64 with FMA. All sets round alike. */
#ifndef NT_FUSED_LANES_H
#define NT_FUSED_LANES_H

#include <stdint.h>

#define PASTE(a, b) a##b
#define INLINE static inline __attribute__((always_inline))
/* Before a loop whose passes are few and known: they become code one after the other, and what they
 * index a register each. */
#if defined __clang__
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

#if defined __AVX512F__
#include <immintrin.h>
typedef __m512 lanes;
INLINE lanes spread(float x) {
    return _mm512_set1_ps(x);
}
INLINE lanes multiply_add(lanes a, lanes b, lanes c) {
    return _mm512_fmadd_ps(a, b, c);
}
#elif defined __AVX2__
#include <immintrin.h>
typedef __m256 lanes;
INLINE lanes spread(float x) {
    return _mm256_set1_ps(x);
}
INLINE lanes multiply_add(lanes a, lanes b, lanes c) {
    return _mm256_fmadd_ps(a, b, c);
}
#else
#if defined __aarch64__
#include <arm_neon.h>
#else
#include <immintrin.h>
#endif
typedef float lanes __attribute__((vector_size(16)));
INLINE lanes spread(float x) {
    return (lanes){x, x, x, x};
}
/* Compilers that may join a * b + c do so only where they optimise. */
INLINE lanes multiply_add(lanes a, lanes b, lanes c) {
#if defined __aarch64__
    return (lanes)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b);
#else
    return (lanes)_mm_fmadd_ps((__m128)a, (__m128)b, (__m128)c);
#endif
}
#endif

/* As they lie in memory: anywhere. */
typedef float lanes_there __attribute__((vector_size(sizeof(lanes)), aligned(4), may_alias));

INLINE lanes load(const float *from) {
    return (lanes) * (const lanes_there *)from;
}
INLINE void store(float *to, lanes x) {
    *(lanes_there *)to = (lanes_there)x;
}

/* Negative values become 0; NaN is not negative. */
INLINE lanes relu(lanes v) {
    typedef int32_t bits __attribute__((vector_size(sizeof(lanes))));
    return (lanes)((bits)v & ~(bits)(v < 0));
}

enum { LANES = sizeof(lanes) / sizeof(float) };

#endif
