/* The inner loops of depthwise.h: sums that run side by side for all channels. */
#ifndef NT_DEPTHWISE_LINES_H
#define NT_DEPTHWISE_LINES_H

#include <stdint.h>

enum { NT_RUN_TAPS = 1 << 10 /* at most so many taps of a run */ };

/* Places along a line that meet the map under the same taps. Tap t of place p meets the channels at
 * from[t] + p * step; in the kernel, those of the tap lie at at[t]. */
typedef struct nt_depthwise_run {
    int64_t places, channels, step;
    int taps;
    const float *from[NT_RUN_TAPS];
    int64_t at[NT_RUN_TAPS];
} nt_depthwise_run;

/* to[p * to_step + c] = sum over taps of kernel[at + c] * from[p * step + c], in the order of the
 * taps. */
void nt_depthwise_sum(const nt_depthwise_run *run, const float *kernel, float *to, int64_t to_step);

/* sums[at + c] += sum over places of dy[p * dy_step + c] * from[p * step + c], for each tap. */
void nt_depthwise_correlate(const nt_depthwise_run *run, const float *dy, int64_t dy_step,
                            float *sums);

#endif
