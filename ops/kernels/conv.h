/* Convolution (cross-correlation, as networks have it) of NHWC maps with kernels held in panels of
 * NT_PANEL output channels (NT_KERNEL in tensor.h), and its two gradients. A matrix product is the
 * convolution of 1x1 maps with a 1x1 kernel.
 *
 * Which algorithm runs is looked up in a table, by shape, never by the number of samples or
 * threads. An element's sum runs in an order that the shape alone decides: the same bits at any
 * number of threads, and, but for the gradient to the weights, which sums over samples, at any
 * number of samples.
 *
 * The memory that a call scribbles on is the caller's: `shared` bytes for all, and `per_worker`
 * bytes for each thread, both aligned to 64 bytes. What is enough for some number of samples is
 * enough for fewer. Weights must be aligned to 64 bytes too. */
#ifndef NT_CONV_H
#define NT_CONV_H

#include "activation.h"
#include "moments.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct nt_conv_shape {
    int32_t samples;
    int32_t channels, height, width; /* of the input */
    int32_t out_channels, out_height, out_width;
    int32_t kernel[2], stride[2], pad[2], dilation[2]; /* rows, columns */
    int32_t groups;
    bool direct; /* no algorithm but the direct ones: every product of the definition, summed up */
} nt_conv_shape;

typedef struct nt_conv_memory {
    char *shared, *workers; /* worker w's part starts at workers + w * per_worker */
    size_t per_worker;
} nt_conv_memory;

typedef struct nt_conv_need {
    size_t shared, per_worker;
} nt_conv_need;

/* What becomes of each sum on its way out, in this order; the bits are those of doing it
 * afterwards, one after the other. `moments` are those of y with a row for each place of each
 * sample: the convolution says how it makes them, and when; the caller finishes them. */
typedef struct nt_epilogue {
    const float *bias; /* a value for each output channel, to be added; or NULL */
    const float *plus; /* maps like y, to be added; or NULL. May be y itself */
    nt_activation activation;
    nt_moments *moments; /* to be taken while the results are in a cache; or NULL */
} nt_epilogue;

/* y = epilogue(convolution of x with weight). */
void nt_conv_forward(const nt_conv_shape *shape, const float *x, const float *weight,
                     const nt_epilogue *epilogue, float *y, const nt_conv_memory *memory);
nt_conv_need nt_conv_forward_need(const nt_conv_shape *shape);

/* The same in two halves, for weights that stand still over many calls: the first brings the weight
 * into the form that the shape's algorithm multiplies by, nt_conv_kept_floats of them, aligned to
 * 64 bytes. 0: the algorithm takes the weight as it is, and there is nothing to keep. The number of
 * samples plays no part in the form. */
size_t nt_conv_kept_floats(const nt_conv_shape *shape);
void nt_conv_keep(const nt_conv_shape *shape, const float *weight, float *ret_kept);
void nt_conv_forward_kept(const nt_conv_shape *shape, const float *x, const float *kept,
                          const nt_epilogue *epilogue, float *y, const nt_conv_memory *memory);
nt_conv_need nt_conv_forward_kept_need(const nt_conv_shape *shape);

/* The gradient to x, from that to y. */
void nt_conv_data(const nt_conv_shape *shape, const float *dy, const float *weight, float *dx,
                  const nt_conv_memory *memory);
nt_conv_need nt_conv_data_need(const nt_conv_shape *shape);

/* The gradient to the weight, from that to y; summed over the samples. */
void nt_conv_weight(const nt_conv_shape *shape, const float *x, const float *dy, float *dweight,
                    const nt_conv_memory *memory);
nt_conv_need nt_conv_weight_need(const nt_conv_shape *shape);

/* --- the table -------------------------------------------------------------------------------- */

typedef enum nt_conv_pass { NT_FORWARD_PASS, NT_DATA_PASS, NT_WEIGHT_PASS } nt_conv_pass;

/* In the order in which they are asked. */
typedef enum nt_conv_algorithm {
    NT_SLIDING_ALGORITHM,       /* conv_sliding.h */
    NT_DEPTHWISE_ALGORITHM,     /* depthwise.h */
    NT_GROUPED_ALGORITHM,       /* conv_grouped.h */
    NT_TOEPLITZ_ALGORITHM,      /* winograd.h */
    NT_WINOGRAD_ALGORITHM,      /* the same */
    NT_WINOGRAD5_ALGORITHM,     /* the same */
    NT_WINOGRAD_LINE_ALGORITHM, /* the same */
    NT_STRIDED_ALGORITHM,       /* the same */
    NT_DIRECT_ALGORITHM         /* conv_direct.h: takes what is left */
} nt_conv_algorithm;

nt_conv_algorithm nt_conv_choose(const nt_conv_shape *shape, nt_conv_pass pass);
const char *nt_conv_algorithm_name(nt_conv_algorithm which); /* "winograd" */

/* How often the algorithm of a pass multiplies two numbers for each sample: by a scheme of
 * Winograd's, or once for each tap that meets the input. */
int64_t nt_conv_executed(const nt_conv_shape *shape, nt_conv_pass pass);

#endif
