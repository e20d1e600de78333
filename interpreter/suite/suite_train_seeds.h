/* Training by the processes of a run (dist.h), as rank 0 has it done. */
#ifndef NT_SUITE_TRAIN_SEEDS_H
#define NT_SUITE_TRAIN_SEEDS_H

#include "suite_work.h"

/* Trains the seeds that have no weights yet: several, each in a process of its own, as many at once
 * as there are processes and as their machines have memory for; a single one in as many processes
 * as its recipe's shards allow. The next look at the seeds' folders finds them. */
nt_status nt_suite_train_seeds(nt_suite_work *work);

#endif
