/* A batch normalisation whose scale and shift are known, together with what follows it in the
 * graph:
 *
 *     y = activation(x * scale + shift + plus)    plus where there are four inputs
 *
 * Inputs: x, the map `plus` if there is one, the scale and the shift as batch_norm gave them. The
 * bits are those of the separate ops. `again` is for the graph alone, where equal nodes are one: a
 * value that is computed a second time, so as not to be kept, is another than the first. For
 * training, once the gradients are there: no gradient passes. */
#include "attrs.h"
#include "op_check.h"
#include "scale_shift.h"
#include <stdio.h>

static const nt_field fields[] = {
    {"activation", NT_CHOICE, offsetof(nt_fused_batch_norm_attrs, activation), "none",
     .choices = nt_activation_names, .doc = "what is done to each element then"},
    {"a", NT_REAL, offsetof(nt_fused_batch_norm_attrs, numbers[0]), "0",
     .doc = "the activation's first number"},
    {"b", NT_REAL, offsetof(nt_fused_batch_norm_attrs, numbers[1]), "0",
     .doc = "the activation's second number"},
    {"again", NT_BOOL, offsetof(nt_fused_batch_norm_attrs, again), "false",
     .doc = "whether it is computed a second time"},
    {0},
};

static int infer(const void *attrs, const nt_type *in, int in_count, nt_type *ret_out,
                 char why[NT_WHY]) {
    (void)attrs;
    if (!nt_check_channels(&in[0], why))
        return 0;
    if (in_count == 4 && !nt_type_equal(in[1], in[0])) {
        snprintf(why, NT_WHY, "takes a map to add that is like its input");
        return 0;
    }
    nt_type vector = nt_type_param(nt_shape_of(1, in[0].shape.dim));
    if (!nt_type_equal(in[in_count - 2], vector) || !nt_type_equal(in[in_count - 1], vector)) {
        snprintf(why, NT_WHY, "takes a scale and a shift for each channel");
        return 0;
    }
    ret_out[0] = in[0];
    return 1;
}

static void forward(const nt_call *call) {
    const nt_fused_batch_norm_attrs *a = call->attrs;
    const nt_tensor *x = &call->in[0], *factors = &call->in[call->in_count - 2];
    nt_scale_shift_run(&(nt_scale_shift){.x = x->f,
                                         .plus = call->in_count == 4 ? call->in[1].f : NULL,
                                         .scale = factors[0].f,
                                         .shift = factors[1].f,
                                         .activation = nt_activation_of(a->activation, a->numbers),
                                         .y = call->out[0].f,
                                         .rows = nt_tensor_rows(x),
                                         .channels = nt_shape_channels(x->type.shape)});
}

const nt_op nt_op_fused_batch_norm = {
    .kind = {.name = "fused_batch_norm",
             .doc = "a batch normalisation, and the sum and activation that follow it",
             .fields = fields,
             .size = sizeof(nt_fused_batch_norm_attrs)},
    .traits = NT_OP_INTERNAL | NT_OP_IN_PLACE,
    .min_inputs = 3,
    .max_inputs = 4,
    .infer = infer,
    .forward = forward,
    .cases = (const nt_op_case[]){{"", "5x7x3 5 5", "5x7x3"},
                                  {"activation=relu", "37 37 37", "37"},
                                  {"activation=relu", "19x31x30 19x31x30 19 19", "19x31x30"},
                                  {"", "18x1x1 18x1x1 18 18", "18x1x1"},
                                  {"activation=clamp a=-1 b=1", "16x40x40 16 16", "16x40x40"},
                                  {"activation=silu again=true", "3000x3x2 3000x3x2 3000 3000",
                                   "3000x3x2"},
                                  {0}},
};
