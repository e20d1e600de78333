/* Layer normalisation (Ba, Kiros, Hinton, 2016) over the channels: of a vector, or at each place of
 * maps, as torchvision's LayerNorm2d and ConvNeXt have it,
 *
 *     y = (x - mean) / sqrt(variance + eps) * weight + bias
 *
 * with the mean and the biased variance of the place's channels. A row, which is a place's
 * channels, is read three times, of which memory sees the first alone. Deviations are taken from
 * the rounded mean, and what the rounding leaves is corrected, so that a large mean costs no
 * digits. */
#include "elementwise.h"
#include "integers.h"
#include "lane_sum.h"
#include "op_check.h"
#include "sample_norm.h"
#include "vectorise.h"
#include <math.h>
#include <string.h>

enum {
    LEAST = 64, /* rows of a job of the gradient, which leaves sums for each channel */
    FEW = 4     /* rows that it adds in float32 */
};

typedef struct layer_norm_attrs {
    double eps;
    bool affine;
} layer_norm_attrs;

static const nt_field fields[] = {
    {"eps", NT_REAL, offsetof(layer_norm_attrs, eps), "1e-05", 1e-30, 1,
     .doc = "added to the variance"},
    {"affine", NT_BOOL, offsetof(layer_norm_attrs, affine), "true",
     .doc = "whether each channel has a weight and a bias"},
    {0},
};

static int infer(const void *attrs, const nt_type *in, int in_count, nt_type *ret_out,
                 char why[NT_WHY]) {
    (void)attrs, (void)in_count;
    ret_out[0] = in[NT_NORM_X];
    return nt_check_channels(&in[NT_NORM_X], why) ? 1 : 0;
}

static int params(const void *attrs, const nt_type *in, nt_param *ret_params) {
    return nt_norm_params(((const layer_norm_attrs *)attrs)->affine, in, ret_params);
}

/* --- rows ------------------------------------------------------------------------------------- */

/* (x - mean) / sqrt(variance + eps) = (x - centre) * inverse + rest */
typedef struct row_norm {
    float centre, inverse, rest;
} row_norm;

/* The sum of (x - centre)². */
NT_INLINE double sum_squares(const float *x, float centre, int64_t count) {
    double sum = 0, lanes[NT_SUM_LANES] = {0};
    int64_t i = 0;
    for (; i + NT_SUM_LANES <= count; i += NT_SUM_LANES)
        for (int l = 0; l < NT_SUM_LANES; l++) {
            double apart = (double)(x[i + l] - centre);
            lanes[l] += apart * apart;
        }
    for (int l = 0; l < NT_SUM_LANES; l++)
        sum += lanes[l];
    for (; i < count; i++) {
        double apart = (double)(x[i] - centre);
        sum += apart * apart;
    }
    return sum;
}

NT_INLINE row_norm norm_of(const float *x, int64_t channels, double eps) {
    double mean = nt_lane_sum(x, channels) / (double)channels;
    float centre = (float)mean;
    double off_centre = mean - (double)centre;
    double variance = sum_squares(x, centre, channels) / (double)channels - off_centre * off_centre;
    double inverse = 1 / sqrt((variance < 0 ? 0 : variance) + eps);
    return (row_norm){centre, (float)inverse, (float)(-off_centre * inverse)};
}

/* --- forward ---------------------------------------------------------------------------------- */

NT_VECTORISED(forward_rows, (const void *context, int64_t from, int64_t to, int worker),
              (context, from, to, worker)) {
    const nt_call *call = context;
    int64_t channels = nt_shape_channels(call->in[NT_NORM_X].type.shape);
    double eps = ((const layer_norm_attrs *)call->attrs)->eps;
    bool affine = call->in_count > NT_NORM_BIAS;
    const float *weight = affine ? call->in[NT_NORM_WEIGHT].f : NULL;
    const float *bias = affine ? call->in[NT_NORM_BIAS].f : NULL;
    (void)worker;
    for (int64_t row = from; row < to; row++) {
        const float *x = call->in[NT_NORM_X].f + row * channels;
        float *y = call->out[0].f + row * channels;
        row_norm n = norm_of(x, channels, eps);
        if (affine)
            for (int64_t c = 0; c < channels; c++)
                y[c] = ((x[c] - n.centre) * n.inverse + n.rest) * weight[c] + bias[c];
        else
            for (int64_t c = 0; c < channels; c++)
                y[c] = (x[c] - n.centre) * n.inverse + n.rest;
    }
}

static void forward(const nt_call *call) {
    const nt_tensor *x = &call->in[NT_NORM_X];
    nt_rowwise(nt_tensor_rows(x), nt_rows_of_job(nt_shape_channels(x->type.shape)), forward_rows,
               call);
}

/* --- backward --------------------------------------------------------------------------------- */

static int64_t rows_of_job(int64_t channels) {
    return nt_max(nt_rows_of_job(channels), LEAST);
}

/* For each job, and each channel, what it adds to the gradients to the weight and to the bias; then
 * for each worker a few rows. */
static nt_need grad_need(const nt_grad_call *call) {
    const nt_tensor *x = &call->in[NT_NORM_X];
    int64_t channels = nt_shape_channels(x->type.shape);
    int64_t jobs = nt_ceil_div(nt_tensor_rows(x), rows_of_job(channels));
    return (nt_need){
        .shared = (size_t)(jobs * 2 * channels) * sizeof(double),
        .per_worker = (size_t)nt_round_up(FEW * channels * (int64_t)sizeof(float), 64),
    };
}

/* dx = (g - mean of g - z * mean of g z) * inverse, where g = dy * weight and z is x normalised; g
 * comes to be in dx first. */
