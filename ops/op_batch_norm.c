/* Batch normalisation (Ioffe and Szegedy, ICML 2015), by channel:
 *
 *     y = (x - mean) / sqrt(variance + eps) * weight + bias
 *
 *     statistics   mean and variance are           outputs
 *     running      the running ones                y
 *     batch        this batch's, variance biased   y
 *     train        this batch's, variance biased   y, mean, inverse deviation, and the running mean
 * and variance to be kept: PyTorch's rule, which takes the unbiased variance there
 *
 * A batch held as one sample, since its samples are all alike, has the statistics of that sample.
 * The gradient goes through y alone; through this batch's statistics, but not into the running
 * ones' next values. */
#include "attrs.h"
#include "columns.h"
#include "op_check.h"
#include "parallel.h"
#include <math.h>

enum { JOB = 1 << 14 /* elements, about */ };

enum { X, WEIGHT, BIAS, MEAN, VARIANCE };                  /* inputs */
enum { Y, BATCH_MEAN, INVERSE, NEXT_MEAN, NEXT_VARIANCE }; /* outputs */

static const char *const statistics[] = {[NT_STATISTICS_RUNNING] = "running",
                                         [NT_STATISTICS_BATCH] = "batch",
                                         [NT_STATISTICS_TRAIN] = "train",
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

static int infer(const void *attrs, const nt_type *in, int in_count, nt_type *ret_out,
                 char why[NT_WHY]) {
    const nt_batch_norm_attrs *a = attrs;
    (void)in_count;
    if (!nt_check_channels(&in[0], why))
        return 0;
    ret_out[Y] = in[0];
    if (a->statistics != NT_STATISTICS_TRAIN)
        return 1;
    for (int i = BATCH_MEAN; i <= NEXT_VARIANCE; i++)
        ret_out[i] = nt_type_param(nt_shape_of(1, in[0].shape.dim));
    return 1 + NEXT_VARIANCE;
}

static int params(const void *attrs, const nt_type *in, nt_param *ret_params) {
    nt_type type = nt_type_param(nt_shape_of(1, in[0].shape.dim));
    nt_type counter = nt_type_param(nt_shape_of(0, NULL));
    (void)attrs;
    counter.dtype = NT_I32;
    ret_params[0] = (nt_param){.name = "weight", .type = type, .scale = 1};
    ret_params[1] = (nt_param){.name = "bias", .type = type};
    ret_params[2] = (nt_param){.name = "running_mean", .type = type, .role = NT_BUFFER};
    ret_params[3] = (nt_param){.name = "running_var", .type = type, .role = NT_BUFFER, .scale = 1};
    ret_params[4] = (nt_param){.name = "num_batches_tracked", .type = counter, .role = NT_COUNTER};
    return 5;
}

/* --- forward ---------------------------------------------------------------------------------- */

/* What the shared scratch memory holds: four doubles and three floats a channel, then the work of
 * nt_columns_sum. */
typedef struct room {
    double *sum, *dot, *mean, *variance;
    float *scale, *slope, *shift;
    double *work;
} room;

static size_t channels_bytes(int64_t channels) {
    return (size_t)channels * (4 * sizeof(double) + 4 * sizeof(float));
}

static room room_of(const nt_scratch *scratch, int64_t channels) {
    double *sum = (double *)scratch->shared;
    float *scale = (float *)(sum + 4 * channels);
    return (room){
        .sum = sum,
        .dot = sum + channels,
        .mean = sum + 2 * channels,
        .variance = sum + 3 * channels,
        .scale = scale,
        .slope = scale + channels,
        .shift = scale + 2 * channels,
        .work = (double *)(scratch->shared + channels_bytes(channels)),
    };
}

static nt_need need_of(const nt_tensor *x) {
    int64_t channels = nt_shape_channels(x->type.shape);
    return (nt_need){.shared =
                         channels_bytes(channels) + nt_columns_bytes(nt_tensor_rows(x), channels)};
}

static nt_need need(const nt_call *call) {
    return need_of(&call->in[X]);
}

/* The mean and biased variance that y is to be computed with, into the room. */
static void find_statistics(const nt_batch_norm_attrs *a, const nt_tensor *in, room *at) {
    int64_t channels = nt_shape_channels(in[X].type.shape), rows = nt_tensor_rows(&in[X]);
    bool running = a->statistics == NT_STATISTICS_RUNNING;
    if (!running)
        nt_columns_sum(in[X].f, in[X].f, rows, channels, at->work, at->sum, at->dot);
    for (int64_t c = 0; c < channels; c++) {
        double mean = running ? (double)in[MEAN].f[c] : at->sum[c] / (double)rows;
        double variance =
            running ? (double)in[VARIANCE].f[c] : at->dot[c] / (double)rows - mean * mean;
        at->mean[c] = mean;
        at->variance[c] = running || !(variance < 0) ? variance : 0; /* NaN stays NaN */
    }
}

static void put_statistics(const nt_call *call, const room *at) {
    const nt_batch_norm_attrs *a = call->attrs;
    double rows = (double)nt_tensor_rows(&call->in[X]), keep = 1 - a->momentum;
    double unbiased = rows > 1 ? rows / (rows - 1) : 1;
    const nt_tensor *out = call->out;
    for (int64_t c = 0; c < nt_shape_channels(call->in[X].type.shape); c++) {
        if (out[BATCH_MEAN].data)
            out[BATCH_MEAN].f[c] = (float)at->mean[c];
        if (out[INVERSE].data)
            out[INVERSE].f[c] = (float)(1 / sqrt(at->variance[c] + a->eps));
        if (out[NEXT_MEAN].data)
            out[NEXT_MEAN].f[c] =
                (float)(keep * (double)call->in[MEAN].f[c] + a->momentum * at->mean[c]);
        if (out[NEXT_VARIANCE].data)
            out[NEXT_VARIANCE].f[c] = (float)(keep * (double)call->in[VARIANCE].f[c] +
                                              a->momentum * unbiased * at->variance[c]);
    }
}

/* What a job of either direction works on: a block of rows. */
typedef struct sweep {
    const float *x, *dy;
    float *to;
    const room *at;
    int64_t rows, channels, job_rows;
} sweep;

static void sweep_run(nt_job job, sweep *s) {
    s->job_rows = s->channels < JOB ? JOB / s->channels : 1;
    nt_parallel((int)((s->rows + s->job_rows - 1) / s->job_rows), job, s);
}

static void forward_job(const void *context, int job, int worker) {
    const sweep *s = context;
    const float *scale = s->at->scale, *shift = s->at->shift;
    (void)worker;
    int64_t from = job * s->job_rows;
    int64_t to = from + s->job_rows < s->rows ? from + s->job_rows : s->rows;
    for (int64_t row = from; row < to; row++) {
        const float *x = s->x + row * s->channels;
        float *y = s->to + row * s->channels;
        for (int64_t c = 0; c < s->channels; c++)
            y[c] = x[c] * scale[c] + shift[c];
    }
}

static void forward(const nt_call *call) {
    const nt_batch_norm_attrs *a = call->attrs;
    const nt_tensor *in = call->in;
    int64_t channels = nt_shape_channels(in[X].type.shape);
    room at = room_of(&call->scratch, channels);
    find_statistics(a, in, &at);
    if (a->statistics == NT_STATISTICS_TRAIN)
        put_statistics(call, &at);
    if (!call->out[Y].data)
        return;
    for (int64_t c = 0; c < channels; c++) {
        double scale = (double)in[WEIGHT].f[c] / sqrt(at.variance[c] + a->eps);
        at.scale[c] = (float)scale;
        at.shift[c] = (float)((double)in[BIAS].f[c] - at.mean[c] * scale);
    }
    sweep s = {.x = in[X].f,
               .to = call->out[Y].f,
               .at = &at,
               .rows = nt_tensor_rows(&in[X]),
               .channels = channels};
    sweep_run(forward_job, &s);
}

/* --- backward --------------------------------------------------------------------------------- */

static nt_need grad_need(const nt_grad_call *call) {
    return need_of(&call->in[X]);
}

/* dx = (dy - mean of dy) * scale + (x - mean) * slope, the differences in double: they cancel. */
static void backward_job(const void *context, int job, int worker) {
    const sweep *s = context;
    const float *scale = s->at->scale, *slope = s->at->slope;
    const double *mean = s->at->mean, *centre = s->at->sum;
    (void)worker;
    int64_t from = job * s->job_rows;
    int64_t to = from + s->job_rows < s->rows ? from + s->job_rows : s->rows;
    for (int64_t row = from; row < to; row++) {
        const float *x = s->x + row * s->channels, *dy = s->dy + row * s->channels;
        float *dx = s->to + row * s->channels;
        for (int64_t c = 0; c < s->channels; c++)
            dx[c] = (float)((double)dy[c] - centre[c]) * scale[c] +
                    (float)((double)x[c] - mean[c]) * slope[c];
    }
}

/* The statistics of the forward call: kept in training, found again otherwise. */
static void recall_statistics(const nt_grad_call *call, room *at) {
    const nt_batch_norm_attrs *a = call->attrs;
    if (a->statistics != NT_STATISTICS_TRAIN) {
        find_statistics(a, call->in, at);
        return;
    }
    for (int64_t c = 0; c < nt_shape_channels(call->in[X].type.shape); c++) {
        double inverse = (double)call->out[INVERSE].f[c];
        at->mean[c] = (double)call->out[BATCH_MEAN].f[c];
        at->variance[c] = 1 / (inverse * inverse) - a->eps;
    }
}

/* From the sums over dy and dy * x, which the room holds: the gradients of what there is one of for
 * each channel, and the coefficients of dx; the mean of dy takes its sum's place. */
static void backward_channel(const nt_grad_call *call, room *at, int64_t c) {
    const nt_batch_norm_attrs *a = call->attrs;
    bool running = a->statistics == NT_STATISTICS_RUNNING;
    double rows = (double)nt_tensor_rows(&call->in[X]), weight = (double)call->in[WEIGHT].f[c];
    double inverse = 1 / sqrt(at->variance[c] + a->eps), sum = at->sum[c];
    double along = at->dot[c] - at->mean[c] * sum; /* sum of dy * (x - mean) */
    const nt_tensor *grad = call->in_grad;
    if (grad[WEIGHT].data)
        grad[WEIGHT].f[c] = (float)(along * inverse);
    if (grad[BIAS].data)
        grad[BIAS].f[c] = (float)sum;
    if (grad[MEAN].data)
        grad[MEAN].f[c] = running ? (float)(-sum * weight * inverse) : 0;
    if (grad[VARIANCE].data)
        grad[VARIANCE].f[c] = running ? (float)(-along * weight * pow(inverse, 3) / 2) : 0;
    at->scale[c] = (float)(weight * inverse);
    at->slope[c] = running ? 0 : (float)(-weight * pow(inverse, 3) * along / rows);
    at->sum[c] = running ? 0 : sum / rows;
}

static void backward(const nt_grad_call *call) {
    const nt_tensor *in = call->in;
    int64_t channels = nt_shape_channels(in[X].type.shape), rows = nt_tensor_rows(&in[X]);
    if (!call->out_grad[Y].data) {
        nt_grad_zero(call);
        return;
    }
    room at = room_of(&call->scratch, channels);
    recall_statistics(call, &at);
    nt_columns_sum(call->out_grad[Y].f, in[X].f, rows, channels, at.work, at.sum, at.dot);
    for (int64_t c = 0; c < channels; c++)
        backward_channel(call, &at, c);
    if (!call->in_grad[X].data)
        return;
    sweep s = {.x = in[X].f,
               .dy = call->out_grad[Y].f,
               .to = call->in_grad[X].f,
               .at = &at,
               .rows = rows,
               .channels = channels};
    sweep_run(backward_job, &s);
}

const nt_op nt_op_batch_norm = {
    .name = "batch_norm",
    .doc = "batch normalisation",
    .fields = fields,
    .attrs_size = sizeof(nt_batch_norm_attrs),
    .traits = NT_OP_IN_PLACE,
    .min_inputs = 1,
    .max_inputs = 1,
    .infer = infer,
    .params = params,
    .need = need,
    .grad_need = grad_need,
    .forward = forward,
    .backward = backward,
    .grad_reads_in = 1u << X | 1u << WEIGHT | 1u << MEAN | 1u << VARIANCE,
    .grad_reads_out = 1u << BATCH_MEAN | 1u << INVERSE,
    .updates = {{NEXT_MEAN, MEAN}, {NEXT_VARIANCE, VARIANCE}},
    .update_count = 2,
    .cases = (const nt_op_case[]){{"", "5x7x3", "5x7x3"},
                                  {"eps=0.001", "18x1x1", "18x1x1"},
                                  {"", "37", "37"},
                                  {"momentum=0.3", "16x40x40", "16x40x40"},
                                  {0}},
};
