/* What a layer does to each element by itself. The one place where these functions are computed:
 * by their ops and at the end of a convolution alike, so that both give the same bits, which depend
 * neither on the vectors' width nor on where an element lies. NaN stays NaN, of
 * whatever sign. */
#ifndef NT_ACTIVATION_H
#define NT_ACTIVATION_H

#include <stdint.h>

typedef enum nt_activation_kind {
    NT_NO_ACTIVATION,
    NT_RELU,         /* max(x, 0) */
    NT_CLAMP,        /* at least a, then at most b */
    NT_LEAKY_RELU,   /* below 0: a x */
    NT_HARD_SIGMOID, /* clamp(x + 3, 0, 6) / 6 */
    NT_HARD_SWISH,   /* x clamp(x + 3, 0, 6) / 6 */
    NT_SIGMOID,      /* 1 / (1 + e^-x) */
    NT_SILU,         /* x / (1 + e^-x) */
    NT_GELU,         /* x times the probability of less than x in a normal distribution */
    NT_GELU_TANH,    /* nearly the same: x (1 + tanh u) / 2, u = √(2/π) (x + 0.044715 x³) */
    NT_ELU,          /* below 0: a (e^x - 1) */
    NT_SOFTPLUS      /* ln(1 + e^(a x)) / a; x where a x is above b */
} nt_activation_kind;

typedef struct nt_activation {
    int32_t kind; /* nt_activation_kind */
    float a, b;
} nt_activation;

extern const char *const nt_activation_names[]; /* "relu"; NULL ends the list */

/* Numbers that no float reaches are infinite. */
nt_activation nt_activation_of(int32_t kind, const double numbers[2]);

/* y[i * row + c] = activation(x[i * row + c]) for i of `rows` and c of `count`; y may be x. */
void nt_activate(const nt_activation *activation, const float *x, float *y, int64_t rows,
                 int64_t row, int64_t count);

#endif
