#include "parallel.h"

#include <omp.h>

static int thread_count;

void nt_threads_set(int count) {
    if (count <= 0)
        count = omp_get_num_procs();
    thread_count = count < NT_MAX_THREADS ? count : NT_MAX_THREADS;
}

int nt_threads(void) {
    if (thread_count == 0)
        nt_threads_set(0);
    return thread_count;
}

void nt_parallel(int jobs, nt_job job, const void *context) {
    if (jobs <= 1 || nt_threads() == 1 || omp_in_parallel()) {
        int worker = omp_in_parallel() ? omp_get_thread_num() : 0;
        for (int i = 0; i < jobs; i++)
            job(context, i, worker);
        return;
    }
#pragma omp parallel for schedule(dynamic, 1) num_threads(thread_count)
    for (int i = 0; i < jobs; i++)
        job(context, i, omp_get_thread_num());
}
