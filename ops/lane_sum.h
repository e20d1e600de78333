/* Sums of many floats in double, in interleaved parts, so that loops over them become vectors: what
 * is in which part depends on the number of elements alone. */
#ifndef NT_LANE_SUM_H
#define NT_LANE_SUM_H

#include "vectorise.h"
#include <stdint.h>

enum { NT_SUM_LANES = 8 };

NT_INLINE double nt_lane_sum(const float *x, int64_t count) {
    double sum = 0, lanes[NT_SUM_LANES] = {0};
    int64_t i = 0;
    if (count >= 2 * NT_SUM_LANES) {
        for (; i + NT_SUM_LANES <= count; i += NT_SUM_LANES)
            for (int l = 0; l < NT_SUM_LANES; l++)
                lanes[l] += (double)x[i + l];
        for (int l = 0; l < NT_SUM_LANES; l++)
            sum += lanes[l];
    }
    for (; i < count; i++)
        sum += (double)x[i];
    return sum;
}

NT_INLINE double nt_lane_dot(const float *x, const float *y, int64_t count) {
    double sum = 0, lanes[NT_SUM_LANES] = {0};
    int64_t i = 0;
    if (count >= 2 * NT_SUM_LANES) {
        for (; i + NT_SUM_LANES <= count; i += NT_SUM_LANES)
            for (int l = 0; l < NT_SUM_LANES; l++)
                lanes[l] += (double)x[i + l] * (double)y[i + l];
        for (int l = 0; l < NT_SUM_LANES; l++)
            sum += lanes[l];
    }
    for (; i < count; i++)
        sum += (double)x[i] * (double)y[i];
    return sum;
}

#endif
