/* What ends a layer (nt_epilogue), applied to sums on their way to the result. */
#ifndef NT_EPILOGUE_H
#define NT_EPILOGUE_H

#include "conv.h"

/* The sums of some places, in panels of NT_PANEL channels: that of channel c, of place i, is
 * from[i * row + c / NT_PANEL * panel + c % NT_PANEL]. */
typedef struct nt_conv_sums {
    const float *from;
    int64_t row, panel;
} nt_conv_sums;

/* y[at + i * y_row + c] = epilogue(sum) for places i of `rows` and c of `count` channels, of which
 * the first is the layer's channel `channel`. The sums may lie in y, each at its own place, and
 * `plus` may be y: all is read before it is written. */
void nt_epilogue_apply(const nt_epilogue *epilogue, const nt_conv_sums *sums, int64_t rows,
                       int64_t channel, int64_t count, float *y, int64_t at, int64_t y_row);

/* Whether there is anything to do to sums that lie in place. */
bool nt_epilogue_changes(const nt_epilogue *epilogue);

/* Whether the activation is another than relu: it is done to results that have all the rest. */
bool nt_epilogue_remains(const nt_epilogue *epilogue);

/* Whether y may hold sums until they are finished: not where it holds what is to be added. */
bool nt_epilogue_in_place(const nt_epilogue *epilogue, const float *y);

#endif
