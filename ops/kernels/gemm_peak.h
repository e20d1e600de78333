/* Nothing but fused multiply-adds, compiled once for each set of vector instructions from
 * gemm_peak.c. */
#ifndef NT_GEMM_PEAK_H
#define NT_GEMM_PEAK_H

#include <stdint.h>

/* Does so many rounds of them; returns how many floating-point operations these were. */
typedef double nt_gemm_peak(int64_t rounds);

#if defined __x86_64__
nt_gemm_peak nt_gemm_peak_avx512, nt_gemm_peak_avx2;
#endif
#if defined __x86_64__ || defined __aarch64__
nt_gemm_peak nt_gemm_peak_portable;
#endif

#endif
