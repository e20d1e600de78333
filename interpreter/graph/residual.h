/* Residual units, as a graph has them: a sum of a branch with a layer and a short connection (He et
 * al., "Deep residual learning for image recognition", CVPR 2016). A unit is the sum at its end. */
#ifndef NT_RESIDUAL_H
#define NT_RESIDUAL_H

#include "fork.h"

typedef enum nt_short {
    NT_SHORT_NONE,      /* its operands are as long as one another, or come from nothing common */
    NT_SHORT_IDENTITY,  /* the operand that the others are computed from */
    NT_SHORT_PROJECTION /* the operand with fewer convolutions between the fork and the sum than
                         * each of the others */
} nt_short;

/* Whether the node is a sum that joins a layer with a kernel: not one that only shifts by a
 * constant, or joins what activations made of one map. Without memory: whether it may be. */
bool nt_residual_is_sum(const nt_graph *graph, const nt_node *node);

/* What the short connection of the addition number `sum` is, and which of its operands.
 * NT_NO_MEMORY or NT_OK. */
nt_status nt_residual_short(const nt_graph *graph, int32_t sum, nt_short *ret, int *ret_operand);

/* Both of an addition whose fork and marks are known (fork.h). */
bool nt_residual_is_marked_sum(const nt_graph *graph, int32_t sum, int32_t fork,
                               const nt_fork_mark *marks);
nt_short nt_residual_marked_short(const nt_graph *graph, int32_t sum, int32_t fork,
                                  const nt_fork_mark *marks, int *ret_operand);

#endif
