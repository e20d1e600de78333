/* Rectified linear unit: max(x, 0), element by element. */
#include "op.h"
#include "parallel.h"

enum { JOB = 1 << 14 }; /* elements */

static int infer(const void *attrs, const nt_type *in, int in_count, nt_type *ret_out,
                 char why[NT_WHY]) {
    (void)attrs, (void)in_count, (void)why;
    ret_out[0] = in[0];
    return 1;
}

static void forward_job(const void *context, int job, int worker) {
    const nt_call *call = context;
    (void)worker;
    int64_t total = call->in[0].count * nt_type_stored(call->in[0].type);
    int64_t from = (int64_t)job * JOB, to = from + JOB < total ? from + JOB : total;
    const float *x = call->in[0].f;
    float *y = call->out[0].f;
    for (int64_t i = from; i < to; i++)
        y[i] = x[i] < 0 ? 0 : x[i]; /* NaN stays NaN */
}

static void forward(const nt_call *call) {
    int64_t total = call->in[0].count * nt_type_stored(call->in[0].type);
    nt_parallel((int)((total + JOB - 1) / JOB), forward_job, call);
}

static void backward_job(const void *context, int job, int worker) {
    const nt_grad_call *call = context;
    (void)worker;
    int64_t total = call->out[0].count * nt_type_stored(call->out[0].type);
    int64_t from = (int64_t)job * JOB, to = from + JOB < total ? from + JOB : total;
    const float *y = call->out[0].f, *dy = call->out_grad[0].f;
    float *dx = call->in_grad[0].f;
    for (int64_t i = from; i < to; i++)
        dx[i] = y[i] > 0 ? dy[i] : 0;
}

static void backward(const nt_grad_call *call) {
    int64_t total = call->out[0].count * nt_type_stored(call->out[0].type);
    nt_parallel((int)((total + JOB - 1) / JOB), backward_job, call);
}

const nt_op nt_op_relu = {
    .name = "relu",
    .doc = "max(x, 0)",
    .fields = nt_no_fields,
    .traits = NT_OP_IN_PLACE,
    .min_inputs = 1,
    .max_inputs = 1,
    .infer = infer,
    .forward = forward,
    .backward = backward,
    .grad_reads_out = 1u << 0,
    .cases =
        (const nt_op_case[]){
            {"", "5x7x3", "5x7x3"}, {"", "130", "130"}, {"", "3x80x90", "3x80x90"}, {0}},
};
