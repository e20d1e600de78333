/* What the findings of a suite's cases say together: p values adjusted over a group, verdicts, and
 * how the seeds agree. */
#include "alloc.h"
#include "results.h"

#include <math.h>

/* One number of each case with one seed, and back. Cases that failed have none: NaN is not counted.
 */
static double *p_at(nt_finding *finding, bool outside) {
    return outside ? &finding->margin.outside : &finding->p_holm;
}

static nt_status adjust(nt_group_result *group, int seed_count, int s, bool outside, double *p) {
    for (int32_t c = 0; c < group->cases.count; c++) {
        nt_finding *finding = &group->findings[c * seed_count + s];
        p[c] = finding->failure ? NAN : outside ? finding->margin.outside : finding->p;
    }
    NT_TRY(nt_holm(p, group->cases.count, p));
    for (int32_t c = 0; c < group->cases.count; c++)
        *p_at(&group->findings[c * seed_count + s], outside) = p[c];
    return NT_OK;
}

nt_status nt_group_judge(nt_group_result *group, int seed_count) {
    size_t size = (size_t)group->cases.count * sizeof(double);
    double *p = nt_alloc(size + 1);
    nt_status status = p ? NT_OK : NT_NO_MEMORY;
    for (int s = 0; status == NT_OK && s < seed_count; s++) {
        status = adjust(group, seed_count, s, false, p);
        if (status == NT_OK)
            status = adjust(group, seed_count, s, true, p);
    }
    nt_free(p, size + 1);
    for (int32_t i = 0; status == NT_OK && i < group->cases.count * seed_count; i++)
        group->findings[i].verdict = nt_verdict_of(group->findings[i].margin, NT_ALPHA);
    return status;
}

static double change_of(const nt_finding *finding) {
    return finding->failure ? NAN : finding->change;
}

nt_spread nt_case_spread(const nt_results *results, const nt_group_result *group, int32_t c) {
    double changes[NT_MOST_SEEDS];
    int seeds = results->suite->seed_count;
    for (int s = 0; s < seeds; s++)
        changes[s] = change_of(&group->findings[c * seeds + s]);
    return nt_spread_of(changes, seeds);
}

nt_status nt_group_agreement(const nt_results *results, const nt_group_result *group,
                             double *ret_tau) {
    int32_t count = group->cases.count * results->suite->seed_count;
    double *changes = nt_alloc((size_t)count * sizeof *changes + 1);
    if (!changes)
        return NT_NO_MEMORY;
    for (int32_t i = 0; i < count; i++)
        changes[i] = change_of(&group->findings[i]);
    *ret_tau = nt_kendall_mean(changes, group->cases.count, results->suite->seed_count);
    nt_free(changes, (size_t)count * sizeof *changes + 1);
    return NT_OK;
}
