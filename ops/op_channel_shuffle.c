/* The channels of several groups in turn, one of each (Zhang et al., "ShuffleNet", CVPR 2018):
 * channel k of group g becomes channel k * groups + g. At each place that is the transposition of a
 * matrix, and the gradient transposes it back. Loops over a few rows or columns of it, as two
 * groups make them, become vectors. */
#include "elementwise.h"
#include "op_check.h"
#include "vectorise.h"
#include <stdio.h>

typedef struct shuffle_attrs {
    int32_t groups;
} shuffle_attrs;

static const nt_field fields[] = {
    {"groups", NT_INT, offsetof(shuffle_attrs, groups), NULL, 1, 1 << 20,
     .doc = "parts of the channels that are interleaved"},
    {0},
};

static int infer(const void *attrs, const nt_type *in, int in_count, nt_type *ret_out,
                 char why[NT_WHY]) {
    const shuffle_attrs *a = attrs;
    (void)in_count;
    if (!nt_check_channels(&in[0], why))
        return 0;
    if (in[0].shape.dim[0] % a->groups != 0) {
        snprintf(why, NT_WHY, "the input's %d channels can't be divided into %d groups",
                 in[0].shape.dim[0], a->groups);
        return 0;
    }
    ret_out[0] = in[0];
    return 1;
}

/* [row][groups][length] to [row][length][groups]. */
typedef struct transposition {
    const float *from;
    float *to;
    int64_t groups, length;
} transposition;

NT_INLINE void transpose(const transposition *t, int64_t from, int64_t to, int64_t groups,
                         int64_t length) {
    const float *restrict x = t->from + from * groups * length;
    float *restrict y = t->to + from * groups * length;
    for (int64_t row = from; row < to; row++, x += groups * length, y += groups * length)
        if (groups < length)
            for (int64_t k = 0; k < length; k++)
                for (int64_t g = 0; g < groups; g++)
                    y[k * groups + g] = x[g * length + k];
        else
            for (int64_t g = 0; g < groups; g++)
                for (int64_t k = 0; k < length; k++)
                    y[k * groups + g] = x[g * length + k];
}

NT_VECTORISED(transpose_rows, (const void *context, int64_t from, int64_t to, int worker),
              (context, from, to, worker)) {
    const transposition *t = context;
    (void)worker;
    if (t->groups == 2)
        transpose(t, from, to, 2, t->length);
    else if (t->length == 2)
        transpose(t, from, to, t->groups, 2);
    else if (t->groups == 4)
        transpose(t, from, to, 4, t->length);
    else if (t->length == 4)
        transpose(t, from, to, t->groups, 4);
    else
        transpose(t, from, to, t->groups, t->length);
}

static void forward(const nt_call *call) {
    const nt_tensor *x = &call->in[0];
    int64_t channels = nt_shape_channels(x->type.shape);
    int64_t groups = ((const shuffle_attrs *)call->attrs)->groups;
    nt_rowwise(nt_tensor_rows(x), nt_rows_of_job(channels), transpose_rows,
               &(transposition){x->f, call->out[0].f, groups, channels / groups});
}

static void backward(const nt_grad_call *call) {
    const nt_tensor *dy = &call->out_grad[0];
    int64_t channels = nt_shape_channels(dy->type.shape);
    int64_t groups = ((const shuffle_attrs *)call->attrs)->groups;
    nt_rowwise(nt_tensor_rows(dy), nt_rows_of_job(channels), transpose_rows,
               &(transposition){dy->f, call->in_grad[0].f, channels / groups, groups});
}

const nt_op nt_op_channel_shuffle = {
    .kind = {.name = "channel_shuffle",
             .doc = "the channels of several groups in turn, one of each",
             .fields = fields,
             .size = sizeof(shuffle_attrs)},
    .min_inputs = 1,
    .max_inputs = 1,
    .infer = infer,
    .keeps_zero = nt_keeps_zero,
    .forward = forward,
    .backward = backward,
    .cases = (const nt_op_case[]){{"groups=2", "6x7x3", "6x7x3"},
                                  {"groups=2", "116x5x6", "116x5x6"},
                                  {"groups=4", "40x15x20", "40x15x20"},
                                  {"groups=3", "51", "51"},
                                  {"groups=21", "42x3x2", "42x3x2"},
                                  {"groups=12", "48x3x2", "48x3x2"},
                                  {"groups=7", "7x2x2", "7x2x2"},
                                  {"groups=1", "5", "5"},
                                  {0}},
};
