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
    int32_t sum;     /* the addition; what is of another one counts for nothing */
} nt_fork_mark;

/* Marks the nodes between the fork and node `sum`. `marks` has room for as many as are before
 * `sum`, zeroed before the first walk and left alone between walks. Returns the fork, or -1 when
 * the operands have nothing in common. Looks at the nodes between the two, and no others. */
int32_t nt_fork_of(const nt_graph *graph, int32_t sum, nt_fork_mark *marks);

/* The operands of `sum` that come from node i; 0: none of them. */
static inline uint64_t nt_fork_sides(const nt_fork_mark *marks, int32_t sum, int32_t i) {
    return marks[i].sum == sum ? marks[i].sides : 0;
}

/* Of each operand the most convolutions on any way from it down to the fork, past nodes from which
 * no other operand comes. */
void nt_fork_lengths(const nt_fork_mark *marks, int32_t fork, int32_t sum,
                     int32_t ret[NT_FORK_SIDES]);

#endif
