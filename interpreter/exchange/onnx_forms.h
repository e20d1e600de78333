/* The forms of ops in ONNX: one function for each op that has a meaning in evaluation, which writes
 * the nodes that compute the same. onnx_forms.c has the table of them; ops never see ONNX.
 *
 * Of several ways to say an op, that one is taken which OpenCV reads and which leaves nothing open:
 * padding in numbers, never ceil_mode; scales, never sizes, which would fix the batch. */
#ifndef NT_ONNX_FORMS_H
#define NT_ONNX_FORMS_H

#include "onnx_form.h"

typedef void nt_form_writer(const nt_form *form);

/* NULL: the op has none. */
nt_form_writer *nt_form_of(const nt_op *op);

/* onnx_layers.c: what has weights, and normalisation */
nt_form_writer nt_form_conv2d, nt_form_conv_transpose2d, nt_form_linear, nt_form_batch_norm,
    nt_form_layer_norm, nt_form_group_norm, nt_form_instance_norm, nt_form_local_response_norm,
    nt_form_scale, nt_form_prelu;

/* onnx_pointwise.c: element by element */
nt_form_writer nt_form_relu, nt_form_relu6, nt_form_clamp, nt_form_leaky_relu, nt_form_elu,
    nt_form_sigmoid, nt_form_silu, nt_form_gelu, nt_form_softplus, nt_form_hardsigmoid,
    nt_form_hardswish, nt_form_softmax, nt_form_constant, nt_form_parameter, nt_form_sum,
    nt_form_weighted_sum, nt_form_mul, nt_form_sub, nt_form_div, nt_form_max, nt_form_min;

/* onnx_windows.c: pooling and resizing */
nt_form_writer nt_form_max_pool, nt_form_max_unpool, nt_form_avg_pool, nt_form_global_avg_pool,
    nt_form_adaptive_avg_pool, nt_form_resize;

/* onnx_places.c: elements moved, not changed */
nt_form_writer nt_form_flatten, nt_form_concat, nt_form_slice_channels, nt_form_channel_shuffle,
    nt_form_roll, nt_form_crop, nt_form_pad, nt_form_reflect_pad, nt_form_replicate_pad;

#endif
