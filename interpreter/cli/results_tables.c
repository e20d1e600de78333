/* The views of `nontrivial results` as tables and lists: each group under its name. */
#include "results_print.h"

#include "findings_table.h"
#include <stdio.h>
#include <string.h>

static void add_heading(const nt_run_row *row, nt_text *text) {
    nt_text_printf(text, "%s%s, on the split '%s'\n\n", text->length ? "\n" : "", row->group,
                   row->split);
}

/* Where the case stands of which the group has the controls. */
static void add_control(const nt_run_row *row, nt_text *text) {
    nt_arena arena;
    if (!row->control)
        return;
    nt_arena_init(&arena);
    const char *words = nt_control_words(row->control, &arena);
    text->failed = text->failed || !words;
    nt_text_printf(text, "\n%s\n", words ? words : "");
    nt_arena_finish(&arena);
}

/* --- a row for each seed ---------------------------------------------------------------------- */

/* The table of rows that have one group: the baselines of its split first. */
static void add_group(const nt_results_query *query, const nt_run_row *const *rows, size_t count,
                      nt_text *text) {
    nt_findings_table table;
    bool early = false;
    for (size_t i = 0; i < count; i++)
        early = early || rows[i]->finding.decide != NT_DECIDE_NOT;
    nt_findings_table_init(&table, query->results->scoring.metric, query->results->several_seeds,
                           early);
    for (size_t i = 0; i < query->baselines.count; i++) {
        const nt_run_row *baseline = query->baselines.items[i];
        if (count == 0 || strcmp(baseline->split, rows[0]->split) == 0)
            nt_findings_table_baseline(&table, &baseline->finding);
    }
    if (count > 0)
        nt_table_rule(&table.table);
    for (size_t i = 0; i < count; i++)
        nt_findings_table_case(&table, rows[i]->name, rows[i]->edit, rows[i]->cut,
                               &rows[i]->finding);
    nt_table_format(&table.table, text);
    if (count > 0 && rows[0]->baseline)
        nt_findings_note_uncounted(&rows[0]->baseline->finding.outcome, text);
    nt_table_finish(&table.table);
}

static void add_rows(const nt_results_query *query, nt_text *text) {
    const nt_run_rows *rows = &query->rows;
    size_t first = 0;
    for (size_t i = 1; i <= rows->count; i++) {
        if (i < rows->count && rows->items[i]->group_start == rows->items[first]->group_start)
            continue;
        add_heading(rows->items[first], text);
        add_group(query, rows->items + first, i - first, text);
        add_control(rows->items[first], text);
        first = i;
    }
}

/* --- summaries -------------------------------------------------------------------------------- */

#define VERDICT_COLUMNS                                                                            \
    {"trivial", NT_RIGHT}, {"critical", NT_RIGHT}, {"better", NT_RIGHT}, {"undecided", NT_RIGHT},  \
    {                                                                                              \
        "no result", NT_RIGHT                                                                      \
    }

/* Rows of each verdict, and those without one. */
static void add_verdicts(nt_table *table, const nt_run_summary *summary) {
    nt_table_count(table, summary->verdicts[NT_TRIVIAL]);
    nt_table_count(table, summary->verdicts[NT_CRITICAL]);
    nt_table_count(table, summary->verdicts[NT_BETTER]);
    nt_table_count(table, summary->verdicts[NT_UNDECIDED]);
    nt_table_count(table, summary->failures);
}

static void add_case_table(nt_metric metric, const nt_run_summary *items, size_t count,
                           nt_text *text) {
    const nt_column columns[] = {{"case", NT_LEFT},
                                 {"edit", NT_LEFT},
                                 {"seeds", NT_RIGHT},
                                 {nt_metric_names[metric], NT_RIGHT},
                                 {"mean change", NT_RIGHT},
                                 {"deviation", NT_RIGHT},
                                 VERDICT_COLUMNS,
                                 {"recipe", NT_LEFT},
                                 {0}};
    nt_table table;
    nt_table_init(&table, columns);
    for (size_t i = 0; i < count; i++) {
        nt_table_cell(&table, items[i].first->name);
        nt_table_edit(&table, items[i].first->edit);
        nt_table_count(&table, items[i].rows);
        nt_table_share(&table, items[i].value.mean);
        nt_table_change(&table, items[i].change.mean);
        nt_table_share(&table, items[i].change.deviation);
        add_verdicts(&table, &items[i]);
        if (items[i].first->recipe)
            nt_table_recipe(&table, items[i].first->recipe);
        else
            nt_table_cell(&table, "");
    }
    nt_table_format(&table, text);
    nt_table_finish(&table);
}

