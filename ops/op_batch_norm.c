/* Batch normalisation (Ioffe and Szegedy, ICML 2015), by channel:
 *
 *     y = (x - mean) / sqrt(variance + eps) * weight + bias = x * scale + shift
 *
 * Whose mean and variance, `statistics` says. `running`: the running ones. `batch`: this batch's,
 * the variance biased. `train`: the same, and beside y come the mean, the inverse deviation, the
 * next running mean and variance (by PyTorch's rule, which takes the unbiased variance there), the
 * scale and the shift. `summed`: the outputs are those of `train`, bit for bit, but the mean and
 * the variance are the sixth input, in the parts of moments.h, as the op that made x took them on
 * the way; no gradient passes.
 *
 * Of a shard of a batch, whose numbers are gathered (op.h), the statistics of `train` and `summed`
 * are the whole batch's. So are those that the gradient to x goes through: it takes the shards'
 * losses to be added up, and is as many times that of their mean as there are shards. The gradients
 * to the weight and the bias are the shard's part.
 *
 * A batch held as one sample, since its samples are all alike, has the statistics of that sample.
 * The gradient goes through y alone; through this batch's statistics, but not into the running
 * ones' next values. */
#include "attrs.h"
#include "columns.h"
#include "integers.h"
#include "moments.h"
#include "op_check.h"
#include "parallel.h"
#include "scale_shift.h"
#include "vectorise.h"
#include <math.h>
#include <string.h>

enum { JOB = 1 << 14 /* elements, about */ };

static const char *const statistics[] = {[NT_STATISTICS_RUNNING] = "running",
                                         [NT_STATISTICS_BATCH] = "batch",
                                         [NT_STATISTICS_TRAIN] = "train",
                                         [NT_STATISTICS_SUMMED] = "summed",
                                         NULL};

static const nt_field fields[] = {
    {"eps", NT_REAL, offsetof(nt_batch_norm_attrs, eps), "1e-05", 1e-30, 1,
     .doc = "added to the variance"},
    {"momentum", NT_REAL, offsetof(nt_batch_norm_attrs, momentum), "0.1", 0, 1,
     .doc = "weight of a new batch in the running statistics"},
    {"statistics", NT_CHOICE, offsetof(nt_batch_norm_attrs, statistics), "running",
     .choices = statistics, .doc = "whose mean and variance are used", .hidden = true},
    {0},
};

/* Whether there is more to give than y. */
static bool trains(const nt_batch_norm_attrs *a) {
    return a->statistics == NT_STATISTICS_TRAIN || a->statistics == NT_STATISTICS_SUMMED;
}

static int infer(const void *attrs, const nt_type *in, int in_count, nt_type *ret_out,
                 char why[NT_WHY]) {
    const nt_batch_norm_attrs *a = attrs;
    (void)in_count;
    if (!nt_check_channels(&in[NT_BN_X], why))
        return 0;
    ret_out[NT_BN_Y] = in[NT_BN_X];
    if (!trains(a))
        return 1;
    for (int i = NT_BN_BATCH_MEAN; i <= NT_BN_SHIFT; i++)
        ret_out[i] = nt_type_param(nt_shape_of(1, in[NT_BN_X].shape.dim));
    return 1 + NT_BN_SHIFT;
}

static int params(const void *attrs, const nt_type *in, nt_param *ret_params) {
    nt_type type = nt_type_param(nt_shape_of(1, in[NT_BN_X].shape.dim));
    nt_type counter = nt_type_param(nt_shape_of(0, NULL));
    const nt_batch_norm_attrs *a = attrs;
    counter.dtype = NT_I32;
    ret_params[0] = (nt_param){.name = "weight", .type = type, .scale = 1};
    ret_params[1] = (nt_param){.name = "bias", .type = type};
    ret_params[2] = (nt_param){.name = "running_mean", .type = type, .role = NT_BUFFER};
    ret_params[3] = (nt_param){
        .name = "running_var", .type = type, .role = NT_BUFFER, .scale = 1, .variance = true};
    ret_params[4] = (nt_param){.name = "num_batches_tracked", .type = counter, .role = NT_COUNTER};
    if (a->statistics != NT_STATISTICS_SUMMED)
        return 5;
    type = nt_type_param(nt_shape_of(2, (int32_t[]){NT_MOMENTS_PARTS, in[NT_BN_X].shape.dim[0]}));
    ret_params[5] = (nt_param){.name = "moments", .type = type, .role = NT_BUFFER};
    return 6;
}

