/* An ablated network as a smaller one that computes the same, with weights of its own. Only the
 * first output, which a network is measured by, stays.
 *
 * What no longer depends on the input is computed once and folded: into biases, or into a parameter
 * where there is none. What only fed it goes, and so do channels that nobody reads; a unit that has
 * become the identity vanishes. Names stay. */
#ifndef NT_SHRINK_H
#define NT_SHRINK_H

#include "channels.h"
#include "network.h"
#include "weights.h"

/* A layer of the smaller network, and what it computes again: channels of a value of the edited
 * one. */
typedef struct nt_witness {
    const char *layer;
    nt_value value;              /* of nt_shrunk's `edited` */
    const nt_channels *channels; /* of the value; those that are kept */
} nt_witness;

typedef struct nt_shrunk {
    nt_arena arena;
    nt_network *network;
    nt_weights *weights;
    nt_graph *edited;
    nt_witness *witnesses; /* in the order of the layers */
    int32_t witness_count;
} nt_shrunk;

/* `edited`: what edits (edit.h) have made of the network, whose tensors `binding` finds. NT_INVALID
 * with the reason where it can't be done. */
nt_status nt_shrink(const nt_network *network, const nt_graph *edited, nt_binding binding,
                    bool fold_batch_norms, nt_shrunk *ret, nt_error *error);
void nt_shrunk_finish(nt_shrunk *shrunk);

#endif
