/* As many sums as a processor has multiply-adds under way, and as its registers hold: none waits
 * for another, and nothing is read or written. */
#include "gemm_peak.h"

#include "fused_lanes.h"

enum { SUMS = 12 };

#define NAME(set) PASTE(nt_gemm_peak_, set)

double NAME(NT_TILES)(int64_t rounds) {
    lanes sums[SUMS], total = {0};
    const lanes factor = spread(0.5F), summand = spread(1);
    UNROLL
    for (int i = 0; i < SUMS; i++)
        sums[i] = spread((float)i);
    for (int64_t k = 0; k < rounds; k++)
        UNROLL
    for (int i = 0; i < SUMS; i++)
        sums[i] = multiply_add(sums[i], factor, summand);
    UNROLL
    for (int i = 0; i < SUMS; i++)
        total = total + sums[i];
    volatile float seen = total[0]; /* so that the sums are wanted */
    (void)seen;
    return 2.0 * LANES * SUMS * (double)rounds;
}
