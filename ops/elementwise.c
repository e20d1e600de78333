#include "elementwise.h"

#include "integers.h"
#include "parallel.h"
#include <string.h>

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
    nt_parallel((int)nt_ceil_div(total, JOB), run_job, &(work){total, range, call});
}

static void zero_range(const void *call, int64_t from, int64_t to) {
    const nt_tensor *grad = call;
    memset(grad->f + from, 0, (size_t)(to - from) * sizeof *grad->f);
}

void nt_elementwise_zero(const nt_tensor *grad) {
    if (grad->data)
        nt_elementwise(grad->count * nt_type_stored(grad->type), zero_range, grad);
}
