/* Local response normalisation (Krizhevsky et al., "ImageNet classification with deep convolutional
 * neural networks", NIPS 2012), with PyTorch's definition: at each place,
 *
 *     y = x v^-beta,    v = k + alpha / size * (the sum of x² over the `size` channels around)
 *
 * where size / 2 channels, rounded down, lie before the one itself. The gradient is
 *
 *     dx = dy v^-beta - 2 alpha beta / size * x * (the sum of dy y / v over those that x is part
 * of)
 *
 * A few rows at a time, each the channels of one place, are computed by lines in scratch memory. */
#include "elementwise.h"
#include "exponential.h"
#include "integers.h"
#include "logarithm.h"
#include "op_check.h"
#include <math.h>
#include <string.h>

typedef struct lrn_attrs {
    int32_t size;
    double alpha, beta, k;
} lrn_attrs;

static const nt_field fields[] = {
    {"size", NT_INT, offsetof(lrn_attrs, size), NULL, 1, 1 << 16,
     .doc = "how many channels are summed"},
    {"alpha", NT_REAL, offsetof(lrn_attrs, alpha), "0.0001", 0, 1e6,
     .doc = "what their mean square is multiplied by"},
    {"beta", NT_REAL, offsetof(lrn_attrs, beta), "0.75", 0, 100, .doc = "the exponent"},
    {"k", NT_REAL, offsetof(lrn_attrs, k), "1", 1e-30, 1e6, .doc = "what is added to it"},
    {0},
};

static int infer(const void *attrs, const nt_type *in, int in_count, nt_type *ret_out,
                 char why[NT_WHY]) {
    (void)attrs, (void)in_count;
    ret_out[0] = in[0];
    return nt_check_channels(&in[0], why) ? 1 : 0;
}

/* --- some rows at a time ---------------------------------------------------------------------- */

enum { LINES = 3, CHUNK = 1024 /* elements of a line, or one row */ };

static int64_t rows_of_chunk(int64_t channels) {
    return channels < CHUNK ? CHUNK / channels : 1;
}

static int64_t line_of(int64_t channels) {
    return nt_round_up(rows_of_chunk(channels) * channels, 64 / (int64_t)sizeof(float));
}

static nt_need need_of(const nt_tensor *x) {
    int64_t line = line_of(nt_shape_channels(x->type.shape));
    return (nt_need){.per_worker = (size_t)(LINES * line) * sizeof(float)};
}

/* sum[c] = the sum of x from `before` channels before c to `after` behind it, in each row. The rows
 * are gone through once for each of them, not each row by itself: what was just stored can't be
 * read back fast from another offset. */
NT_INLINE void sum_around(const float *restrict x, int64_t rows, int64_t channels, int64_t before,
                          int64_t after, float *restrict sum) {
    memcpy(sum, x, (size_t)(rows * channels) * sizeof *sum);
    for (int64_t d = 1; d <= before && d < channels; d++)
        for (int64_t row = 0; row < rows; row++)
            for (int64_t c = row * channels + d; c < (row + 1) * channels; c++)
                sum[c] += x[c - d];
    for (int64_t d = 1; d <= after && d < channels; d++)
        for (int64_t row = 0; row < rows; row++)
            for (int64_t c = row * channels; c < (row + 1) * channels - d; c++)
                sum[c] += x[c + d];
}

/* v, by way of a line of squares. */
NT_INLINE void find_v(const lrn_attrs *a, const float *restrict x, int64_t rows, int64_t channels,
                      float *restrict squares, float *restrict v) {
    float factor = (float)(a->alpha / a->size), k = (float)a->k;
    int64_t count = rows * channels;
    for (int64_t i = 0; i < count; i++)
        squares[i] = x[i] * x[i];
    sum_around(squares, rows, channels, a->size / 2, (a->size - 1) / 2, v);
    for (int64_t i = 0; i < count; i++)
        v[i] = v[i] * factor + k;
}

/* --- forward ---------------------------------------------------------------------------------- */

static nt_need need(const nt_call *call) {
    return need_of(&call->in[0]);
}

