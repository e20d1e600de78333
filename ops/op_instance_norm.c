/* Instance normalisation (Ulyanov et al., "Instance normalization: the missing ingredient for fast
 * stylization", 2016): each channel of each sample by itself (sample_norm.h). */
#include "op_check.h"
#include "sample_norm.h"
#include <stdio.h>

typedef struct instance_norm_attrs {
    double eps;
    bool affine;
} instance_norm_attrs;

static const nt_field fields[] = {
    {"eps", NT_REAL, offsetof(instance_norm_attrs, eps), "1e-05", 1e-30, 1,
     .doc = "added to the variance"},
    {"affine", NT_BOOL, offsetof(instance_norm_attrs, affine), "false",
     .doc = "whether each channel has a weight and a bias"},
    {0},
};

static int infer(const void *attrs, const nt_type *in, int in_count, nt_type *ret_out,
                 char why[NT_WHY]) {
    char text[NT_SHAPE_TEXT];
    (void)attrs, (void)in_count;
    if (!nt_check_map(&in[NT_NORM_X], why))
        return 0;
    if (nt_shape_pixels(in[NT_NORM_X].shape) == 1) {
        snprintf(why, NT_WHY, "each channel of %s has one value, which is its own mean",
                 nt_shape_format(in[NT_NORM_X].shape, text));
        return 0;
    }
    ret_out[0] = in[NT_NORM_X];
    return 1;
}

static int params(const void *attrs, const nt_type *in, nt_param *ret_params) {
    return nt_norm_params(((const instance_norm_attrs *)attrs)->affine, in, ret_params);
}

static nt_sample_norm norm_of(const void *attrs, const nt_tensor *x) {
    return (nt_sample_norm){.groups = nt_shape_channels(x->type.shape),
                            .eps = ((const instance_norm_attrs *)attrs)->eps};
}

static void forward(const nt_call *call) {
    nt_sample_norm norm = norm_of(call->attrs, &call->in[NT_NORM_X]);
    nt_sample_norm_forward(&norm, call);
}

static void backward(const nt_grad_call *call) {
    nt_sample_norm norm = norm_of(call->attrs, &call->in[NT_NORM_X]);
    nt_sample_norm_backward(&norm, call);
}

static bool keeps_zero(const void *attrs) {
    return !((const instance_norm_attrs *)attrs)->affine;
}

const nt_op nt_op_instance_norm = {
    .kind = {.name = "instance_norm",
             .doc = "normalisation of each channel of each sample",
             .fields = fields,
             .size = sizeof(instance_norm_attrs)},
    .traits = NT_OP_IN_PLACE | NT_OP_GRAD_IN_PLACE | NT_OP_CHANNELWISE,
    .min_inputs = 1,
    .max_inputs = 1,
    .infer = infer,
    .params = params,
    .keeps_zero = keeps_zero,
    .need = nt_sample_norm_need,
    .grad_need = nt_sample_norm_grad_need,
    .forward = forward,
    .backward = backward,
    .grad_reads_in = 1u << NT_NORM_X | 1u << NT_NORM_WEIGHT,
    .cases = (const nt_op_case[]){{"", "5x7x3", "5x7x3"},
                                  {"affine=true eps=0.001", "37x9x5", "37x9x5"},
                                  {"affine=true", "4x50x90", "4x50x90"},
                                  {"", "1x1x2", "1x1x2"},
                                  {0}},
};
