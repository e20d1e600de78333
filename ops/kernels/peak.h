/* What the processor can do at most: floating-point operations by a loop of nothing but fused
 * multiply-adds, on all threads at once. */
#ifndef NT_PEAK_H
#define NT_PEAK_H

#include "gemm_peak.h"

/* The best of several tries, which take some milliseconds together; in 10^9 a second. */
double nt_peak_measure(nt_gemm_peak *loop);

#endif
