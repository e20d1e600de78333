/* Dropout of whole channels (Tompson et al., "Efficient object localization using convolutional
 * networks", CVPR 2015), in training: each channel of each sample by itself. */
#include "dropout_channels.h"
#include "op_check.h"

static const nt_field fields[] = {
    {"probability", NT_REAL, offsetof(nt_dropout_attrs, probability), "0.5", 0, 1,
     .doc = "with which a channel is zeroed"},
    {NT_FIELD_PATH, NT_STRING, offsetof(nt_dropout_attrs, path), "",
     .doc = "names its stream of random numbers", .hidden = true},
    {0},
};

static int infer(const void *attrs, const nt_type *in, int in_count, nt_type *ret_out,
                 char why[NT_WHY]) {
    (void)attrs, (void)in_count;
    if (!nt_check_map(&in[0], why))
        return 0;
    ret_out[0] = in[0];
    ret_out[0].batched = true;
    return 1;
}

static nt_need need(const nt_call *call) {
    return nt_dropout_channels_need(&call->out[0]);
}

static nt_need grad_need(const nt_grad_call *call) {
    return nt_dropout_channels_need(&call->out_grad[0]);
}

static void forward(const nt_call *call) {
    nt_dropout_channels_forward(NT_DROP_CHANNELS, call);
}

static void backward(const nt_grad_call *call) {
    nt_dropout_channels_backward(NT_DROP_CHANNELS, call);
}

const nt_op nt_op_dropout2d = {
    .kind = {.name = "dropout2d",
             .doc = "zeroes whole channels at random, in training",
             .fields = fields,
             .size = sizeof(nt_dropout_attrs)},
    .traits =
        NT_OP_TRAINING | NT_OP_RANDOM | NT_OP_IN_PLACE | NT_OP_GRAD_IN_PLACE | NT_OP_CHANNELWISE,
    .min_inputs = 1,
    .max_inputs = 1,
    .infer = infer,
    .need = need,
    .grad_need = grad_need,
    .forward = forward,
    .backward = backward,
    .cases = (const nt_op_case[]){{"", "5x7x3", "5x7x3"},
                                  {"probability=0.2", "300x2x3", "300x2x3"},
                                  {"probability=0.7", "3x80x90", "3x80x90"},
                                  {"probability=0", "9x1x1", "9x1x1"},
                                  {"probability=1", "9x1x1", "9x1x1"},
                                  {0}},
};
