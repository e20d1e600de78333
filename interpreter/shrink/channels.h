/* What becomes of each channel of an edited network: whether it varies with the input, whether an
 * output follows from it, and whether the smaller network has it.
 *
 * A channel varies if it follows from one that does. It is needed if an output, or a needed channel
 * of a later value, follows from it and it varies: what does not vary is known without it. The
 * channels that are needed are kept, and with them those that can't go alone: both operands of a
 * sum have the same, and a group of a convolution stays or goes as a whole. A value none of whose
 * channels is needed is not computed: where an op wants some of them all the same, they stand there
 * as constants.
 *
 * Which channels follow from which, the ops' traits say (NT_OP_CHANNELWISE) and the zeros in
 * kernels. */
#ifndef NT_CHANNELS_H
#define NT_CHANNELS_H

#include "kernel_rows.h"
#include "scheduler.h"

/* Of one value. */
typedef struct nt_channels {
    int32_t count;
    bool fixed; /* none is needed: as far as it is read, it is known */
    bool *varies, *needed, *kept;
    int32_t *list; /* those that are kept, in rising order */
    int32_t kept_count;
} nt_channels;

typedef struct nt_channel_flow {
    const nt_graph *graph;
    nt_channels *values;     /* by number of the graph's values */
    nt_kernel_rows *kernels; /* by node */
} nt_channel_flow;

/* Of the graph's first output; all in `arena`. */
nt_status nt_channel_flow_init(nt_channel_flow *flow, const nt_graph *graph, nt_binding binding,
                               nt_arena *arena);

static inline nt_channels *nt_channels_of(const nt_channel_flow *flow, nt_value value) {
    return &flow->values[nt_graph_value_number(flow->graph, value)];
}

/* Whether the smaller network has the node: it varies and something of it is kept. */
bool nt_channel_flow_stays(const nt_channel_flow *flow, const nt_node *node);

/* Tensor of a parameter's node. */
const nt_tensor *nt_bound_tensor(const nt_graph *graph, nt_binding binding, nt_value param);

#endif