/* What the shared scratch memory holds: numbers for each channel, then the work of columns.h and
 * moments.h. */
typedef struct room {
    double *mean, *variance;                             /* that y is computed with */
    double *sum, *dot;                                   /* of dy, and of dy * (x - centre); */
    double *all_sum, *all_dot;                           /* the whole batch's */
    float *scale, *shift, *slope, *centre, *grad_centre; /* one after the other */
    float *parts;                                        /* of the moments */
    double *work;
} room;

enum { DOUBLES = 6, FLOATS = 5 + NT_MOMENTS_PARTS + 1 }; /* an even number, as doubles follow */

static size_t channels_bytes(int64_t channels) {
    return (size_t)channels * (DOUBLES * sizeof(double) + FLOATS * sizeof(float));
}

static room room_of(const nt_scratch *scratch, int64_t channels) {
    double *doubles = (double *)scratch->shared;
    float *floats = (float *)(doubles + DOUBLES * channels);
    return (room){
        .mean = doubles,
        .variance = doubles + channels,
        .sum = doubles + 2 * channels,
        .dot = doubles + 3 * channels,
        .all_sum = doubles + 4 * channels,
        .all_dot = doubles + 5 * channels,
        .scale = floats,
        .shift = floats + channels,
        .slope = floats + 2 * channels,
        .centre = floats + 3 * channels,
        .grad_centre = floats + 4 * channels,
        .parts = floats + 5 * channels,
        .work = (double *)(scratch->shared + channels_bytes(channels)),
    };
}

static nt_need need_of(const nt_tensor *x) {
    int64_t rows = nt_tensor_rows(x), channels = nt_shape_channels(x->type.shape);
    size_t sums = nt_columns_bytes(rows, channels), moments = nt_moments_bytes(rows, channels);
    return (nt_need){.shared = channels_bytes(channels) + (sums > moments ? sums : moments)};
}

/* --- gathering -------------------------------------------------------------------------------- */

/* The mean and biased variance of all channels; the sums over dy and dy * (x - centre) of all. */
static int64_t gathers(const void *attrs, const nt_type *in) {
    return trains(attrs) ? 2 * nt_shape_channels(in->shape) : 0;
}

static void join(bool gradient, const double *more, double *numbers, int64_t count) {
    int64_t channels = count / 2;
    for (int64_t c = 0; c < channels; c++) {
        double *variance = &numbers[channels + c], apart = (numbers[c] - more[c]) / 2;
        numbers[c] = gradient ? numbers[c] + more[c] : (numbers[c] + more[c]) / 2;
        *variance = gradient ? *variance + more[channels + c]
                             : (*variance + more[channels + c]) / 2 + apart * apart;
    }
}

static void put_numbers(const nt_gathering *to, const double *a, const double *b,
                        int64_t channels) {
    memcpy(to->numbers, a, (size_t)channels * sizeof *a);
    memcpy(to->numbers + channels, b, (size_t)channels * sizeof *b);
}

static void take_numbers(const nt_gathering *from, double *a, double *b, int64_t channels) {
    memcpy(a, from->numbers, (size_t)channels * sizeof *a);
    memcpy(b, from->numbers + channels, (size_t)channels * sizeof *b);
}

/* Of the whole batch. */
static double rows_in(const nt_tensor *x, const nt_gathering *gathering) {
    return (double)nt_tensor_rows(x) * (gathering ? gathering->shards : 1);
}

/* --- statistics ------------------------------------------------------------------------------- */

