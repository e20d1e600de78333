/* The table. Ops that only act in training are gone before it is asked; losses have no form. */
#include "onnx_forms.h"

static const struct {
    const nt_op *op;
    nt_form_writer *write;
} forms[] = {
    {&nt_op_constant, nt_form_constant},
    {&nt_op_parameter, nt_form_parameter},
    {&nt_op_conv2d, nt_form_conv2d},
    {&nt_op_conv_transpose2d, nt_form_conv_transpose2d},
    {&nt_op_linear, nt_form_linear},
    {&nt_op_batch_norm, nt_form_batch_norm},
    {&nt_op_layer_norm, nt_form_layer_norm},
    {&nt_op_group_norm, nt_form_group_norm},
    {&nt_op_instance_norm, nt_form_instance_norm},
    {&nt_op_local_response_norm, nt_form_local_response_norm},
    {&nt_op_scale, nt_form_scale},
    {&nt_op_relu, nt_form_relu},
    {&nt_op_relu6, nt_form_relu6},
    {&nt_op_clamp, nt_form_clamp},
    {&nt_op_leaky_relu, nt_form_leaky_relu},
    {&nt_op_prelu, nt_form_prelu},
    {&nt_op_elu, nt_form_elu},
    {&nt_op_sigmoid, nt_form_sigmoid},
    {&nt_op_silu, nt_form_silu},
    {&nt_op_gelu, nt_form_gelu},
    {&nt_op_softplus, nt_form_softplus},
    {&nt_op_hardsigmoid, nt_form_hardsigmoid},
    {&nt_op_hardswish, nt_form_hardswish},
    {&nt_op_softmax, nt_form_softmax},
    {&nt_op_add, nt_form_sum},
    {&nt_op_weighted_sum, nt_form_weighted_sum},
    {&nt_op_mul, nt_form_mul},
    {&nt_op_sub, nt_form_sub},
    {&nt_op_div, nt_form_div},
    {&nt_op_max, nt_form_max},
    {&nt_op_min, nt_form_min},
    {&nt_op_max_pool, nt_form_max_pool},
    {&nt_op_max_unpool, nt_form_max_unpool},
    {&nt_op_avg_pool, nt_form_avg_pool},
    {&nt_op_global_avg_pool, nt_form_global_avg_pool},
    {&nt_op_adaptive_avg_pool, nt_form_adaptive_avg_pool},
    {&nt_op_resize, nt_form_resize},
    {&nt_op_flatten, nt_form_flatten},
    {&nt_op_concat, nt_form_concat},
    {&nt_op_slice, nt_form_slice_channels},
    {&nt_op_channel_shuffle, nt_form_channel_shuffle},
    {&nt_op_roll, nt_form_roll},
    {&nt_op_crop, nt_form_crop},
    {&nt_op_pad, nt_form_pad},
    {&nt_op_reflect_pad, nt_form_reflect_pad},
    {&nt_op_replicate_pad, nt_form_replicate_pad},
};

nt_form_writer *nt_form_of(const nt_op *op) {
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (forms[i].op == op)
            return forms[i].write;
    return NULL;
}
