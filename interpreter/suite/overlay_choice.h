/* Which cases of a group pictures are made of: all of a few, and of many the worst. */
#ifndef NT_OVERLAY_CHOICE_H
#define NT_OVERLAY_CHOICE_H

#include "results.h"

enum { NT_OVERLAY_CASES = 4 }; /* of a group, at most */

/* The numbers of the cases, in the order of the group; returns how many there are. Cases without
 * numbers with the first seed are left out; of equal ones the first is the worst. */
int32_t nt_overlay_choose(const nt_group_result *group, int32_t ret_cases[NT_OVERLAY_CASES]);

#endif
