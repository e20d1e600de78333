/* The larger of two inputs, element by element (pairwise.h). */
#include "op_check.h"
#include "pairwise.h"

static int infer(const void *attrs, const nt_type *in, int in_count, nt_type *ret_out,
                 char why[NT_WHY]) {
    (void)attrs, (void)in_count;
    return nt_pairwise_infer(NT_PAIRWISE_MAX, in, ret_out, why);
}

static void forward(const nt_call *call) {
    nt_pairwise_forward(NT_PAIRWISE_MAX, call);
}

static void backward(const nt_grad_call *call) {
    nt_pairwise_backward(NT_PAIRWISE_MAX, call);
}

const nt_op nt_op_max = {
    .kind = {.name = "max",
             .doc = "the larger of two inputs; one may have one value for each channel or place",
             .fields = nt_no_fields},
    .traits = NT_OP_IN_PLACE | NT_OP_GRAD_IN_PLACE | NT_OP_CHANNELWISE,
    .min_inputs = 2,
    .max_inputs = 2,
    .infer = infer,
    .keeps_zero = nt_keeps_zero,
    .forward = forward,
    .backward = backward,
    .grad_reads_in = 1u << 0 | 1u << 1,
    .cases = nt_pairwise_cases + 1,
};
