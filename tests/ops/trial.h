/* One op, one case, one batch of made-up values: what the tests run forward and backward.
 * Everything is checked that the contract in op.h promises about memory: outputs start out as NaN,
 * every block is followed by a guard, scratch memory is exactly what the op asked for, and backward
 * gets only those tensors that the op says it reads. */
#ifndef NT_TRIAL_H
#define NT_TRIAL_H

#include "arena.h"
#include "op.h"
#include "reference.h"

enum { TRIAL_INPUTS = 16 };

typedef struct trial_spec {
    const nt_op *op;
    const nt_op_case *cas;
    int32_t statistics; /* of batch_norm; 0 for others */
    bool moments;       /* of conv2d and fused_conv2d: as a second output */
    int32_t count;      /* samples */
    uint64_t seed;
    unsigned unbatched; /* bit i: data input i is one sample that stands for all */
    unsigned repeated;  /* bit i: data input i is batched, with that one sample again and again */
} trial_spec;

typedef struct trial {
    trial_spec spec;
    nt_arena arena;
    void *attrs;
    int data_count, in_count, out_count;
    nt_tensor in[TRIAL_INPUTS], in_grad[TRIAL_INPUTS];
    nt_tensor out[NT_MAX_OUTPUTS], out_grad[NT_MAX_OUTPUTS];
    uint64_t draw;
    void *blocks[4 * TRIAL_INPUTS];
    size_t block_sizes[4 * TRIAL_INPUTS];
    int block_count;
} trial;

/* What trial_each visits: ops of these names, up to NULL; `names` stays the caller's. */
void trial_only(char *const *names);

/* Calls `visit` for each case of each op, and with each kind of statistics of batch_norm. */
void trial_each(void (*visit)(const trial_spec *spec));

/* Fails the test if the case is not what it says. Values are spread over (-2, 2), no two alike in
 * an input and none near zero, so that small steps cross no kink; variances are positive. */
void trial_init(trial *t, const trial_spec *spec);
void trial_finish(trial *t);

void trial_forward(trial *t);
void trial_backward(trial *t); /* after trial_forward */

/* What the op asks for, shown the tensors' types and counts but no data. */
nt_need trial_need(const trial *t);
nt_need trial_grad_need(const trial *t);

/* Which outputs have a gradient. */
bool trial_out_grad(const trial *t, int i);

/* The bytes of a tensor, all samples. */
size_t trial_bytes(const nt_tensor *tensor);

/* A tensor's values in PyTorch's order, and back; a ref_value's memory belongs to the trial's
 * arena. */
ref_value trial_value(trial *t, const nt_tensor *tensor);

/* Runs the reference on `in` (as many as the trial's inputs) into `out`. */
void trial_reference(trial *t, const ref_value *in, ref_value *out);

/* A number in (0, 1) that depends on its arguments alone. */
double trial_noise(uint64_t seed, uint64_t i);

#endif
