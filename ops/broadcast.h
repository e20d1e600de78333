/* Element-wise ops whose inputs may differ in shape. The output is like the largest input. Each
 * other input is like it too, or has one value for each channel (a vector, or Cx1x1), for each
 * place (1xRxC) or for all (1, 1x1x1), and a value stands for all elements that it is there for. An
 * input that is not batched stands for each sample. */
#ifndef NT_BROADCAST_H
#define NT_BROADCAST_H

#include "tensor.h"
#include <stdint.h>

/* How far an input moves from pixel to pixel, and from channel to channel, of the output: a whole
 * pixel and 1 where it is like it; 0 and 1, 1 and 0, 0 and 0 for values of channels, of places and
 * of all. */
typedef struct nt_steps {
    int64_t pixel, channel;
} nt_steps;

/* False: the input's shape doesn't fit. */
bool nt_broadcast_steps(nt_shape out, nt_shape in, nt_steps *ret);

/* The type of the output for inputs that nt_check_float has passed. Returns the first input that
 * doesn't fit the largest one, *ret_largest, or -1. */
int nt_broadcast_infer(const nt_type *in, int count, nt_type *ret, int *ret_largest);

/* An input as the output meets it. */
typedef struct nt_operand {
    const float *f;
    nt_steps step;
    int64_t sample; /* elements to the next sample; 0 where there is but one */
    bool like;      /* it has the output's elements */
} nt_operand;

nt_operand nt_broadcast_operand(const nt_tensor *in, const nt_tensor *out);

/* Where a pixel of a sample of the output meets it. */
static inline const float *nt_operand_at(const nt_operand *in, int64_t sample, int64_t pixel) {
    return in->f + sample * in->sample + pixel * in->step.pixel;
}

/* A job's part of the output: pixels [from, to) of one sample. Maps have a pixel for each place,
 * all else is one. */
typedef struct nt_part {
    int64_t sample, from, to;
} nt_part;

int nt_broadcast_jobs(const nt_tensor *out);
nt_part nt_broadcast_part(const nt_tensor *out, int job);

/* What channels [first, first + count) of a pixel of a sample of the output add to the gradient of
 * the input's value that they meet. At most NT_TERMS at a time. */
enum { NT_TERMS = 64 };
typedef void (*nt_terms)(const void *context, int64_t sample, int64_t pixel, int64_t first,
                         int64_t count, double *ret);

/* The gradient to an input of any shape: for each of its values the sum of the terms that it is
 * there for, in double precision. `out` is the gradient to the output, of which only type and count
 * are read. */
void nt_broadcast_sum(const nt_tensor *out, const nt_tensor *grad, nt_terms terms,
                      const void *context);

#endif
