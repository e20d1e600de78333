/* What ends a layer, done to sums (epilogue.h): bias, then plus, then the activation, each rounded
 * by itself, as separate ops would. Vectors and single numbers go through the same steps. A relu is
 * taken on the way, other activations where the result lies then, still in a cache. */
#include "epilogue.h"

#include "lanes.h"
#include "tensor.h"
#include "vectorise.h"

typedef struct task {
    const nt_epilogue *epilogue;
    const nt_conv_sums *sums;
    int64_t rows, channel, count;
    float *y;
    int64_t at, y_row;
} task;

NT_INLINE float finish_one(const nt_epilogue *epilogue, float sum, int64_t channel, int64_t at) {
    if (epilogue->bias)
        sum += epilogue->bias[channel];
    if (epilogue->plus)
        sum += epilogue->plus[at];
    return epilogue->activation.kind == NT_RELU && sum < 0 ? 0 : sum;
}

/* One place. A vector is read as a whole before it is written. */
NT_INLINE void finish_row(const task *t, const float *from, int64_t at, bool relu) {
    const float *bias = t->epilogue->bias ? t->epilogue->bias + t->channel : NULL,
                *plus = t->epilogue->plus;
    int64_t c = 0, panel = t->sums->panel;
    for (; c + NT_LANES <= t->count; c += NT_LANES) {
        nt_lanes v = NT_LANES_LOAD(from + c / NT_PANEL * panel + c % NT_PANEL);
        if (bias)
            v += NT_LANES_LOAD(bias + c);
        if (plus)
            v += NT_LANES_LOAD(plus + at + c);
        if (relu) /* NaN is not negative */
            v = (nt_lanes)((nt_lane_bits)v & ~(v < 0));
        NT_LANES_STORE(t->y + at + c, v);
    }
    for (; c < t->count; c++)
        t->y[at + c] = finish_one(t->epilogue, from[c / NT_PANEL * panel + c % NT_PANEL],
                                  t->channel + c, at + c);
}

NT_VECTORISED(finish_rows, (const task *t), (t)) {
    const float *from = t->sums->from;
    int64_t at = t->at, row = t->sums->row;
    bool relu = t->epilogue->activation.kind == NT_RELU;
    for (int64_t i = 0; relu && i < t->rows; i++)
        finish_row(t, from + i * row, at + i * t->y_row, true);
    for (int64_t i = 0; !relu && i < t->rows; i++)
        finish_row(t, from + i * row, at + i * t->y_row, false);
}

void nt_epilogue_apply(const nt_epilogue *epilogue, const nt_conv_sums *sums, int64_t rows,
                       int64_t channel, int64_t count, float *y, int64_t at, int64_t y_row) {
    task t = {epilogue, sums, rows, channel, count, y, at, y_row};
    finish_rows(&t);
    if (nt_epilogue_remains(epilogue))
        nt_activate(&epilogue->activation, y + at, y + at, rows, y_row, count);
}

bool nt_epilogue_changes(const nt_epilogue *epilogue) {
    return epilogue->bias || epilogue->plus || epilogue->activation.kind != NT_NO_ACTIVATION;
}

bool nt_epilogue_in_place(const nt_epilogue *epilogue, const float *y) {
    return epilogue->plus != y;
}

bool nt_epilogue_remains(const nt_epilogue *epilogue) {
    return epilogue->activation.kind > NT_RELU;
}
