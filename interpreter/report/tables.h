/* A group's results as a table, in three forms. */
#ifndef NT_TABLES_H
#define NT_TABLES_H

#include "paper.h"
#include "text.h"

/* A row for each case: over the seeds the metric's mean and deviation, its change, with one seed
 * the change's 95 % interval and Holm's p, the verdicts, and the paper's value where it has one.
 * Numbers have four places; CSV has the same numbers with six, and every seed's. */
void nt_table_markdown(nt_record *record, const nt_record_group *group, nt_text *text);
void nt_table_html(nt_record *record, const nt_record_group *group, nt_text *text);
void nt_table_csv(nt_record *record, const nt_record_group *group, nt_text *text);

/* All of them as one Markdown page. */
void nt_tables_markdown(nt_record *record, nt_text *text);

/* Appends with & < > " as HTML has them. */
void nt_html_text(nt_text *html, const char *text);

#endif
