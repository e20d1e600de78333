/* Element-wise work, cut into jobs. */
#ifndef NT_ELEMENTWISE_H
#define NT_ELEMENTWISE_H

#include "op.h"
#include <stdint.h>

/* Works on the elements [from, to) of a call, an nt_call or an nt_grad_call. */
typedef void (*nt_range)(const void *call, int64_t from, int64_t to);

/* Covers [0, total) by parallel jobs of a fixed size. */
void nt_elementwise(int64_t total, nt_range range, const void *call);

/* What ops with an `activation` have in common: the output is like the input, which must be of
 * floats; and the forward pass. */
int nt_activation_infer(const void *attrs, const nt_type *in, int in_count, nt_type *ret_out,
                        char why[NT_WHY]);
void nt_activation_forward(const nt_call *call,
                           int32_t (*activation)(const void *attrs, double ret_numbers[2]));

/* The same with rows, each the channels of one place: [0, rows) by jobs of so many. */
typedef void (*nt_rows_range)(const void *context, int64_t from, int64_t to, int worker);
void nt_rowwise(int64_t rows, int64_t rows_of_job, nt_rows_range range, const void *context);

/* So many that a job has about as many elements as one of nt_elementwise has. */
int64_t nt_rows_of_job(int64_t channels);

/* Zeros to all samples of a gradient, if it is wanted. */
void nt_elementwise_zero(const nt_tensor *grad);

#endif
