#include "parts.h"

#include "parallel.h"
#include <string.h>

enum { JOB = 1 << 12 /* numbers: a job's sums stay in the first-level cache */ };

typedef struct task {
    const float *parts;
    int64_t part_count, count;
    float *sum;
} task;

static void add_job(const void *context, int job, int worker) {
    const task *t = context;
    (void)worker;
    int64_t from = (int64_t)job * JOB, to = from + JOB < t->count ? from + JOB : t->count;
    memcpy(t->sum + from, t->parts + from, (size_t)(to - from) * sizeof *t->sum);
    for (int64_t part = 1; part < t->part_count; part++)
        for (int64_t i = from; i < to; i++)
            t->sum[i] += t->parts[part * t->count + i];
}

void nt_parts_add(const float *parts, int64_t part_count, int64_t count, float *ret_sum) {
    task t = {parts, part_count, count, ret_sum};
    nt_parallel((int)((count + JOB - 1) / JOB), add_job, &t);
}
