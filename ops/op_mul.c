/* The product of two inputs, element by element. One of them may have but one factor for each
 * channel (a vector, or Cx1x1: attention to channels), for each place (1xRxC: attention to places)
 * or for all. Of an input that is not batched, the one sample meets each of the other's. */
#include "broadcast.h"
#include "op_check.h"
#include "parallel.h"
#include "vectorise.h"
#include <stdio.h>

static int infer(const void *attrs, const nt_type *in, int in_count, nt_type *ret_out,
                 char why[NT_WHY]) {
    char first[NT_SHAPE_TEXT], second[NT_SHAPE_TEXT];
    int largest;
    (void)attrs;
    if (!nt_check_float(&in[0], why) || !nt_check_float(&in[1], why))
        return 0;
    int misfit = nt_broadcast_infer(in, in_count, ret_out, &largest);
    if (misfit < 0)
        return 1;
    snprintf(why, NT_WHY,
             "can't multiply %s by %s, which is neither like it, nor has one "
             "factor for each channel or each place",
             nt_shape_format(in[largest].shape, first), nt_shape_format(in[misfit].shape, second));
    return 0;
}

/* y = v * b over a part of the output, which v is like and y may be v. */
NT_INLINE void multiply(const nt_part *p, int64_t channels, const float *v, const nt_operand *b,
                        float *y) {
    if (b->like) {
        const float *factor = nt_operand_at(b, p->sample, 0);
        for (int64_t e = p->from * channels; e < p->to * channels; e++)
            y[e] = v[e] * factor[e];
        return;
    }
    for (int64_t i = p->from; i < p->to; i++) {
        const float *from = v + i * channels, *factor = nt_operand_at(b, p->sample, i);
        float *to = y + i * channels, one = *factor;
        if (b->step.channel)
            for (int64_t c = 0; c < channels; c++)
                to[c] = from[c] * factor[c];
        else
            for (int64_t c = 0; c < channels; c++)
                to[c] = from[c] * one;
    }
}

NT_VECTORISED(forward_job, (const void *context, int job, int worker), (context, job, worker)) {
    const nt_call *call = context;
    const nt_tensor *out = &call->out[0];
    nt_operand a = nt_broadcast_operand(&call->in[0], out);
    nt_operand b = nt_broadcast_operand(&call->in[1], out);
    nt_part p = nt_broadcast_part(out, job);
    const nt_operand *like = a.like ? &a : &b;
    (void)worker;
    multiply(&p, nt_shape_channels(out->type.shape), like->f + p.sample * like->sample,
             a.like ? &b : &a, out->f + p.sample * nt_shape_elements(out->type.shape));
}

static void forward(const nt_call *call) {
    nt_parallel(nt_broadcast_jobs(&call->out[0]), forward_job, call);
}

/* --- backward --------------------------------------------------------------------------------- */

/* The gradient to one of the inputs: that to the output times the other input. */
typedef struct side {
    const nt_tensor *dy, *dx;
    nt_operand other;
    int64_t channels, elements; /* of the output */
} side;

/* Job: where there is one product for each element. */
NT_VECTORISED(like_job, (const void *context, int job, int worker), (context, job, worker)) {
    const side *s = context;
    nt_part p = nt_broadcast_part(s->dy, job);
    (void)worker;
    multiply(&p, s->channels, s->dy->f + p.sample * s->elements, &s->other,
             s->dx->f + p.sample * s->elements);
}

NT_VECTORISED(products,
              (const void *context, int64_t sample, int64_t pixel, int64_t first, int64_t count,
               double *ret),
              (context, sample, pixel, first, count, ret)) {
    const side *s = context;
    const float *dy = s->dy->f + sample * s->elements + pixel * s->channels + first;
    const float *other = nt_operand_at(&s->other, sample, pixel);
    if (s->other.step.channel)
        for (int64_t c = 0; c < count; c++)
            ret[c] = (double)dy[c] * (double)other[first + c];
    else
        for (int64_t c = 0; c < count; c++)
            ret[c] = (double)dy[c] * (double)*other;
}

static void to_input(const nt_grad_call *call, int i) {
    const nt_tensor *dy = &call->out_grad[0], *dx = &call->in_grad[i];
    if (!dx->data)
        return;
    side s = {.dy = dy,
              .dx = dx,
              .other = nt_broadcast_operand(&call->in[1 - i], dy),
              .channels = nt_shape_channels(dy->type.shape),
              .elements = nt_shape_elements(dy->type.shape)};
    if (dx->count == dy->count && nt_shape_elements(dx->type.shape) == s.elements)
        nt_parallel(nt_broadcast_jobs(dy), like_job, &s);
    else
        nt_broadcast_sum(dy, dx, products, &s);
}

/* The first input's gradient last, since it may lie on the output's. */
static void backward(const nt_grad_call *call) {
    to_input(call, 1);
    to_input(call, 0);
}

const nt_op nt_op_mul = {
    .kind = {.name = "mul",
             .doc = "the product of two inputs; one may have one factor for each channel or place",
             .fields = nt_no_fields},
    .traits = NT_OP_IN_PLACE | NT_OP_GRAD_IN_PLACE,
    .min_inputs = 2,
    .max_inputs = 2,
    .infer = infer,
    .forward = forward,
    .backward = backward,
    .grad_reads_in = 1u << 0 | 1u << 1,
    .cases = (const nt_op_case[]){{"", "5x7x3 5x7x3", "5x7x3"},
                                  {"", "130 130", "130"},
                                  {"", "70x9x5 70x1x1", "70x9x5"},
                                  {"", "19x4x5 19", "19x4x5"},
                                  {"", "21x6x5 1x6x5", "21x6x5"},
                                  {"", "3x80x90 3x80x90", "3x80x90"},
                                  {"", "1x2x3 1", "1x2x3"},
                                  {"", "4x1x1 1x1x1", "4x1x1"},
                                  {"", "70x1x1 70x9x5", "70x9x5"},
                                  {"", "19 19x4x5", "19x4x5"},
                                  {"", "1x6x5 21x6x5", "21x6x5"},
                                  {"", "67x3x4 1", "67x3x4"},
                                  {"", "1x1x1 5x7x3", "5x7x3"},
                                  {0}},
};
