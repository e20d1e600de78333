/* Normalisation of each sample by itself, by groups of its channels over all places:
 *
 *     y = (x - mean) / sqrt(variance + eps) * weight + bias
 *
 * with the group's mean and biased variance, and, if there are any, a weight and a bias of each
 * channel: inputs 1 and 2. The gradient finds the statistics again. */
#ifndef NT_SAMPLE_NORM_H
#define NT_SAMPLE_NORM_H

#include "op.h"

/* The inputs of all normalisations of samples; the last two are parameters. */
enum { NT_NORM_X, NT_NORM_WEIGHT, NT_NORM_BIAS };

/* With `affine`, a weight of ones and a bias of zeros, for each of the channels. */
int nt_norm_params(bool affine, const nt_type *in, nt_param *ret_params);

typedef struct nt_sample_norm {
    int32_t groups; /* divides the channels */
    double eps;
} nt_sample_norm;

/* The output may lie on the input, and the gradient to it on the output's. */
nt_need nt_sample_norm_need(const nt_call *call);
void nt_sample_norm_forward(const nt_sample_norm *norm, const nt_call *call);

/* Reads x and the weight. */
nt_need nt_sample_norm_grad_need(const nt_grad_call *call);
void nt_sample_norm_backward(const nt_sample_norm *norm, const nt_grad_call *call);

#endif
