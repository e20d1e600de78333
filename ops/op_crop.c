/* A part of the maps: so many rows and columns, or as many as a second input has, from the middle
 * unless it is said where. No gradient passes to the second input. */
#include "crop_pad.h"
#include "elementwise.h"
#include "op_check.h"
#include <stdio.h>

enum { CENTRED = -1, MOST = 1 << 16 };

typedef struct crop_attrs {
    int32_t size[2]; /* 0: not given */
    int32_t top, left;
} crop_attrs;

static const nt_field fields[] = {
    {"size", NT_PAIR, offsetof(crop_attrs, size), "0", 0, MOST,
     .doc = "rows and columns that stay; 0: as many as the second input has"},
    {"top", NT_INT, offsetof(crop_attrs, top), "-1", CENTRED, MOST,
     .doc = "rows cut off above; -1: half of those cut off, rounded down"},
    {"left", NT_INT, offsetof(crop_attrs, left), "-1", CENTRED, MOST,
     .doc = "columns cut off on the left; -1: half of those cut off, rounded down"},
    {0},
};

static int32_t first_of(const crop_attrs *a, int d, nt_shape in, nt_shape out) {
    int32_t given = d == 0 ? a->top : a->left;
    return given == CENTRED ? (in.dim[1 + d] - out.dim[1 + d]) / 2 : given;
}

static bool check(const crop_attrs *a, const nt_type *in, int in_count, char why[NT_WHY]) {
    bool given = a->size[0] > 0 && a->size[1] > 0;
    if ((a->size[0] || a->size[1]) && in_count > 1)
        snprintf(why, NT_WHY, "takes size or a second input, not both");
    else if (!given && in_count == 1)
        snprintf(why, NT_WHY, "takes size, two numbers from 1 on, or a second input");
    else
        return nt_check_map(&in[0], why) && (in_count == 1 || nt_check_map(&in[1], why));
    return false;
}

static int infer(const void *attrs, const nt_type *in, int in_count, nt_type *ret_out,
                 char why[NT_WHY]) {
    const crop_attrs *a = attrs;
    char text[NT_SHAPE_TEXT];
    if (!check(a, in, in_count, why))
        return 0;
    ret_out[0] = in[0];
    for (int d = 0; d < 2; d++) {
        int32_t size = in_count > 1 ? in[1].shape.dim[1 + d] : a->size[d];
        ret_out[0].shape.dim[1 + d] = size;
        int32_t all = in[0].shape.dim[1 + d], first = first_of(a, d, in[0].shape, ret_out[0].shape);
        if (size > all - (first > 0 ? first : 0)) {
            const char *what = d == 0 ? "row" : "column";
            snprintf(why, NT_WHY, "%s has only %d %ss: %d from %s %d on are too many",
                     nt_shape_format(in[0].shape, text), all, what, size, what,
                     first > 0 ? first : 0);
            return 0;
        }
    }
    return 1;
}

static nt_crop_pad crop_pad_of(const crop_attrs *a, nt_shape in, nt_shape out) {
    return (nt_crop_pad){in, out, {first_of(a, 0, in, out), first_of(a, 1, in, out)}};
}

static void forward(const nt_call *call) {
    nt_crop_pad crop_pad =
        crop_pad_of(call->attrs, call->in[0].type.shape, call->out[0].type.shape);
    nt_crop_pad_cut(&crop_pad, call->out[0].count, call->in[0].f, call->out[0].f);
}

static void backward(const nt_grad_call *call) {
    const nt_tensor *dx = &call->in_grad[0], *dy = &call->out_grad[0];
    nt_crop_pad crop_pad = crop_pad_of(call->attrs, dx->type.shape, dy->type.shape);
    if (dx->data)
        nt_crop_pad_surround(&crop_pad, dx->count, dy->f, dx->f);
    if (call->in_count > 1)
        nt_elementwise_zero(&call->in_grad[1]);
}

const nt_op nt_op_crop = {
    .kind = {.name = "crop",
             .doc = "a part of the maps: some of their rows and columns",
             .fields = fields,
             .size = sizeof(crop_attrs)},
    .traits = NT_OP_CHANNELWISE | NT_OP_LIKE,
    .min_inputs = 1,
    .max_inputs = 2,
    .infer = infer,
    .keeps_zero = nt_keeps_zero,
    .forward = forward,
    .backward = backward,
    .cases = (const nt_op_case[]){{"size=[3,4]", "5x6x9", "5x3x4"},
                                  {"size=4 top=0 left=3", "19x4x7", "19x4x4"},
                                  {"size=[1,2] top=3", "3x5x3", "3x1x2"},
                                  {"", "7x6x5 2x3x5", "7x3x5"},
                                  {"size=[5,6]", "2x5x6", "2x5x6"},
                                  {0}},
};
