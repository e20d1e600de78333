/* What the channels that a layer no longer reads told its outputs: of each output channel a map, in
 * which padding's borders show. */
#ifndef NT_REST_H
#define NT_REST_H

#include "constants.h"

/* By output channel of `outs`, then by place of the output; NULL in *ret: nothing. In `arena`.
 * NT_NO_MEMORY or NT_OK. */
nt_status nt_rest_of(const nt_channel_flow *flow, const nt_constants *constants, int32_t node,
                     nt_arena *arena, double **ret);

#endif
