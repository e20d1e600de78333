/* Ops with weights, and normalisation, which ONNX has in this operator set for batches and for
 * single channels only: the others are put together of sums. */
#include "attrs.h"
#include "onnx_forms.h"

/* --- convolution ------------------------------------------------------------------------------ */

static void add_pair(const nt_form *form, const char *name, const int32_t pair[2]) {
    nt_onnx_ints(form->onnx, name, 2, (const int64_t[]){pair[0], pair[1]});
}

/* A node with the weight, whose rank is this, and the bias if there is one. */
static void add_layer(const nt_form *form, const char *type, int rank) {
    const char *weight = nt_form_param_of(form, NT_CONV_WEIGHT, rank);
    const char *bias =
        form->node->in_count > NT_CONV_BIAS ? nt_form_param(form, NT_CONV_BIAS) : NULL;
    NT_FORM_ADD(form, type, NULL, form->in[NT_CONV_X], weight, bias);
}

static void add_geometry(const nt_form *form, const nt_conv2d_attrs *conv) {
    add_pair(form, "kernel_shape", conv->kernel);
    add_pair(form, "strides", conv->stride);
    add_pair(form, "dilations", conv->dilation);
    nt_onnx_ints(form->onnx, "pads", 4,
                 (const int64_t[]){conv->pad[0], conv->pad[1], conv->pad[0], conv->pad[1]});
    nt_onnx_int(form->onnx, "group", conv->groups);
}

void nt_form_conv2d(const nt_form *form) {
    add_layer(form, "Conv", 4);
    add_geometry(form, form->node->attrs);
}

void nt_form_conv_transpose2d(const nt_form *form) {
    const nt_conv_transpose2d_attrs *a = form->node->attrs;
    add_layer(form, "ConvTranspose", 4);
    add_geometry(form, &a->conv);
    add_pair(form, "output_padding", a->output_pad);
}

/* Of maps, a convolution of single places. */
void nt_form_linear(const nt_form *form) {
    bool maps = form->types[NT_CONV_X].shape.rank == 3;
    add_layer(form, maps ? "Conv" : "Gemm", maps ? 4 : 2);
    if (maps)
        add_pair(form, "kernel_shape", (const int32_t[]){1, 1});
    else
        nt_onnx_int(form->onnx, "transB", 1);
}

/* --- normalisation ---------------------------------------------------------------------------- */

void nt_form_batch_norm(const nt_form *form) {
    const char *in[NT_BN_RUNNING_VARIANCE + 2] = {form->in[NT_BN_X]};
    for (int i = NT_BN_WEIGHT; i <= NT_BN_RUNNING_VARIANCE; i++)
        in[i] = nt_form_param(form, i);
    nt_form_add(form, "BatchNormalization", NULL, in);
    nt_onnx_real(form->onnx, "epsilon", nt_form_real(form, "eps"));
}

/* `value` times the weight of each channel, plus its bias, if there are such inputs (1 and 2). The
 * last node is the form's. */
static void finish_affine(const nt_form *form, const char *value) {
    int rank = form->types[0].shape.rank;
    if (form->node->in_count < 3) {
        NT_FORM_ADD(form, "Identity", NULL, value);
        return;
    }
    const char *weight = nt_form_param_of(form, 1, rank), *bias = nt_form_param_of(form, 2, rank);
    const char *scaled = NT_FORM_ADD(form, "Mul", "scaled", value, weight);
    NT_FORM_ADD(form, "Add", NULL, scaled, bias);
}

static const char *mean_of_channels(const nt_form *form, const char *part, const char *value) {
    const char *mean = NT_FORM_ADD(form, "ReduceMean", part, value);
    nt_onnx_ints(form->onnx, "axes", 1, (const int64_t[]){1});
    nt_onnx_int(form->onnx, "keepdims", 1);
    return mean;
}

void nt_form_layer_norm(const nt_form *form) {
    const char *mean = mean_of_channels(form, "mean", form->in[0]);
    const char *apart = NT_FORM_ADD(form, "Sub", "apart", form->in[0], mean);
    const char *square = NT_FORM_ADD(form, "Mul", "square", apart, apart);
    const char *variance = mean_of_channels(form, "variance", square);
    const char *eps = nt_form_number(form, "eps", nt_form_real(form, "eps"));
    const char *sum = NT_FORM_ADD(form, "Add", "sum", variance, eps);
    const char *deviation = NT_FORM_ADD(form, "Sqrt", "deviation", sum);
    finish_affine(form, NT_FORM_ADD(form, "Div", "normal", apart, deviation));
}

