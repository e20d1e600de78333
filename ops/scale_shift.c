/* A job works on chunks of some rows, so that the activation finds them in the first-level cache.
 */
#include "scale_shift.h"

#include "elementwise.h"
#include "integers.h"
#include "vectorise.h"

enum { CHUNK = 1 << 11 /* elements, about */ };

NT_VECTORISED(scale_rows, (const nt_scale_shift *s, int64_t from, int64_t to), (s, from, to)) {
    const float *restrict scale = s->scale, *restrict shift = s->shift;
    int64_t channels = s->channels;
    const float *x = s->x + from * channels;
    float *y = s->y + from * channels;
    for (int64_t row = from; row < to; row++, x += channels, y += channels)
        for (int64_t c = 0; c < channels; c++)
            y[c] = x[c] * scale[c] + shift[c];
}

NT_VECTORISED(scale_and_add, (const nt_scale_shift *s, int64_t from, int64_t to), (s, from, to)) {
    const float *restrict scale = s->scale, *restrict shift = s->shift;
    int64_t channels = s->channels;
    const float *x = s->x + from * channels, *plus = s->plus + from * channels;
    float *y = s->y + from * channels;
    for (int64_t row = from; row < to; row++, x += channels, y += channels, plus += channels)
        for (int64_t c = 0; c < channels; c++)
            y[c] = x[c] * scale[c] + shift[c] + plus[c];
}

static void run_rows(const void *context, int64_t from, int64_t to, int worker) {
    const nt_scale_shift *s = context;
    int64_t step = nt_max(CHUNK / s->channels, 1);
    (void)worker;
    for (int64_t row = from; row < to; row += step) {
        int64_t end = nt_min(row + step, to);
        float *y = s->y + row * s->channels;
        if (s->plus)
            scale_and_add(s, row, end);
        else
            scale_rows(s, row, end);
        if (s->activation.kind != NT_NO_ACTIVATION)
            nt_activate(&s->activation, y, y, end - row, s->channels, s->channels);
    }
}

void nt_scale_shift_run(const nt_scale_shift *what) {
    nt_rowwise(what->rows, nt_rows_of_job(what->channels), run_rows, what);
}