/* The mean and biased variance that y is to be computed with, into the room. */
static void find_statistics(const nt_batch_norm_attrs *a, const nt_tensor *in, room *at) {
    int64_t channels = nt_shape_channels(in[NT_BN_X].type.shape);
    if (a->statistics == NT_STATISTICS_SUMMED) {
        nt_moments_join(in[NT_BN_MOMENTS].f, channels, at->mean, at->variance);
        return;
    }
    if (a->statistics != NT_STATISTICS_RUNNING) {
        nt_moments moments =
            nt_moments_of(in[NT_BN_X].f, nt_tensor_rows(&in[NT_BN_X]), channels, at->work);
        nt_moments_finish(&moments, at->parts);
        nt_moments_join(at->parts, channels, at->mean, at->variance);
        return;
    }
    for (int64_t c = 0; c < channels; c++) {
        at->mean[c] = (double)in[NT_BN_RUNNING_MEAN].f[c];
        at->variance[c] = (double)in[NT_BN_RUNNING_VARIANCE].f[c];
    }
}

/* A pass over the elements, whose jobs are blocks of rows. */
typedef struct sweep {
    const float *x, *dy;
    float *to;
    const room *at;
    int64_t rows, channels, job_rows;
} sweep;

static void sweep_run(nt_job job, sweep *s) {
    s->job_rows = s->channels < JOB ? JOB / s->channels : 1;
    nt_parallel((int)nt_ceil_div(s->rows, s->job_rows), job, s);
}

static int64_t rows_of(const sweep *s, int job) {
    int64_t left = s->rows - job * s->job_rows;
    return left < s->job_rows ? left : s->job_rows;
}

/* --- forward ---------------------------------------------------------------------------------- */

static nt_need need(const nt_call *call) {
    return need_of(&call->in[NT_BN_X]);
}

static void put_statistics(const nt_call *call, const room *at) {
    const nt_batch_norm_attrs *a = call->attrs;
    double rows = rows_in(&call->in[NT_BN_X], call->gathering), keep = 1 - a->momentum;
    double unbiased = rows > 1 ? rows / (rows - 1) : 1;
    const nt_tensor *out = call->out;
    for (int64_t c = 0; c < nt_shape_channels(call->in[NT_BN_X].type.shape); c++) {
        if (out[NT_BN_BATCH_MEAN].data)
            out[NT_BN_BATCH_MEAN].f[c] = (float)at->mean[c];
        if (out[NT_BN_INVERSE].data)
            out[NT_BN_INVERSE].f[c] = (float)(1 / sqrt(at->variance[c] + a->eps));
        if (out[NT_BN_NEXT_MEAN].data)
            out[NT_BN_NEXT_MEAN].f[c] = (float)(keep * (double)call->in[NT_BN_RUNNING_MEAN].f[c] +
                                                a->momentum * at->mean[c]);
        if (out[NT_BN_NEXT_VARIANCE].data)
            out[NT_BN_NEXT_VARIANCE].f[c] =
                (float)(keep * (double)call->in[NT_BN_RUNNING_VARIANCE].f[c] +
                        a->momentum * unbiased * at->variance[c]);
    }
}

static void find_factors(const nt_batch_norm_attrs *a, const nt_tensor *in, const room *at) {
    for (int64_t c = 0; c < nt_shape_channels(in[NT_BN_X].type.shape); c++) {
        double scale = (double)in[NT_BN_WEIGHT].f[c] / sqrt(at->variance[c] + a->eps);
        at->scale[c] = (float)scale;
        at->shift[c] = (float)((double)in[NT_BN_BIAS].f[c] - at->mean[c] * scale);
    }
}

static void put_factors(const nt_call *call, const room *at) {
    size_t size = (size_t)nt_shape_channels(call->in[NT_BN_X].type.shape) * sizeof(float);
    if (call->out[NT_BN_SCALE].data)
        memcpy(call->out[NT_BN_SCALE].data, at->scale, size);
    if (call->out[NT_BN_SHIFT].data)
        memcpy(call->out[NT_BN_SHIFT].data, at->shift, size);
}

