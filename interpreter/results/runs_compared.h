/* What several finished runs found, held against each other case by case, from their results alone.
 * Cases are paired by group and name. */
#ifndef NT_RUNS_COMPARED_H
#define NT_RUNS_COMPARED_H

#include "results.h"

typedef struct nt_compared_case {
    const char *name;
    const nt_case_result **of; /* of each run; NULL: it has no such case */
    int32_t present;           /* in so many runs */
    bool edits;                /* they do not edit the same layers in the same way */
    bool verdict;              /* those that have one have not all the same */
} nt_compared_case;

typedef struct nt_compared_group {
    const char *name;
    const nt_group_result **of; /* of each run; NULL: it has no such group */
    nt_compared_case *cases;    /* in the order of the first run that has them */
    int32_t case_count;
    int32_t shared;   /* cases that all runs have which have the group */
    int32_t verdicts; /* cases of several runs whose verdicts differ */
    double *tau; /* Kendall's tau-b [run][run] of the changes over the cases that both have; NaN */
} nt_compared_group;

typedef struct nt_runs_compared {
    nt_arena arena;
    const nt_results *const *runs; /* the caller's */
    int32_t run_count;
    nt_compared_group *groups;
    int32_t group_count;
} nt_runs_compared;

/* The runs must outlive it. NT_NO_MEMORY or NT_OK; to be finished in either case. */
nt_status nt_runs_compare(const nt_results *const *runs, int32_t count, nt_runs_compared *ret);
void nt_runs_compared_finish(nt_runs_compared *compared);

/* What is concluded of a case: over its seeds where there are several, of its only one otherwise.
 * NULL where nothing is: it could not be measured. */
const nt_judgement *nt_case_judgement(const nt_case_result *item);

#endif
