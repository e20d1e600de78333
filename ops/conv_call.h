/* The calls of ops that are convolutions: conv2d, and linear, whose maps are 1x1; parts of them
 * serve conv_transpose2d, which is the gradient of one. Their inputs are x, the weight and, if
 * there is one, the bias. */
#ifndef NT_CONV_CALL_H
#define NT_CONV_CALL_H

#include "attrs.h"
#include "conv.h"
#include "op.h"

/* --- the attributes of conv2d, for all ops that have them ------------------------------------- */

extern const char *const nt_conv2d_inits[];

/* The rows of their field table; `at` gives the offset of a member of nt_conv2d_attrs. */
/* clang-format off */
#define NT_CONV2D_FIELDS(at)                                                                       \
    {"channels", NT_INT, at(channels), NULL, 1, 1 << 20, .doc = "output channels"},                \
    {"kernel", NT_PAIR, at(kernel), NULL, 1, 1 << 16, .doc = "its rows and columns"},              \
    {"stride", NT_PAIR, at(stride), "1", 1, 1 << 16,                                               \
     .doc = "pixels from one place to the next"},                                                  \
    {"pad", NT_PAIR, at(pad), "0", 0, 1 << 16, .doc = "zeros around the input, on each side"},     \
    {"dilation", NT_PAIR, at(dilation), "1", 1, 1 << 16,                                           \
     .doc = "pixels from one tap to the next"},                                                    \
    {"groups", NT_INT, at(groups), "1", 1, 1 << 20,                                                \
     .doc = "parts of the channels that don't see each other"},                                    \
    {"bias", NT_BOOL, at(bias), "true",                                                            \
     .doc = "whether a value is added to each output channel"},                                    \
    {"init", NT_CHOICE, at(init), "kaiming_normal", .choices = nt_conv2d_inits,                    \
     .doc = "how the weight is drawn: kaiming_normal (fan out, for relu) or PyTorch's uniform"},   \
    {"algorithm", NT_CHOICE, at(algorithm), "fastest", .choices = nt_conv2d_algorithms,            \
     .doc = "direct: every product of the definition; fastest: also those that need fewer"},       \
    {"moments", NT_BOOL, at(moments), "false",                                                     \
     .doc = "whether the result's mean and variance are a second output", .hidden = true}
/* clang-format on */

/* With `moments` there is a second output: what nt_moments_finish gives of the first one, for a
 * batch normalisation with statistics=summed. */
int nt_conv2d_infer(const nt_conv2d_attrs *attrs, const nt_type *in, nt_type *ret_out,
                    char why[NT_WHY]);
int64_t nt_conv2d_multiply_adds(const nt_conv2d_attrs *attrs, const nt_type *in,
                                const nt_type *out);
int64_t nt_conv2d_executed(const nt_conv2d_attrs *attrs, const nt_type *in, const nt_type *out);
const char *nt_conv2d_algorithm(const nt_conv2d_attrs *attrs, const nt_type *in, const nt_type *out,
                                bool grad);
nt_conv_shape nt_conv2d_shape(const nt_conv2d_attrs *attrs, const nt_tensor *x, const nt_tensor *y);

/* By which algorithm a pass over maps of this shape is computed, in words. */
const char *nt_conv_call_algorithm(const nt_conv_shape *shape, nt_conv_pass pass);

/* --- calls ------------------------------------------------------------------------------------ */

nt_conv_memory nt_conv_call_memory(const nt_scratch *scratch);
/* What the call needs, from what its convolution does: if it has a second output, there is room for
 * the work of moments.h behind the convolution's shared memory. */
nt_need nt_conv_call_need(const nt_call *call, nt_conv_need conv);

/* The moments to be taken, in *room; NULL if they are not asked for. */
nt_moments *nt_conv_call_moments(const nt_call *call, nt_conv_need conv, nt_moments *room);

void nt_conv_call_forward(const nt_call *call, const nt_conv_shape *shape);

nt_need nt_conv_call_grad_need(const nt_grad_call *call, const nt_conv_shape *shape);
void nt_conv_call_backward(const nt_grad_call *call, const nt_conv_shape *shape);

/* The gradient to the bias: the sum over all places of dy. */
nt_need nt_conv_call_bias_need(const nt_tensor *dy);
void nt_conv_call_bias(const nt_tensor *dy, float *dbias, const nt_scratch *scratch);

/* The larger of both, in place of `need`. */
void nt_need_enlarge(nt_need *need, size_t shared, size_t per_worker);

#endif
