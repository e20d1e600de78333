/* The vectors of files that the build compiles once for each set of fused vector instructions: AVX2
 * with eight floats or AVX-512 with sixteen. Both round alike. */
#ifndef NT_FUSED_LANES_H
#define NT_FUSED_LANES_H

#include <immintrin.h>
#include <string.h>

#define INLINE static inline __attribute__((always_inline))

#if defined __AVX512F__
typedef __m512 lanes;
INLINE lanes multiply_add(lanes a, lanes b, lanes c) {
    return _mm512_fmadd_ps(a, b, c);
}
INLINE lanes broadcast(const float *from) {
    return _mm512_set1_ps(*from);
}
#else
typedef __m256 lanes;
INLINE lanes multiply_add(lanes a, lanes b, lanes c) {
    return _mm256_fmadd_ps(a, b, c);
}
INLINE lanes broadcast(const float *from) {
    return _mm256_broadcast_ss(from);
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

#endif
