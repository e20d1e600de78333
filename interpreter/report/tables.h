/* A group's results as a table, in four forms. */
#ifndef NT_TABLES_H
#define NT_TABLES_H

#include "paper.h"
#include "text.h"

/* A row for each case: over the seeds the metric's mean and deviation, its change with 95 % and 90
 * % intervals, which with several seeds are the recipe's, the verdicts, and the paper's value where
 * it has one, and what is done to which layers. Numbers have four places; CSV has them exactly, and
 * every seed's. */
void nt_table_markdown(nt_record *record, const nt_record_group *group, nt_text *text);
void nt_table_html(nt_record *record, const nt_record_group *group, nt_text *text);
void nt_table_csv(nt_record *record, const nt_record_group *group, nt_text *text);

/* For a paper, with booktabs; \ref{tab:LABEL} names it. */
void nt_table_latex(nt_record *record, const nt_record_group *group, const char *label,
                    nt_text *text);

/* The cells of a row as plain text, NULL: of the head; returns how many. `ret` has room for
 * NT_TABLE_COLUMNS; texts are the record's. */
enum { NT_TABLE_COLUMNS = 16 };
int nt_table_cells(nt_record *record, const nt_record_group *group, const nt_record_case *item,
                   const char **ret);

/* All of them as one Markdown page. */
void nt_tables_markdown(nt_record *record, nt_text *text);

/* How well the seeds agree on the order of the cases, as a sentence. `tau`: its name. */
void nt_table_agreement(const nt_record_group *group, const char *tau, nt_text *text);

#endif
