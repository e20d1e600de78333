/* Reverse-mode differentiation on the graph. Gradient nodes are ordinary nodes, appended to the
 * graph that they differentiate, so that passes, planning and scheduling treat them like any other.
 */
#ifndef NT_GRADIENT_H
#define NT_GRADIENT_H

#include "graph.h"

/* Appends what computes the gradient of `loss` (a scalar) to each of the `count` values `to`, and
 * writes where it is to ret_grads. A value that `loss` doesn't depend on is NT_INVALID, with an
 * error naming it; so is an op on the way that passes no gradient. */
nt_status nt_graph_differentiate(nt_graph *graph, nt_value loss, const nt_value *to, int32_t count,
                                 nt_value *ret_grads, nt_error *error);

#endif
