#include "reference_parts.h"

#include <math.h>
#include <string.h>

/* --- resize ----------------------------------------------------------------------------------- */

/* Output o of a side lies `step` times as far from the start as its place in the input. */
static double step_of(const ref_call *call, int d) {
    const nt_reals *scale = ref_reals(call->op, call->attrs, "scale");
    if (scale->count > 0)
        return 1 / scale->items[scale->count > 1 ? d : 0];
    return (double)call->in[0].shape.dim[1 + d] / call->out[0].shape.dim[1 + d];
}

/* How much of place i is in output o: a tent as wide as two places, with its last value held on
 * beyond both ends; or what lies nearest. */
static double part_of(const ref_call *call, int d, int32_t i, int32_t o) {
    int32_t in = call->in[0].shape.dim[1 + d], out = call->out[0].shape.dim[1 + d];
    double centre = (o + 0.5) * step_of(call, d) - 0.5;
    if (get(call, "mode", 0) == 0) /* half a millionth against what 1 / 3 lacks of a third */
        return i == (int32_t)fmin(floor(o * step_of(call, d) + 5e-7), in - 1);
    if (get(call, "align_corners", 0))
        centre = out > 1 ? (double)o * (in - 1) / (out - 1) : 0;
    centre = in == out ? o : fmin(fmax(centre, 0), in - 1);
    return fmax(1 - fabs(centre - i), 0);
}

void ref_resize(const ref_call *call) {
    const ref_value *in = &call->in[0];
    FOR_EACH(call->out[0]) {
        double sum = 0;
        for (int32_t r = 0; r < in->shape.dim[1]; r++)
            for (int32_t s = 0; s < in->shape.dim[2]; s++)
                sum += part_of(call, 0, r, y) * part_of(call, 1, s, x) * *at(in, n, c, r, s);
        *at(&call->out[0], n, c, y, x) = sum;
    }
}

/* --- parts ------------------------------------------------------------------------------------ */

static int32_t first_of(const ref_call *call, int d) {
    int32_t given = get(call, d == 0 ? "top" : "left", 0);
    int32_t more = call->in[0].shape.dim[1 + d] - call->out[0].shape.dim[1 + d];
    return given >= 0 ? given : more / 2;
}

void ref_crop(const ref_call *call) {
    FOR_EACH(call->out[0])
    *at(&call->out[0], n, c, y, x) =
        *at(&call->in[0], n, c, y + first_of(call, 0), x + first_of(call, 1));
}

void ref_pad(const ref_call *call) {
    const ref_value *in = &call->in[0], *out = &call->out[0];
    int32_t top = get(call, "top", 0), left = get(call, "left", 0);
    if (call->in_count > 1) {
        top = (out->shape.dim[1] - in->shape.dim[1]) / 2;
        left = (out->shape.dim[2] - in->shape.dim[2]) / 2;
    }
    FOR_EACH(*out)
    *at(out, n, c, y, x) = inside(in, y - top, x - left) ? *at(in, n, c, y - top, x - left) : 0;
}

void ref_concat(const ref_call *call) {
    int32_t first = 0;
    for (int i = 0; i < call->in_count; i++) {
        FOR_EACH(call->in[i])
        *at(&call->out[0], n, first + c, y, x) = *at(&call->in[i], n, c, y, x);
        first += call->in[i].shape.dim[0];
    }
}

/* --- arithmetic ------------------------------------------------------------------------------- */

/* Whether place i lies in bin o of so many. */
static bool in_bin(int32_t i, int32_t o, int32_t size, int32_t bins) {
    double width = (double)size / bins;
    return i >= (int32_t)floor(o * width + 1e-9) && i < (int32_t)ceil((o + 1) * width - 1e-9);
}

void ref_adaptive_avg_pool(const ref_call *call) {
    const ref_value *in = &call->in[0], *out = &call->out[0];
    FOR_EACH(*out) {
        double sum = 0, count = 0;
        for (int32_t r = 0; r < in->shape.dim[1]; r++)
            for (int32_t s = 0; s < in->shape.dim[2]; s++)
                if (in_bin(r, y, in->shape.dim[1], out->shape.dim[1]) &&
                    in_bin(s, x, in->shape.dim[2], out->shape.dim[2])) {
                    sum += *at(in, n, c, r, s);
                    count++;
                }
        *at(out, n, c, y, x) = sum / count;
    }
}

/* Runs the body for each element of the output, with those of both inputs. */
#define PAIRWISE(result)                                                                           \
    FOR_EACH(call->out[0]) {                                                                       \
        double a = *spread_at(&call->in[0], n, c, y, x);                                           \
        double b = *spread_at(&call->in[1], n, c, y, x);                                           \
        *at(&call->out[0], n, c, y, x) = (result);                                                 \
    }

void ref_mul(const ref_call *call) {
    PAIRWISE(a * b)
}

void ref_sub(const ref_call *call) {
    PAIRWISE(a - b)
}

void ref_div(const ref_call *call) {
    PAIRWISE(a / b)
}

void ref_max(const ref_call *call) {
    PAIRWISE(fmax(a, b))
}

void ref_min(const ref_call *call) {
    PAIRWISE(fmin(a, b))
}
