/* Stochastic depth (Huang et al., "Deep networks with stochastic depth", ECCV 2016), in training,
 * as torchvision has it: at the end of a residual branch, before the addition, the branch is
 * dropped for some samples, or for all at once. */
#include "dropout_channels.h"
#include "op_check.h"

enum { ROW, BATCH };

typedef struct stochastic_depth_attrs {
    nt_dropout_attrs dropout;
    int32_t mode;
} stochastic_depth_attrs;

static const char *const modes[] = {[ROW] = "row", [BATCH] = "batch", NULL};

static const nt_field fields[] = {
    {"probability", NT_REAL, offsetof(stochastic_depth_attrs, dropout.probability), NULL, 0, 1,
     .doc = "with which a sample is zeroed"},
    {"mode", NT_CHOICE, offsetof(stochastic_depth_attrs, mode), "row", .choices = modes,
     .doc = "row: each sample by itself; batch: all together"},
    {NT_FIELD_PATH, NT_STRING, offsetof(stochastic_depth_attrs, dropout.path), "",
     .doc = "names its stream of random numbers", .hidden = true},
    {0},
};

static int infer(const void *attrs, const nt_type *in, int in_count, nt_type *ret_out,
                 char why[NT_WHY]) {
    (void)attrs, (void)in_count;
    if (!nt_check_channels(&in[0], why))
        return 0;
    ret_out[0] = in[0];
    ret_out[0].batched = true;
    return 1;
}

static nt_drop what_of(const void *attrs) {
    return ((const stochastic_depth_attrs *)attrs)->mode == ROW ? NT_DROP_SAMPLES : NT_DROP_BATCH;
}

static nt_need need(const nt_call *call) {
    return nt_dropout_channels_need(&call->out[0]);
}

static nt_need grad_need(const nt_grad_call *call) {
    return nt_dropout_channels_need(&call->out_grad[0]);
}

static void forward(const nt_call *call) {
    nt_dropout_channels_forward(what_of(call->attrs), call);
}

static void backward(const nt_grad_call *call) {
    nt_dropout_channels_backward(what_of(call->attrs), call);
}

const nt_op nt_op_stochastic_depth = {
    .kind = {.name = "stochastic_depth",
             .doc = "drops the residual branch that it ends, for some samples, in training",
             .fields = fields,
             .size = sizeof(stochastic_depth_attrs)},
    .traits =
        NT_OP_TRAINING | NT_OP_RANDOM | NT_OP_IN_PLACE | NT_OP_GRAD_IN_PLACE | NT_OP_CHANNELWISE,
    .min_inputs = 1,
    .max_inputs = 1,
    .infer = infer,
    .need = need,
    .grad_need = grad_need,
    .forward = forward,
    .backward = backward,
    .cases = (const nt_op_case[]){{"probability=0.5", "5x7x3", "5x7x3"},
                                  {"probability=0.2", "37", "37"},
                                  {"probability=0.4 mode=batch", "3x15x20", "3x15x20"},
                                  {"probability=1", "9x1x1", "9x1x1"},
                                  {"probability=0 mode=batch", "9x1x1", "9x1x1"},
                                  {0}},
};
