/* Dropout (Srivastava et al., JMLR 2014): in training each element is zeroed with a probability,
 * and what is kept is scaled by 1 / (1 - probability). Which elements are kept is a function of the
 * step's draw, the node's path and the element's place in the batch, so that the gradient finds the
 * same ones without their being stored. Each sample of a batch gets its own, even where
 * the input is the same for all: the output is always batched. */
#include "attrs.h"
#include "dropout_factors.h"
#include "integers.h"
#include "op_check.h"
#include "parallel.h"
#include "vectorise.h"

enum { JOB = 1 << 14, CHUNK = 1024 }; /* elements; multiples of NT_FACTOR_GROUP */

static const nt_field fields[] = {
    {"probability", NT_REAL, offsetof(nt_dropout_attrs, probability), "0.5", 0, 1,
     .doc = "with which an element is zeroed"},
    {NT_FIELD_PATH, NT_STRING, offsetof(nt_dropout_attrs, path), "",
     .doc = "names its stream of random numbers", .hidden = true},
    {0},
};

static int infer(const void *attrs, const nt_type *in, int in_count, nt_type *ret_out,
                 char why[NT_WHY]) {
    (void)attrs, (void)in_count;
    if (!nt_check_float(&in[0], why))
        return 0;
    ret_out[0] = in[0];
    ret_out[0].batched = true;
    return 1;
}

/* Jobs of both directions: a part of the input's elements, for each sample that they stand for, a
 * chunk at a time. */
static int jobs_of(const nt_tensor *given) {
    return (int)nt_ceil_div(nt_tensor_total(given), JOB);
}

NT_VECTORISED(multiply, (const float *x, const float *restrict factors, int64_t count, float *y),
              (x, factors, count, y)) {
    for (int64_t i = 0; i < count; i++)
        y[i] = x[i] * factors[i];
}

static void forward_job(const void *context, int job, int worker) {
    const nt_call *call = context;
    int64_t total = nt_tensor_total(&call->out[0]), given = nt_tensor_total(&call->in[0]);
    int64_t from = (int64_t)job * JOB, to = from + JOB < given ? from + JOB : given;
    float factors[CHUNK];
    (void)worker;
    for (; from < to; from += CHUNK) {
        int64_t count = from + CHUNK < to ? CHUNK : to - from;
        for (int64_t at = from; at < total; at += given) {
            nt_dropout_factors(call->attrs, call->draw, at, count, factors);
            multiply(call->in[0].f + from, factors, count, call->out[0].f + at);
        }
    }
}

static void forward(const nt_call *call) {
    nt_parallel(jobs_of(&call->in[0]), forward_job, call);
}

NT_VECTORISED(add_products,
              (const float *restrict dy, const float *restrict factors, int64_t count,
               double *restrict sum),
              (dy, factors, count, sum)) {
    for (int64_t i = 0; i < count; i++)
        sum[i] += (double)(dy[i] * factors[i]);
}

/* Of elements that stand for all samples. */
static void sum_samples(const nt_grad_call *call, int64_t from, int64_t count) {
    int64_t total = nt_tensor_total(&call->out_grad[0]), given = nt_tensor_total(&call->in_grad[0]);
    float factors[CHUNK];
    double sum[CHUNK] = {0};
    for (int64_t at = from; at < total; at += given) {
        nt_dropout_factors(call->attrs, call->draw, at, count, factors);
        add_products(call->out_grad[0].f + at, factors, count, sum);
    }
    for (int64_t i = 0; i < count; i++)
        call->in_grad[0].f[from + i] = (float)sum[i];
}

static void backward_job(const void *context, int job, int worker) {
    const nt_grad_call *call = context;
    int64_t total = nt_tensor_total(&call->out_grad[0]), given = nt_tensor_total(&call->in_grad[0]);
    int64_t from = (int64_t)job * JOB, to = from + JOB < given ? from + JOB : given;
    float factors[CHUNK];
    (void)worker;
    for (; from < to; from += CHUNK) {
        int64_t count = from + CHUNK < to ? CHUNK : to - from;
        if (total > given) {
            sum_samples(call, from, count);
            continue;
        }
        nt_dropout_factors(call->attrs, call->draw, from, count, factors);
        multiply(call->out_grad[0].f + from, factors, count, call->in_grad[0].f + from);
    }
}

static void backward(const nt_grad_call *call) {
    nt_parallel(jobs_of(&call->in_grad[0]), backward_job, call);
}

const nt_op nt_op_dropout = {
    .kind = {.name = "dropout",
             .doc = "zeroes elements at random, in training",
             .fields = fields,
             .size = sizeof(nt_dropout_attrs)},
    .traits =
        NT_OP_TRAINING | NT_OP_RANDOM | NT_OP_IN_PLACE | NT_OP_GRAD_IN_PLACE | NT_OP_CHANNELWISE,
    .min_inputs = 1,
    .max_inputs = 1,
    .infer = infer,
    .forward = forward,
    .backward = backward,
    .cases = (const nt_op_case[]){{"", "5x7x3", "5x7x3"},
                                  {"probability=0.2", "1031", "1031"},
                                  {"probability=0", "9", "9"},
                                  {"probability=1", "9", "9"},
                                  {0}},
};
