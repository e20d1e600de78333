/* Words of a comparison of runs, for the terminal and for the page. */
#ifndef NT_COMPARED_WORDS_H
#define NT_COMPARED_WORDS_H

#include "runs_compared.h"
#include <jansson.h>

/* Appends something that differs as a cell of a table has room for it: a digest's beginning, of a
 * list the first items, of what is long as much as fits. NULL: nothing. */
void nt_compared_add_value(const json_t *value, nt_text *text);

/* What is concluded of a case, in a word; "" of NULL. */
const char *nt_compared_verdict(const nt_case_result *item);

/* Append lines: Kendall's tau between any two runs; then cases that one of the runs lacks which
 * have the group, or that are others of the same name. */
void nt_compared_add_tau(const nt_runs_compared *all, const nt_compared_group *group,
                         nt_text *lines);
void nt_compared_add_odd(const nt_runs_compared *all, const nt_compared_group *group,
                         nt_text *lines);

#endif
