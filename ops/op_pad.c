/* Zeros around the maps: so many rows and columns on each side, or as many as make the maps as
 * large as a second input, half of them, rounded down, above and on the left. No gradient passes to
 * the second input. */
#include "crop_pad.h"
#include "elementwise.h"
#include "op_check.h"
#include "pad_call.h"

static const nt_field fields[] = {
    NT_PAD_FIELDS(" of zeros"),
    {0},
};

static int infer(const void *attrs, const nt_type *in, int in_count, nt_type *ret_out,
                 char why[NT_WHY]) {
    return nt_pad_infer(attrs, in, in_count, ret_out, why);
}

static nt_crop_pad crop_pad_of(const nt_pad_attrs *a, nt_shape in, nt_shape out, int in_count) {
    return (nt_crop_pad){
        out, in, {nt_pad_first(a, in, out, in_count, 0), nt_pad_first(a, in, out, in_count, 1)}};
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
             .size = sizeof(nt_pad_attrs)},
    .traits = NT_OP_CHANNELWISE | NT_OP_LIKE,
    .min_inputs = 1,
    .max_inputs = 2,
    .infer = infer,
    .keeps_zero = nt_keeps_zero,
    .forward = forward,
    .backward = backward,
    .cases = (const nt_op_case[]){{"top=1 bottom=2 left=3 right=4", "5x3x4", "5x6x11"},
                                  {"left=2", "19x4x5", "19x4x7"},
                                  {"bottom=1", "2x1x3", "2x2x3"},
                                  {"", "7x3x5 2x6x8", "7x6x8"},
                                  {"", "3x2x4", "3x2x4"},
                                  {0}},
};