NT_INLINE void differentiate_row(const float *dy, const float *restrict weight,
                                 const float *restrict z, float inverse, int64_t channels,
                                 float *dx) {
    if (weight)
        for (int64_t c = 0; c < channels; c++)
            dx[c] = dy[c] * weight[c];
    else if (dx != dy)
        memcpy(dx, dy, (size_t)channels * sizeof *dx);
    float mean = (float)(nt_lane_sum(dx, channels) / (double)channels);
    float slope = (float)(nt_lane_dot(dx, z, channels) / (double)channels);
    for (int64_t c = 0; c < channels; c++)
        dx[c] = (dx[c] - mean - z[c] * slope) * inverse;
}

/* along[c] += the sum over the rows of dy * z, sum[c] += that of dy: a few rows in float32. */
NT_INLINE void add_rows(const float *restrict dy, const float *restrict z, int64_t rows,
                        int64_t channels, double *restrict along, double *restrict sum) {
    if (rows == FEW) {
        const float *dy1 = dy + channels, *dy2 = dy1 + channels, *dy3 = dy2 + channels;
        const float *z1 = z + channels, *z2 = z1 + channels, *z3 = z2 + channels;
        for (int64_t c = 0; c < channels; c++) {
            along[c] +=
                (double)((dy[c] * z[c] + dy1[c] * z1[c]) + (dy2[c] * z2[c] + dy3[c] * z3[c]));
            sum[c] += (double)((dy[c] + dy1[c]) + (dy2[c] + dy3[c]));
        }
        return;
    }
    for (int64_t i = 0; i < rows; i++)
        for (int64_t c = 0; c < channels; c++) {
            along[c] += (double)(dy[i * channels + c] * z[i * channels + c]);
            sum[c] += (double)dy[i * channels + c];
        }
}

NT_VECTORISED(backward_rows, (const void *context, int64_t from, int64_t to, int worker),
              (context, from, to, worker)) {
    const nt_grad_call *call = context;
    int64_t channels = nt_shape_channels(call->in[NT_NORM_X].type.shape);
    double eps = ((const layer_norm_attrs *)call->attrs)->eps;
    bool affine = call->in_count > NT_NORM_BIAS;
    const float *weight = affine ? call->in[NT_NORM_WEIGHT].f : NULL;
    double *along = (double *)call->scratch.shared + from / rows_of_job(channels) * 2 * channels;
    float *few = nt_scratch_of(&call->scratch, worker), *dx = call->in_grad[NT_NORM_X].f;
    memset(along, 0, (size_t)(2 * channels) * sizeof *along);
    for (int64_t row = from; row < to; row += FEW) {
        int64_t rows = nt_min(FEW, to - row);
        const float *dy = call->out_grad[0].f + row * channels;
        float inverse[FEW];
        for (int64_t i = 0; i < rows; i++) {
            float *z = few + i * channels;
            const float *x = call->in[NT_NORM_X].f + (row + i) * channels;
            row_norm n = norm_of(x, channels, eps);
            inverse[i] = n.inverse;
            for (int64_t c = 0; c < channels; c++)
                z[c] = (x[c] - n.centre) * n.inverse + n.rest;
        }
        if (affine)
            add_rows(dy, few, rows, channels, along, along + channels);
        for (int64_t i = 0; dx && i < rows; i++)
            differentiate_row(dy + i * channels, weight, few + i * channels, inverse[i], channels,
                              dx + (row + i) * channels);
    }
}

/* A sum over the jobs, of their first (which = 0) or second (1) ones. */
static void join(const double *sums, int which, int64_t jobs, int64_t channels, float *ret) {
    for (int64_t c = 0; c < channels; c++) {
        double sum = 0;
        for (int64_t job = 0; job < jobs; job++)
            sum += sums[(2 * job + which) * channels + c];
        ret[c] = (float)sum;
    }
}

static void backward(const nt_grad_call *call) {
    const nt_tensor *x = &call->in[NT_NORM_X];
    int64_t rows = nt_tensor_rows(x), channels = nt_shape_channels(x->type.shape);
    nt_rowwise(rows, rows_of_job(channels), backward_rows, call);
    for (int i = NT_NORM_WEIGHT; i < call->in_count; i++)
        if (call->in_grad[i].data)
            join((const double *)call->scratch.shared, i - NT_NORM_WEIGHT,
                 nt_ceil_div(rows, rows_of_job(channels)), channels, call->in_grad[i].f);
}

static bool keeps_zero(const void *attrs) {
    return !((const layer_norm_attrs *)attrs)->affine;
}

const nt_op nt_op_layer_norm = {
    .kind = {.name = "layer_norm",
             .doc = "normalisation over the channels, at each place of maps",
             .fields = fields,
             .size = sizeof(layer_norm_attrs)},
    .traits = NT_OP_IN_PLACE | NT_OP_GRAD_IN_PLACE,
    .min_inputs = 1,
    .max_inputs = 1,
    .infer = infer,
    .params = params,
    .keeps_zero = keeps_zero,
    .grad_need = grad_need,
    .forward = forward,
    .backward = backward,
    .grad_reads_in = 1u << NT_NORM_X | 1u << NT_NORM_WEIGHT,
    .cases = (const nt_op_case[]){{"", "5x7x3", "5x7x3"},
                                  {"eps=1e-06", "96x9x5", "96x9x5"},
                                  {"affine=false", "35x4x6", "35x4x6"},
                                  {"", "130", "130"},
                                  {"eps=0.001", "3x30x40", "3x30x40"},
                                  {"", "16x20x30", "16x20x30"},
                                  {0}},
};
