/* Along one axis of a map, which places of the input each place of a resized output is made of, as
 * PyTorch's interpolate defines it:
 *
 *     y[o] = (1 - share[o]) * x[at[o]] + share[o] * x[at[o] + 1]
 *
 * share is 0 where at[o] is the last place, and everywhere for the nearest neighbour. at[] never
 * falls, so the outputs that are made of place i are those of [start[i - 1], start[i + 1]), where
 * start[i] is the first o with at[o] >= i. */
#ifndef NT_RESAMPLE_H
#define NT_RESAMPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct nt_axis_spec {
    int32_t in, out; /* places */
    double scale;    /* outputs to an input, if that was given; 0: out / in */
    bool nearest;
    bool corners; /* bilinear: the first and last places lie on each other, not their edges */
} nt_axis_spec;

typedef struct nt_axis {
    int32_t in, out;
    int32_t *at;    /* [out] */
    float *share;   /* [out] */
    int32_t *start; /* [in + 1]; start[in] is `out` */
} nt_axis;

/* The tables lie in `memory`, nt_axis_bytes of it, aligned to 4 bytes. */
size_t nt_axis_bytes(const nt_axis_spec *spec);
nt_axis nt_axis_make(const nt_axis_spec *spec, void *memory);

/* The outputs that place i of the input is part of, [from, to), and its part in one of them. */
typedef struct nt_axis_range {
    int32_t from, to;
} nt_axis_range;
static inline nt_axis_range nt_axis_outputs(const nt_axis *axis, int32_t i) {
    return (nt_axis_range){axis->start[i > 0 ? i - 1 : 0],
                           axis->start[i + 1 < axis->in ? i + 1 : axis->in]};
}
static inline float nt_axis_part(const nt_axis *axis, int32_t i, int32_t o) {
    return axis->at[o] == i ? 1 - axis->share[o] : axis->share[o];
}

#endif
