#include "reference_parts.h"

void ref_slice(const ref_call *call) {
    FOR_EACH(call->out[0])
    *at(&call->out[0], n, c, y, x) = *at(&call->in[0], n, get(call, "start", 0) + c, y, x);
}

/* The channels as a matrix, a row for each group, read by columns. */
void ref_channel_shuffle(const ref_call *call) {
    int32_t groups = get(call, "groups", 0), each = call->in[0].shape.dim[0] / groups;
    FOR_EACH(call->out[0])
    *at(&call->out[0], n, c, y, x) = *at(&call->in[0], n, c % groups * each + c / groups, y, x);
}

/* The remainder that is not below zero. */
static int32_t around(int32_t place, int32_t size) {
    int32_t rest = place % size;
    return rest < 0 ? rest + size : rest;
}

void ref_roll(const ref_call *call) {
    const int32_t *dim = call->in[0].shape.dim;
    FOR_EACH(call->in[0])
    *at(&call->out[0], n, c, around(y + get(call, "rows", 0), dim[1]),
        around(x + get(call, "columns", 0), dim[2])) = *at(&call->in[0], n, c, y, x);
}

/* How far the input is from the output's start. */
static int32_t before(const ref_call *call, int d) {
    int32_t more = call->out[0].shape.dim[1 + d] - call->in[0].shape.dim[1 + d];
    return call->in_count > 1 ? more / 2 : get(call, d == 0 ? "top" : "left", 0);
}

/* Steps to and fro between the ends. */
static int32_t mirrored(int32_t place, int32_t size) {
    while (place < 0 || place >= size)
        place = place < 0 ? -place : 2 * (size - 1) - place;
    return place;
}

void ref_reflect_pad(const ref_call *call) {
    const int32_t *dim = call->in[0].shape.dim;
    FOR_EACH(call->out[0])
    *at(&call->out[0], n, c, y, x) = *at(&call->in[0], n, c, mirrored(y - before(call, 0), dim[1]),
                                         mirrored(x - before(call, 1), dim[2]));
}

static int32_t within(int32_t place, int32_t size) {
    return place < 0 ? 0 : place >= size ? size - 1 : place;
}

void ref_replicate_pad(const ref_call *call) {
    const int32_t *dim = call->in[0].shape.dim;
    FOR_EACH(call->out[0])
    *at(&call->out[0], n, c, y, x) = *at(&call->in[0], n, c, within(y - before(call, 0), dim[1]),
                                         within(x - before(call, 1), dim[2]));
}
