/* Loops for wider vectors than the build's own. Debian's x86-64 has vectors of four floats; nearly
 * every processor that runs it has AVX2, with eight. A function defined by NT_VECTORISED is
 * compiled for both, and each call takes the one that the processor has:
 *
 *     NT_VECTORISED(halve, (float *x, int64_t count), (x, count)) {
 *         for (int64_t i = 0; i < count; i++)
 *             x[i] /= 2;
 *     }
 *
 * defines `static void halve(float *x, int64_t count)`. Only what is written or inlined in the body
 * profits: a helper that it calls is to be NT_INLINE. Both give the same bits, since a vector's
 * lanes compute what the loop would, and AVX2 brings no fused multiply-add. Compilers' own means to
 * this end (target_clones) choose before a sanitizer is ready, and can't be told what to choose. */
#ifndef NT_VECTORISE_H
#define NT_VECTORISE_H

#include <stdbool.h>

/* Before a loop whose passes don't depend on each other, although the places that it writes may be
 * those that it reads. (Only where the build says -fopenmp-simd.) */
#define NT_SIMD _Pragma("omp simd")

#define NT_INLINE static inline __attribute__((always_inline))

/* Whether the wide versions run: from the start, where the processor has what they need. Tests turn
 * them off to compare. */
bool nt_vectors_wide(void);
void nt_vectors_allow_wide(bool allowed);

/* The kernels that are written for a set of instructions multiply and add in one, so that they
 * round in other places than plain ones do: the set is part of how a result was computed. AVX2
 * stands for AVX2 with FMA; AVX2 and AVX-512 give the same bits. */
typedef enum nt_vectors { NT_VECTORS_PLAIN, NT_VECTORS_AVX2, NT_VECTORS_AVX512 } nt_vectors;

/* The set that these kernels take: the greatest that the processor has. Tests limit it. */
nt_vectors nt_vectors_fused(void);
void nt_vectors_limit(nt_vectors most);

#if defined __x86_64__
#define NT_VECTORISED(name, parameters, arguments)                                                 \
    NT_INLINE void name##_body parameters;                                                         \
    __attribute__((target("avx2"))) static void name##_wide parameters {                           \
        name##_body arguments;                                                                     \
    }                                                                                              \
    static void name parameters {                                                                  \
        if (nt_vectors_wide())                                                                     \
            name##_wide arguments;                                                                 \
        else                                                                                       \
            name##_body arguments;                                                                 \
    }                                                                                              \
    NT_INLINE void name##_body parameters
#else
#define NT_VECTORISED(name, parameters, arguments) static void name parameters
#endif

#endif
