/* The first input by the second, element by element (pairwise.h). */
#include "pairwise.h"

static int infer(const void *attrs, const nt_type *in, int in_count, nt_type *ret_out,
                 char why[NT_WHY]) {
    (void)attrs, (void)in_count;
    return nt_pairwise_infer(NT_PAIRWISE_DIV, in, ret_out, why);
}

static void forward(const nt_call *call) {
    nt_pairwise_forward(NT_PAIRWISE_DIV, call);
}

static void backward(const nt_grad_call *call) {
    nt_pairwise_backward(NT_PAIRWISE_DIV, call);
}

const nt_op nt_op_div = {
    .kind = {.name = "div",
             .doc = "the first input divided by the second; one may have one value for each "
                    "channel or place",
             .fields = nt_no_fields},
    .traits = NT_OP_IN_PLACE | NT_OP_GRAD_IN_PLACE | NT_OP_CHANNELWISE,
    .min_inputs = 2,
    .max_inputs = 2,
    .infer = infer,
    .forward = forward,
    .backward = backward,
    .grad_reads_in = 1u << 0 | 1u << 1,
    .cases = nt_pairwise_cases + 1,
};
