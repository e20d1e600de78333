/* Runs of one plan that go together through the shards of one batch: all come to a step whose op
 * works on the batch, as batch statistics do, before any goes on from it, so that it can gather
 * (op.h) from all. What doesn't depend on the batch is computed once. */
#ifndef NT_LOCKSTEP_H
#define NT_LOCKSTEP_H

#include "scheduler.h"

typedef struct nt_lockstep nt_lockstep;

/* Joins what a node's calls gathered: `numbers[i]`, `count` of them, is shard i's, and is to be the
 * whole batch's. */
typedef void (*nt_lockstep_join)(void *context, const nt_op *op, bool gradient,
                                 double *const *numbers, int64_t count);

/* `mine` shards, of a batch of `shards`: the join has to do with the others. */
nt_status nt_lockstep_new(const nt_plan *plan, nt_binding binding, int mine, int shards,
                          nt_lockstep **ret, nt_error *error);
void nt_lockstep_free(nt_lockstep *lockstep); /* takes NULL */

/* The run of shard i, for its draw, its taker and its outputs. Run alone, its batch is all. */
nt_run *nt_lockstep_run(const nt_lockstep *lockstep, int i);
int64_t nt_lockstep_numbers(const nt_lockstep *lockstep); /* the most that a node gathers */

/* Runs a batch; the weights have changed since the last. `feeds` has feed_count for each shard. An
 * output is handed over by one shard after the other. */
nt_status nt_lockstep_batch(nt_lockstep *lockstep, const nt_feed *feeds, int feed_count,
                            int32_t count, nt_lockstep_join join, void *context, nt_error *error);

#endif
