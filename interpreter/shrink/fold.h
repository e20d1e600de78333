/* Rules that make a draft simpler without changing what it computes, until none applies:
 *
 *     a constant per channel, added behind a layer with a bias that nobody else reads: to the bias;
 *     one in front of layers that read it without padding, of batch normalisations and of sums:
 *     to their biases, their means, their own constants;
 *     a batch normalisation behind a layer that nobody else reads, on request: into the layer;
 *     what an op makes once more of its own output: nothing. */
#ifndef NT_FOLD_H
#define NT_FOLD_H

#include "draft.h"

/* NT_NO_MEMORY or NT_OK. */
nt_status nt_fold(nt_draft *draft, bool batch_norms);

#endif
