/* Every op once more, in plain C and double precision, with PyTorch's order of elements ([sample],
 * [channel][row][column]) and no thought of speed: what the ops are held against. */
#ifndef NT_REFERENCE_H
#define NT_REFERENCE_H

#include "op.h"

typedef struct ref_value {
    nt_shape shape;
    int32_t count; /* samples */
    double *v;     /* [count][elements of the shape]; integers too */
} ref_value;

/* Data inputs all hold the same count of samples; parameters hold 1. */
typedef struct ref_call {
    const nt_op *op;
    const void *attrs;
    const ref_value *in;
    ref_value *out;
    int in_count, out_count;
    uint64_t draw;
} ref_call;

typedef void (*ref_forward)(const ref_call *call);

ref_forward ref_find(const char *op); /* NULL: there is none */

/* An attribute by its name in the op's field table; d is 1 for the second of a pair. */
int32_t ref_int(const nt_op *op, const void *attrs, const char *name, int d);
double ref_real(const nt_op *op, const void *attrs, const char *name);
const nt_reals *ref_reals(const nt_op *op, const void *attrs, const char *name);

#endif
