#include "overlay_choice.h"

/* Whether one case comes before another: by its value with the first seed, then by its place. */
static bool worse(const nt_group_result *group, int32_t a, int32_t b) {
    double x = nt_finding_value(&group->cases[a].findings[0]);
    double y = nt_finding_value(&group->cases[b].findings[0]);
    return x < y || (x <= y && a < b);
}

/* So many cases of the group are worse. */
static int32_t rank_of(const nt_group_result *group, int32_t of) {
    int32_t rank = 0;
    for (int32_t c = 0; c < group->case_count; c++)
        rank += !group->cases[c].findings[0].failure && worse(group, c, of);
    return rank;
}

int32_t nt_overlay_choose(const nt_group_result *group, int32_t ret_cases[NT_OVERLAY_CASES]) {
    int32_t count = 0;
    for (int32_t c = 0; c < group->case_count; c++)
        if (!group->cases[c].findings[0].failure && rank_of(group, c) < NT_OVERLAY_CASES)
            ret_cases[count++] = c;
    return count;
}
