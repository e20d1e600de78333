/* Dropout (Srivastava et al., JMLR 2014): in training each element is zeroed with a probability,
 * and what is kept is scaled by 1 / (1 - probability). Which elements are kept is a function of the
 * step's draw, the node's path and the element's place in the batch (Philox), so that the gradient
 * finds the same ones without their being stored. Each sample of a batch gets its own, even where
 * the input is the same for all: the output is always batched. */
#include "attrs.h"
#include "hash.h"
#include "op_check.h"
#include "parallel.h"
#include "random.h"
#include "vectorise.h"
#include <string.h>

enum { CHUNK = 1024 /* elements; a multiple of Philox's four words */ };

static const nt_field fields[] = {
    {"probability", NT_REAL, offsetof(nt_dropout_attrs, probability), "0.5", 0, 1,
     .doc = "with which an element is zeroed"},
    {"path", NT_STRING, offsetof(nt_dropout_attrs, path), "",
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

/* Elements whose word is below `limit` are zeroed. */
NT_VECTORISED(choose,
              (const uint32_t *restrict words, int64_t count, uint32_t limit, float keep,
               float *restrict ret),
              (words, count, limit, keep, ret)) {
    for (int64_t i = 0; i < count; i++)
        ret[i] = words[i] < limit ? 0 : keep;
}

/* What elements [from, from + count) of the batch are multiplied by; count is at most CHUNK. */
static void find_factors(const nt_dropout_attrs *a, uint64_t draw, int64_t from, int64_t count,
                         float *ret) {
    uint64_t stream = nt_hash_string(0, a->path ? a->path : "");
    double limit = a->probability * 0x1p32;
    float keep = a->probability < 1 ? (float)(1 / (1 - a->probability)) : 0;
    int64_t skipped = from % 4; /* of the first block's words */
    uint32_t words[CHUNK + 4];
    for (int64_t i = 0; i < skipped + count; i += 4)
        nt_philox(draw, stream, (uint64_t)((from + i) / 4), words + i);
    choose(words + skipped, count, limit < UINT32_MAX ? (uint32_t)limit : UINT32_MAX, keep, ret);
}

/* Jobs of both directions: a chunk of the input's elements, for each sample that they stand for. */
static int jobs_of(const nt_tensor *given) {
    return (int)((nt_tensor_total(given) + CHUNK - 1) / CHUNK);
}

NT_VECTORISED(multiply, (const float *x, const float *restrict factors, int64_t count, float *y),
              (x, factors, count, y)) {
    for (int64_t i = 0; i < count; i++)
        y[i] = x[i] * factors[i];
}

static void forward_job(const void *context, int job, int worker) {
    const nt_call *call = context;
    int64_t total = nt_tensor_total(&call->out[0]), given = nt_tensor_total(&call->in[0]);
    int64_t from = (int64_t)job * CHUNK, count = from + CHUNK < given ? CHUNK : given - from;
    float factors[CHUNK];
    (void)worker;
    for (int64_t at = from; at < total; at += given) {
        find_factors(call->attrs, call->draw, at, count, factors);
        multiply(call->in[0].f + from, factors, count, call->out[0].f + at);
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

static void backward_job(const void *context, int job, int worker) {
    const nt_grad_call *call = context;
    int64_t total = nt_tensor_total(&call->out_grad[0]), given = nt_tensor_total(&call->in_grad[0]);
    int64_t from = (int64_t)job * CHUNK, count = from + CHUNK < given ? CHUNK : given - from;
    float factors[CHUNK];
    double sum[CHUNK] = {0};
    (void)worker;
    for (int64_t at = from; at < total; at += given) {
        find_factors(call->attrs, call->draw, at, count, factors);
        add_products(call->out_grad[0].f + at, factors, count, sum);
    }
    for (int64_t i = 0; i < count; i++)
        call->in_grad[0].f[from + i] = (float)sum[i];
}

static void backward(const nt_grad_call *call) {
    nt_parallel(jobs_of(&call->in_grad[0]), backward_job, call);
}

const nt_op nt_op_dropout = {
    .name = "dropout",
    .doc = "zeroes elements at random, in training",
    .fields = fields,
    .attrs_size = sizeof(nt_dropout_attrs),
    .traits = NT_OP_TRAINING | NT_OP_RANDOM | NT_OP_IN_PLACE | NT_OP_GRAD_IN_PLACE,
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
