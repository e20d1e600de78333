/* What became of the channels that `shrink` was told to take out. */
#ifndef NT_SHRINK_CHANNELS_H
#define NT_SHRINK_CHANNELS_H

#include "case_graph.h"
#include "network.h"
#include "weights.h"

/* Channels are of layers with kernels. */
typedef struct nt_shrink_channels {
    int64_t zero;              /* that ablations `channels` zeroed, */
    int64_t left;              /* and that the smaller network still has, */
    const char *const *layers; /* in these layers */
    int32_t layer_count;
    bool any; /* there is such an ablation */
} nt_shrink_channels;

/* Of the one case of `cases`, from its weights. All in `arena`. NT_NO_MEMORY or NT_OK. */
nt_status nt_shrink_channels_of(const nt_case_graph *cases, const nt_weights *weights,
                                const nt_network *smaller, nt_arena *arena,
                                nt_shrink_channels *ret);

#endif