static void forward(const nt_call *call) {
    const nt_batch_norm_attrs *a = call->attrs;
    const nt_tensor *in = call->in;
    int64_t channels = nt_shape_channels(in[NT_BN_X].type.shape);
    room at = room_of(&call->scratch, channels);
    const nt_gathering *gathering = call->gathering;
    if (gathering && gathering->joined)
        take_numbers(gathering, at.mean, at.variance, channels);
    else
        find_statistics(a, in, &at);
    if (gathering && !gathering->joined) {
        put_numbers(gathering, at.mean, at.variance, channels);
        return;
    }
    find_factors(a, in, &at);
    if (trains(a)) {
        put_statistics(call, &at);
        put_factors(call, &at);
    }
    if (!call->out[NT_BN_Y].data)
        return;
    nt_scale_shift_run(&(nt_scale_shift){.x = in[NT_BN_X].f,
                                         .scale = at.scale,
                                         .shift = at.shift,
                                         .y = call->out[NT_BN_Y].f,
                                         .rows = nt_tensor_rows(&in[NT_BN_X]),
                                         .channels = channels});
}

/* --- backward --------------------------------------------------------------------------------- */

static nt_need grad_need(const nt_grad_call *call) {
    return need_of(&call->in[NT_BN_X]);
}

/* The statistics of the forward call: kept in training, found again otherwise. */
static void recall_statistics(const nt_grad_call *call, room *at) {
    const nt_batch_norm_attrs *a = call->attrs;
    int64_t channels = nt_shape_channels(call->in[NT_BN_X].type.shape);
    if (a->statistics != NT_STATISTICS_TRAIN)
        find_statistics(a, call->in, at);
    for (int64_t c = 0; c < channels && a->statistics == NT_STATISTICS_TRAIN; c++) {
        double inverse = (double)call->out[NT_BN_INVERSE].f[c];
        at->mean[c] = (double)call->out[NT_BN_BATCH_MEAN].f[c];
        at->variance[c] = 1 / (inverse * inverse) - a->eps;
    }
    for (int64_t c = 0; c < channels; c++)
        at->centre[c] = (float)at->mean[c];
}

/* From the sums over dy and dy * (x - centre), which the room holds: the gradients of what there is
 * one of for each channel, and the coefficients of
 *
 *     dx = (dy - mean of dy) * scale + (x - mean) * slope
 *
 * Both differences cancel, so what is taken off before the multiplication is close to the mean, and
 * what it leaves is the same for the whole channel: the shift. */
static void backward_channel(const nt_grad_call *call, room *at, int64_t c) {
    const nt_batch_norm_attrs *a = call->attrs;
    bool running = a->statistics == NT_STATISTICS_RUNNING;
    double rows = rows_in(&call->in[NT_BN_X], call->gathering);
    double weight = (double)call->in[NT_BN_WEIGHT].f[c];
    double inverse = 1 / sqrt(at->variance[c] + a->eps), sum = at->sum[c], all = at->all_sum[c];
    double off_centre = at->mean[c] - (double)at->centre[c];
    double along = at->dot[c] - off_centre * sum; /* sum of dy * (x - mean) */
    double all_along = at->all_dot[c] - off_centre * all;
    const nt_tensor *grad = call->in_grad;
    if (grad[NT_BN_WEIGHT].data)
        grad[NT_BN_WEIGHT].f[c] = (float)(along * inverse);
    if (grad[NT_BN_BIAS].data)
        grad[NT_BN_BIAS].f[c] = (float)sum;
    if (grad[NT_BN_RUNNING_MEAN].data)
        grad[NT_BN_RUNNING_MEAN].f[c] = running ? (float)(-sum * weight * inverse) : 0;
    if (grad[NT_BN_RUNNING_VARIANCE].data)
        grad[NT_BN_RUNNING_VARIANCE].f[c] =
            running ? (float)(-along * weight * pow(inverse, 3) / 2) : 0;
    double scale = weight * inverse;
    double slope = running ? 0 : -scale * inverse * inverse * all_along / rows;
    double grad_mean = running ? 0 : all / rows;
    at->scale[c] = (float)scale;
    at->slope[c] = (float)slope;
    at->grad_centre[c] = (float)grad_mean;
    at->shift[c] = (float)(((double)at->grad_centre[c] - grad_mean) * scale - off_centre * slope);
}

