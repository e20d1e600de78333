/* What the files of the reference share. */
#ifndef NT_REFERENCE_PARTS_H
#define NT_REFERENCE_PARTS_H

#include "reference.h"

/* Element (n, c, y, x); vectors have y = x = 0. */
static inline double *at(const ref_value *value, int64_t n, int64_t c, int64_t y, int64_t x) {
    const int32_t *dim = value->shape.dim;
    return &value->v[((n * dim[0] + c) * dim[1] + y) * dim[2] + x];
}

/* The same of a value whose dimensions of 1 stand for as many as there are. */
static inline double *spread_at(const ref_value *value, int64_t n, int64_t c, int64_t y,
                                int64_t x) {
    const int32_t *dim = value->shape.dim;
    return at(value, n, dim[0] > 1 ? c : 0, dim[1] > 1 ? y : 0, dim[2] > 1 ? x : 0);
}

static inline bool inside(const ref_value *value, int64_t y, int64_t x) {
    return y >= 0 && x >= 0 && y < value->shape.dim[1] && x < value->shape.dim[2];
}

/* An attribute of the call's op; d is 1 for the second of a pair. */
static inline int32_t get(const ref_call *call, const char *name, int d) {
    return ref_int(call->op, call->attrs, name, d);
}

/* Runs the body for each element (n, c, y, x) of a value. */
#define FOR_EACH(value)                                                                            \
    for (int32_t n = 0; n < (value).count; n++)                                                    \
        for (int32_t c = 0; c < (value).shape.dim[0]; c++)                                         \
            for (int32_t y = 0; y < (value).shape.dim[1]; y++)                                     \
                for (int32_t x = 0; x < (value).shape.dim[2]; x++)

/* reference_maps.c: maps put together or laid out anew. */
void ref_resize(const ref_call *call);
void ref_crop(const ref_call *call);
void ref_pad(const ref_call *call);
void ref_concat(const ref_call *call);
void ref_adaptive_avg_pool(const ref_call *call);
void ref_mul(const ref_call *call);
void ref_sub(const ref_call *call);
void ref_div(const ref_call *call);
void ref_max(const ref_call *call);
void ref_min(const ref_call *call);

/* reference_activations.c: what is done to each element. */
void ref_relu(const ref_call *call);
void ref_relu6(const ref_call *call);
void ref_clamp(const ref_call *call);
void ref_leaky_relu(const ref_call *call);
void ref_prelu(const ref_call *call);
void ref_elu(const ref_call *call);
void ref_sigmoid(const ref_call *call);
void ref_silu(const ref_call *call);
void ref_gelu(const ref_call *call);
void ref_softplus(const ref_call *call);
void ref_hardsigmoid(const ref_call *call);
void ref_hardswish(const ref_call *call);

/* reference_segmentation.c: what networks that label each place end with. */
void ref_max_unpool(const ref_call *call);
void ref_softmax(const ref_call *call);
void ref_weighted_sum(const ref_call *call);
void ref_dice_loss(const ref_call *call);

/* reference_norm.c: what normalises each sample, and a scale. */
void ref_layer_norm(const ref_call *call);
void ref_group_norm(const ref_call *call);
void ref_instance_norm(const ref_call *call);
void ref_local_response_norm(const ref_call *call);
void ref_scale(const ref_call *call);
void ref_parameter(const ref_call *call);

/* reference_moves.c: what only moves elements, or repeats them. */
void ref_slice(const ref_call *call);
void ref_channel_shuffle(const ref_call *call);
void ref_roll(const ref_call *call);
void ref_reflect_pad(const ref_call *call);
void ref_replicate_pad(const ref_call *call);

#endif