static void add_cases(const nt_results_query *query, nt_text *text) {
    const nt_run_summaries *list = &query->summaries;
    size_t first = 0;
    for (size_t i = 1; i <= list->count; i++) {
        if (i < list->count &&
            list->items[i].first->group_start == list->items[first].first->group_start)
            continue;
        add_heading(list->items[first].first, text);
        add_case_table(query->results->scoring.metric, list->items + first, i - first, text);
        add_control(list->items[first].first, text);
        first = i;
    }
}

static void add_groups(const nt_results_query *query, nt_text *text) {
    static const nt_column columns[] = {
        {"group", NT_LEFT},        {"split", NT_LEFT}, {"cases", NT_RIGHT}, {"results", NT_RIGHT},
        {"mean change", NT_RIGHT}, VERDICT_COLUMNS,    {"tau", NT_RIGHT},   {0}};
    nt_table table;
    nt_table_init(&table, columns);
    for (size_t i = 0; i < query->summaries.count; i++) {
        const nt_run_summary *item = &query->summaries.items[i];
        nt_table_cell(&table, item->first->group);
        nt_table_cell(&table, item->first->split);
        nt_table_count(&table, item->cases);
        nt_table_count(&table, item->rows);
        nt_table_change(&table, item->change.mean);
        add_verdicts(&table, item);
        nt_table_share(&table, item->tau);
    }
    nt_table_format(&table, text);
    nt_table_finish(&table);
}

/* --- images ----------------------------------------------------------------------------------- */

/* "  lost    1 5 7 …", in lines of up to 100 columns. */
static void add_numbers(const char *what, const int32_t *numbers, int64_t count, nt_text *text) {
    enum { WIDEST = 100 };
    size_t start = text->length;
    nt_text_printf(text, "  %-6s", what);
    for (int64_t i = 0; i < count; i++) {
        char number[16];
        int length = snprintf(number, sizeof number, " %d", numbers[i]);
        if (text->length - start + (size_t)length > WIDEST) {
            start = text->length + 1;
            nt_text_printf(text, "\n  %-6s", "");
        }
        nt_text_add_bytes(text, number, (size_t)length);
    }
    nt_text_add(text, "\n");
}

static void add_images(const nt_results_query *query, nt_text *text) {
    for (size_t i = 0; i < query->rows.count; i++) {
        const nt_run_row *row = query->rows.items[i];
        const nt_finding *finding = &row->finding;
        nt_text_printf(text, "%s%s in %s, seed %d, on the split '%s': ", i ? "\n" : "", row->name,
                       row->group, row->finding.seed, row->split);
        if (finding->failure) {
            nt_text_printf(text, "%s\n", finding->failure);
            continue;
        }
        nt_text_printf(text, "%lld lost and %lld gained of %d samples\n",
                       (long long)finding->paired.lost, (long long)finding->paired.gained,
                       finding->outcome.total);
        if (finding->paired.lost > 0)
            add_numbers("lost", query->images[i].lost, finding->paired.lost, text);
        if (finding->paired.gained > 0)
            add_numbers("gained", query->images[i].gained, finding->paired.gained, text);
    }
}

void nt_results_tables(const nt_results_query *query, nt_text *text) {
    static void (*const views[])(const nt_results_query *,
                                 nt_text *) = {[NT_VIEW_SEED] = add_rows,
                                               [NT_VIEW_CASE] = add_cases,
                                               [NT_VIEW_GROUP] = add_groups,
                                               [NT_VIEW_IMAGES] = add_images};
    if (query->rows.count > 0) {
        views[query->view](query, text);
        return;
    }
    if (query->view == NT_VIEW_SEED) {
        add_group(query, NULL, 0, text);
        nt_text_add(text, "\n");
    }
    nt_text_add(text, query->results->row_count > 0 ? "no case is like that\n"
                                                    : "the run has no cases\n");
}
