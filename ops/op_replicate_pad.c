/* The maps with their first and last row and column repeated around them, as PyTorch's
 * ReplicationPad2d has it (pad_call.h). */
#include "op_check.h"
#include "pad_call.h"

static const nt_field fields[] = {
    NT_PAD_FIELDS(""),
    {0},
};

static int infer(const void *attrs, const nt_type *in, int in_count, nt_type *ret_out,
                 char why[NT_WHY]) {
    return nt_pad_infer(attrs, in, in_count, ret_out, why);
}

static void forward(const nt_call *call) {
    nt_pad_repeat_forward(NT_PAD_REPLICATE, call);
}

static void backward(const nt_grad_call *call) {
    nt_pad_repeat_backward(NT_PAD_REPLICATE, call);
}

const nt_op nt_op_replicate_pad = {
    .kind = {.name = "replicate_pad",
             .doc = "the maps with their edges repeated around them",
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
    .cases = (const nt_op_case[]){{"top=1 bottom=2 left=3 right=4", "5x3x4", "5x6x11"},
                                  {"left=2", "19x4x5", "19x4x7"},
                                  {"top=5 bottom=6 right=7", "3x1x1", "3x12x8"},
                                  {"", "70x3x5 2x6x8", "70x6x8"},
                                  {"", "3x2x4", "3x2x4"},
                                  {0}},
};
