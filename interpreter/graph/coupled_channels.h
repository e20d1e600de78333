/* Which channels of a network can only go together, or not at all: the operands of a sum have the
 * same channels, a depthwise convolution has those of its input, a batch normalisation those of
 * what it normalises.
 *
 * A unit is all such channels of all values: it goes as a whole. Units that have channels of the
 * same layer are a set: the stage of a residual network, whose convolutions share the channels of
 * their sums. A unit is bound, and can't go, where an input or an output of the network has one of
 * its channels, or an op that mixes channels reads or makes one. Following Fang et al., "DepGraph:
 * Towards any structural pruning", CVPR 2023, with channels in place of layers for nodes, so that
 * concatenations, slices and shuffles need no offsets. */
#ifndef NT_COUPLED_CHANNELS_H
#define NT_COUPLED_CHANNELS_H

#include "arena.h"
#include "graph.h"

typedef struct nt_coupled {
    const nt_graph *graph;
    int32_t *first; /* by number of a value: the place of its channel 0 among those of all values */
    int32_t *unit;  /* by place: the least place of the unit that it is in */
    bool *bound;    /* by unit: it can't go */
    int32_t *set;   /* by unit that isn't bound: the least unit of its set */
    int32_t places;
} nt_coupled;

/* All in `arena`; the graph must outlive it. NT_NO_MEMORY or NT_OK. */
nt_status nt_coupled_init(nt_coupled *coupled, const nt_graph *graph, nt_arena *arena);

/* The unit of a channel of the node's first output; -1: it can't go. */
int32_t nt_coupled_unit(const nt_coupled *coupled, int32_t node, int32_t channel);

/* The set of the node's channels, those of its first output, as far as they can go; of a layer with
 * a kernel there is but one. -1: none of them can. */
int32_t nt_coupled_set(const nt_coupled *coupled, int32_t node);

#endif
