#include "elementwise.h"

#include "parallel.h"

enum { JOB = 1 << 14 }; /* elements */

typedef struct work {
    int64_t total;
    nt_range range;
    const void *call;
} work;

static void run_job(const void *context, int job, int worker) {
    const work *w = context;
    int64_t from = (int64_t)job * JOB;
    (void)worker;
    w->range(w->call, from, from + JOB < w->total ? from + JOB : w->total);
}

void nt_elementwise(int64_t total, nt_range range, const void *call) {
    nt_parallel((int)((total + JOB - 1) / JOB), run_job, &(work){total, range, call});
}
