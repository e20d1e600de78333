/* The graph as text, for identities: what a result is kept under follows from it. Two graphs have
 * one text if and only if they are the same: the same ops in the same revisions, with the same
 * attributes to the last bit, over the same inputs, in the same order, and the same outputs. Names
 * of nodes say nothing of what is computed and take no part; those of inputs, parameters and
 * outputs do. The text is not for people (nt_graph_dump is), and it changes as seldom as can be:
 * whenever it does, what was trained and measured before is no longer known. */
#ifndef NT_DESCRIBE_H
#define NT_DESCRIBE_H

#include "graph.h"

/* Appends a line for each node and each output:
 *
 *     0 = input/0() name="x" shape=[3,8,8] dtype=f32
 *     1 = param/0() name="conv1.weight" shape=[4,3,3,3] layout=kernel groups=1 dtype=f32
 *     2 = conv2d/0(0; 1) channels=4 kernel=3 …
 *     out "y" = 2                                                                             */
void nt_graph_describe(const nt_graph *graph, nt_text *text);

#endif
