/* The sum of its inputs, element by element, from the first to the last. An input that is not
 * batched is added to each sample. */
#include "integers.h"
#include "op.h"
#include "parallel.h"
#include "vectorise.h"
#include <stdio.h>
#include <string.h>

enum { JOB = 1 << 14, CHUNK = 1024 }; /* elements */

static int infer(const void *attrs, const nt_type *in, int in_count, nt_type *ret_out,
                 char why[NT_WHY]) {
    (void)attrs;
    ret_out[0] = in[0];
    for (int i = 0; i < in_count; i++) {
        nt_type alike = in[0]; /* the gradients of kernels are added too */
        alike.batched = in[i].batched;
        if (in[i].dtype != NT_F32) {
            snprintf(why, NT_WHY, "takes float32 values, not integers");
            return 0;
        }
        if (!nt_type_equal(in[i], alike)) {
            char first[NT_SHAPE_TEXT], other[NT_SHAPE_TEXT];
            snprintf(why, NT_WHY, "input %d is %s, but the first is %s", i + 1,
                     nt_shape_format(in[i].shape, other), nt_shape_format(in[0].shape, first));
            return 0;
        }
        ret_out[0].batched |= in[i].batched;
    }
    return 1;
}

static int jobs_of(int64_t elements) {
    return (int)nt_ceil_div(elements, JOB);
}

/* The part from element `at` of input i, for one sample. */
static const float *part_of(const nt_call *call, int i, int64_t sample, int64_t at) {
    const nt_tensor *in = &call->in[i];
    return in->f + (in->count > 1 ? sample * nt_type_stored(in->type) : 0) + at;
}

NT_VECTORISED(add_two, (const float *a, const float *b, int64_t count, float *sum),
              (a, b, count, sum)) {
    for (int64_t e = 0; e < count; e++)
        sum[e] = a[e] + b[e];
}

/* Job: a part of one sample of the output, a chunk at a time, so that a sum that several inputs add
 * to stays in the first-level cache. */
static void forward_job(const void *context, int job, int worker) {
    const nt_call *call = context;
    int64_t elements = nt_type_stored(call->out[0].type);
    int64_t sample = job / jobs_of(elements), from = (int64_t)(job % jobs_of(elements)) * JOB;
    int64_t to = from + JOB < elements ? from + JOB : elements;
    (void)worker;
    for (int64_t at = from; at < to; at += CHUNK) {
        int64_t count = at + CHUNK < to ? CHUNK : to - at;
        float *y = call->out[0].f + sample * elements + at;
        add_two(part_of(call, 0, sample, at), part_of(call, 1, sample, at), count, y);
        for (int i = 2; i < call->in_count; i++)
            add_two(y, part_of(call, i, sample, at), count, y);
    }
}

static void forward(const nt_call *call) {
    nt_parallel(call->out[0].count * jobs_of(nt_type_stored(call->out[0].type)), forward_job, call);
}

/* Job: a chunk of the elements, of all samples. */
static void backward_job(const void *context, int job, int worker) {
    const nt_grad_call *call = context;
    const nt_tensor *dy = &call->out_grad[0];
    int64_t elements = nt_type_stored(dy->type), from = (int64_t)job * CHUNK;
    int64_t count = from + CHUNK < elements ? CHUNK : elements - from;
    double sum[CHUNK];
    bool summed = false;
    (void)worker;
    for (int i = 0; i < call->in_count; i++) {
        const nt_tensor *dx = &call->in_grad[i];
        if (!dx->data)
            continue;
        if (dx->count == dy->count) {
            for (int64_t n = 0; n < dy->count; n++)
                memcpy(dx->f + n * elements + from, dy->f + n * elements + from,
                       (size_t)count * sizeof(float));
            continue;
        }
        if (!summed)
            memset(sum, 0, sizeof sum);
        for (int64_t n = 0; !summed && n < dy->count; n++)
            for (int64_t e = 0; e < count; e++)
                sum[e] += (double)dy->f[n * elements + from + e];
        summed = true;
        for (int64_t e = 0; e < count; e++)
            dx->f[from + e] = (float)sum[e];
    }
}

static void backward(const nt_grad_call *call) {
    int64_t elements = nt_type_stored(call->out_grad[0].type);
    nt_parallel((int)nt_ceil_div(elements, CHUNK), backward_job, call);
}

const nt_op nt_op_add = {
    .kind = {.name = "add", .doc = "the sum of its inputs", .fields = nt_no_fields},
    .traits = NT_OP_IN_PLACE | NT_OP_SUM,
    .min_inputs = 2,
    .max_inputs = NT_MAX_INPUTS,
    .infer = infer,
    .forward = forward,
    .backward = backward,
    .cases = (const nt_op_case[]){{"", "5x7x3 5x7x3", "5x7x3"},
                                  {"", "130 130 130", "130"},
                                  {"", "3x80x90 3x80x90", "3x80x90"},
                                  {"", "2x30x40 2x30x40 2x30x40 2x30x40", "2x30x40"},
                                  {0}},
};
