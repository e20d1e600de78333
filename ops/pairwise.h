/* Ops of two inputs, element by element: one function for each kind of them, one machinery for all.
 * One of the inputs may have but one value for each channel, each place or all (broadcast.h). */
#ifndef NT_PAIRWISE_H
#define NT_PAIRWISE_H

#include "op.h"

/* The larger and the smaller: of equal elements each takes half of the gradient; where one is NaN,
 * so is the result. */
typedef enum nt_pairwise {
    NT_PAIRWISE_MUL,
    NT_PAIRWISE_SUB,
    NT_PAIRWISE_DIV,
    NT_PAIRWISE_MAX,
    NT_PAIRWISE_MIN
} nt_pairwise;

int nt_pairwise_infer(nt_pairwise kind, const nt_type *in, nt_type *ret_out, char why[NT_WHY]);

/* The output may lie on the first input. */
void nt_pairwise_forward(nt_pairwise kind, const nt_call *call);

/* The first input's gradient may lie on the output's. Reads both inputs, but for a difference,
 * which reads none. */
void nt_pairwise_backward(nt_pairwise kind, const nt_grad_call *call);

/* Every shape that an input can have; the first case is of several jobs, which need not be
 * shown of each op. */
extern const nt_op_case nt_pairwise_cases[];

#endif
