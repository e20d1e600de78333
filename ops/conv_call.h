/* The calls of ops that are convolutions: conv2d, and linear, whose maps are 1x1. Their inputs are
 * x, the weight and, if there is one, the bias. */
#ifndef NT_CONV_CALL_H
#define NT_CONV_CALL_H

#include "conv.h"
#include "op.h"

nt_need nt_conv_call_need(const nt_conv_shape *shape);
void nt_conv_call_forward(const nt_call *call, const nt_conv_shape *shape);

nt_need nt_conv_call_grad_need(const nt_grad_call *call, const nt_conv_shape *shape);
void nt_conv_call_backward(const nt_grad_call *call, const nt_conv_shape *shape);

#endif
