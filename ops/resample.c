#include "resample.h"

#include <math.h>

size_t nt_axis_bytes(const nt_axis_spec *spec) {
    return ((size_t)spec->out * 2 + (size_t)spec->in + 1) * sizeof(int32_t);
}

/* In float32, like PyTorch: where a neighbour is only just the nearest, the rounding decides. */
static int32_t nearest_of(const nt_axis_spec *spec, int32_t o) {
    float step = spec->scale > 0 ? (float)(1 / spec->scale) : (float)spec->in / (float)spec->out;
    int32_t at = (int32_t)floorf((float)o * step);
    return at < spec->in ? at : spec->in - 1;
}

/* Where output o lies among the places of the input. */
static double position_of(const nt_axis_spec *spec, int32_t o) {
    if (spec->in == spec->out)
        return o;
    if (spec->corners)
        return spec->out > 1 ? (double)o * (spec->in - 1) / (spec->out - 1) : 0;
    double step = spec->scale > 0 ? 1 / spec->scale : (double)spec->in / spec->out;
    return fmax((o + 0.5) * step - 0.5, 0);
}

nt_axis nt_axis_make(const nt_axis_spec *spec, void *memory) {
    nt_axis axis = {.in = spec->in, .out = spec->out, .at = memory};
    axis.share = (float *)(axis.at + spec->out);
    axis.start = (int32_t *)(axis.share + spec->out);
    for (int32_t o = 0; o < spec->out; o++) {
        double position = spec->nearest ? nearest_of(spec, o) : position_of(spec, o);
        bool last = position >= spec->in - 1;
        axis.at[o] = last ? spec->in - 1 : (int32_t)position;
        axis.share[o] = last ? 0 : (float)(position - axis.at[o]);
    }
    for (int32_t i = 0, o = 0; i <= spec->in; i++) {
        while (o < spec->out && axis.at[o] < i)
            o++;
        axis.start[i] = o;
    }
    return axis;
}
