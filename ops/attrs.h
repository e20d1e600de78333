/* The attributes of those ops that the graph's passes construct or look into. An op's own file
 * holds the field table that describes its record; the records of the other ops are private to
 * their files. */
#ifndef NT_ATTRS_H
#define NT_ATTRS_H

#include "field.h"
#include "tensor.h"
#include <stdbool.h>
#include <stdint.h>

typedef struct nt_input_attrs {
    const char *name;
    nt_ints shape;
    int32_t dtype; /* nt_dtype */
} nt_input_attrs;

typedef struct nt_param_attrs {
    const char *name;
    nt_ints shape;
    int32_t layout; /* nt_layout */
    int32_t groups;
    int32_t dtype; /* nt_dtype */
} nt_param_attrs;

/* Without an input all elements are `value`; with one, a vector of channels, each channel's
 * elements are its value plus the vector's. */
typedef struct nt_constant_attrs {
    nt_ints shape;
    double value;
} nt_constant_attrs;

typedef struct nt_parameter_attrs {
    nt_ints shape;
    double initial;
} nt_parameter_attrs;

enum { NT_KAIMING_NORMAL, NT_KAIMING_UNIFORM };  /* nt_conv2d_attrs.init */
enum { NT_CONV_FASTEST, NT_CONV_DIRECT };        /* nt_conv2d_attrs.algorithm */
extern const char *const nt_conv2d_algorithms[]; /* their names; NULL ends the list */

/* The inputs of conv2d, conv_transpose2d and linear; their outputs, the second of a conv2d with
 * `moments`. */
enum { NT_CONV_X, NT_CONV_WEIGHT, NT_CONV_BIAS };
enum { NT_CONV_Y, NT_CONV_MOMENTS };

typedef struct nt_conv2d_attrs {
    int32_t channels;
    int32_t kernel[2], stride[2], pad[2], dilation[2]; /* rows, columns */
    int32_t groups;
    bool bias;
    int32_t init;
    int32_t algorithm;
    bool moments; /* there is a second output: the first one's mean and variance per channel */
} nt_conv2d_attrs;

/* Its output is to its input what the input of a conv2d with these attributes is to that one's
 * output; only `channels` are those of the output here, as everywhere. */
typedef struct nt_conv_transpose2d_attrs {
    nt_conv2d_attrs conv;
    int32_t output_pad[2];
} nt_conv_transpose2d_attrs;

/* A convolution with what follows it: see op_fused_conv2d.c. */
typedef struct nt_fused_conv2d_attrs {
    nt_conv2d_attrs conv;
    bool plus; /* a map is added: the second input */
    int32_t activation;
    double numbers[2]; /* of the activation: see nt_op.activation */
    bool kept;         /* the kernel is one that keep_kernel made */
} nt_fused_conv2d_attrs;

typedef struct nt_keep_kernel_attrs {
    nt_conv2d_attrs conv;
    int32_t map[2]; /* rows and columns of its input */
} nt_keep_kernel_attrs;

/* Whether a convolution of maps of this type multiplies by another form of its kernel than the
 * weight itself, which is worth computing once. */
bool nt_conv2d_keeps(const nt_conv2d_attrs *attrs, const nt_type *in);

typedef struct nt_linear_attrs {
    int32_t features;
    bool bias;
} nt_linear_attrs;

enum { NT_STATISTICS_RUNNING, NT_STATISTICS_BATCH, NT_STATISTICS_TRAIN, NT_STATISTICS_SUMMED };

/* The inputs of batch_norm. */
enum {
    NT_BN_X,
    NT_BN_WEIGHT,
    NT_BN_BIAS,
    NT_BN_RUNNING_MEAN,
    NT_BN_RUNNING_VARIANCE,
    NT_BN_MOMENTS /* with NT_STATISTICS_SUMMED alone */
};

/* Its outputs; all but the first with NT_STATISTICS_TRAIN and NT_STATISTICS_SUMMED alone. */
enum {
    NT_BN_Y,
    NT_BN_BATCH_MEAN,
    NT_BN_INVERSE, /* of the batch's deviation */
    NT_BN_NEXT_MEAN,
    NT_BN_NEXT_VARIANCE,
    NT_BN_SCALE,
    NT_BN_SHIFT
};

typedef struct nt_batch_norm_attrs {
    double eps, momentum;
    int32_t statistics; /* NT_STATISTICS_… */
} nt_batch_norm_attrs;

/* A batch normalisation with what follows it: see op_fused_batch_norm.c. */
typedef struct nt_fused_batch_norm_attrs {
    int32_t activation;
    double numbers[2]; /* of the activation: see nt_op.activation */
    bool again;
} nt_fused_batch_norm_attrs;

enum { NT_FOLD_WEIGHT, NT_FOLD_BIAS }; /* the outputs of fold_batch_norm */

typedef struct nt_fold_attrs {
    double eps;
    bool has_bias;   /* of the convolution: the second input */
    bool transposed; /* the kernel is a conv_transpose2d's: its second dimension is the output's */
} nt_fold_attrs;

typedef struct nt_dropout_attrs {
    double probability;
    const char *path; /* names its stream of random numbers */
} nt_dropout_attrs;

#endif
