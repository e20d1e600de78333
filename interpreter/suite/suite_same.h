/* Which cases of a suite are the same function of the image, so that measuring them together
 * computes it once. */
#ifndef NT_SUITE_SAME_H
#define NT_SUITE_SAME_H

#include "suite_file.h"

typedef enum nt_sameness {
    NT_SAME_NOT,
    NT_SAME_EDITS,   /* what is changed is the same */
    NT_SAME_FUNCTION /* the same comes of it, whatever the weights are */
} nt_sameness;

/* What a case is the same as: a case before it in the suite, or the whole network (group -1). */
typedef struct nt_case_same {
    nt_sameness how;
    int32_t group, index;
    bool graph; /* the edited graph itself is the same, so that it has one key in the store */
} nt_case_same;

/* Of all cases, group after group. Cases beyond what can be compared in about a second, and those
 * that can't be made, are NT_SAME_NOT. */
nt_status nt_suite_find_same(const nt_suite *suite, const nt_network *network,
                             const nt_cases *cases, nt_case_same *ret, nt_error *error);

/* Adds to each group's notes what its cases are the same as, of the cases before them in the suite
 * and of the whole network. `cases`: of each group, as nt_groups_list gives them. */
nt_status nt_suite_note_same(const nt_suite *suite, const nt_network *network, nt_cases *cases,
                             nt_error *error);

#endif
