#include "reference_parts.h"

#include <math.h>

/* Of one sample: elements of channels [first, end), at one place or, with y < 0, at all. */
typedef struct region {
    int32_t n, first, end, y, x;
} region;

/* The sum over a region of value - less, or of its square. */
static double sum_of(const ref_value *value, region r, double less, bool square) {
    const int32_t *dim = value->shape.dim;
    double sum = 0;
    for (int32_t c = r.first; c < r.end; c++)
        for (int32_t y = r.y < 0 ? 0 : r.y; y < (r.y < 0 ? dim[1] : r.y + 1); y++)
            for (int32_t x = r.y < 0 ? 0 : r.x; x < (r.y < 0 ? dim[2] : r.x + 1); x++) {
                double apart = *at(value, r.n, c, y, x) - less;
                sum += square ? apart * apart : apart;
            }
    return sum;
}

/* Over the region, with the weight and bias of each channel if there are any. */
static void normalise(const ref_call *call, region r) {
    const ref_value *in = &call->in[0];
    const int32_t *dim = in->shape.dim;
    double count = (r.end - r.first) * (r.y < 0 ? (double)dim[1] * dim[2] : 1);
    double mean = sum_of(in, r, 0, false) / count, variance = sum_of(in, r, mean, true) / count;
    double deviation = sqrt(variance + ref_real(call->op, call->attrs, "eps"));
    bool affine = call->in_count > 2;
    for (int32_t c = r.first; c < r.end; c++)
        for (int32_t y = r.y < 0 ? 0 : r.y; y < (r.y < 0 ? dim[1] : r.y + 1); y++)
            for (int32_t x = r.y < 0 ? 0 : r.x; x < (r.y < 0 ? dim[2] : r.x + 1); x++)
                *at(&call->out[0], r.n, c, y, x) =
                    (*at(in, r.n, c, y, x) - mean) / deviation * (affine ? call->in[1].v[c] : 1) +
                    (affine ? call->in[2].v[c] : 0);
}

void ref_layer_norm(const ref_call *call) {
    const int32_t *dim = call->in[0].shape.dim;
    for (int32_t n = 0; n < call->in[0].count; n++)
        for (int32_t y = 0; y < dim[1]; y++)
            for (int32_t x = 0; x < dim[2]; x++)
                normalise(call, (region){n, 0, dim[0], y, x});
}

static void by_groups(const ref_call *call, int32_t groups) {
    int32_t each = call->in[0].shape.dim[0] / groups;
    for (int32_t n = 0; n < call->in[0].count; n++)
        for (int32_t g = 0; g < groups; g++)
            normalise(call, (region){n, g * each, (g + 1) * each, -1, -1});
}

void ref_group_norm(const ref_call *call) {
    by_groups(call, get(call, "groups", 0));
}

void ref_instance_norm(const ref_call *call) {
    by_groups(call, call->in[0].shape.dim[0]);
}

void ref_local_response_norm(const ref_call *call) {
    int32_t size = get(call, "size", 0), channels = call->in[0].shape.dim[0];
    FOR_EACH(call->out[0]) {
        double sum = 0;
        for (int32_t i = c - size / 2; i < c - size / 2 + size; i++) {
            double value = i < 0 || i >= channels ? 0 : *at(&call->in[0], n, i, y, x);
            sum += value * value;
        }
        double mean = ref_real(call->op, call->attrs, "alpha") * sum / size;
        *at(&call->out[0], n, c, y, x) =
            *at(&call->in[0], n, c, y, x) / pow(ref_real(call->op, call->attrs, "k") + mean,
                                                ref_real(call->op, call->attrs, "beta"));
    }
}

void ref_scale(const ref_call *call) {
    FOR_EACH(call->out[0])
    *at(&call->out[0], n, c, y, x) = *at(&call->in[0], n, c, y, x) * call->in[1].v[c];
}

void ref_parameter(const ref_call *call) {
    FOR_EACH(call->out[0])
    *at(&call->out[0], n, c, y, x) = *at(&call->in[0], 0, c, y, x);
}
