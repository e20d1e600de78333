/* In what several runs were made differently, by what their results.json say: suite, network,
 * set-up, method, provenance, samples, seeds, hooks. */
#ifndef NT_RUNS_DIFFERENCES_H
#define NT_RUNS_DIFFERENCES_H

#include "results.h"
#include <jansson.h>

/* Something that is not the same in all runs: where results.json has it, and what it is there. */
typedef struct nt_run_difference {
    const char *path;      /* "method.training.epochs"; seeds and hooks stand by themselves */
    const json_t **values; /* one for each run, borrowed; NULL: it has none such */
} nt_run_difference;

typedef struct nt_runs_differences {
    nt_arena arena;
    json_t **documents; /* of each run: what the values are borrowed from */
    int32_t run_count;
    nt_run_difference *items; /* in the order of results.json */
    int32_t count;
    size_t capacity; /* private */
} nt_runs_differences;

/* NT_NO_MEMORY or NT_OK; to be finished in either case. */
nt_status nt_runs_differences_find(const nt_results *const *runs, int32_t count,
                                   nt_runs_differences *ret);
void nt_runs_differences_finish(nt_runs_differences *differences);

#endif
