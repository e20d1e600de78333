/* Parametric rectified linear unit: x above zero, weight · x below, element by element; one weight
 * for all, or one for each channel, is trained.
 * He, Zhang, Ren, Sun: "Delving deep into rectifiers", ICCV 2015. */
#include "elementwise.h"
#include "integers.h"
#include "op_check.h"
#include "parallel.h"
#include "vectorise.h"
#include <stdio.h>
#include <string.h>

enum { JOB = 1 << 14 /* elements, about: of a part of the weight's gradient */, LEAST_ROWS = 64 };

typedef struct prelu_attrs {
    int32_t num_parameters;
    double init;
} prelu_attrs;

static const nt_field fields[] = {
    {"num_parameters", NT_INT, offsetof(prelu_attrs, num_parameters), "1", 1, 1 << 20,
     .doc = "1, or as many as there are channels"},
    {"init", NT_REAL, offsetof(prelu_attrs, init), "0.25", .doc = "the weight's initial value"},
    {0},
};

static int infer(const void *attrs, const nt_type *in, int in_count, nt_type *ret_out,
                 char why[NT_WHY]) {
    int32_t weights = ((const prelu_attrs *)attrs)->num_parameters;
    (void)in_count;
    if (!nt_check_channels(in, why))
        return 0;
    if (weights != 1 && weights != in->shape.dim[0]) {
        snprintf(why, NT_WHY, "num_parameters is %d, neither 1 nor the input's %d channels",
                 weights, in->shape.dim[0]);
        return 0;
    }
    ret_out[0] = in[0];
    return 1;
}

static int params(const void *attrs, const nt_type *in, nt_param *ret_params) {
    const prelu_attrs *a = attrs;
    (void)in;
    ret_params[0] = (nt_param){.name = "weight",
                               .type = nt_type_param(nt_shape_of(1, &a->num_parameters)),
                               .scale = a->init};
    return 1;
}

/* --- x and its gradient ----------------------------------------------------------------------- */

/* y = of > 0 ? x : weight · x, where `of` and y may be x. */
typedef struct rectified {
    const float *of, *x, *weight;
    float *y;
    int64_t weights;
} rectified;

/* One after the other, `step` is 1 or, for a weight that is theirs together, 0. */
NT_INLINE void rectify(const rectified *r, int64_t from, int64_t to, const float *weight,
                       int64_t step) {
    const float *of = r->of, *x = r->x;
    float *y = r->y;
    NT_SIMD
    for (int64_t i = from; i < to; i++) {
        float below = weight[(i - from) * step] * x[i];
        y[i] = of[i] > 0 ? x[i] : below;
    }
}

NT_VECTORISED(rectify_range, (const void *context, int64_t from, int64_t to), (context, from, to)) {
    const rectified *r = context;
    if (r->weights == 1) {
        rectify(r, from, to, r->weight, 0);
        return;
    }
    for (int64_t end; from < to; from = end) {
        int64_t channel = from % r->weights;
        end = nt_min(to, from + r->weights - channel);
        rectify(r, from, end, r->weight + channel, 1);
    }
}

static void forward(const nt_call *call) {
    rectified r = {call->in[0].f, call->in[0].f, call->in[1].f, call->out[0].f,
                   ((const prelu_attrs *)call->attrs)->num_parameters};
    nt_elementwise(nt_tensor_total(&call->in[0]), rectify_range, &r);
}

/* --- the weight's gradient -------------------------------------------------------------------- */

/* The sum of dy · x where x is below zero, by channel: each job sums up some rows in double, and
 * what the jobs have is added in their order. */
typedef struct summed {
    const float *x, *dy;
    int64_t rows, channels, job_rows;
    double *parts; /* [job][channel] */
} summed;

static summed summed_of(const nt_tensor *x, const nt_tensor *dy, const nt_scratch *scratch) {
    int64_t channels = nt_shape_channels(x->type.shape);
    return (summed){x->f,
                    dy->f,
                    nt_tensor_rows(x),
                    channels,
                    nt_max(LEAST_ROWS, JOB / channels),
                    (double *)scratch->shared};
}

NT_VECTORISED(sum_job, (const void *context, int job, int worker), (context, job, worker)) {
    const summed *s = context;
    int64_t from = job * s->job_rows, to = nt_min(s->rows, from + s->job_rows);
    double *restrict sum = s->parts + job * s->channels;
    (void)worker;
    memset(sum, 0, (size_t)s->channels * sizeof *sum);
    for (int64_t i = from; i < to; i++) {
        const float *x = s->x + i * s->channels, *dy = s->dy + i * s->channels;
        for (int64_t c = 0; c < s->channels; c++)
            sum[c] += (double)(x[c] > 0 ? 0 : x[c]) * (double)dy[c];
    }
}

static nt_need grad_need(const nt_grad_call *call) {
    summed s = summed_of(&call->in[0], &call->out_grad[0], &call->scratch);
    int64_t jobs = nt_ceil_div(s.rows, s.job_rows);
    return (nt_need){.shared = (size_t)(jobs * s.channels) * sizeof(double)};
}

static void sum_weight(const nt_grad_call *call) {
    summed s = summed_of(&call->in[0], &call->out_grad[0], &call->scratch);
    int64_t jobs = nt_ceil_div(s.rows, s.job_rows);
    float *dweight = call->in_grad[1].f;
    double all = 0;
    nt_parallel((int)jobs, sum_job, &s);
    for (int64_t c = 0; c < s.channels; c++) {
        double sum = 0;
        for (int64_t job = 0; job < jobs; job++)
            sum += s.parts[job * s.channels + c];
        dweight[((const prelu_attrs *)call->attrs)->num_parameters == 1 ? 0 : c] = (float)sum;
        all += sum;
    }
    if (((const prelu_attrs *)call->attrs)->num_parameters == 1)
        dweight[0] = (float)all;
}

/* The weight's first: x's may take dy's place. */
static void backward(const nt_grad_call *call) {
    rectified r = {call->in[0].f, call->out_grad[0].f, call->in[1].f, call->in_grad[0].f,
                   ((const prelu_attrs *)call->attrs)->num_parameters};
    if (call->in_grad[1].data)
        sum_weight(call);
    if (call->in_grad[0].data)
        nt_elementwise(nt_tensor_total(&call->in[0]), rectify_range, &r);
}

const nt_op nt_op_prelu = {
    .kind = {.name = "prelu",
             .doc = "x above zero, a trained share of it below",
             .fields = fields,
             .size = sizeof(prelu_attrs)},
    .traits = NT_OP_IN_PLACE | NT_OP_GRAD_IN_PLACE | NT_OP_CHANNELWISE,
    .min_inputs = 1,
    .max_inputs = 1,
    .infer = infer,
    .params = params,
    .keeps_zero = nt_keeps_zero,
    .grad_need = grad_need,
    .forward = forward,
    .backward = backward,
    .grad_reads_in = 1u << 0 | 1u << 1,
    .cases = (const nt_op_case[]){{"", "5x7x3", "5x7x3"},
                                  {"num_parameters=130 init=0.1", "130", "130"},
                                  {"num_parameters=19", "19x14x15", "19x14x15"},
                                  {"num_parameters=2", "2x9x9", "2x9x9"},
                                  {0}},
};
