/* The program's only threads: OpenMP's. Work is cut into jobs by shape, never by the number of
 * threads, and no job reads what another writes, so results don't depend on that number. */
#ifndef NT_PARALLEL_H
#define NT_PARALLEL_H

void nt_threads_set(int count); /* 1 to NT_MAX_THREADS; 0: as many as there are processors */
int nt_threads(void);

enum { NT_MAX_THREADS = 256 };

/* Runs job(context, i, worker) for each i in [0, jobs); worker < nt_threads() names the thread, for
 * scratch memory. Called from within a job, it runs the jobs one after the other. */
typedef void (*nt_job)(const void *context, int job, int worker);
void nt_parallel(int jobs, nt_job job, const void *context);

#endif
