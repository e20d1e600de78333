/* What one seed's outcomes say of each case. */
#ifndef NT_RESULTS_COMPARE_H
#define NT_RESULTS_COMPARE_H

#include "results.h"
#include "score.h"
#include "store.h"

/* Once all is measured with seed number s, and it is noted under which keys, with which numerics
 * and how many samples (outcome.total): reads the outcomes, and compares each case that did not
 * fail with the baseline. */
nt_status nt_results_compare(nt_results *results, nt_store *store, nt_scoring scoring, int32_t s,
                             nt_error *error);

#endif
