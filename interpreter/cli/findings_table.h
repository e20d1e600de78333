/* Tables of findings, as `run` and `results` print them.
 *
 *     case      edit                accuracy   change  95 % interval       90 % interval     …
 *     ------------------------------------------------------------------------------------------
 *     baseline                        1.0000
 *     ------------------------------------------------------------------------------------------
 *     block 1   zero layer1.0.conv2   0.1100  -0.8900  -0.9375 to -0.8137  -0.9312 to -0.8273 …
 *
 * Of cases that were retrained, with the seconds that an epoch of it took, and as a share of the
 * baseline's, before the verdict.
 *
 *     … p inside  p outside  verdict
 *     …   1.0000    <0.0001  critical                       p: Holm's, as the verdict reads them */
#ifndef NT_FINDINGS_TABLE_H
#define NT_FINDINGS_TABLE_H

#include "results.h"
#include "table.h"

typedef struct nt_findings_table {
    nt_table table; /* the caller may rule and format it, and must finish it */
    nt_column columns[14];
    bool seeds, early; /* it has a column for them, and for how many images there are of each */
    bool timed; /* and for the seconds of an epoch of retraining, and their share of the baseline's
                 */
} nt_findings_table;

void nt_findings_table_init(nt_findings_table *table, nt_metric metric, bool seeds, bool early,
                            bool timed);
void nt_findings_table_baseline(nt_findings_table *table, const nt_finding *baseline);
void nt_findings_table_case(nt_findings_table *table, const char *name, const char *edit, bool cut,
                            const nt_finding *finding, const nt_finding *baseline);

/* A cell with an edit in words, shortened to what a table has room for; one with a change,
 * "+0.0120"; one with an interval of it; one with a share of 1, "0.9120"; NaN is empty. One with
 * what the seeds conclude together. */
void nt_table_edit(nt_table *table, const char *edit);
void nt_table_change(nt_table *table, double change);
void nt_table_interval(nt_table *table, nt_interval interval);
void nt_table_share(nt_table *table, double share);
void nt_table_recipe(nt_table *table, const nt_recipe_finding *recipe);

/* A table with one row for all seeds of a case: means, their spread, and what they say together of
 * the recipe that trained them. */
enum { NT_MEANS_COLUMNS = 10 };

/* Mean seconds of an epoch of retraining, with the baseline's; 0: it has no columns for them. */
typedef struct nt_means_time {
    double seconds, baseline;
} nt_means_time;

void nt_means_table_init(nt_table *table, nt_column columns[NT_MEANS_COLUMNS], nt_metric metric,
                         bool timed);
void nt_means_table_baseline(nt_table *table, nt_spread value, nt_means_time time);

/* `failures` of the seeds have no numbers: the last cell says so. `recipe`: NULL where there is but
 * one. */
void nt_means_table_case(nt_table *table, const char *name, const char *edit,
                         const nt_spread *value, const nt_spread *change,
                         const nt_recipe_finding *recipe, nt_means_time time, int32_t failures);

/* Appends how many images are in no value, if any are. */
void nt_findings_note_uncounted(const nt_outcome *baseline, nt_text *text);

#endif
