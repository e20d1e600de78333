/* Each activation is a loop of its own, which the compiler turns into vectors; all that it computes
 * is in the body of `element`. */
#include "activation.h"

#include "normal.h"
#include "vectorise.h"
#include <float.h>
#include <math.h>

typedef struct task {
    nt_activation activation;
    const float *x;
    float *y;
    int64_t rows, row, count;
} task;

const char *const nt_activation_names[] = {
    [NT_NO_ACTIVATION] = "none",
    [NT_RELU] = "relu",
    [NT_CLAMP] = "clamp",
    [NT_LEAKY_RELU] = "leaky_relu",
    [NT_HARD_SIGMOID] = "hardsigmoid",
    [NT_HARD_SWISH] = "hardswish",
    [NT_SIGMOID] = "sigmoid",
    [NT_SILU] = "silu",
    [NT_GELU] = "gelu",
    [NT_GELU_TANH] = "gelu_tanh",
    [NT_ELU] = "elu",
    [NT_SOFTPLUS] = "softplus",
    NULL,
};

/* In this order, so that NaN is neither below nor above. */
NT_INLINE float clamp(float x, float least, float most) {
    x = x < least ? least : x;
    return x > most ? most : x;
}

/* (1 + tanh u) / 2 is the logistic function of 2 u. */
NT_INLINE float gelu_tanh(float x) {
    return x * nt_logistic(1.59576912f * (x + 0.044715f * (x * x * x)));
}

NT_INLINE float elu(float x, float a) {
    float below = a * nt_exp_less_one(x > 0 ? 0 : x);
    return x > 0 ? x : below;
}

NT_INLINE float softplus(float x, float beta, float threshold) {
    float far = beta * x, near = nt_log_one_more_exp(far) / beta;
    return far > threshold ? x : near;
}

NT_INLINE float element(int32_t kind, float a, float b, float x) {
    switch (kind) {
    case NT_RELU:
        return x < 0 ? 0 : x;
    case NT_CLAMP:
        return clamp(x, a, b);
    case NT_LEAKY_RELU:
        return x < 0 ? a * x : x;
    case NT_HARD_SIGMOID:
        return clamp(x + 3, 0, 6) / 6;
    case NT_HARD_SWISH:
        return x * clamp(x + 3, 0, 6) / 6;
    case NT_SIGMOID:
        return nt_logistic(x);
    case NT_SILU:
        return x / (1 + nt_exp(-x));
    case NT_GELU:
        return x * nt_normal_below(x);
    case NT_GELU_TANH:
        return gelu_tanh(x);
    case NT_ELU:
        return elu(x, a);
    case NT_SOFTPLUS:
        return softplus(x, a, b);
    default:
        return x;
    }
}

NT_INLINE void each(int32_t kind, const task *t) {
    const float a = t->activation.a, b = t->activation.b;
    for (int64_t i = 0; i < t->rows; i++) {
        const float *x = t->x + i * t->row;
        float *y = t->y + i * t->row;
        NT_SIMD for (int64_t c = 0; c < t->count; c++) y[c] = element(kind, a, b, x[c]);
    }
}

NT_VECTORISED(run, (const task *t), (t)) {
    switch (t->activation.kind) {
    case NT_RELU:
        each(NT_RELU, t);
        break;
    case NT_CLAMP:
        each(NT_CLAMP, t);
        break;
    case NT_LEAKY_RELU:
        each(NT_LEAKY_RELU, t);
        break;
    case NT_HARD_SIGMOID:
        each(NT_HARD_SIGMOID, t);
        break;
    case NT_HARD_SWISH:
        each(NT_HARD_SWISH, t);
        break;
    case NT_SIGMOID:
        each(NT_SIGMOID, t);
        break;
    case NT_SILU:
        each(NT_SILU, t);
        break;
    case NT_GELU:
        each(NT_GELU, t);
        break;
    case NT_GELU_TANH:
        each(NT_GELU_TANH, t);
        break;
    case NT_ELU:
        each(NT_ELU, t);
        break;
    case NT_SOFTPLUS:
        each(NT_SOFTPLUS, t);
        break;
    default:
        each(NT_NO_ACTIVATION, t);
    }
}

static float narrowed(double number) {
    if (number > (double)FLT_MAX)
        return INFINITY;
    return number < (double)-FLT_MAX ? -INFINITY : (float)number;
}

nt_activation nt_activation_of(int32_t kind, const double numbers[2]) {
    return (nt_activation){kind, narrowed(numbers[0]), narrowed(numbers[1])};
}

void nt_activate(const nt_activation *activation, const float *x, float *y, int64_t rows,
                 int64_t row, int64_t count) {
    task t = {*activation, x, y, rows, row, count};
    if (rows > 1 && row == count) /* without a gap: one row */
        t.rows = 1, t.count = rows * count;
    run(&t);
}
