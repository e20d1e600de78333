/* The attributes of convolutions, and their calls: from a node's attributes and tensors to conv.h.
 * An op's outputs, and how much memory it asks for, follow from its attributes and the types of its
 * inputs alone; the gradients ask for the largest of their needs, as they take turns. */
#include "conv_call.h"

#include "columns.h"
#include "integers.h"
#include "op_check.h"
#include <stdio.h>

/* --- the attributes of conv2d ----------------------------------------------------------------- */

const char *const nt_conv2d_inits[] = {
    [NT_KAIMING_NORMAL] = "kaiming_normal", [NT_KAIMING_UNIFORM] = "uniform", NULL};

const char *const nt_conv2d_algorithms[] = {
    [NT_CONV_FASTEST] = "fastest", [NT_CONV_DIRECT] = "direct", NULL};

static bool check(const nt_conv2d_attrs *a, const nt_type *in, char why[NT_WHY]) {
    int32_t channels = in->shape.dim[0];
    char text[NT_SHAPE_TEXT];
    if (!nt_check_map(in, why))
        return false;
    if (a->channels % a->groups != 0) {
        snprintf(why, NT_WHY, "channels %d can't be divided into %d groups", a->channels,
                 a->groups);
        return false;
    }
    if (channels % a->groups != 0) {
        snprintf(why, NT_WHY, "the input's %d channels can't be divided into %d groups", channels,
                 a->groups);
        return false;
    }
    for (int d = 0; d < 2; d++)
        if (nt_window_places(in->shape.dim[1 + d], a->kernel[d], a->stride[d], a->pad[d],
                             a->dilation[d], false) == 0) {
            nt_shape padded = in->shape;
            padded.dim[1] += 2 * a->pad[0];
            padded.dim[2] += 2 * a->pad[1];
            snprintf(why, NT_WHY, "kernel %dx%d%s is larger than the padded input %s", a->kernel[0],
                     a->kernel[1], a->dilation[0] > 1 || a->dilation[1] > 1 ? ", dilated," : "",
                     nt_shape_format(padded, text));
            return false;
        }
    return true;
}

int nt_conv2d_infer(const nt_conv2d_attrs *a, const nt_type *in, nt_type *ret_out,
                    char why[NT_WHY]) {
    if (!check(a, &in[NT_CONV_X], why))
        return 0;
    ret_out[NT_CONV_Y] = in[NT_CONV_X];
    ret_out[NT_CONV_Y].shape.dim[0] = a->channels;
    for (int d = 0; d < 2; d++)
        ret_out[NT_CONV_Y].shape.dim[1 + d] =
            nt_window_places(in[NT_CONV_X].shape.dim[1 + d], a->kernel[d], a->stride[d], a->pad[d],
                             a->dilation[d], false);
    if (!a->moments)
        return 1;
    ret_out[NT_CONV_MOMENTS] =
        nt_type_param(nt_shape_of(2, (int32_t[]){NT_MOMENTS_PARTS, a->channels}));
    return 2;
}

int64_t nt_conv2d_multiply_adds(const nt_conv2d_attrs *a, const nt_type *in, const nt_type *out) {
    int64_t depth = (int64_t)in[NT_CONV_X].shape.dim[0] / a->groups * a->kernel[0] * a->kernel[1];
    return nt_shape_elements(out[NT_CONV_Y].shape) * depth;
}

nt_conv_shape nt_conv2d_shape(const nt_conv2d_attrs *a, const nt_tensor *x, const nt_tensor *y) {
    return (nt_conv_shape){
        .samples = x->count,
        .channels = x->type.shape.dim[0],
        .height = x->type.shape.dim[1],
        .width = x->type.shape.dim[2],
        .out_channels = y->type.shape.dim[0],
        .out_height = y->type.shape.dim[1],
        .out_width = y->type.shape.dim[2],
        .kernel = {a->kernel[0], a->kernel[1]},
        .stride = {a->stride[0], a->stride[1]},
        .pad = {a->pad[0], a->pad[1]},
        .dilation = {a->dilation[0], a->dilation[1]},
        .groups = a->groups,
        .direct = a->algorithm == NT_CONV_DIRECT,
    };
}

int64_t nt_conv2d_executed(const nt_conv2d_attrs *a, const nt_type *in, const nt_type *out) {
    const nt_tensor x = {.type = *in, .count = 1}, y = {.type = *out, .count = 1};
    nt_conv_shape shape = nt_conv2d_shape(a, &x, &y);
    return nt_conv_executed(&shape, NT_FORWARD_PASS);
}

bool nt_conv2d_keeps(const nt_conv2d_attrs *a, const nt_type *in) {
    nt_type out[2];
    char why[NT_WHY];
    if (nt_conv2d_infer(a, in, out, why) == 0)
        return false;
    const nt_tensor x = {.type = *in, .count = 1}, y = {.type = out[NT_CONV_Y], .count = 1};
    nt_conv_shape shape = nt_conv2d_shape(a, &x, &y);
    return nt_conv_kept_floats(&shape) > 0;
}

const char *nt_conv_call_algorithm(const nt_conv_shape *shape, nt_conv_pass pass) {
    return nt_conv_algorithm_name(nt_conv_choose(shape, pass));
}

