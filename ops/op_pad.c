/* Zeros around the maps: so many rows and columns on each side, or as many as make the maps as
 * large as a second input, half of them, rounded down, above and on the left. No gradient passes to
 * the second input. */
#include "crop_pad.h"
#include "elementwise.h"
#include "op_check.h"
#include <stdio.h>

enum { MOST = 1 << 16 };

typedef struct pad_attrs {
    int32_t before[2], after[2]; /* rows, columns */
} pad_attrs;

static const nt_field fields[] = {
    {"top", NT_INT, offsetof(pad_attrs, before[0]), "0", 0, MOST, .doc = "rows of zeros above"},
    {"bottom", NT_INT, offsetof(pad_attrs, after[0]), "0", 0, MOST, .doc = "rows of zeros below"},
    {"left", NT_INT, offsetof(pad_attrs, before[1]), "0", 0, MOST,
     .doc = "columns of zeros on the left"},
    {"right", NT_INT, offsetof(pad_attrs, after[1]), "0", 0, MOST,
     .doc = "columns of zeros on the right"},
    {0},
};

static int infer(const void *attrs, const nt_type *in, int in_count, nt_type *ret_out,
                 char why[NT_WHY]) {
    const pad_attrs *a = attrs;
    char text[NT_SHAPE_TEXT], other[NT_SHAPE_TEXT];
    if (!nt_check_map(&in[0], why) || (in_count > 1 && !nt_check_map(&in[1], why)))
        return 0;
    ret_out[0] = in[0];
    for (int d = 0; d < 2; d++) {
        int32_t size = in[0].shape.dim[1 + d], more = a->before[d] + a->after[d];
        if (in_count > 1 && more > 0) {
            snprintf(why, NT_WHY, "takes numbers of rows and columns or a second input, not both");
            return 0;
        }
        if (in_count > 1 && in[1].shape.dim[1 + d] < size) {
            snprintf(why, NT_WHY, "%s is larger than %s, to which it is to be padded",
                     nt_shape_format(in[0].shape, text), nt_shape_format(in[1].shape, other));
            return 0;
        }
        if (size > INT32_MAX - more) {
            snprintf(why, NT_WHY, "%s would be too large", nt_shape_format(in[0].shape, text));
            return 0;
        }
        ret_out[0].shape.dim[1 + d] = in_count > 1 ? in[1].shape.dim[1 + d] : size + more;
    }
    return 1;
}

static nt_crop_pad crop_pad_of(const pad_attrs *a, nt_shape in, nt_shape out, int in_count) {
    nt_crop_pad crop_pad = {out, in, {a->before[0], a->before[1]}};
    for (int d = 0; in_count > 1 && d < 2; d++)
        crop_pad.first[d] = (out.dim[1 + d] - in.dim[1 + d]) / 2;
    return crop_pad;
}

static void forward(const nt_call *call) {
    const nt_tensor *x = &call->in[0], *y = &call->out[0];
    nt_crop_pad crop_pad = crop_pad_of(call->attrs, x->type.shape, y->type.shape, call->in_count);
    nt_crop_pad_surround(&crop_pad, y->count, x->f, y->f);
}

static void backward(const nt_grad_call *call) {
    const nt_tensor *dx = &call->in_grad[0], *dy = &call->out_grad[0];
    nt_crop_pad crop_pad = crop_pad_of(call->attrs, dx->type.shape, dy->type.shape, call->in_count);
    if (dx->data)
        nt_crop_pad_cut(&crop_pad, dx->count, dy->f, dx->f);
    if (call->in_count > 1)
        nt_elementwise_zero(&call->in_grad[1]);
}

const nt_op nt_op_pad = {
    .kind = {.name = "pad",
             .doc = "zeros around the maps",
             .fields = fields,
             .size = sizeof(pad_attrs)},
    .min_inputs = 1,
    .max_inputs = 2,
    .infer = infer,
    .forward = forward,
    .backward = backward,
    .cases = (const nt_op_case[]){{"top=1 bottom=2 left=3 right=4", "5x3x4", "5x6x11"},
                                  {"left=2", "19x4x5", "19x4x7"},
                                  {"bottom=1", "2x1x3", "2x2x3"},
                                  {"", "7x3x5 2x6x8", "7x6x8"},
                                  {"", "3x2x4", "3x2x4"},
                                  {0}},
};
