/* Tables of findings, as `run` and `results` print them.
 *
 *     case      edit                accuracy   change  95 % interval       p (Holm)  verdict
 *     ---------------------------------------------------------------------------------------
 *     baseline                        1.0000
 *     ---------------------------------------------------------------------------------------
 *     block 1   zero layer1.0.conv2   0.1100  -0.8900  -0.9375 to -0.8137   <0.0001  critical */
#ifndef NT_FINDINGS_TABLE_H
#define NT_FINDINGS_TABLE_H

#include "finding.h"
#include "table.h"

typedef struct nt_findings_table {
    nt_table table; /* the caller may rule and format it, and must finish it */
    nt_column columns[9];
    bool seeds; /* it has a column for them */
} nt_findings_table;

void nt_findings_table_init(nt_findings_table *table, nt_metric metric, bool seeds);
void nt_findings_table_baseline(nt_findings_table *table, const nt_finding *baseline);
void nt_findings_table_case(nt_findings_table *table, const char *name, const char *edit,
                            const nt_finding *finding);

/* A cell with an edit in words, shortened to what a table has room for; one with a change,
 * "+0.0120", and one with a share of 1, "0.9120"; NaN is empty. */
void nt_table_edit(nt_table *table, const char *edit);
void nt_table_change(nt_table *table, double change);
void nt_table_share(nt_table *table, double share);

#endif