/* `factors`: scale, shift, slope, centre and grad_centre, as the room holds them. */
NT_VECTORISED(differentiate,
              (const float *restrict x, const float *dy, const float *restrict factors,
               int64_t rows, int64_t channels, float *dx),
              (x, dy, factors, rows, channels, dx)) {
    const float *scale = factors, *shift = scale + channels, *slope = shift + channels;
    const float *centre = slope + channels, *grad_centre = centre + channels;
    for (int64_t row = 0; row < rows; row++, x += channels, dy += channels, dx += channels)
        for (int64_t c = 0; c < channels; c++)
            dx[c] = (dy[c] - grad_centre[c]) * scale[c] + (x[c] - centre[c]) * slope[c] + shift[c];
}

static void backward_job(const void *context, int job, int worker) {
    const sweep *s = context;
    int64_t start = job * s->job_rows * s->channels;
    (void)worker;
    differentiate(s->x + start, s->dy + start, s->at->scale, rows_of(s, job), s->channels,
                  s->to + start);
}

static void backward(const nt_grad_call *call) {
    const nt_tensor *in = call->in;
    int64_t channels = nt_shape_channels(in[NT_BN_X].type.shape);
    int64_t rows = nt_tensor_rows(&in[NT_BN_X]);
    const float *dy = call->out_grad[NT_BN_Y].f;
    if (!dy) {
        nt_grad_zero(call);
        return;
    }
    room at = room_of(&call->scratch, channels);
    const nt_gathering *gathering = call->gathering;
    if (!gathering || !gathering->joined) {
        recall_statistics(call, &at);
        nt_columns_dot(dy, in[NT_BN_X].f, at.centre, rows, channels, at.work, at.sum, at.dot);
    }
    if (gathering && !gathering->joined) {
        put_numbers(gathering, at.sum, at.dot, channels);
        return;
    }
    if (gathering) {
        take_numbers(gathering, at.all_sum, at.all_dot, channels);
    } else {
        memcpy(at.all_sum, at.sum, (size_t)channels * sizeof *at.sum);
        memcpy(at.all_dot, at.dot, (size_t)channels * sizeof *at.dot);
    }
    for (int64_t c = 0; c < channels; c++)
        backward_channel(call, &at, c);
    if (!call->in_grad[NT_BN_X].data)
        return;
    sweep s = {.x = in[NT_BN_X].f,
               .dy = dy,
               .to = call->in_grad[NT_BN_X].f,
               .at = &at,
               .rows = rows,
               .channels = channels};
    sweep_run(backward_job, &s);
}

const nt_op nt_op_batch_norm = {
    .kind = {.name = "batch_norm",
             .doc = "batch normalisation",
             .fields = fields,
             .size = sizeof(nt_batch_norm_attrs)},
    .traits = NT_OP_IN_PLACE | NT_OP_GRAD_IN_PLACE | NT_OP_CHANNELWISE,
    .min_inputs = 1,
    .max_inputs = 1,
    .infer = infer,
    .params = params,
    .need = need,
    .grad_need = grad_need,
    .forward = forward,
    .backward = backward,
    .grad_reads_in = 1u << NT_BN_X | 1u << NT_BN_WEIGHT | 1u << NT_BN_RUNNING_MEAN |
                     1u << NT_BN_RUNNING_VARIANCE,
    .grad_reads_out = 1u << NT_BN_BATCH_MEAN | 1u << NT_BN_INVERSE,
    .gathers = gathers,
    .join = join,
    .updates = {{NT_BN_NEXT_MEAN, NT_BN_RUNNING_MEAN},
                {NT_BN_NEXT_VARIANCE, NT_BN_RUNNING_VARIANCE}},
    .update_count = 2,
    .cases = (const nt_op_case[]){{"", "5x7x3", "5x7x3"},
                                  {"eps=0.001", "18x1x1", "18x1x1"},
                                  {"", "37", "37"},
                                  {"momentum=0.3", "16x40x40", "16x40x40"},
                                  {0}},
};
