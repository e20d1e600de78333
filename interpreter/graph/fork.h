/* What lies between an addition and the fork of its operands: the latest node that all of them come
 * from. */
#ifndef NT_FORK_H
#define NT_FORK_H

#include "graph.h"

enum { NT_FORK_SIDES = 64 };

/* What a walk back from an addition finds of a node before it. */
typedef struct nt_fork_mark {
    uint64_t sides;  /* bit k: operand k comes from here */
    int32_t longest; /* the most convolutions on a way from here to the addition, itself included */
} nt_fork_mark;

/* Marks the nodes between the fork and node `sum`; those before the fork and on no way keep `sides`
 * 0. `marks` has room for as many as are before `sum`. Returns the fork, or -1 when the operands
 * have nothing in common. */
int32_t nt_fork_of(const nt_graph *graph, int32_t sum, nt_fork_mark *marks);

/* The most convolutions on any way from operand `side` down to the fork, of marked nodes. */
int32_t nt_fork_length(const nt_fork_mark *marks, int32_t fork, int32_t sum, int side);

#endif
