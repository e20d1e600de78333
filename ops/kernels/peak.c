#include "peak.h"

#include "parallel.h"
#include <time.h>

enum { ROUNDS = 100000, TRIES = 8 };

typedef struct task {
    nt_gemm_peak *loop;
    double *done; /* by each job */
} task;

static void peak_job(const void *context, int job, int worker) {
    const task *t = context;
    (void)worker;
    t->done[job] = t->loop(ROUNDS);
}

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

double nt_peak_measure(nt_gemm_peak *loop) {
    double best = 0, done[NT_MAX_THREADS];
    const task t = {loop, done};
    for (int i = 0; i < TRIES; i++) {
        double began = seconds(), all = 0;
        nt_parallel(nt_threads(), peak_job, &t);
        double took = seconds() - began;
        for (int j = 0; j < nt_threads(); j++)
            all += done[j];
        if (took > 0 && all / took > best)
            best = all / took;
    }
    return 1e-9 * best;
}
