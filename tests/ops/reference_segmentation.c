#include "reference_parts.h"

#include <math.h>
#include <string.h>

void ref_max_unpool(const ref_call *call) {
    const ref_value *out = &call->out[0];
    int64_t pixels = nt_shape_pixels(out->shape);
    FOR_EACH(*out) * at(out, n, c, y, x) = 0;
    FOR_EACH(call->in[0]) {
        int64_t index = (int64_t)*at(&call->in[1], n, c, y, x);
        out->v[((int64_t)n * out->shape.dim[0] + c) * pixels + index] =
            *at(&call->in[0], n, c, y, x);
    }
}

/* e^x over the sum of the channels' e^x. */
static double probability(const ref_value *in, int64_t n, int64_t c, int64_t y, int64_t x) {
    double sum = 0;
    for (int32_t k = 0; k < in->shape.dim[0]; k++)
        sum += exp(*at(in, n, k, y, x));
    return exp(*at(in, n, c, y, x)) / sum;
}

void ref_softmax(const ref_call *call) {
    FOR_EACH(call->out[0])
    *at(&call->out[0], n, c, y, x) = probability(&call->in[0], n, c, y, x);
}

void ref_weighted_sum(const ref_call *call) {
    const nt_reals *weights = ref_reals(call->op, call->attrs, "weights");
    int64_t elements = nt_shape_elements(call->out[0].shape) * call->out[0].count;
    for (int64_t e = 0; e < elements; e++) {
        call->out[0].v[e] = 0;
        for (int i = 0; i < call->in_count; i++)
            call->out[0].v[e] += weights->items[i] * call->in[i].v[e];
    }
}

/* The quotient of one class over images [from, to). */
static double dice(const ref_call *call, int32_t class, int32_t from, int32_t to) {
    const ref_value *p = &call->out[1];
    double smooth = ref_real(call->op, call->attrs, "smooth");
    double overlap = 0, predicted = 0, marked = 0;
    for (int32_t n = from; n < to; n++)
        for (int64_t i = 0; i < nt_shape_pixels(p->shape); i++) {
            double target = call->in[1].v[n * nt_shape_pixels(p->shape) + i];
            double value = p->v[(n * p->shape.dim[0] + class) * nt_shape_pixels(p->shape) + i];
            bool here = target == (p->shape.dim[0] == 1 ? 1 : class);
            if (target == get(call, "ignore", 0))
                continue;
            overlap += here ? value : 0;
            predicted += value;
            marked += here;
        }
    return (2 * overlap + smooth) / (predicted + marked + smooth);
}

void ref_dice_loss(const ref_call *call) {
    const ref_value *in = &call->in[0];
    bool single = in->shape.dim[0] == 1, batch = get(call, "over", 0) == 1;
    int32_t first = single || get(call, "background", 0) ? 0 : 1, count = 0;
    double sum = 0;
    if (single)
        ref_sigmoid(&(ref_call){.in = in, .out = &call->out[1]});
    else
        ref_softmax(&(ref_call){.in = in, .out = &call->out[1]});
    for (int32_t n = 0; n < (batch ? 1 : in->count); n++)
        for (int32_t c = first; c < in->shape.dim[0]; c++, count++)
            sum += batch ? dice(call, c, 0, in->count) : dice(call, c, n, n + 1);
    call->out[0].v[0] = 1 - sum / count;
}
