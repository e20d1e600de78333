/* Each job is a part of one sample of the output. Its loops are compiled for each kind of op by
 * itself, so that none asks within a loop which it is. */
#include "pairwise.h"

#include "broadcast.h"
#include "op_check.h"
#include "parallel.h"
#include "vectorise.h"
#include <stdio.h>

/* --- the functions ---------------------------------------------------------------------------- */

NT_INLINE float value_of(nt_pairwise kind, float a, float b) {
    switch (kind) {
    case NT_PAIRWISE_MUL:
        return a * b;
    case NT_PAIRWISE_SUB:
        return a - b;
    case NT_PAIRWISE_DIV:
        return a / b;
    case NT_PAIRWISE_MAX:
        return a > b || a != a ? a : b;
    case NT_PAIRWISE_MIN:
        return a < b || a != a ? a : b;
    }
    return 0;
}

/* What dy passes to input 0 or 1. */
#define DEFINE_PASS(name, real)                                                                    \
    NT_INLINE real name(nt_pairwise kind, int input, real dy, real a, real b) {                    \
        switch (kind) {                                                                            \
        case NT_PAIRWISE_MUL:                                                                      \
            return dy * (input ? a : b);                                                           \
        case NT_PAIRWISE_SUB:                                                                      \
            return input ? -dy : dy;                                                               \
        case NT_PAIRWISE_DIV:                                                                      \
            return input ? -(dy / b) * (a / b) : dy / b;                                           \
        case NT_PAIRWISE_MAX:                                                                      \
        case NT_PAIRWISE_MIN: {                                                                    \
            real half = dy / 2;                                                                    \
            bool taken = (kind == NT_PAIRWISE_MAX) == (input == 0) ? a > b : a < b;                \
            return taken ? dy : a == b ? half : 0;                                                 \
        }                                                                                          \
        }                                                                                          \
        return 0;                                                                                  \
    }
DEFINE_PASS(pass_float, float)
DEFINE_PASS(pass_double, double)

/* Calls part(KIND, …) with a kind that the compiler knows. */
#define WITH_KIND(kind, part, ...)                                                                 \
    do {                                                                                           \
        switch (kind) {                                                                            \
        case NT_PAIRWISE_MUL:                                                                      \
            part(NT_PAIRWISE_MUL, __VA_ARGS__);                                                    \
            break;                                                                                 \
        case NT_PAIRWISE_SUB:                                                                      \
            part(NT_PAIRWISE_SUB, __VA_ARGS__);                                                    \
            break;                                                                                 \
        case NT_PAIRWISE_DIV:                                                                      \
            part(NT_PAIRWISE_DIV, __VA_ARGS__);                                                    \
            break;                                                                                 \
        case NT_PAIRWISE_MAX:                                                                      \
            part(NT_PAIRWISE_MAX, __VA_ARGS__);                                                    \
            break;                                                                                 \
        case NT_PAIRWISE_MIN:                                                                      \
            part(NT_PAIRWISE_MIN, __VA_ARGS__);                                                    \
            break;                                                                                 \
        }                                                                                          \
    } while (0)

/* --- types ------------------------------------------------------------------------------------ */

int nt_pairwise_infer(nt_pairwise kind, const nt_type *in, nt_type *ret_out, char why[NT_WHY]) {
    static const struct {
        const char *verb, *between, *value;
    } words[] = {[NT_PAIRWISE_MUL] = {"multiply", "by", "factor"},
                 [NT_PAIRWISE_SUB] = {"take the difference of", "and", "value"},
                 [NT_PAIRWISE_DIV] = {"divide", "by", "divisor"},
                 [NT_PAIRWISE_MAX] = {"take the maximum of", "and", "value"},
                 [NT_PAIRWISE_MIN] = {"take the minimum of", "and", "value"}};
    char first[NT_SHAPE_TEXT], second[NT_SHAPE_TEXT];
    int largest;
    if (!nt_check_float(&in[0], why) || !nt_check_float(&in[1], why))
        return 0;
    int misfit = nt_broadcast_infer(in, 2, ret_out, &largest);
    if (misfit < 0)
        return 1;
    snprintf(why, NT_WHY,
             "can't %s %s %s %s, which is neither like it, nor has one %s for each channel or each "
             "place",
             words[kind].verb, nt_shape_format(in[largest].shape, first), words[kind].between,
             nt_shape_format(in[misfit].shape, second), words[kind].value);
    return 0;
}

/* --- jobs ------------------------------------------------------------------------------------- */

/* What the jobs of a call work on. Of the operands at least one is like the output. */
typedef struct work {
    nt_pairwise kind;
    nt_operand a, b;
    const nt_tensor *out; /* the output, or its gradient */
    int input;            /* whose gradient is computed */
    float *to;            /* as many elements as the output has */
    int64_t channels, elements;
} work;

/* Inputs that aren't read have no data; the output's gradient stands for them. */
static work work_of(nt_pairwise kind, const nt_tensor *in, const nt_tensor *out) {
    return (work){.kind = kind,
                  .a = nt_broadcast_operand(in[0].data ? &in[0] : out, out),
                  .b = nt_broadcast_operand(in[1].data ? &in[1] : out, out),
                  .out = out,
                  .channels = nt_shape_channels(out->type.shape),
                  .elements = nt_shape_elements(out->type.shape)};
}

/* Runs the statement for `count` elements e from operands a and b on, each of which moves with e or
 * stands still. */
