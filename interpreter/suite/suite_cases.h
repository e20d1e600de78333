/* The cases of a suite as their hooks list them, and what can be said of each without running
 * anything: neither data nor weights need be there. */
#ifndef NT_SUITE_CASES_H
#define NT_SUITE_CASES_H

#include "results.h"
#include "suite_file.h"
#include "suite_same.h"

typedef struct nt_case_look {
    const char *name, *words; /* what it does, as nt_case_words says it */
    const nt_edit_result *edits;
    int32_t edit_count;
    bool cut;            /* see nt_case_result */
    const char *failure; /* why it can't be made; NULL: it can */
    nt_case_same same;
} nt_case_look;

typedef struct nt_group_look {
    const nt_group *group;
    nt_cases cases;       /* `asks`: what it comes to is not known before it has asked */
    nt_case_look *items;  /* one for each case */
    const char **printed; /* what the script printed, a line each */
    size_t printed_count;
} nt_group_look;

typedef struct nt_suite_look {
    nt_arena arena;
    const nt_suite *suite;
    nt_group_look *groups; /* one for each of the suite's */
} nt_suite_look;

/* Lists all groups. The suite and the network must outlive it. What is wrong with a hook is an
 * error, as when the suite runs. To be finished even if it fails. */
nt_status nt_suite_look_at_cases(const nt_suite *suite, const nt_network *network,
                                 nt_suite_look *ret, nt_error *error);
void nt_suite_look_finish(nt_suite_look *look);

#endif
