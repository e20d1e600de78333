/* Batch normalisation with the statistics of the batch itself needs more than one value per
 * channel: of one value the variance is 0, and what comes out is the shift, whatever went in. */
#ifndef NT_BATCH_NORMS_H
#define NT_BATCH_NORMS_H

#include "graph.h"

/* Whether that can befall one of the first `outputs` outputs of a graph which is run in batches of
 * `batch`: in every one, or, if the last batch of `samples` is kept (0: it is not), in that one.
 * `why` then names the node and its shape: "'bn2' (batch_norm of 64x1x1) has one value per channel
 * in a batch of one". False also when out of memory, with `why` empty. */
bool nt_batch_norms_suffice(const nt_graph *graph, int32_t outputs, int32_t batch, int32_t samples,
                            char why[NT_WHY]);

#endif
