/* Group normalisation (Wu and He, "Group normalization", ECCV 2018): each sample by groups of its
 * channels (sample_norm.h). One group is a layer normalisation over the whole sample. */
#include "op_check.h"
#include "sample_norm.h"
#include <stdio.h>

typedef struct group_norm_attrs {
    nt_sample_norm norm;
    bool affine;
} group_norm_attrs;

static const nt_field fields[] = {
    {"groups", NT_INT, offsetof(group_norm_attrs, norm.groups), NULL, 1, 1 << 20,
     .doc = "parts of the channels, each of which is normalised by itself"},
    {"eps", NT_REAL, offsetof(group_norm_attrs, norm.eps), "1e-05", 1e-30, 1,
     .doc = "added to the variance"},
    {"affine", NT_BOOL, offsetof(group_norm_attrs, affine), "true",
     .doc = "whether each channel has a weight and a bias"},
    {0},
};

static int infer(const void *attrs, const nt_type *in, int in_count, nt_type *ret_out,
                 char why[NT_WHY]) {
    const group_norm_attrs *a = attrs;
    char text[NT_SHAPE_TEXT];
    (void)in_count;
    if (!nt_check_channels(&in[NT_NORM_X], why))
        return 0;
    nt_shape shape = in[NT_NORM_X].shape;
    if (shape.dim[0] % a->norm.groups != 0) {
        snprintf(why, NT_WHY, "the input's %d channels can't be divided into %d groups",
                 shape.dim[0], a->norm.groups);
        return 0;
    }
    if (nt_shape_elements(shape) == a->norm.groups) {
        snprintf(why, NT_WHY, "each group of %s would have one value, which is its own mean",
                 nt_shape_format(shape, text));
        return 0;
    }
    ret_out[0] = in[NT_NORM_X];
    return 1;
}

static int params(const void *attrs, const nt_type *in, nt_param *ret_params) {
    return nt_norm_params(((const group_norm_attrs *)attrs)->affine, in, ret_params);
}

static void forward(const nt_call *call) {
    nt_sample_norm_forward(&((const group_norm_attrs *)call->attrs)->norm, call);
}

static void backward(const nt_grad_call *call) {
    nt_sample_norm_backward(&((const group_norm_attrs *)call->attrs)->norm, call);
}

static bool keeps_zero(const void *attrs) {
    return !((const group_norm_attrs *)attrs)->affine;
}

const nt_op nt_op_group_norm = {
    .kind = {.name = "group_norm",
             .doc = "normalisation of each sample by groups of its channels",
             .fields = fields,
             .size = sizeof(group_norm_attrs)},
    .traits = NT_OP_IN_PLACE | NT_OP_GRAD_IN_PLACE,
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
    .cases = (const nt_op_case[]){{"groups=2", "6x7x3", "6x7x3"},
                                  {"groups=8 eps=0.001", "32x9x5", "32x9x5"},
                                  {"groups=1", "5x3x4", "5x3x4"},
                                  {"groups=4 affine=false", "36", "36"},
                                  {"groups=4", "16x33x33", "16x33x33"},
                                  {0}},
};
