/* A job is a sample, which is then likely to stay in a cache from its sums to its output; samples
 * so large that none would are taken one after the other, each by all threads. What is computed of
 * a sample is cut into the same parts either way.
 *
 * As in op_batch_norm.c, the group's mean, rounded to a float, is taken off before anything is
 * multiplied or summed, and what the rounding leaves is corrected by a shift: a large mean costs no
 * digits. */
#include "sample_norm.h"

#include "columns.h"
#include "elementwise.h"
#include "integers.h"
#include "moments.h"
#include "op_check.h"
#include "parallel.h"
#include "vectorise.h"
#include <math.h>

enum { LARGE = 1 << 18 /* elements of a sample that all threads work on */ };

int nt_norm_params(bool affine, const nt_type *in, nt_param *ret_params) {
    nt_type type = nt_type_param(nt_shape_of(1, in[NT_NORM_X].shape.dim));
    ret_params[0] = (nt_param){.name = "weight", .type = type, .scale = 1};
    ret_params[1] = (nt_param){.name = "bias", .type = type};
    return affine ? 2 : 0;
}

/* --- memory ----------------------------------------------------------------------------------- */

/* For each channel of the sample that is worked on, then the work of moments.h and columns.h. */
typedef struct room {
    double *mean, *variance; /* the channel's, then its group's */
    double *sum, *dot;       /* of dy, and of dy * (x - centre) */
    float *centre, *scale, *slope, *shift;
    float *parts; /* of the moments */
    double *work;
} room;

enum { DOUBLES = 4, FLOATS = 4 + NT_MOMENTS_PARTS }; /* an even number, as doubles follow */

static size_t channels_bytes(int64_t channels) {
    return (size_t)channels * (DOUBLES * sizeof(double) + FLOATS * sizeof(float));
}

static size_t room_bytes(nt_shape shape) {
    int64_t pixels = nt_shape_pixels(shape), channels = nt_shape_channels(shape);
    size_t sums = nt_columns_bytes(pixels, channels), moments = nt_moments_bytes(pixels, channels);
    size_t all = channels_bytes(channels) + (sums > moments ? sums : moments);
    return (size_t)nt_round_up((int64_t)all, 64);
}

static room room_of(char *memory, int64_t channels) {
    double *doubles = (double *)memory;
    float *floats = (float *)(doubles + DOUBLES * channels);
    return (room){
        .mean = doubles,
        .variance = doubles + channels,
        .sum = doubles + 2 * channels,
        .dot = doubles + 3 * channels,
        .centre = floats,
        .scale = floats + channels,
        .slope = floats + 2 * channels,
        .shift = floats + 3 * channels,
        .parts = floats + 4 * channels,
        .work = (double *)(memory + channels_bytes(channels)),
    };
}

/* --- statistics ------------------------------------------------------------------------------- */

typedef struct work {
    const nt_sample_norm *norm;
    int64_t pixels, channels;
    const float *x, *dy, *weight, *bias; /* weight and bias NULL: none */
    float *to;                           /* NULL: not wanted */
    double *grads;                       /* [sample][2][channel]: to the weight, to the bias */
    const nt_scratch *scratch;
} work;

static double weight_of(const work *w, int64_t c) {
    return w->weight ? (double)w->weight[c] : 1;
}

/* The mean and variance of each channel's group; the centre. */
static void find_statistics(const work *w, const float *x, const room *at) {
    int64_t each = w->channels / w->norm->groups;
    nt_moments moments = nt_moments_of(x, w->pixels, w->channels, at->work);
    nt_moments_finish(&moments, at->parts);
    nt_moments_join(at->parts, w->channels, at->mean, at->variance);
    for (int64_t first = 0; first < w->channels; first += each) {
        double mean = 0, variance = 0;
        for (int64_t c = first; c < first + each; c++)
            mean += at->mean[c] / (double)each;
        for (int64_t c = first; c < first + each; c++) {
            double apart = at->mean[c] - mean;
            variance += (at->variance[c] + apart * apart) / (double)each;
        }
        for (int64_t c = first; c < first + each; c++) {
            at->mean[c] = mean;
            at->variance[c] = variance;
            at->centre[c] = (float)mean;
        }
    }
}

static void each_sample(const work *w, int32_t samples, nt_job job) {
    if (samples > 1 && w->pixels * w->channels < LARGE)
        nt_parallel(samples, job, w);
    else
        for (int32_t n = 0; n < samples; n++)
            job(w, n, 0);
}

/* Some rows of a sample. */
typedef struct sweep {
    const float *x, *dy;
    float *to;
    const room *at;
    int64_t channels;
} sweep;

/* --- forward ---------------------------------------------------------------------------------- */

NT_VECTORISED(normalise, (const void *context, int64_t from, int64_t to, int worker),
              (context, from, to, worker)) {
    const sweep *s = context;
    int64_t channels = s->channels;
    const float *x = s->x + from * channels;
    const float *restrict centre = s->at->centre, *restrict scale = s->at->scale,
                          *restrict shift = s->at->shift;
    float *y = s->to + from * channels;
    (void)worker;
    for (int64_t row = from; row < to; row++, x += channels, y += channels)
        for (int64_t c = 0; c < channels; c++)
            y[c] = (x[c] - centre[c]) * scale[c] + shift[c];
}

