/* What the findings of a suite's cases say together: p values adjusted over a group, verdicts, and
 * how the seeds agree. */
#include "results.h"

#include "alloc.h"

nt_status nt_group_judge(nt_group_result *group, int seed_count) {
    size_t size = (size_t)group->cases.count * sizeof(nt_finding *) + 1;
    nt_finding **findings = nt_alloc(size);
    nt_status status = findings ? NT_OK : NT_NO_MEMORY;
    for (int s = 0; status == NT_OK && s < seed_count; s++) {
        for (int32_t c = 0; c < group->cases.count; c++)
            findings[c] = &group->findings[c * seed_count + s];
        status = nt_findings_judge(findings, group->cases.count);
    }
    nt_free(findings, size);
    return status;
}

nt_spread nt_case_spread(const nt_results *results, const nt_group_result *group, int32_t c) {
    double changes[NT_MOST_SEEDS];
    int seeds = results->suite->seed_count;
    for (int s = 0; s < seeds; s++)
        changes[s] = nt_finding_change(&group->findings[c * seeds + s]);
    return nt_spread_of(changes, seeds);
}

nt_status nt_group_agreement(const nt_results *results, const nt_group_result *group,
                             double *ret_tau) {
    int32_t count = group->cases.count * results->suite->seed_count;
    double *changes = nt_alloc((size_t)count * sizeof *changes + 1);
    if (!changes)
        return NT_NO_MEMORY;
    for (int32_t i = 0; i < count; i++)
        changes[i] = nt_finding_change(&group->findings[i]);
    *ret_tau = nt_kendall_mean(changes, group->cases.count, results->suite->seed_count);
    nt_free(changes, (size_t)count * sizeof *changes + 1);
    return NT_OK;
}
