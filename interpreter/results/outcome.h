/* Outcomes as the store has them: what was measured of one thing, from its key. */
#ifndef NT_OUTCOME_H
#define NT_OUTCOME_H

#include "arena.h"
#include "score.h"
#include "store.h"

/* The outcome under `key`, computed with `numerics`, of the first so many samples; ret_outcomes,
 * unless NULL, gets those of its samples; the loss is 0 unless they are all. Errors as of
 * nt_store_read. */
nt_status nt_outcome_read(nt_store *store, const char *key, const char *numerics,
                          nt_scoring scoring, int32_t samples, nt_outcome *ret,
                          unsigned char *ret_outcomes, nt_error *error);

/* Why a failed outcome has no numbers: "the logits of image 7 ('a.png') are not finite". `number`
 * is the failed sample's in its split, below 0 where it is not known, and `name` its name, or NULL.
 * In `arena`; NULL when out of memory. */
const char *nt_outcome_failure(int32_t number, const char *name, nt_arena *arena);

#endif
