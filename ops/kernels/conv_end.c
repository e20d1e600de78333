#include "conv_end.h"

#include "lanes.h"
#include "tensor.h"
#include "vectorise.h"

typedef struct task {
    const nt_conv_end *end;
    const nt_conv_sums *sums;
    int64_t rows, channel, count;
    float *y;
    int64_t at, y_row;
} task;

NT_INLINE float end_one(const nt_conv_end *end, float sum, int64_t channel, int64_t at) {
    if (end->bias)
        sum += end->bias[channel];
    if (end->plus)
        sum += end->plus[at];
    return end->relu && sum < 0 ? 0 : sum;
}

/* One place. A vector is read as a whole before it is written. */
NT_INLINE void end_row(const task *t, const float *from, int64_t at, bool relu) {
    const float *bias = t->end->bias ? t->end->bias + t->channel : NULL, *plus = t->end->plus;
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
        t->y[at + c] =
            end_one(t->end, from[c / NT_PANEL * panel + c % NT_PANEL], t->channel + c, at + c);
}

NT_VECTORISED(end_rows, (const task *t), (t)) {
    const float *from = t->sums->from;
    int64_t at = t->at, row = t->sums->row;
    for (int64_t i = 0; t->end->relu && i < t->rows; i++)
        end_row(t, from + i * row, at + i * t->y_row, true);
    for (int64_t i = 0; !t->end->relu && i < t->rows; i++)
        end_row(t, from + i * row, at + i * t->y_row, false);
}

void nt_conv_end_rows(const nt_conv_end *end, const nt_conv_sums *sums, int64_t rows,
                      int64_t channel, int64_t count, float *y, int64_t at, int64_t y_row) {
    task t = {end, sums, rows, channel, count, y, at, y_row};
    end_rows(&t);
}

bool nt_conv_end_changes(const nt_conv_end *end) {
    return end->bias || end->plus || end->relu;
}

bool nt_conv_end_in_place(const nt_conv_end *end, const float *y) {
    return end->plus != y;
}
