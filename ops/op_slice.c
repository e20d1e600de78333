/* Some of the channels, one after the other: the counterpart of concat. */
#include "copy_rows.h"
#include "elementwise.h"
#include "op_check.h"
#include <stdio.h>

typedef struct slice_attrs {
    int32_t start, count; /* count 0: all the rest */
} slice_attrs;

static const nt_field fields[] = {
    {"start", NT_INT, offsetof(slice_attrs, start), "0", 0, INT32_MAX,
     .doc = "the first channel that stays, counted from 0"},
    {"count", NT_INT, offsetof(slice_attrs, count), "0", 0, INT32_MAX,
     .doc = "how many channels stay; 0: all from the first on"},
    {0},
};

static int infer(const void *attrs, const nt_type *in, int in_count, nt_type *ret_out,
                 char why[NT_WHY]) {
    const slice_attrs *a = attrs;
    char text[NT_SHAPE_TEXT];
    (void)in_count;
    if (!nt_check_channels(&in[0], why))
        return 0;
    int32_t channels = in[0].shape.dim[0], count = a->count > 0 ? a->count : 1;
    if (a->start >= channels || count > channels - a->start) {
        snprintf(why, NT_WHY, "%s has only %d channel%s: %d from channel %d on are too many",
                 nt_shape_format(in[0].shape, text), channels, channels == 1 ? "" : "s", count,
                 a->start);
        return 0;
    }
    ret_out[0] = in[0];
    ret_out[0].shape.dim[0] = a->count > 0 ? a->count : channels - a->start;
    return 1;
}

static void forward_rows(const void *context, int64_t from, int64_t to, int worker) {
    const nt_call *call = context;
    int64_t all = nt_shape_channels(call->in[0].type.shape);
    int64_t count = nt_shape_channels(call->out[0].type.shape);
    (void)worker;
    nt_copy_rows(call->in[0].f + from * all + ((const slice_attrs *)call->attrs)->start, all, count,
                 to - from, call->out[0].f + from * count, count);
}

static void forward(const nt_call *call) {
    const nt_tensor *y = &call->out[0];
    nt_rowwise(nt_tensor_rows(y), nt_rows_of_job(nt_shape_channels(y->type.shape)), forward_rows,
               call);
}

static void backward_rows(const void *context, int64_t from, int64_t to, int worker) {
    const nt_grad_call *call = context;
    int64_t all = nt_shape_channels(call->in_grad[0].type.shape);
    int64_t count = nt_shape_channels(call->out_grad[0].type.shape);
    float *dx = call->in_grad[0].f + from * all;
    (void)worker;
    memset(dx, 0, (size_t)((to - from) * all) * sizeof *dx);
    nt_copy_rows(call->out_grad[0].f + from * count, count, count, to - from,
                 dx + ((const slice_attrs *)call->attrs)->start, all);
}

static void backward(const nt_grad_call *call) {
    const nt_tensor *dx = &call->in_grad[0];
    nt_rowwise(nt_tensor_rows(dx), nt_rows_of_job(nt_shape_channels(dx->type.shape)), backward_rows,
               call);
}

const nt_op nt_op_slice = {
    .kind = {.name = "slice",
             .doc = "some of the channels, one after the other",
             .fields = fields,
             .size = sizeof(slice_attrs)},
    .min_inputs = 1,
    .max_inputs = 1,
    .infer = infer,
    .keeps_zero = nt_keeps_zero,
    .forward = forward,
    .backward = backward,
    .cases = (const nt_op_case[]){{"start=2", "5x7x3", "3x7x3"},
                                  {"start=64 count=64", "192x5x4", "64x5x4"},
                                  {"count=1", "37", "1"},
                                  {"start=3 count=7", "11x30x20", "7x30x20"},
                                  {"", "4x1x2", "4x1x2"},
                                  {0}},
};