const char *nt_conv2d_algorithm(const nt_conv2d_attrs *a, const nt_type *in, const nt_type *out,
                                bool grad) {
    const nt_tensor x = {.type = in[NT_CONV_X], .count = 1};
    const nt_tensor y = {.type = out[NT_CONV_Y], .count = 1};
    nt_conv_shape shape = nt_conv2d_shape(a, &x, &y);
    return nt_conv_call_algorithm(&shape, grad ? NT_DATA_PASS : NT_FORWARD_PASS);
}

/* --- calls ------------------------------------------------------------------------------------ */

nt_conv_memory nt_conv_call_memory(const nt_scratch *scratch) {
    return (nt_conv_memory){
        .shared = scratch->shared, .workers = scratch->workers, .per_worker = scratch->per_worker};
}

/* Where in the shared memory the work of moments.h starts. */
static size_t moments_at(nt_conv_need conv) {
    return nt_round_up(conv.shared, sizeof(double));
}

nt_need nt_conv_call_need(const nt_call *call, nt_conv_need conv) {
    nt_need need = {.shared = conv.shared, .per_worker = conv.per_worker};
    const nt_tensor *y = &call->out[NT_CONV_Y];
    if (call->out_count > NT_CONV_MOMENTS)
        need.shared = moments_at(conv) +
                      nt_moments_bytes(nt_tensor_rows(y), nt_shape_channels(y->type.shape));
    return need;
}

nt_moments *nt_conv_call_moments(const nt_call *call, nt_conv_need conv, nt_moments *room) {
    const nt_tensor *y = &call->out[NT_CONV_Y];
    if (call->out_count <= NT_CONV_MOMENTS || !call->out[NT_CONV_MOMENTS].data)
        return NULL;
    *room = nt_moments_of(y->f, nt_tensor_rows(y), nt_shape_channels(y->type.shape),
                          call->scratch.shared + moments_at(conv));
    return room;
}

void nt_conv_call_forward(const nt_call *call, const nt_conv_shape *shape) {
    nt_conv_memory memory = nt_conv_call_memory(&call->scratch);
    nt_moments moments;
    nt_epilogue epilogue = {
        .bias = call->in_count > NT_CONV_BIAS ? call->in[NT_CONV_BIAS].f : NULL,
        .moments = nt_conv_call_moments(call, nt_conv_forward_need(shape), &moments),
    };
    nt_conv_forward(shape, call->in[NT_CONV_X].f, call->in[NT_CONV_WEIGHT].f, &epilogue,
                    call->out[NT_CONV_Y].f, &memory);
    if (epilogue.moments)
        nt_moments_finish(epilogue.moments, call->out[NT_CONV_MOMENTS].f);
}

void nt_need_enlarge(nt_need *need, size_t shared, size_t per_worker) {
    if (shared > need->shared)
        need->shared = shared;
    if (per_worker > need->per_worker)
        need->per_worker = per_worker;
}

nt_need nt_conv_call_bias_need(const nt_tensor *dy) {
    int32_t channels = nt_shape_channels(dy->type.shape);
    return (nt_need){.shared = nt_columns_bytes(nt_tensor_rows(dy), channels) +
                               (size_t)channels * sizeof(double)};
}

void nt_conv_call_bias(const nt_tensor *dy, float *dbias, const nt_scratch *scratch) {
    int32_t channels = nt_shape_channels(dy->type.shape);
    double *sum = (double *)scratch->shared;
    nt_columns_sum(dy->f, nt_tensor_rows(dy), channels, sum + channels, sum);
    for (int32_t k = 0; k < channels; k++)
        dbias[k] = (float)sum[k];
}

nt_need nt_conv_call_grad_need(const nt_grad_call *call, const nt_conv_shape *shape) {
    nt_conv_need data = nt_conv_data_need(shape), weight = nt_conv_weight_need(shape);
    nt_need need = {0};
    nt_need_enlarge(&need, data.shared, data.per_worker);
    nt_need_enlarge(&need, weight.shared, weight.per_worker);
    if (call->in_count > NT_CONV_BIAS)
        nt_need_enlarge(&need, nt_conv_call_bias_need(&call->out_grad[NT_CONV_Y]).shared, 0);
    return need;
}

/* The three gradients use the scratch memory one after the other. */
void nt_conv_call_backward(const nt_grad_call *call, const nt_conv_shape *shape) {
    nt_conv_memory memory = nt_conv_call_memory(&call->scratch);
    const float *dy = call->out_grad[NT_CONV_Y].f;
    if (call->in_grad[NT_CONV_X].data)
        nt_conv_data(shape, dy, call->in[NT_CONV_WEIGHT].f, call->in_grad[NT_CONV_X].f, &memory);
    if (call->in_grad[NT_CONV_WEIGHT].data)
        nt_conv_weight(shape, call->in[NT_CONV_X].f, dy, call->in_grad[NT_CONV_WEIGHT].f, &memory);
    if (call->in_count > NT_CONV_BIAS && call->in_grad[NT_CONV_BIAS].data)
        nt_conv_call_bias(&call->out_grad[NT_CONV_Y], call->in_grad[NT_CONV_BIAS].f,
                          &call->scratch);
}
