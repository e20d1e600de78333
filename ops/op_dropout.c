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

/* What elements [from, from + count) of the batch are multiplied by; count is at most CHUNK. */
static void find_factors(const nt_dropout_attrs *a, uint64_t draw, int64_t from, int64_t count,
                         float *ret) {
    uint64_t stream = nt_hash_string(0, a->path ? a->path : "");
    uint64_t limit = (uint64_t)(a->probability * 0x1p32); /* of words that stand for zero */
    float keep = a->probability < 1 ? (float)(1 / (1 - a->probability)) : 0;
    uint32_t words[4];
    for (int64_t i = 0; i < count; i++) {
        int64_t element = from + i;
        if (i == 0 || element % 4 == 0)
            nt_philox(draw, stream, (uint64_t)element / 4, words);
        ret[i] = words[element % 4] < limit ? 0 : keep;
    }
}

static void forward_job(const void *context, int job, int worker) {
    const nt_call *call = context;
    int64_t total = nt_tensor_total(&call->out[0]), given = nt_tensor_total(&call->in[0]);
    int64_t from = (int64_t)job * CHUNK, count = from + CHUNK < total ? CHUNK : total - from;
    float factors[CHUNK], *y = call->out[0].f + from;
    (void)worker;
    find_factors(call->attrs, call->draw, from, count, factors);
    for (int64_t i = 0; i < count; i++)
        y[i] = call->in[0].f[(from + i) % given] * factors[i];
}

static void forward(const nt_call *call) {
    nt_parallel((int)((nt_tensor_total(&call->out[0]) + CHUNK - 1) / CHUNK), forward_job, call);
}

/* Job: a chunk of the input's elements; where it is not batched, summed over the samples. */
static void backward_job(const void *context, int job, int worker) {
    const nt_grad_call *call = context;
    const nt_tensor *dy = &call->out_grad[0];
    int64_t total = nt_tensor_total(dy), given = nt_tensor_total(&call->in_grad[0]);
    int64_t from = (int64_t)job * CHUNK, count = from + CHUNK < given ? CHUNK : given - from;
    float factors[CHUNK];
    double sum[CHUNK] = {0};
    (void)worker;
    for (int64_t at = from; at < total; at += given) {
        find_factors(call->attrs, call->draw, at, count, factors);
        for (int64_t i = 0; i < count; i++)
            sum[i] += (double)(dy->f[at + i] * factors[i]);
    }
    for (int64_t i = 0; i < count; i++)
        call->in_grad[0].f[from + i] = (float)sum[i];
}

static void backward(const nt_grad_call *call) {
    int64_t given = nt_tensor_total(&call->in_grad[0]);
    nt_parallel((int)((given + CHUNK - 1) / CHUNK), backward_job, call);
}

const nt_op nt_op_dropout = {
    .name = "dropout",
    .doc = "zeroes elements at random, in training",
    .fields = fields,
    .attrs_size = sizeof(nt_dropout_attrs),
    .traits = NT_OP_TRAINING | NT_OP_RANDOM | NT_OP_IN_PLACE,
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
