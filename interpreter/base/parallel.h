/* The program's threads: OpenMP's. Work is cut into jobs by shape, never by the number of threads,
 * and no job reads what another writes, so results don't depend on that number. */
#ifndef NT_PARALLEL_H
#define NT_PARALLEL_H

#include <stdbool.h>
#include <stdint.h>

void nt_threads_set(int count);       /* 1 to NT_MAX_THREADS; 0: as many as usual */
void nt_threads_set_usual(int count); /* 0: as many as there are processors, as it is at first */
int nt_threads(void);

enum { NT_MAX_THREADS = 256 };

/* Runs job(context, i, worker) for each i in [0, jobs); worker < nt_threads() names the thread, for
 * scratch memory. Called from within a job, it runs the jobs one after the other. Only one thread
 * of the program may call it at a time. */
typedef void (*nt_job)(const void *context, int job, int worker);
void nt_parallel(int jobs, nt_job job, const void *context);

/* Calls body(context) with the other threads standing by, so that many small nt_parallel in it
 * begin and end fast, and cheaply where other programs want the processors too: threads without
 * work look out for some for a few microseconds, then sleep. Within a team it only calls. */
void nt_team(void (*body)(void *context), void *context);

/* Sums over all sections that were watched: an nt_parallel whose jobs several threads could take.
 * With one thread there is none. */
typedef struct nt_thread_time {
    int64_t sections, jobs;
    double worked; /* seconds that the threads besides the first spent on jobs */
    double waited; /* seconds that the first one waited for them at the ends */
} nt_thread_time;

/* Whether sections are watched, which takes every thread two looks at the clock for each; to be
 * called, as nt_threads_time, between sections. */
void nt_threads_watch(bool on);
nt_thread_time nt_threads_time(void);

#endif
