/* Which cases of a suite are the same function of the image, so that measuring them together
 * computes it once. */
#ifndef NT_SUITE_SAME_H
#define NT_SUITE_SAME_H

#include "suite_file.h"

/* Adds to each group's notes what its cases are the same as, of the cases before them in the suite
 * and of the whole network. `cases`: of each group, as nt_groups_list gives them. */
nt_status nt_suite_note_same(const nt_suite *suite, const nt_network *network, nt_cases *cases,
                             nt_error *error);

#endif