static void forward_job(const void *context, int sample, int worker) {
    const work *w = context;
    room at = room_of(nt_scratch_of(w->scratch, worker), w->channels);
    int64_t start = sample * w->pixels * w->channels;
    find_statistics(w, w->x + start, &at);
    for (int64_t c = 0; c < w->channels; c++) {
        double scale = weight_of(w, c) / sqrt(at.variance[c] + w->norm->eps);
        at.scale[c] = (float)scale;
        at.shift[c] = (float)((w->bias ? (double)w->bias[c] : 0) +
                              ((double)at.centre[c] - at.mean[c]) * scale);
    }
    nt_rowwise(w->pixels, nt_rows_of_job(w->channels), normalise,
               &(sweep){w->x + start, NULL, w->to + start, &at, w->channels});
}

nt_need nt_sample_norm_need(const nt_call *call) {
    return (nt_need){.per_worker = room_bytes(call->in[NT_NORM_X].type.shape)};
}

static work work_of(const nt_sample_norm *norm, const nt_tensor *in, int in_count,
                    const nt_scratch *scratch) {
    nt_shape shape = in[NT_NORM_X].type.shape;
    bool affine = in_count > NT_NORM_BIAS;
    return (work){.norm = norm,
                  .pixels = nt_shape_pixels(shape),
                  .channels = nt_shape_channels(shape),
                  .x = in[NT_NORM_X].f,
                  .weight = affine ? in[NT_NORM_WEIGHT].f : NULL,
                  .bias = affine ? in[NT_NORM_BIAS].f : NULL,
                  .scratch = scratch};
}

void nt_sample_norm_forward(const nt_sample_norm *norm, const nt_call *call) {
    work w = work_of(norm, call->in, call->in_count, &call->scratch);
    w.to = call->out[0].f;
    each_sample(&w, call->in[NT_NORM_X].count, forward_job);
}

/* --- backward --------------------------------------------------------------------------------- */

/* From the sums of its channels, the coefficients of one group's
 *
 *     dx = dy * scale + (x - centre) * slope + shift
 *
 * which is (dy weight - its mean - (x - mean) / deviation * the mean of both's product) /
 * deviation.
 */
static void find_slopes(const work *w, const room *at, int64_t first, int64_t each) {
    double inverse = 1 / sqrt(at->variance[first] + w->norm->eps),
           count = (double)(each * w->pixels);
    double off_centre = at->mean[first] - (double)at->centre[first], mean = 0, along = 0;
    for (int64_t c = first; c < first + each; c++) {
        mean += weight_of(w, c) * at->sum[c] / count;
        along += weight_of(w, c) * (at->dot[c] - off_centre * at->sum[c]) * inverse / count;
    }
    double slope = -inverse * inverse * along;
    for (int64_t c = first; c < first + each; c++) {
        at->scale[c] = (float)(weight_of(w, c) * inverse);
        at->slope[c] = (float)slope;
        at->shift[c] = (float)(-inverse * mean - off_centre * slope);
    }
}

NT_VECTORISED(differentiate, (const void *context, int64_t from, int64_t to, int worker),
              (context, from, to, worker)) {
    const sweep *s = context;
    int64_t channels = s->channels;
    const float *restrict x = s->x + from * channels;
    const float *restrict centre = s->at->centre, *restrict scale = s->at->scale,
                          *restrict slope = s->at->slope, *restrict shift = s->at->shift;
    const float *dy = s->dy + from * channels;
    float *dx = s->to + from * channels;
    (void)worker;
    for (int64_t row = from; row < to; row++, x += channels, dy += channels, dx += channels)
        for (int64_t c = 0; c < channels; c++)
            dx[c] = dy[c] * scale[c] + (x[c] - centre[c]) * slope[c] + shift[c];
}

static void backward_job(const void *context, int sample, int worker) {
    const work *w = context;
    room at = room_of(nt_scratch_of(w->scratch, worker), w->channels);
    int64_t channels = w->channels, start = sample * w->pixels * channels;
    int64_t each = channels / w->norm->groups;
    const float *x = w->x + start, *dy = w->dy + start;
    find_statistics(w, x, &at);
    nt_columns_dot(dy, x, at.centre, w->pixels, channels, at.work, at.sum, at.dot);
    for (int64_t c = 0; c < channels; c++) {
        double *grads = w->grads + sample * 2 * channels;
        double off_centre = at.mean[c] - (double)at.centre[c];
        grads[c] = (at.dot[c] - off_centre * at.sum[c]) / sqrt(at.variance[c] + w->norm->eps);
        grads[channels + c] = at.sum[c];
    }
    if (!w->to)
        return;
    for (int64_t first = 0; first < channels; first += each)
        find_slopes(w, &at, first, each);
    nt_rowwise(w->pixels, nt_rows_of_job(channels), differentiate,
               &(sweep){x, dy, w->to + start, &at, channels});
}

nt_need nt_sample_norm_grad_need(const nt_grad_call *call) {
    const nt_tensor *x = &call->in[NT_NORM_X];
    size_t sums = 2 * (size_t)nt_shape_channels(x->type.shape) * sizeof(double);
    return (nt_need){.shared = (size_t)x->count * sums, .per_worker = room_bytes(x->type.shape)};
}

void nt_sample_norm_backward(const nt_sample_norm *norm, const nt_grad_call *call) {
    int32_t samples = call->in[NT_NORM_X].count;
    work w = work_of(norm, call->in, call->in_count, &call->scratch);
    w.dy = call->out_grad[0].f;
    w.to = call->in_grad[NT_NORM_X].f;
    w.grads = (double *)call->scratch.shared;
    each_sample(&w, samples, backward_job);
    for (int i = NT_NORM_WEIGHT; i < call->in_count; i++)
        for (int64_t c = 0; call->in_grad[i].data && c < w.channels; c++) {
            double sum = 0;
            for (int32_t n = 0; n < samples; n++)
                sum += w.grads[(2 * n + i - NT_NORM_WEIGHT) * w.channels + c];
            call->in_grad[i].f[c] = (float)sum;
        }
}
