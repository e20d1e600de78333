/* The other processes of a run as rank 0 sees them: who is ready, what each has, and what it is at.
 * They are hands to evaluate with (hands.h). */
#ifndef NT_SUITE_CREW_H
#define NT_SUITE_CREW_H

#include "dist.h"
#include "hands.h"
#include "suite_work.h"

typedef struct nt_suite_crew nt_suite_crew;

/* NULL where this process is alone. */
nt_status nt_suite_crew_new(nt_suite_work *work, nt_suite_crew **ret);
void nt_suite_crew_free(nt_suite_crew *crew); /* takes NULL */

/* What must be the same in all processes, a line each, in the work's arena: program, numerics,
 * data, the suite and its files. */
const char *nt_suite_crew_lines(const nt_suite_work *work);

/* Rank 0's values become everybody's: all call it together. */
void nt_suite_crew_share(nt_weights *weights);

/* Waits until all others are ready. NT_FAILED with the rank, its machine and the line where one is
 * odd; where one has failed, with what it says. */
nt_status nt_suite_crew_gather(nt_suite_crew *crew);

/* Hands to evaluate with on the seed's weights, which the others get unless they have them, and on
 * the test images or the held-out ones. `crew` may be NULL: then it gives NULL. */
nt_status nt_suite_crew_hands(nt_suite_crew *crew, int seed, bool held_out, nt_hands **ret);

/* What a process said last that can't go on (NT_DIST_FAILED), as an error. */
nt_status nt_suite_crew_lost(const nt_dist_message *message, nt_error *error);

#endif
