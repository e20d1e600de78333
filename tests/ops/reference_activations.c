#include "reference_parts.h"

#include <math.h>

static double real(const ref_call *call, const char *name) {
    return ref_real(call->op, call->attrs, name);
}

/* Sets each element of the output to f(x). */
#define EACH(f)                                                                                    \
    FOR_EACH(call->out[0]) {                                                                       \
        double v = *at(&call->in[0], n, c, y, x);                                                  \
        *at(&call->out[0], n, c, y, x) = (f);                                                      \
    }

void ref_relu(const ref_call *call) {
    EACH(fmax(v, 0))
}

void ref_relu6(const ref_call *call) {
    EACH(fmin(fmax(v, 0), 6))
}

void ref_clamp(const ref_call *call) {
    double min = real(call, "min"), max = real(call, "max");
    EACH(fmin(fmax(v, min), max))
}

void ref_leaky_relu(const ref_call *call) {
    double slope = real(call, "slope");
    EACH(v < 0 ? slope * v : v)
}

void ref_prelu(const ref_call *call) {
    bool one = get(call, "num_parameters", 0) == 1;
    EACH(v < 0 ? call->in[1].v[one ? 0 : c] * v : v)
}

void ref_elu(const ref_call *call) {
    double alpha = real(call, "alpha");
    EACH(v < 0 ? alpha * expm1(v) : v)
}

void ref_sigmoid(const ref_call *call) {
    EACH(1 / (1 + exp(-v)))
}

void ref_silu(const ref_call *call) {
    EACH(v / (1 + exp(-v)))
}

void ref_gelu(const ref_call *call) {
    double pi = acos(-1);
    if (get(call, "approximate", 0))
        EACH(v / 2 * (1 + tanh(sqrt(2 / pi) * (v + 0.044715 * v * v * v))))
    else
        EACH(v / 2 * erfc(-v / sqrt(2)))
}

void ref_softplus(const ref_call *call) {
    double beta = real(call, "beta"), threshold = real(call, "threshold");
    EACH(beta * v > threshold ? v : log1p(exp(beta * v)) / beta)
}

void ref_hardsigmoid(const ref_call *call) {
    EACH(fmin(fmax(v + 3, 0), 6) / 6)
}

void ref_hardswish(const ref_call *call) {
    EACH(v * fmin(fmax(v + 3, 0), 6) / 6)
}
