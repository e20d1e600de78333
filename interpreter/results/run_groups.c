/* Which rows of a run belong together, as a group's and as a case's, and what they say together. */
#include "run_results_private.h"

#include "alloc.h"
#include <stdlib.h>
#include <string.h>

/* Sorts whose rows belong together; within these, they stay in their order. */
static int compare_groups(const void *a, const void *b) {
    const nt_run_row *x = *(nt_run_row *const *)a, *y = *(nt_run_row *const *)b;
    int order = strcmp(x->group, y->group);
    if (order == 0)
        order = strcmp(x->split, y->split);
    return order != 0 ? order : (x > y) - (x < y);
}

static int compare_cases(const void *a, const void *b) {
    const nt_run_row *x = *(nt_run_row *const *)a, *y = *(nt_run_row *const *)b;
    int order = (x->group_start > y->group_start) - (x->group_start < y->group_start);
    if (order == 0)
        order = strcmp(x->name, y->name);
    return order != 0 ? order : (x > y) - (x < y);
}

static int compare_families(const void *a, const void *b) {
    const nt_run_row *x = *(nt_run_row *const *)a, *y = *(nt_run_row *const *)b;
    int order = (x->group_start > y->group_start) - (x->group_start < y->group_start);
    if (order == 0)
        order = (x->finding.seed > y->finding.seed) - (x->finding.seed < y->finding.seed);
    return order != 0 ? order : (x > y) - (x < y);
}

static void find_starts(const nt_run_results *results, nt_run_row **sorted) {
    size_t count = results->row_count;
    qsort(sorted, count, sizeof *sorted, compare_groups);
    for (size_t i = 0; i < count; i++) {
        const nt_run_row *last = i > 0 ? sorted[i - 1] : NULL;
        bool same = last && strcmp(last->group, sorted[i]->group) == 0 &&
                    strcmp(last->split, sorted[i]->split) == 0;
        sorted[i]->group_start = same ? last->group_start : (int32_t)(sorted[i] - results->rows);
    }
    qsort(sorted, count, sizeof *sorted, compare_cases);
    for (size_t i = 0; i < count; i++) {
        const nt_run_row *last = i > 0 ? sorted[i - 1] : NULL;
        bool same = last && last->group_start == sorted[i]->group_start &&
                    strcmp(last->name, sorted[i]->name) == 0;
        sorted[i]->case_start = same ? last->case_start : (int32_t)(sorted[i] - results->rows);
    }
}

/* Judges the cases of each group with each seed together. */
static nt_status judge_all(const nt_run_results *results, nt_run_row **sorted, nt_judged *judged) {
    size_t count = results->row_count, first = 0;
    qsort(sorted, count, sizeof *sorted, compare_families);
    for (size_t i = 0; i < count; i++)
        judged[i] = nt_finding_judged(&sorted[i]->finding);
    for (size_t i = 1; i <= count; i++) {
        if (i < count && sorted[i]->group_start == sorted[first]->group_start &&
            sorted[i]->finding.seed == sorted[first]->finding.seed)
            continue;
        NT_TRY(nt_judge(judged + first, (int32_t)(i - first)));
        first = i;
    }
    return NT_OK;
}

nt_status nt_run_judge(nt_run_results *results, nt_error *error) {
    size_t size = results->row_count * sizeof(nt_run_row *) + 1;
    size_t judged_size = results->row_count * sizeof(nt_judged) + 1;
    nt_run_row **sorted = nt_alloc(size);
    nt_judged *judged = nt_alloc(judged_size);
    nt_status status = sorted && judged ? NT_OK : NT_NO_MEMORY;
    for (size_t i = 0; status == NT_OK && i < results->row_count; i++)
        sorted[i] = &results->rows[i];
    if (status == NT_OK) {
        find_starts(results, sorted);
        status = judge_all(results, sorted, judged);
    }
    nt_free(sorted, size);
    nt_free(judged, judged_size);
    return status == NT_OK ? NT_OK : nt_run_no_memory(results, error);
}
