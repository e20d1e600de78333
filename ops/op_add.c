/* The sum of its inputs, element by element, from the first to the last. Maps may be added to by
 * inputs that have but one value for each channel (a vector, or Cx1x1), for each place (1xRxC) or
 * for all. An input that is not batched is added to each sample. */
#include "broadcast.h"
#include "integers.h"
#include "op_check.h"
#include "parallel.h"
#include "vectorise.h"
#include <stdio.h>
#include <string.h>

enum { JOB = 1 << 14, CHUNK = 1024 }; /* elements */

/* Whether all are of one type, but for `batched`: the gradients of kernels are added too. */
static bool are_alike(const nt_type *in, int count) {
    for (int i = 1; i < count; i++) {
        nt_type alike = in[0];
        alike.batched = in[i].batched;
        if (!nt_type_equal(in[i], alike))
            return false;
    }
    return true;
}

static int infer(const void *attrs, const nt_type *in, int in_count, nt_type *ret_out,
                 char why[NT_WHY]) {
    char large[NT_SHAPE_TEXT], other[NT_SHAPE_TEXT];
    bool alike = are_alike(in, in_count);
    int largest;
    (void)attrs;
    for (int i = 0; i < in_count; i++) {
        if (in[i].dtype != NT_F32) {
            snprintf(why, NT_WHY, "takes float32 values, not integers");
            return 0;
        }
        if (!alike && !nt_check_float(&in[i], why))
            return 0;
    }
    int misfit = nt_broadcast_infer(in, in_count, ret_out, &largest);
    if (misfit < 0)
        return 1;
    snprintf(why, NT_WHY, "input %d is %s, but the %s is %s", misfit + 1,
             nt_shape_format(in[misfit].shape, other), largest > 0 ? "largest" : "first",
             nt_shape_format(in[largest].shape, large));
    return 0;
}

/* --- inputs of one type ----------------------------------------------------------------------- */

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
static void alike_job(const void *context, int job, int worker) {
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

/* --- inputs of several shapes ----------------------------------------------------------------- */

/* The part of the output from input `in`, which is added to what is there or, as the first one,
 * takes its place. */
NT_INLINE void put_rows(const nt_operand *in, const nt_part *p, int64_t channels, bool add,
                        float *y) {
    for (int64_t i = p->from; i < p->to; i++) {
        const float *from = nt_operand_at(in, p->sample, i);
        float *to = y + i * channels, one = *from;
        for (int64_t c = 0; c < channels; c++) {
            float value = in->step.channel ? from[c] : one;
            to[c] = add ? to[c] + value : value;
        }
    }
}

NT_VECTORISED(spread_job, (const void *context, int job, int worker), (context, job, worker)) {
    const nt_call *call = context;
    const nt_tensor *out = &call->out[0];
    nt_part p = nt_broadcast_part(out, job);
    int64_t channels = nt_shape_channels(out->type.shape);
    float *y = out->f + p.sample * nt_shape_elements(out->type.shape);
    (void)worker;
    for (int i = 0; i < call->in_count; i++) {
        nt_operand in = nt_broadcast_operand(&call->in[i], out);
        put_rows(&in, &p, channels, i > 0, y);
    }
}

/* --- forward and backward --------------------------------------------------------------------- */

static void forward(const nt_call *call) {
    bool alike = true;
    for (int i = 0; i < call->in_count; i++)
        alike = alike && nt_type_stored(call->in[i].type) == nt_type_stored(call->out[0].type);
    if (alike)
        nt_parallel(call->out[0].count * jobs_of(nt_type_stored(call->out[0].type)), alike_job,
                    call);
    else
        nt_parallel(nt_broadcast_jobs(&call->out[0]), spread_job, call);
}

/* Job: a chunk of the elements, of all samples, to the inputs that have as many. */
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
        if (!dx->data || nt_type_stored(dx->type) != elements)
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

static void terms(const void *context, int64_t sample, int64_t pixel, int64_t first, int64_t count,
                  double *ret) {
    const nt_tensor *dy = context;
    int64_t channels = nt_shape_channels(dy->type.shape);
    const float *from = dy->f + sample * nt_shape_elements(dy->type.shape) + pixel * channels;
    for (int64_t c = 0; c < count; c++)
        ret[c] = (double)from[first + c];
}

static void backward(const nt_grad_call *call) {
    const nt_tensor *dy = &call->out_grad[0];
    int64_t elements = nt_type_stored(dy->type);
    nt_parallel((int)nt_ceil_div(elements, CHUNK), backward_job, call);
    for (int i = 0; i < call->in_count; i++)
        if (call->in_grad[i].data && nt_type_stored(call->in_grad[i].type) != elements)
            nt_broadcast_sum(dy, &call->in_grad[i], terms, dy);
}

const nt_op nt_op_add = {
    .kind = {.name = "add", .doc = "the sum of its inputs", .fields = nt_no_fields},
    .traits = NT_OP_IN_PLACE | NT_OP_SUM | NT_OP_JOINS | NT_OP_CHANNELWISE,
    .min_inputs = 2,
    .max_inputs = NT_MAX_INPUTS,
    .infer = infer,
    .keeps_zero = nt_keeps_zero,
    .forward = forward,
    .backward = backward,
    .cases = (const nt_op_case[]){{"", "5x7x3 5x7x3", "5x7x3"},
                                  {"", "130 130 130", "130"},
                                  {"", "3x80x90 3x80x90", "3x80x90"},
                                  {"", "2x30x40 2x30x40 2x30x40 2x30x40", "2x30x40"},
                                  {"", "70x9x5 70", "70x9x5"},
                                  {"", "19x1x1 19x4x5 1x4x5", "19x4x5"},
                                  {"", "1 67x3x4 67x3x4", "67x3x4"},
                                  {0}},
};
