/* The maps moved along their rows and columns, as PyTorch's roll does it: what is moved out at one
 * end comes in at the other. The gradient is moved back. */
#include "op_check.h"
#include "parallel.h"
#include <string.h>

enum { MOST = 1 << 16 };

typedef struct roll_attrs {
    int32_t shift[2];
} roll_attrs;

static const nt_field fields[] = {
    {"rows", NT_INT, offsetof(roll_attrs, shift[0]), "0", -MOST, MOST,
     .doc = "how far it is moved down; below 0: up"},
    {"columns", NT_INT, offsetof(roll_attrs, shift[1]), "0", -MOST, MOST,
     .doc = "how far it is moved to the right; below 0: to the left"},
    {0},
};

static int infer(const void *attrs, const nt_type *in, int in_count, nt_type *ret_out,
                 char why[NT_WHY]) {
    (void)attrs, (void)in_count;
    ret_out[0] = in[0];
    return nt_check_map(&in[0], why) ? 1 : 0;
}

typedef struct work {
    const float *from;
    float *to;
    int32_t rows, columns;
    int64_t channels;
    int32_t down, right; /* from 0 on, below the size */
} work;

/* Job: one row of one sample of what is made. */
static void roll_job(const void *context, int job, int worker) {
    const work *w = context;
    int64_t length = w->columns * w->channels, moved = w->right * w->channels;
    int32_t row = (job % w->rows - w->down + w->rows) % w->rows;
    const float *x = w->from + ((int64_t)(job / w->rows) * w->rows + row) * length;
    float *y = w->to + job * length;
    (void)worker;
    memcpy(y, x + length - moved, (size_t)moved * sizeof *y);
    memcpy(y + moved, x, (size_t)(length - moved) * sizeof *y);
}

static void roll(const roll_attrs *a, int sign, const nt_tensor *from, float *to) {
    const int32_t *dim = from->type.shape.dim;
    int32_t shift[2];
    for (int d = 0; d < 2; d++)
        shift[d] = (sign * a->shift[d] % dim[1 + d] + dim[1 + d]) % dim[1 + d];
    nt_parallel(from->count * dim[1], roll_job,
                &(work){from->f, to, dim[1], dim[2], dim[0], shift[0], shift[1]});
}

static void forward(const nt_call *call) {
    roll(call->attrs, 1, &call->in[0], call->out[0].f);
}

static void backward(const nt_grad_call *call) {
    roll(call->attrs, -1, &call->out_grad[0], call->in_grad[0].f);
}

const nt_op nt_op_roll = {
    .kind = {.name = "roll",
             .doc = "the maps moved along rows and columns, around the ends",
             .fields = fields,
             .size = sizeof(roll_attrs)},
    .traits = NT_OP_CHANNELWISE,
    .min_inputs = 1,
    .max_inputs = 1,
    .infer = infer,
    .keeps_zero = nt_keeps_zero,
    .forward = forward,
    .backward = backward,
    .cases = (const nt_op_case[]){{"rows=2 columns=1", "5x7x3", "5x7x3"},
                                  {"rows=-3 columns=-3", "19x7x7", "19x7x7"},
                                  {"rows=9", "3x4x5", "3x4x5"},
                                  {"columns=-11", "70x1x5", "70x1x5"},
                                  {"", "2x3x4", "2x3x4"},
                                  {0}},
};
