/* A case as a network of its own, that can be trained on. What an edit took away is gone; what is
 * left of the layer, a bias, and all that stands behind it are trained as before. A kernel with
 * other values begins with these; where zeros of it are meant (ablation.h: keeps_zeros), they stay.
 * A mean output is a constant that stays. */
#ifndef NT_EDITED_NETWORK_H
#define NT_EDITED_NETWORK_H

#include "case_graph.h"
#include "derived_weights.h"

typedef struct nt_edited {
    nt_network *network; /* no layers: states, inputs, outputs */
    nt_weights *weights; /* of it; what training begins with */
    nt_case_graph alone; /* private */
} nt_edited;

/* The edits, none for the network itself, of the source's weights: each tensor is called as it is
 * in the network. NT_INVALID with `why` if the edits can't be made or leave no way from the image
 * to the output; otherwise an error says what is wrong. To be finished even if it fails. */
nt_status nt_edited_init(nt_edited *edited, const nt_network *network, const nt_edits *edits,
                         const nt_derive_source *source, char why[NT_WHY], nt_error *error);

/* The network alone, without weights: what it costs to train. */
nt_status nt_edited_network_init(nt_edited *edited, const nt_network *network,
                                 const nt_edits *edits, char why[NT_WHY]);

void nt_edited_finish(nt_edited *edited);

#endif
