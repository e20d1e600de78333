/* Outcomes as the store has them: what was measured of one thing, from its key. */
#ifndef NT_OUTCOME_H
#define NT_OUTCOME_H

#include "score.h"
#include "store.h"

/* The outcome under `key`, computed with `numerics`, of so many samples; ret_outcomes, unless NULL,
 * gets those of its samples. Errors as of nt_store_read. */
nt_status nt_outcome_read(nt_store *store, const char *key, const char *numerics,
                          nt_scoring scoring, int32_t samples, nt_outcome *ret,
                          unsigned char *ret_outcomes, nt_error *error);

#endif