void nt_form_instance_norm(const nt_form *form) {
    int32_t channels = form->types[0].shape.dim[0];
    bool affine = form->node->in_count > 2;
    const char *weight = affine ? nt_form_param(form, 1) : nt_form_equal(form, "ones", channels, 1);
    const char *bias = affine ? nt_form_param(form, 2) : nt_form_equal(form, "zeros", channels, 0);
    NT_FORM_ADD(form, "InstanceNormalization", NULL, form->in[0], weight, bias);
    nt_onnx_real(form->onnx, "epsilon", nt_form_real(form, "eps"));
}

/* Each group as one channel. */
void nt_form_group_norm(const nt_form *form) {
    int32_t groups = nt_form_int(form, "groups");
    nt_onnx_dims whole = nt_form_dims(&form->types[0], 0);
    const char *grouped =
        nt_form_reshape(form, "grouped", form->in[0], 2, (const int64_t[]){groups, -1});
    const char *ones = nt_form_equal(form, "ones", groups, 1);
    const char *zeros = nt_form_equal(form, "zeros", groups, 0);
    const char *normal =
        NT_FORM_ADD(form, "InstanceNormalization", "normal_groups", grouped, ones, zeros);
    nt_onnx_real(form->onnx, "epsilon", nt_form_real(form, "eps"));
    finish_affine(form, nt_form_reshape(form, "normal", normal, whole.rank - 1, whole.dim + 1));
}

/* ONNX's own has of an even number of channels one more behind than before, this op the other way:
 * the mean of the squares is then one of windows, in maps whose rows are the channels. */
static void even_response_norm(const nt_form *form, int32_t size) {
    nt_onnx_dims whole = nt_form_dims(&form->types[0], 0);
    const char *square = NT_FORM_ADD(form, "Mul", "square", form->in[0], form->in[0]);
    const char *rows =
        nt_form_reshape(form, "rows", square, 3, (const int64_t[]){1, whole.dim[1], -1});
    const int64_t sides[8] = {[2] = size / 2, [6] = (size - 1) / 2};
    const char *pads = nt_form_integers(form, "pads", 8, sides);
    const char *padded = NT_FORM_ADD(form, "Pad", "padded", rows, pads);
    const char *mean = NT_FORM_ADD(form, "AveragePool", "mean", padded);
    nt_onnx_ints(form->onnx, "kernel_shape", 2, (const int64_t[]){size, 1});
    const char *maps = nt_form_reshape(form, "maps", mean, whole.rank - 1, whole.dim + 1);
    const char *alpha = nt_form_number(form, "alpha", nt_form_real(form, "alpha"));
    const char *k = nt_form_number(form, "k", nt_form_real(form, "k"));
    const char *beta = nt_form_number(form, "beta", nt_form_real(form, "beta"));
    const char *share = NT_FORM_ADD(form, "Mul", "share", maps, alpha);
    const char *sum = NT_FORM_ADD(form, "Add", "sum", share, k);
    const char *divisor = NT_FORM_ADD(form, "Pow", "divisor", sum, beta);
    NT_FORM_ADD(form, "Div", NULL, form->in[0], divisor);
}

void nt_form_local_response_norm(const nt_form *form) {
    int32_t size = nt_form_int(form, "size");
    if (size % 2 == 0) {
        even_response_norm(form, size);
        return;
    }
    NT_FORM_ADD(form, "LRN", NULL, form->in[0]);
    nt_onnx_int(form->onnx, "size", size);
    nt_onnx_real(form->onnx, "alpha", nt_form_real(form, "alpha"));
    nt_onnx_real(form->onnx, "beta", nt_form_real(form, "beta"));
    nt_onnx_real(form->onnx, "bias", nt_form_real(form, "k"));
}

/* --- a value for each channel ----------------------------------------------------------------- */

void nt_form_scale(const nt_form *form) {
    const char *weight = nt_form_param(form, 1);
    NT_FORM_ADD(form, "Mul", NULL, form->in[0], weight);
}

void nt_form_prelu(const nt_form *form) {
    bool one = nt_form_int(form, "num_parameters") == 1;
    const char *slope = nt_form_param_of(form, 1, one ? 1 : form->types[0].shape.rank);
    NT_FORM_ADD(form, "PRelu", NULL, form->in[0], slope);
}
