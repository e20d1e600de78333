/* Each channel by a scale and a shift of its own, and what follows in the graph: what
 * normalisations come down to once their statistics are known. */
#ifndef NT_SCALE_SHIFT_H
#define NT_SCALE_SHIFT_H

#include "activation.h"
#include <stdint.h>

/* y = activation(x * scale + shift + plus), each step rounded by itself, as separate ops would. */
typedef struct nt_scale_shift {
    const float *x, *plus;      /* [row][channel]; plus NULL: none */
    const float *scale, *shift; /* [channel] */
    nt_activation activation;
    float *y; /* like x, and may be x or plus */
    int64_t rows, channels;
} nt_scale_shift;

void nt_scale_shift_run(const nt_scale_shift *what);

#endif
