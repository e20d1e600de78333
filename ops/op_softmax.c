/* Softmax over the channels of each place: e^x over the sum of the channels' e^x. */
#include "integers.h"
#include "op_check.h"
#include "parallel.h"
#include "softmax_rows.h"

enum { JOB = 1 << 14 /* elements, or one row */ };

static int infer(const void *attrs, const nt_type *in, int in_count, nt_type *ret_out,
                 char why[NT_WHY]) {
    (void)attrs, (void)in_count;
    ret_out[0] = in[0];
    return nt_check_channels(in, why) ? 1 : 0;
}

/* The rows of a job, each the channels of one place. */
typedef struct part {
    int64_t start, rows, channels; /* start: of the first row, in elements */
} part;

static int64_t rows_of_job(int64_t channels) {
    return channels < JOB ? JOB / channels : 1;
}

static part part_of(const nt_tensor *tensor, int job) {
    int64_t channels = nt_shape_channels(tensor->type.shape), rows = nt_tensor_rows(tensor);
    int64_t most = rows_of_job(channels), from = job * most;
    return (part){from * channels, from + most < rows ? most : rows - from, channels};
}

static int jobs_of(const nt_tensor *tensor) {
    int64_t most = rows_of_job(nt_shape_channels(tensor->type.shape));
    return (int)nt_ceil_div(nt_tensor_rows(tensor), most);
}

static void forward_job(const void *context, int job, int worker) {
    const nt_call *call = context;
    part p = part_of(&call->in[0], job);
    (void)worker;
    nt_softmax_rows(call->in[0].f + p.start, p.rows, p.channels, call->out[0].f + p.start);
}

static void forward(const nt_call *call) {
    nt_parallel(jobs_of(&call->in[0]), forward_job, call);
}

static void backward_job(const void *context, int job, int worker) {
    const nt_grad_call *call = context;
    part p = part_of(&call->out[0], job);
    (void)worker;
    nt_softmax_rows_gradient(call->out[0].f + p.start, call->out_grad[0].f + p.start, p.rows,
                             p.channels, call->in_grad[0].f + p.start);
}

static void backward(const nt_grad_call *call) {
    nt_parallel(jobs_of(&call->out[0]), backward_job, call);
}

const nt_op nt_op_softmax = {
    .kind = {.name = "softmax",
             .doc = "probabilities from the channels of each place",
             .fields = nt_no_fields},
    .traits = NT_OP_IN_PLACE | NT_OP_GRAD_IN_PLACE,
    .min_inputs = 1,
    .max_inputs = 1,
    .infer = infer,
    .forward = forward,
    .backward = backward,
    .grad_reads_out = 1u << 0,
    .cases = (const nt_op_case[]){{"", "5x7x3", "5x7x3"},
                                  {"", "10", "10"},
                                  {"", "1", "1"},
                                  {"", "2x80x90", "2x80x90"},
                                  {"", "37x3x4", "37x3x4"},
                                  {"", "1031", "1031"},
                                  {0}},
};
