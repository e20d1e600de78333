/* What doesn't vary, computed: the edited network, as it is evaluated, is run once on an image of
 * zeros, and the channels that follow from no image are what they always are. So a constant goes
 * through every op exactly as it does in the network, padding's borders included. */
#ifndef NT_CONSTANTS_H
#define NT_CONSTANTS_H

#include "channels.h"

/* By number of the graph's values: rows, columns, channels; NULL: not wanted by whoever stays. Of
 * channels that vary the numbers mean nothing. */
typedef struct nt_constants {
    const float **values;
} nt_constants;

/* All in `arena`. The graph gets outputs for what is wanted. */
nt_status nt_constants_init(nt_constants *constants, nt_graph *graph, const nt_channel_flow *flow,
                            nt_binding binding, nt_arena *arena, nt_error *error);

/* What channel `c` of a value is at `place`, one of `nt_shape_pixels`. */
static inline float nt_constant_at(const nt_channel_flow *flow, const nt_constants *constants,
                                   nt_value value, int32_t c, int64_t place) {
    int32_t number = nt_graph_value_number(flow->graph, value);
    return constants->values[number][place * flow->values[number].count + c];
}

#endif
