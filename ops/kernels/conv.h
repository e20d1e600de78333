/* Convolution (cross-correlation, as networks have it) of NHWC maps with kernels held in blocks of
 * NT_BLOCK output channels (NT_KERNEL in tensor.h), and its two gradients. A matrix product is the
 * convolution of 1x1 maps with a 1x1 kernel.
 *
 * Which algorithm runs is chosen by shape (conv_choose.h). An element's sum runs in an order that
 * the shape alone decides: the same bits at any number of threads, and, but for the gradient to the
 * weights, which sums over samples, at any number of samples.
 *
 * The memory that a call scribbles on is the caller's: `shared` bytes for all, and `per_worker`
 * bytes for each thread, both aligned to 64 bytes. What is enough for some number of samples is
 * enough for fewer. Weights must be aligned to 64 bytes too. */
#ifndef NT_CONV_H
#define NT_CONV_H

#include <stddef.h>
#include <stdint.h>

typedef struct nt_conv_shape {
    int32_t samples;
    int32_t channels, height, width; /* of the input */
    int32_t out_channels, out_height, out_width;
    int32_t kernel[2], stride[2], pad[2], dilation[2]; /* rows, columns */
    int32_t groups;
} nt_conv_shape;

typedef struct nt_conv_memory {
    char *shared, *workers; /* worker w's part starts at workers + w * per_worker */
    size_t per_worker;
} nt_conv_memory;

typedef struct nt_conv_need {
    size_t shared, per_worker;
} nt_conv_need;

/* y = convolution of x with weight, plus bias, which may be NULL. */
void nt_conv_forward(const nt_conv_shape *shape, const float *x, const float *weight,
                     const float *bias, float *y, const nt_conv_memory *memory);
nt_conv_need nt_conv_forward_need(const nt_conv_shape *shape);

/* The gradient to x, from that to y. */
void nt_conv_data(const nt_conv_shape *shape, const float *dy, const float *weight, float *dx,
                  const nt_conv_memory *memory);
nt_conv_need nt_conv_data_need(const nt_conv_shape *shape);

/* The gradient to the weight, from that to y; summed over the samples. */
void nt_conv_weight(const nt_conv_shape *shape, const float *x, const float *dy, float *dweight,
                    const nt_conv_memory *memory);
nt_conv_need nt_conv_weight_need(const nt_conv_shape *shape);

#endif
