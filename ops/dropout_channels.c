/* A factor for each channel of each sample is written down first; then both directions multiply. */
#include "dropout_channels.h"

#include "dropout_factors.h"
#include "integers.h"
#include "parallel.h"
#include "vectorise.h"

enum {
    JOB = 1 << 14, /* elements, or one pixel */
    DRAWN = 1024,  /* factors; a multiple of NT_FACTOR_GROUP */
    LANES = 256    /* channels summed at a time */
};

/* --- factors ---------------------------------------------------------------------------------- */

nt_need nt_dropout_channels_need(const nt_tensor *out) {
    return (nt_need){.shared = (size_t)out->count * (size_t)out->type.shape.dim[0] * sizeof(float)};
}

/* Both directions: to = from times the factors of each sample's channels. `from` may hold one
 * sample for all. */
typedef struct work {
    const nt_dropout_attrs *attrs;
    uint64_t draw;
    nt_tensor from, to;
    int32_t samples; /* of the output */
    nt_drop what;
    float *factors; /* [sample][channel] */
} work;

static int64_t numbers_of(const work *w) {
    return w->samples * (int64_t)(w->what == NT_DROP_CHANNELS ? w->from.type.shape.dim[0] : 1);
}

/* Job: some of the random numbers, and the factors that they give. */
static void draw_job(const void *context, int job, int worker) {
    const work *w = context;
    int64_t from = (int64_t)job * DRAWN, channels = w->from.type.shape.dim[0];
    int64_t left = numbers_of(w) - from, count = left < DRAWN ? left : DRAWN;
    float drawn[DRAWN];
    (void)worker;
    if (w->what == NT_DROP_CHANNELS) {
        nt_dropout_factors(w->attrs, w->draw, from, count, w->factors + from);
        return;
    }
    nt_dropout_factors(w->attrs, w->draw, w->what == NT_DROP_SAMPLES ? from : 0, count, drawn);
    for (int64_t i = 0; i < count; i++)
        for (int64_t c = 0; c < channels; c++)
            w->factors[(from + i) * channels + c] = drawn[w->what == NT_DROP_SAMPLES ? i : 0];
}

static void draw_factors(const work *w) {
    nt_parallel((int)nt_ceil_div(numbers_of(w), DRAWN), draw_job, w);
}

/* --- multiplying ------------------------------------------------------------------------------ */

/* Jobs: some pixels of one sample. */
static int64_t pixels_of_job(nt_shape shape) {
    return shape.dim[0] < JOB ? JOB / shape.dim[0] : 1;
}

static int jobs_of_sample(nt_shape shape) {
    int64_t most = pixels_of_job(shape);
    return (int)nt_ceil_div(nt_shape_pixels(shape), most);
}

NT_VECTORISED(multiply,
              (const float *x, const float *restrict factors, int64_t pixels, int64_t channels,
               float *y),
              (x, factors, pixels, channels, y)) {
    for (int64_t p = 0; p < pixels; p++, x += channels, y += channels)
        for (int64_t c = 0; c < channels; c++)
            y[c] = x[c] * factors[c];
}

static void multiply_job(const void *context, int job, int worker) {
    const work *w = context;
    nt_shape shape = w->to.type.shape;
    int64_t sample = job / jobs_of_sample(shape), most = pixels_of_job(shape);
    int64_t first = job % jobs_of_sample(shape) * most, left = nt_shape_pixels(shape) - first;
    int64_t start = first * shape.dim[0], elements = nt_shape_elements(shape);
    (void)worker;
    multiply(w->from.f + (w->from.count > 1 ? sample * elements : 0) + start,
             w->factors + sample * shape.dim[0], left < most ? left : most, shape.dim[0],
             w->to.f + sample * elements + start);
}

static void multiply_all(const work *w) {
    draw_factors(w);
    nt_parallel(w->to.count * jobs_of_sample(w->to.type.shape), multiply_job, w);
}

void nt_dropout_channels_forward(nt_drop what, const nt_call *call) {
    multiply_all(&(work){.attrs = call->attrs,
                         .draw = call->draw,
                         .from = call->in[0],
                         .to = call->out[0],
                         .samples = call->out[0].count,
                         .what = what,
                         .factors = (float *)call->scratch.shared});
}

/* --- backward --------------------------------------------------------------------------------- */

NT_VECTORISED(add_products,
              (const float *restrict dy, const float *restrict factors, int64_t count,
               double *restrict sum),
              (dy, factors, count, sum)) {
    for (int64_t c = 0; c < count; c++)
        sum[c] += (double)(dy[c] * factors[c]);
}

/* Job: one pixel, of all samples, where the input stands for each of them. */
static void sum_job(const void *context, int job, int worker) {
    const work *w = context;
    nt_shape shape = w->from.type.shape;
    int64_t channels = shape.dim[0], elements = nt_shape_elements(shape);
    (void)worker;
    for (int64_t first = 0; first < channels; first += LANES) {
        int64_t count = first + LANES < channels ? LANES : channels - first;
        int64_t at = job * channels + first;
        double sum[LANES] = {0};
        for (int32_t n = 0; n < w->from.count; n++)
            add_products(w->from.f + n * elements + at, w->factors + n * channels + first, count,
                         sum);
        for (int64_t c = 0; c < count; c++)
            w->to.f[at + c] = (float)sum[c];
    }
}

void nt_dropout_channels_backward(nt_drop what, const nt_grad_call *call) {
    work w = {.attrs = call->attrs,
              .draw = call->draw,
              .from = call->out_grad[0],
              .to = call->in_grad[0],
              .samples = call->out_grad[0].count,
              .what = what,
              .factors = (float *)call->scratch.shared};
    if (w.to.count == w.from.count) {
        multiply_all(&w);
        return;
    }
    draw_factors(&w);
    nt_parallel((int)nt_shape_pixels(w.to.type.shape), sum_job, &w);
}
