/* A batch's run in its parts, for scheduler.c, which takes one after the other, and lockstep.c. */
#ifndef NT_SCHEDULER_PRIVATE_H
#define NT_SCHEDULER_PRIVATE_H

#include "scheduler.h"

/* First of all: checks the batch and binds its feeds. */
nt_status nt_run_begin(nt_run *run, const nt_feed *feeds, int feed_count, int32_t count,
                       nt_error *error);
void nt_run_fixed(nt_run *run); /* then what doesn't depend on them, if it isn't there yet */

/* Then each step of the plan's varying ones, and what it hands over. `gathering`: as in nt_call. */
void nt_run_step(nt_run *run, int32_t s, const nt_gathering *gathering);
void nt_run_hand_over(nt_run *run, int32_t s);

/* From now on the fixed values are those of another run of the plan, which outlives this one and
 * runs its own before. */
void nt_run_share_fixed(nt_run *run, const nt_run *with);

#endif
