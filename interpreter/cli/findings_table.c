/* Findings row by row: the baseline, then each case. A case that failed or isn't finished says so
 * in place of its numbers. */
#include "findings_table.h"

#include <math.h>

void nt_findings_table_init(nt_findings_table *table, nt_metric metric, bool seeds) {
    nt_column *columns = table->columns;
    int count = 0;
    columns[count++] = (nt_column){"case", NT_LEFT};
    columns[count++] = (nt_column){"edit", NT_LEFT};
    if (seeds)
        columns[count++] = (nt_column){"seed", NT_RIGHT};
    columns[count++] = (nt_column){nt_metric_names[metric], NT_RIGHT};
    columns[count++] = (nt_column){"change", NT_RIGHT};
    columns[count++] = (nt_column){"95 % interval", NT_LEFT};
    columns[count++] = (nt_column){"p (Holm)", NT_RIGHT};
    columns[count++] = (nt_column){"verdict", NT_LEFT};
    columns[count] = (nt_column){0};
    table->seeds = seeds;
    nt_table_init(&table->table, columns);
}

void nt_table_edit(nt_table *table, const char *edit) {
    enum { NAMED = 3 }; /* layers of a kind */
    nt_table_cell(table, nt_words_shorten(edit, NAMED, &table->arena));
}

void nt_table_change(nt_table *table, double change) {
    if (isnan(change))
        nt_table_cell(table, "");
    else
        nt_table_cellf(table, "%+.4f", change);
}

void nt_table_share(nt_table *table, double share) {
    if (isnan(share))
        nt_table_cell(table, "");
    else
        nt_table_cellf(table, "%.4f", share);
}

/* A p value, as papers print it. */
static void add_p(nt_table *table, double p) {
    if (p < 0.0001)
        nt_table_cell(table, "<0.0001");
    else
        nt_table_share(table, p);
}

static void add_empty(nt_table *table, int count) {
    for (int i = 0; i < count; i++)
        nt_table_cell(table, "");
}

static void add_failure(nt_table *table, const nt_finding *finding) {
    nt_table_cellf(table, "%s%s", finding->unfinished ? "" : "failed: ", finding->failure);
}

void nt_findings_table_baseline(nt_findings_table *table, const nt_finding *baseline) {
    nt_table *t = &table->table;
    nt_table_cell(t, NT_BASELINE);
    nt_table_cell(t, "");
    if (table->seeds)
        nt_table_cellf(t, "%d", baseline->seed);
    if (baseline->failure) {
        add_empty(t, 4);
        add_failure(t, baseline);
        return;
    }
    nt_table_share(t, baseline->outcome.value);
    add_empty(t, 4);
}

void nt_findings_table_case(nt_findings_table *table, const char *name, const char *edit,
                            const nt_finding *finding) {
    nt_table *t = &table->table;
    nt_table_cell(t, name);
    nt_table_edit(t, edit);
    if (table->seeds)
        nt_table_cellf(t, "%d", finding->seed);
    if (finding->failure) {
        add_empty(t, 4);
        add_failure(t, finding);
        return;
    }
    nt_table_share(t, finding->outcome.value);
    nt_table_change(t, finding->change);
    nt_table_cellf(t, "%+.4f to %+.4f", finding->interval.low, finding->interval.high);
    add_p(t, finding->p_holm);
    nt_table_cell(t, nt_verdict_name(finding->verdict));
}
