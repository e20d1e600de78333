/* A run's numbers once more, from results.json for what was measured and outcomes.bin for what came
 * of it, in the way of the run's end. */
#ifndef NT_RECOMPUTE_H
#define NT_RECOMPUTE_H

#include "results.h"

/* Holds what follows against results.csv and results.json: NT_FAILED, with the first line that
 * differs, unless both are the same byte for byte; NT_INVALID where a file isn't there or isn't one
 * of ours. *ret_outcomes: how many there are. */
nt_status nt_results_recompute(const char *run, int32_t *ret_outcomes, nt_error *error);

#endif
