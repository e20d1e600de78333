/* The maps with their reflections around them, about the first and the last row and column, which
 * are not repeated: as PyTorch's ReflectionPad2d has it (pad_call.h). */
#include "op_check.h"
#include "pad_call.h"
#include <stdio.h>

static const nt_field fields[] = {
    NT_PAD_FIELDS(""),
    {0},
};

static int infer(const void *attrs, const nt_type *in, int in_count, nt_type *ret_out,
                 char why[NT_WHY]) {
    char text[NT_SHAPE_TEXT];
    if (nt_pad_infer(attrs, in, in_count, ret_out, why) == 0)
        return 0;
    for (int d = 0; d < 2; d++) {
        int32_t size = in[0].shape.dim[1 + d], more = ret_out[0].shape.dim[1 + d] - size;
        int32_t before = nt_pad_first(attrs, in[0].shape, ret_out[0].shape, in_count, d);
        int32_t most = before > more - before ? before : more - before;
        if (most < size)
            continue;
        const char *what = d == 0 ? "row" : "column";
        snprintf(why, NT_WHY, "%s has only %d %s%s, whose reflection has %d: %d can't be added",
                 nt_shape_format(in[0].shape, text), size, what, size == 1 ? "" : "s", size - 1,
                 most);
        return 0;
    }
    return 1;
}

static void forward(const nt_call *call) {
    nt_pad_repeat_forward(NT_PAD_REFLECT, call);
}

static void backward(const nt_grad_call *call) {
    nt_pad_repeat_backward(NT_PAD_REFLECT, call);
}

const nt_op nt_op_reflect_pad = {
    .kind = {.name = "reflect_pad",
             .doc = "the maps with their reflections around them",
             .fields = fields,
             .size = sizeof(nt_pad_attrs)},
    .traits = NT_OP_CHANNELWISE | NT_OP_LIKE,
    .min_inputs = 1,
    .max_inputs = 2,
    .infer = infer,
    .keeps_zero = nt_keeps_zero,
    .grad_need = nt_pad_repeat_grad_need,
    .forward = forward,
    .backward = backward,
    .cases = (const nt_op_case[]){{"top=1 bottom=2 left=3 right=2", "5x3x4", "5x6x9"},
                                  {"left=2", "19x4x5", "19x4x7"},
                                  {"top=3 bottom=3 left=1 right=1", "70x4x2", "70x10x4"},
                                  {"", "7x4x5 2x7x8", "7x7x8"},
                                  {"", "3x2x4", "3x2x4"},
                                  {0}},
};