NT_VECTORISED(forward_chunk,
              (const lrn_attrs *a, const float *x, int64_t rows, int64_t channels, float *line,
               float *y),
              (a, x, rows, channels, line, y)) {
    float *restrict v = line + line_of(channels), exponent = (float)-a->beta;
    find_v(a, x, rows, channels, line, v);
    for (int64_t i = 0; i < rows * channels; i++)
        y[i] = x[i] * nt_exp(exponent * nt_log(v[i]));
}

static void forward_rows(const void *context, int64_t from, int64_t to, int worker) {
    const nt_call *call = context;
    int64_t channels = nt_shape_channels(call->in[0].type.shape), most = rows_of_chunk(channels);
    for (int64_t row = from; row < to; row += most)
        forward_chunk(call->attrs, call->in[0].f + row * channels, nt_min(most, to - row), channels,
                      nt_scratch_of(&call->scratch, worker), call->out[0].f + row * channels);
}

static void forward(const nt_call *call) {
    const nt_tensor *x = &call->in[0];
    nt_rowwise(nt_tensor_rows(x), nt_rows_of_job(nt_shape_channels(x->type.shape)), forward_rows,
               call);
}

/* --- backward --------------------------------------------------------------------------------- */

static nt_need grad_need(const nt_grad_call *call) {
    return need_of(&call->in[0]);
}

NT_VECTORISED(backward_chunk,
              (const lrn_attrs *a, const float *x, const float *dy, int64_t rows, int64_t channels,
               float *line, float *dx),
              (a, x, dy, rows, channels, line, dx)) {
    float *squares = line, *v = line + line_of(channels), *part = v + line_of(channels);
    float *direct = squares, *sum = v; /* in their places */
    float exponent = (float)-a->beta, factor = (float)(2 * a->alpha * a->beta / a->size);
    int64_t count = rows * channels;
    find_v(a, x, rows, channels, squares, v);
    for (int64_t i = 0; i < count; i++) {
        direct[i] = dy[i] * nt_exp(exponent * nt_log(v[i]));
        part[i] = direct[i] * x[i] / v[i];
    }
    sum_around(part, rows, channels, (a->size - 1) / 2, a->size / 2, sum);
    for (int64_t i = 0; i < count; i++)
        dx[i] = direct[i] - factor * x[i] * sum[i];
}

static void backward_rows(const void *context, int64_t from, int64_t to, int worker) {
    const nt_grad_call *call = context;
    int64_t channels = nt_shape_channels(call->in[0].type.shape), most = rows_of_chunk(channels);
    for (int64_t row = from; row < to; row += most)
        backward_chunk(call->attrs, call->in[0].f + row * channels,
                       call->out_grad[0].f + row * channels, nt_min(most, to - row), channels,
                       nt_scratch_of(&call->scratch, worker), call->in_grad[0].f + row * channels);
}

static void backward(const nt_grad_call *call) {
    const nt_tensor *x = &call->in[0];
    nt_rowwise(nt_tensor_rows(x), nt_rows_of_job(nt_shape_channels(x->type.shape)), backward_rows,
               call);
}

/* What it divides by must not come out as zero. */
static bool keeps_zero(const void *attrs) {
    const lrn_attrs *a = attrs;
    return pow(a->k, a->beta) > 1e-30;
}

const nt_op nt_op_local_response_norm = {
    .kind = {.name = "local_response_norm",
             .doc = "divides by the mean square of the channels around",
             .fields = fields,
             .size = sizeof(lrn_attrs)},
    .traits = NT_OP_IN_PLACE | NT_OP_GRAD_IN_PLACE,
    .min_inputs = 1,
    .max_inputs = 1,
    .infer = infer,
    .keeps_zero = keeps_zero,
    .need = need,
    .grad_need = grad_need,
    .forward = forward,
    .backward = backward,
    .grad_reads_in = 1u << 0,
    .cases = (const nt_op_case[]){{"size=5", "19x7x3", "19x7x3"},
                                  {"size=5 alpha=1 beta=0.75 k=2", "64x5x4", "64x5x4"},
                                  {"size=2 alpha=3 beta=0.5", "3x35x35", "3x35x35"},
                                  {"size=9 alpha=2 beta=1.3 k=0.1", "4x2x3", "4x2x3"},
                                  {"size=4 alpha=0.5", "130", "130"},
                                  {"size=1 alpha=1", "1", "1"},
                                  {0}},
};
