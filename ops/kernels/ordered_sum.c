#include "ordered_sum.h"

#include "integers.h"
#include "parallel.h"
#include "vectorise.h"
#include <string.h>

enum { JOB = 1 << 12 /* numbers: a job's sums stay in the first-level cache */ };

typedef struct task {
    const float *parts;
    int64_t part_count, count;
    float *sum;
} task;

NT_VECTORISED(add_job, (const void *context, int job, int worker), (context, job, worker)) {
    const task *t = context;
    int64_t from = (int64_t)job * JOB, count = from + JOB < t->count ? JOB : t->count - from;
    float *restrict sum = t->sum + from;
    (void)worker;
    memcpy(sum, t->parts + from, (size_t)count * sizeof *sum);
    for (int64_t part = 1; part < t->part_count; part++) {
        const float *restrict one = t->parts + part * t->count + from;
        for (int64_t i = 0; i < count; i++)
            sum[i] += one[i];
    }
}

void nt_ordered_sum(const float *parts, int64_t part_count, int64_t count, float *ret_sum) {
    task t = {parts, part_count, count, ret_sum};
    nt_parallel((int)nt_ceil_div(count, JOB), add_job, &t);
}
