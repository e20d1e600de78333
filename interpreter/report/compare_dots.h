/* What a case costs in each of several runs, drawn: a line a case, a mark a run. */
#ifndef NT_COMPARE_DOTS_H
#define NT_COMPARE_DOTS_H

#include "runs_compared.h"
#include "text.h"

/* Appends a figure as SVG, which needs no other program; nothing where there are too many cases or
 * runs to tell apart. */
void nt_compare_dots(const nt_runs_compared *all, const nt_compared_group *group, nt_text *html);

#endif
