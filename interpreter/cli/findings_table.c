/* Findings row by row: the baseline, then each case. A case that failed or isn't finished says so
 * in place of its numbers. */
#include "findings_table.h"
#include "results_words.h"

#include <math.h>
#include <string.h>

enum { NUMBERS = 6 }; /* columns from the value to the p values */

static void add_time_columns(nt_column *columns, int *count) {
    columns[(*count)++] = (nt_column){"s/epoch", NT_RIGHT, .leaves = 3};
    columns[(*count)++] = (nt_column){"of baseline", NT_RIGHT, .leaves = 2};
}

/* Seconds of an epoch, and what they are of the baseline's. */
static void add_time(nt_table *table, double seconds, double baseline) {
    if (seconds > 0)
        nt_table_cellf(table, "%.3g", seconds);
    else
        nt_table_cell(table, "");
    if (seconds > 0 && baseline > 0)
        nt_table_cellf(table, "%.0f %%", 100 * seconds / baseline);
    else
        nt_table_cell(table, "");
}

void nt_findings_table_init(nt_findings_table *table, nt_metric metric, bool seeds, bool early,
                            bool timed) {
    nt_column *columns = table->columns;
    int count = 0;
    columns[count++] = (nt_column){"case", NT_LEFT, .cut = true};
    columns[count++] = (nt_column){"edit", NT_LEFT, .leaves = 4, .cut = true};
    if (seeds)
        columns[count++] = (nt_column){"seed", .align = NT_RIGHT};
    if (early)
        columns[count++] = (nt_column){"images", NT_RIGHT, .leaves = 2};
    columns[count++] = (nt_column){nt_metric_names[metric], NT_RIGHT, .leaves = 1};
    columns[count++] = (nt_column){"change", .align = NT_RIGHT};
    columns[count++] = (nt_column){"95 % interval", NT_LEFT, .leaves = 3};
    columns[count++] = (nt_column){"90 % interval", NT_LEFT, .leaves = 7};
    columns[count++] = (nt_column){"p inside", NT_RIGHT, .leaves = 6};
    columns[count++] = (nt_column){"p outside", NT_RIGHT, .leaves = 5};
    if (timed)
        add_time_columns(columns, &count);
    columns[count++] = (nt_column){"verdict", NT_LEFT, .cut = true};
    columns[count] = (nt_column){0};
    table->seeds = seeds;
    table->early = early;
    table->timed = timed;
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

void nt_table_interval(nt_table *table, nt_interval interval) {
    if (isnan(interval.low))
        nt_table_cell(table, "");
    else
        nt_table_cellf(table, "%+.4f to %+.4f", interval.low, interval.high);
}

void nt_table_recipe(nt_table *table, const nt_recipe_finding *recipe) {
    nt_text text;
    nt_text_init(&text);
    nt_recipe_add_verdict(recipe, &text);
    nt_table_cell(table, text.failed ? NULL : text.bytes);
    nt_text_finish(&text);
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
    if (table->early && !baseline->failure)
        nt_table_cellf(t, "%d", baseline->outcome.total);
    if (baseline->failure) {
        add_empty(t, NUMBERS + table->early + 2 * table->timed);
        add_failure(t, baseline);
        return;
    }
    nt_table_share(t, baseline->outcome.value);
    add_empty(t, NUMBERS - 1);
    if (table->timed)
        add_time(t, baseline->epoch_seconds, baseline->epoch_seconds);
    nt_table_cell(t, "");
}

void nt_findings_table_case(nt_findings_table *table, const char *name, const char *edit, bool cut,
                            const nt_finding *finding, const nt_finding *baseline) {
    nt_table *t = &table->table;
    nt_table_cell(t, name);
    nt_table_edit(t, edit);
    if (table->seeds)
        nt_table_cellf(t, "%d", finding->seed);
    if (finding->failure) {
        add_empty(t, NUMBERS + table->early + 2 * table->timed);
        add_failure(t, finding);
        return;
    }
    if (table->early)
        nt_table_cellf(t, "%d", finding->outcome.total);
    nt_table_share(t, finding->outcome.value);
    nt_table_change(t, finding->change);
    if (nt_finding_no_interval(finding)) {
        nt_table_cell(t, nt_finding_no_interval(finding));
        nt_table_cell(t, "");
    } else {
        nt_table_interval(t, finding->judgement.within_95);
        nt_table_interval(t, finding->judgement.within_90);
    }
    add_p(t, finding->judgement.holm.inside);
    add_p(t, finding->judgement.holm.outside);
    if (table->timed)
        add_time(t, finding->epoch_seconds, baseline ? baseline->epoch_seconds : 0);
    nt_table_cellf(t, "%s%s%s", nt_verdict_name(finding->judgement.verdict),
                   nt_finding_given_up(finding) ? ", given up" : "", cut ? ", cut" : "");
}

void nt_means_table_init(nt_table *table, nt_column columns[NT_MEANS_COLUMNS], nt_metric metric,
                         bool timed) {
    const nt_column all[] = {{"case", NT_LEFT, .cut = true},
                             {"edit", NT_LEFT, .leaves = 5, .cut = true},
                             {nt_metric_names[metric], NT_RIGHT, .leaves = 1},
                             {"mean change", .align = NT_RIGHT},
                             {"deviation", NT_RIGHT, .leaves = 2},
                             {"95 % (recipe)", NT_LEFT, .leaves = 4}};
    int count = sizeof all / sizeof *all;
    memcpy(columns, all, sizeof all);
    if (timed)
        add_time_columns(columns, &count);
    columns[count++] = (nt_column){"recipe", NT_LEFT, .cut = true};
    columns[count] = (nt_column){0};
    nt_table_init(table, columns);
}

void nt_means_table_baseline(nt_table *table, nt_spread value, nt_means_time time) {
    nt_table_cell(table, NT_BASELINE);
    nt_table_cell(table, "");
    nt_table_share(table, value.mean);
    nt_table_cell(table, "");
    nt_table_share(table, value.deviation);
    nt_table_cell(table, "");
    if (time.baseline > 0)
        add_time(table, time.seconds, time.baseline);
    nt_table_cell(table, "");
}

void nt_means_table_case(nt_table *table, const char *name, const char *edit,
                         const nt_spread *value, const nt_spread *change,
                         const nt_recipe_finding *recipe, nt_means_time time, int32_t failures) {
    nt_text words;
    nt_text_init(&words);
    nt_table_cell(table, name);
    nt_table_edit(table, edit);
    nt_table_share(table, value->mean);
    nt_table_change(table, change->mean);
    nt_table_share(table, change->deviation);
    if (recipe && recipe->recipe.seeds > 1) {
        nt_table_interval(table, recipe->judgement.within_95);
        nt_recipe_add_verdict(recipe, &words);
    } else {
        nt_table_cell(table, "");
    }
    if (time.baseline > 0)
        add_time(table, time.seconds, time.baseline);
    if (failures > 0)
        nt_text_printf(&words, "%s%d without a result", words.length ? ", " : "", failures);
    nt_table_cell(table, words.failed ? NULL : words.bytes);
    nt_text_finish(&words);
}

void nt_findings_note_uncounted(const nt_outcome *baseline, nt_text *text) {
    if (baseline->uncounted > 0)
        nt_text_printf(text,
                       "every pixel of %d of the %d images is ignored; they are in no value\n",
                       baseline->uncounted, baseline->total);
}
