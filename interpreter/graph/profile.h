/* How long each node of a run takes, and how much of the threads' time goes by in waiting. */
#ifndef NT_PROFILE_H
#define NT_PROFILE_H

#include "parallel.h"
#include "scheduler.h"

/* Of something that ran again and again. Thread-seconds are seconds times threads. A thread waits
 * where it has no job of a section that others still work on, and outside of sections, where one
 * thread alone works. */
typedef struct nt_timing {
    double fastest;               /* seconds of the fastest run; 0: it never ran */
    double begun;                 /* seconds of the parts so far of the run that is under way */
    double available;             /* thread-seconds of all runs together */
    double waiting;               /* so many of them were waited */
    int64_t runs, sections, jobs; /* the latter two: of all runs */
} nt_timing;

typedef struct nt_reading {
    double clock;
    nt_thread_time threads;
} nt_reading;

nt_reading nt_timing_now(void);

/* Adds a run that began then and ends now, and returns its seconds. Unless threads are watched, all
 * but the first seem to wait. */
double nt_timing_add(nt_timing *timing, const nt_reading *began);

/* The same of a part of a run. */
double nt_timing_add_part(nt_timing *timing, const nt_reading *began, bool last);

/* From 0 to 1. */
double nt_timing_waiting(const nt_timing *timing);

typedef struct nt_profile {
    nt_run *run;
    int32_t nodes;
    nt_timing *timings; /* per node of the plan's graph */
    nt_reading began;   /* of the node that runs */
} nt_profile;

/* Watches `run`, which must outlive the profile, and all threads from now on. */
nt_status nt_profile_init(nt_profile *profile, nt_run *run, const nt_graph *graph);
void nt_profile_finish(nt_profile *profile); /* nothing is watched any more */

#endif
