/* The values of the study that this program was made for, to set a run's beside them: Wang, Zhu,
 * Cui, Liang: "Is Each Layer Non-trivial in CNN?", AAAI 2021 student abstract, arXiv 2009.09938. */
#ifndef NT_PAPER_H
#define NT_PAPER_H

#include "record.h"

/* Which of its experiments a run repeats; NULL: none. */
typedef struct nt_paper nt_paper;
const nt_paper *nt_paper_of(const nt_record *record);

/* How its experiment differs from the run's, in a sentence or more. */
const char *nt_paper_remark(const nt_paper *paper);

double nt_paper_baseline(const nt_paper *paper);

/* What it gives for a case; NaN where it gives nothing. `paper` may be NULL. */
double nt_paper_value(const nt_paper *paper, const nt_record_case *item);

/* Whether it gives something for any case of a group; NULL, or the table that it is from. */
const char *nt_paper_table(const nt_paper *paper, const nt_record_group *group);

#endif
