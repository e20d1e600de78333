/* Shrinking networks that tests make, and holding what comes out against the ablated ones. */
#ifndef SUPPORT_SHRINK_H
#define SUPPORT_SHRINK_H

#include "compare.h"
#include "edit.h"
#include "random.h"
#include "shrink.h"
#include "support_yaml.h"

/* Weights as training leaves them: no normalisation does nothing, no bias is zero. */
nt_weights *lived_in(const nt_network *network, uint64_t seed);

/* Edits of layers, `words` apart by blanks: KIND:LAYER, or LAYER for one that becomes zero. Returns
 * how many. */
enum { MOST_EDITS = 256 };
int edits_of(const nt_network *network, const char *words, nt_edit *ret_edits);

/* Shrinks, writes, loads and compares; fails the test where a logit differs by more than
 * `tolerance` of the largest, or where the file doesn't say the same. Returns false, with nothing
 * in *ret, where no network is left. */
bool shrink_checked(const nt_network *network, const nt_weights *weights, const nt_edit *edits,
                    int count, bool fold_batch_norms, double tolerance, const char *what,
                    nt_shrunk *ret);

#endif