#define FOR_PAIRS(count, moves_a, moves_b, from_a, from_b, statement)                              \
    do {                                                                                           \
        const float *at_a = (from_a), *at_b = (from_b);                                            \
        float one_a = *at_a, one_b = *at_b;                                                        \
        if ((moves_a) && (moves_b))                                                                \
            for (int64_t e = 0; e < (count); e++) {                                                \
                float a = at_a[e], b = at_b[e];                                                    \
                statement;                                                                         \
            }                                                                                      \
        else if (moves_a)                                                                          \
            for (int64_t e = 0; e < (count); e++) {                                                \
                float a = at_a[e], b = one_b;                                                      \
                statement;                                                                         \
            }                                                                                      \
        else                                                                                       \
            for (int64_t e = 0; e < (count); e++) {                                                \
                float a = one_a, b = at_b[e];                                                      \
                statement;                                                                         \
            }                                                                                      \
    } while (0)

/* Runs the statement over a part, y being the element of w->to. A job without a broadcast is one
 * long row. */
#define FOR_PART(w, job, statement)                                                                \
    do {                                                                                           \
        nt_part p = nt_broadcast_part((w)->out, job);                                              \
        bool whole = (w)->a.like && (w)->b.like;                                                   \
        int64_t row = whole ? (p.to - p.from) * (w)->channels : (w)->channels;                     \
        bool moves_a = whole || (w)->a.step.channel, moves_b = whole || (w)->b.step.channel;       \
        for (int64_t i = p.from; i < (whole ? p.from + 1 : p.to); i++) {                           \
            int64_t start = p.sample * (w)->elements + i * (w)->channels;                          \
            FOR_PAIRS(row, moves_a, moves_b, nt_operand_at(&(w)->a, p.sample, i),                  \
                      nt_operand_at(&(w)->b, p.sample, i), statement);                             \
        }                                                                                          \
    } while (0)

NT_INLINE void forward_part(nt_pairwise kind, const work *w, int job) {
    FOR_PART(w, job, w->to[start + e] = value_of(kind, a, b));
}

NT_VECTORISED(forward_job, (const void *context, int job, int worker), (context, job, worker)) {
    const work *w = context;
    (void)worker;
    WITH_KIND(w->kind, forward_part, w, job);
}

void nt_pairwise_forward(nt_pairwise kind, const nt_call *call) {
    work w = work_of(kind, call->in, &call->out[0]);
    w.to = call->out[0].f;
    nt_parallel(nt_broadcast_jobs(&call->out[0]), forward_job, &w);
}

/* --- backward --------------------------------------------------------------------------------- */

/* Where there is one term for each element. */
NT_INLINE void pass_part(nt_pairwise kind, const work *w, int job) {
    const float *dy = w->out->f;
    if (w->input)
        FOR_PART(w, job, w->to[start + e] = pass_float(kind, 1, dy[start + e], a, b));
    else
        FOR_PART(w, job, w->to[start + e] = pass_float(kind, 0, dy[start + e], a, b));
}

NT_VECTORISED(pass_job, (const void *context, int job, int worker), (context, job, worker)) {
    const work *w = context;
    (void)worker;
    WITH_KIND(w->kind, pass_part, w, job);
}

NT_INLINE void terms_row(nt_pairwise kind, const work *w, const float *dy, const float *from_a,
                         const float *from_b, int64_t count, double *ret) {
    bool moves_a = w->a.step.channel, moves_b = w->b.step.channel;
    if (w->input)
        FOR_PAIRS(count, moves_a, moves_b, from_a, from_b,
                  ret[e] = pass_double(kind, 1, (double)dy[e], (double)a, (double)b));
    else
        FOR_PAIRS(count, moves_a, moves_b, from_a, from_b,
                  ret[e] = pass_double(kind, 0, (double)dy[e], (double)a, (double)b));
}

NT_VECTORISED(terms,
              (const void *context, int64_t sample, int64_t pixel, int64_t first, int64_t count,
               double *ret),
              (context, sample, pixel, first, count, ret)) {
    const work *w = context;
    const float *dy = w->out->f + sample * w->elements + pixel * w->channels + first;
    const float *a = nt_operand_at(&w->a, sample, pixel) + first * w->a.step.channel;
    const float *b = nt_operand_at(&w->b, sample, pixel) + first * w->b.step.channel;
    WITH_KIND(w->kind, terms_row, w, dy, a, b, count, ret);
}

static void to_input(nt_pairwise kind, const nt_grad_call *call, int i) {
    const nt_tensor *dy = &call->out_grad[0], *dx = &call->in_grad[i];
    if (!dx->data)
        return;
    work w = work_of(kind, call->in, dy);
    w.input = i;
    w.to = dx->f;
    if (dx->count == dy->count && nt_shape_elements(dx->type.shape) == w.elements)
        nt_parallel(nt_broadcast_jobs(dy), pass_job, &w);
    else
        nt_broadcast_sum(dy, dx, terms, &w);
}

/* The first input's gradient last, since it may lie on the output's. */
void nt_pairwise_backward(nt_pairwise kind, const nt_grad_call *call) {
    to_input(kind, call, 1);
    to_input(kind, call, 0);
}

const nt_op_case nt_pairwise_cases[] = {{"", "17x31x33 17x31x33", "17x31x33"},
                                        {"", "5x7x3 5x7x3", "5x7x3"},
                                        {"", "130 130", "130"},
                                        {"", "70x9x5 70x1x1", "70x9x5"},
                                        {"", "19x4x5 19", "19x4x5"},
                                        {"", "21x6x5 1x6x5", "21x6x5"},
                                        {"", "1x2x3 1", "1x2x3"},
                                        {"", "4x1x1 1x1x1", "4x1x1"},
                                        {"", "70x1x1 70x9x5", "70x9x5"},
                                        {"", "19 19x4x5", "19x4x5"},
                                        {"", "1x6x5 21x6x5", "21x6x5"},
                                        {"", "67x3x4 1", "67x3x4"},
                                        {"", "1x1x1 5x7x3", "5x7x3"},
                                        {0}};
