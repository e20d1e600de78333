/* What is concluded of a change, of one seed's or of the recipe's: intervals, p values, a verdict.
 *
 * The verdict is that of the adjusted p values. Unadjusted, the change is trivial where the 90 %
 * interval lies within the margin, critical or better where the 95 % interval lies beyond it;
 * adjusted, wider intervals decide, which differ from case to case. */
#ifndef NT_JUDGEMENT_H
#define NT_JUDGEMENT_H

#include "crossed.h"

#define NT_ALPHA 0.05 /* of all tests */

typedef struct nt_judgement {
    nt_interval within_95, within_90; /* intervals of the change */
    double p, p_holm;                 /* of no change; adjusted over the group's cases */
    nt_margin_test margin, holm;      /* against the run's margin; adjusted, each in its family */
    nt_verdict verdict;
} nt_judgement;

/* One case over all seeds. */
typedef struct nt_recipe_finding {
    nt_crossed recipe; /* seeds 0: fewer than two have numbers */
    nt_judgement judgement;
} nt_recipe_finding;

/* What is to be adjusted, and the change that it is about. */
typedef struct nt_judged {
    nt_judgement *judgement;
    double change;
} nt_judged;

/* Adjusts the judgements of a group's cases, and gives their verdicts at NT_ALPHA. What has no
 * numbers has NaN everywhere, and isn't counted. NT_NO_MEMORY or NT_OK. */
nt_status nt_judge(const nt_judged *list, int32_t count);

#endif
