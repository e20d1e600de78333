/* Each channel times a value of its own, which is trained: ConvNeXt's layer_scale (Liu et al., "A
 * ConvNet for the 2020s", CVPR 2022). The parameter has the node's own name, since PyTorch's
 * modules keep it as a bare parameter, and for maps the shape that torchvision gives it, Cx1x1. */
#include "columns.h"
#include "op_check.h"
#include "pairwise.h"
#include <string.h>

enum { X, WEIGHT };

typedef struct scale_attrs {
    double initial;
} scale_attrs;

static const nt_field fields[] = {
    {"initial", NT_REAL, offsetof(scale_attrs, initial), "1", -1e30, 1e30,
     .doc = "what training begins with"},
    {0},
};

static int infer(const void *attrs, const nt_type *in, int in_count, nt_type *ret_out,
                 char why[NT_WHY]) {
    (void)attrs, (void)in_count;
    ret_out[0] = in[X];
    return nt_check_channels(&in[X], why) ? 1 : 0;
}

static int params(const void *attrs, const nt_type *in, nt_param *ret_params) {
    int32_t dim[] = {in[X].shape.dim[0], 1, 1};
    ret_params[0] = (nt_param){.name = "",
                               .type = nt_type_param(nt_shape_of(in[X].shape.rank, dim)),
                               .scale = ((const scale_attrs *)attrs)->initial};
    return 1;
}

static void forward(const nt_call *call) {
    nt_pairwise_forward(NT_PAIRWISE_MUL, call);
}

/* Scratch memory: for each channel two sums and a zero, then the work of columns.h. */
static nt_need grad_need(const nt_grad_call *call) {
    const nt_tensor *x = &call->in[X];
    int64_t channels = nt_shape_channels(x->type.shape);
    return (nt_need){.shared = (size_t)channels * 3 * sizeof(double) +
                               nt_columns_bytes(nt_tensor_rows(x), channels)};
}

/* The sum of dy x over all places: what columns.h gives of x apart from a centre of zero. */
static void sum_products(const nt_grad_call *call) {
    const nt_tensor *x = &call->in[X];
    int64_t channels = nt_shape_channels(x->type.shape);
    double *sum = (double *)call->scratch.shared, *dot = sum + channels, *zero = dot + channels;
    memset(zero, 0, (size_t)channels * sizeof *zero);
    nt_columns_dot(call->out_grad[0].f, x->f, (const float *)zero, nt_tensor_rows(x), channels,
                   zero + channels, sum, dot);
    for (int64_t c = 0; c < channels; c++)
        call->in_grad[WEIGHT].f[c] = (float)dot[c];
}

/* The weight's gradient first: the other may lie on the output's. */
static void backward(const nt_grad_call *call) {
    nt_tensor in_grad[] = {call->in_grad[X], call->in_grad[WEIGHT]};
    nt_grad_call to_x = *call;
    if (in_grad[WEIGHT].data)
        sum_products(call);
    in_grad[WEIGHT].data = NULL;
    to_x.in_grad = in_grad;
    nt_pairwise_backward(NT_PAIRWISE_MUL, &to_x);
}

const nt_op nt_op_scale = {
    .kind = {.name = "scale",
             .doc = "each channel times a value that is trained",
             .fields = fields,
             .size = sizeof(scale_attrs)},
    .traits = NT_OP_IN_PLACE | NT_OP_GRAD_IN_PLACE | NT_OP_CHANNELWISE,
    .min_inputs = 1,
    .max_inputs = 1,
    .infer = infer,
    .params = params,
    .keeps_zero = nt_keeps_zero,
    .grad_need = grad_need,
    .forward = forward,
    .backward = backward,
    .grad_reads_in = 1u << X | 1u << WEIGHT,
    .cases = (const nt_op_case[]){{"", "5x7x3", "5x7x3"},
                                  {"initial=1e-06", "70x9x5", "70x9x5"},
                                  {"", "37", "37"},
                                  {"", "16x15x20", "16x15x20"},
                                  {0}},
};
