#include "winograd_kernel.h"

#include "integers.h"
#include "prefetch.h"
#include "tensor.h"

enum { SQUARE = NT_PANEL * NT_PANEL };

/* Where the weights of a panel of output channels lie, under a tap. */
static const float *tap_at(const nt_winograd_kernel *k, int64_t panel, int tap) {
    int64_t taps = nt_winograd_area(k->scheme->taps);
    return k->weight + (panel * taps + tap) * k->shape->channels * NT_PANEL;
}

/* Transforms a panel of output channels, now the channels to sum over, for a panel of input
 * channels. Where either has no channel, it has zeros. */
static void transform_turned(const nt_winograd_kernel *k, int64_t panel, int64_t out_panel,
                             float *const *to, int64_t to_at) {
    float turned[NT_MOST_TAPS][SQUARE]; /* [tap][output channel][input channel] */
    const float *from[NT_MOST_PLACES];
    int taps = nt_winograd_area(k->scheme->taps);
    int64_t left = k->shape->channels - panel * NT_PANEL;
    for (int i = 0; i < taps; i++) {
        k->scheme->turn(tap_at(k, out_panel, taps - 1 - i) + panel * SQUARE,
                        left < NT_PANEL ? left : NT_PANEL, turned[i]);
        from[i] = turned[i];
    }
    k->scheme->kernel(from, 0, to, to_at, SQUARE, NULL);
}

void nt_winograd_kernel_transform(const nt_winograd_kernel *k, int64_t panel, int64_t first,
                                  int64_t end, float *to, int64_t point) {
    const float *from[NT_MOST_PLACES];
    float *points[NT_MOST_PLACES];
    for (int i = 0; i < nt_winograd_area(k->scheme->kernel_points); i++)
        points[i] = to + i * point;
    if (k->transposed) {
        for (int64_t c = first; c < end; c += NT_PANEL)
            transform_turned(k, panel, c / NT_PANEL, points, (c - first) * NT_PANEL);
        return;
    }
    for (int i = 0; i < nt_winograd_area(k->scheme->taps); i++)
        from[i] = tap_at(k, panel, i);
    k->scheme->kernel(from, first * NT_PANEL, points, 0, (end - first) * NT_PANEL, NULL);
}

void nt_winograd_kernel_prefetch(const nt_winograd_kernel *k, int64_t panel, int64_t first,
                                 int64_t end, int64_t part, int64_t parts) {
    int taps = nt_winograd_area(k->scheme->taps);
    int64_t panels = nt_ceil_div(end - first, NT_PANEL), squares = panels * taps;
    for (int64_t i = part * squares / parts; i < (part + 1) * squares / parts; i++) {
        int64_t summed = first / NT_PANEL + i % panels;
        int64_t across = k->transposed ? panel : summed, along = k->transposed ? summed : panel;
        const float *square = tap_at(k, along, (int)(i / panels)) + across * SQUARE;
        int64_t left = (k->shape->channels - across * NT_PANEL) * NT_PANEL;
        nt_prefetch_to_read(square, nt_min(left, SQUARE));
    }
}
