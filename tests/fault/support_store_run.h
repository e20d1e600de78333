/* What the tests of the store's faults share: a small run whose shards are made up, and looking at
 * what is left of it. */
#ifndef SUPPORT_STORE_RUN_H
#define SUPPORT_STORE_RUN_H

#include "support_store.h"
#include <sys/wait.h>

extern nt_error run_error; /* of the test that runs; start and stop begin and end it */

int start(void **state);

int stop(void **state);

/* --- a small run ------------------------------------------------------------------------------ */

enum { CASES = 7, SHARDS = 100, SAMPLES = SHARDS * NT_SHARD_SAMPLES };

/* Shard `number` of every case. */
nt_status put_number(nt_store *store, int32_t number, nt_error *ret_error);

nt_status put_results(nt_store *store, nt_error *ret_error);

nt_store *open_in(const char *folder);

/* How many shards every case has; fails if they differ. */
int32_t saved_shards(nt_store *store);

/* A store with shard 0, and the dump that it will have with shard 1 added. */
content begin(const char *folder, nt_text *ret_expected);

#endif
