/* The sum of its inputs, each times its weight, element by element, from the first to the last: for
 * a loss that is made of several. An input that is not batched is added to each sample. */
#include "integers.h"
#include "op_check.h"
#include "parallel.h"
#include "vectorise.h"
#include <stdio.h>

enum { JOB = 1 << 14, CHUNK = 1024 }; /* elements */

typedef struct weighted_sum_attrs {
    nt_reals weights;
} weighted_sum_attrs;

static const nt_field fields[] = {
    {"weights", NT_REALS, offsetof(weighted_sum_attrs, weights), NULL, -1e30, 1e30,
     .doc = "what each input is multiplied by"},
    {0},
};

static int infer(const void *attrs, const nt_type *in, int in_count, nt_type *ret_out,
                 char why[NT_WHY]) {
    const weighted_sum_attrs *a = attrs;
    ret_out[0] = in[0];
    for (int i = 0; i < in_count; i++) {
        if (!nt_check_float(&in[i], why))
            return 0;
        if (!nt_shape_equal(in[i].shape, in[0].shape)) {
            char first[NT_SHAPE_TEXT], other[NT_SHAPE_TEXT];
            snprintf(why, NT_WHY, "input %d is %s, but the first is %s", i + 1,
                     nt_shape_format(in[i].shape, other), nt_shape_format(in[0].shape, first));
            return 0;
        }
        ret_out[0].batched |= in[i].batched;
    }
    if (a->weights.count != in_count) {
        snprintf(why, NT_WHY, "weights has %d number%s for %d input%s", a->weights.count,
                 a->weights.count == 1 ? "" : "s", in_count, in_count == 1 ? "" : "s");
        return 0;
    }
    return 1;
}

static float weight_of(const void *attrs, int i) {
    return (float)((const weighted_sum_attrs *)attrs)->weights.items[i];
}

static int jobs_of(int64_t elements, int64_t job) {
    return (int)nt_ceil_div(elements, job);
}

/* --- forward ---------------------------------------------------------------------------------- */

/* The part from element `at` of input i, for one sample. */
static const float *part_of(const nt_call *call, int i, int64_t sample, int64_t at) {
    const nt_tensor *in = &call->in[i];
    return in->f + (in->count > 1 ? sample * nt_type_stored(in->type) : 0) + at;
}

NT_VECTORISED(scale, (const float *x, float weight, int64_t count, float *y),
              (x, weight, count, y)) {
    for (int64_t e = 0; e < count; e++)
        y[e] = weight * x[e];
}

NT_VECTORISED(add_scaled, (const float *x, float weight, int64_t count, float *sum),
              (x, weight, count, sum)) {
    for (int64_t e = 0; e < count; e++)
        sum[e] += weight * x[e];
}

/* Job: a part of one sample of the output, a chunk at a time, so that the sum stays in the
 * first-level cache. */
static void forward_job(const void *context, int job, int worker) {
    const nt_call *call = context;
    int64_t elements = nt_type_stored(call->out[0].type);
    int64_t sample = job / jobs_of(elements, JOB);
    int64_t from = (int64_t)(job % jobs_of(elements, JOB)) * JOB;
    int64_t to = from + JOB < elements ? from + JOB : elements;
    (void)worker;
    for (int64_t at = from; at < to; at += CHUNK) {
        int64_t count = at + CHUNK < to ? CHUNK : to - at;
        float *y = call->out[0].f + sample * elements + at;
        scale(part_of(call, 0, sample, at), weight_of(call->attrs, 0), count, y);
        for (int i = 1; i < call->in_count; i++)
            add_scaled(part_of(call, i, sample, at), weight_of(call->attrs, i), count, y);
    }
}

static void forward(const nt_call *call) {
    nt_parallel(call->out[0].count * jobs_of(nt_type_stored(call->out[0].type), JOB), forward_job,
                call);
}

/* --- backward --------------------------------------------------------------------------------- */

NT_VECTORISED(add_to_double, (const float *x, int64_t count, double *sum), (x, count, sum)) {
    for (int64_t e = 0; e < count; e++)
        sum[e] += (double)x[e];
}

/* Of an input that stands for all samples: the chunk's sum over them, times the weight. */
static void sum_samples(const nt_tensor *dy, int64_t from, int64_t count, float weight, float *dx) {
    int64_t elements = nt_type_stored(dy->type);
    double sum[CHUNK] = {0};
    for (int64_t n = 0; n < dy->count; n++)
        add_to_double(dy->f + n * elements + from, count, sum);
    for (int64_t e = 0; e < count; e++)
        dx[from + e] = (float)((double)weight * sum[e]);
}

/* Job: a chunk of the elements, of all samples; the first input last, for its gradient may lie on
 * the output's. */
static void backward_job(const void *context, int job, int worker) {
    const nt_grad_call *call = context;
    const nt_tensor *dy = &call->out_grad[0];
    int64_t elements = nt_type_stored(dy->type), from = (int64_t)job * CHUNK;
    int64_t count = from + CHUNK < elements ? CHUNK : elements - from;
    (void)worker;
    for (int i = call->in_count; i-- > 0;) {
        const nt_tensor *dx = &call->in_grad[i];
        float weight = weight_of(call->attrs, i);
        if (dx->data && dx->count != dy->count)
            sum_samples(dy, from, count, weight, dx->f);
        for (int64_t n = 0; dx->data && dx->count == dy->count && n < dy->count; n++)
            scale(dy->f + n * elements + from, weight, count, dx->f + n * elements + from);
    }
}

static void backward(const nt_grad_call *call) {
    nt_parallel(jobs_of(nt_type_stored(call->out_grad[0].type), CHUNK), backward_job, call);
}

const nt_op nt_op_weighted_sum = {
    .kind = {.name = "weighted_sum",
             .doc = "the sum of its inputs, each times a weight",
             .fields = fields,
             .size = sizeof(weighted_sum_attrs)},
    .traits = NT_OP_IN_PLACE | NT_OP_GRAD_IN_PLACE | NT_OP_CHANNELWISE,
    .min_inputs = 1,
    .max_inputs = NT_MAX_INPUTS,
    .infer = infer,
    .keeps_zero = nt_keeps_zero,
    .forward = forward,
    .backward = backward,
    .cases = (const nt_op_case[]){{"weights=[1,-0.5]", "5x7x3 5x7x3", "5x7x3"},
                                  {"weights=[0.3,0.7]", "scalar scalar", "scalar"},
                                  {"weights=[2]", "9", "9"},
                                  {"weights=[1,2,3]", "3x80x90 3x80x90 3x80x90", "3x80x90"},
                                  {"weights=[1,0,3,0.25]", "1030 1030 1030 1030", "1030"},
                                  {0}},
};
