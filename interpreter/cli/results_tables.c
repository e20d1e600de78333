/* The views of `nontrivial results` as tables and lists: each group under its name. */
#include "results_print.h"

#include "findings_table.h"
#include "statistics.h"
#include <stdio.h>
#include <string.h>

/* What the group's cases went through. */
static void add_retraining(const nt_run_row *row, nt_text *text) {
    nt_arena arena;
    if (!row->retraining)
        return;
    nt_arena_init(&arena);
    const char *words = nt_retraining_words(row->retraining, &arena);
    text->failed = text->failed || !words;
    nt_text_printf(text, "each case is %s\n\n", words ? words : "");
    nt_arena_finish(&arena);
}

static void add_heading(const nt_run_row *row, nt_text *text) {
    nt_text_printf(text, "%s%s, on the split '%s'\n\n", text->length ? "\n" : "", row->group,
                   row->split);
    add_retraining(row, text);
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

/* Whether a baseline is one of those that a row's group is compared with; NULL: the run's. */
static bool is_of(const nt_run_row *baseline, const nt_run_row *row) {
    const char *name = row && row->baseline ? row->baseline->name : NT_BASELINE;
    return strcmp(baseline->name, name) == 0 && (!row || strcmp(baseline->split, row->split) == 0);
}

/* The table of rows that have one group: the baselines of its split first. */
static void add_group(const nt_results_query *query, const nt_run_row *const *rows, size_t count,
                      nt_table_room *room, nt_text *text) {
    nt_findings_table table;
    bool early = false;
    for (size_t i = 0; i < count; i++)
        early = early || rows[i]->finding.decide != NT_DECIDE_NOT;
    nt_findings_table_init(&table, query->results->scoring.metric, query->results->several_seeds,
                           early, count > 0 && rows[0]->retraining);
    for (size_t i = 0; i < query->baselines.count; i++) {
        const nt_run_row *baseline = query->baselines.items[i];
        if (is_of(baseline, count > 0 ? rows[0] : NULL))
            nt_findings_table_baseline(&table, &baseline->finding);
    }
    if (count > 0)
        nt_table_rule(&table.table);
    for (size_t i = 0; i < count; i++)
        nt_findings_table_case(&table, rows[i]->name, rows[i]->edit, rows[i]->cut,
                               &rows[i]->finding,
                               rows[i]->baseline ? &rows[i]->baseline->finding : NULL);
    nt_table_fit(&table.table, room, text);
    if (count > 0 && rows[0]->baseline)
        nt_findings_note_uncounted(&rows[0]->baseline->finding.outcome, text);
    nt_table_finish(&table.table);
}

static void add_rows(const nt_results_query *query, nt_table_room *room, nt_text *text) {
    const nt_run_rows *rows = &query->rows;
    size_t first = 0;
    for (size_t i = 1; i <= rows->count; i++) {
        if (i < rows->count && rows->items[i]->group_start == rows->items[first]->group_start)
            continue;
        add_heading(rows->items[first], text);
        add_group(query, rows->items + first, i - first, room, text);
        add_control(rows->items[first], text);
        first = i;
    }
}

/* --- summaries -------------------------------------------------------------------------------- */

#define VERDICT_COLUMNS                                                                            \
    {"trivial", NT_RIGHT, .leaves = 4}, {"critical", NT_RIGHT, .leaves = 4},                       \
        {"better", NT_RIGHT, .leaves = 4}, {"undecided", NT_RIGHT, .leaves = 4}, {                 \
        "no result", NT_RIGHT, .leaves = 5                                                         \
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
                           nt_table_room *room, nt_text *text) {
    const nt_column columns[] = {{"case", NT_LEFT, .cut = true},
                                 {"edit", NT_LEFT, .leaves = 6, .cut = true},
                                 {"seeds", NT_RIGHT, .leaves = 3},
                                 {nt_metric_names[metric], NT_RIGHT, .leaves = 1},
                                 {"mean change", .align = NT_RIGHT},
                                 {"deviation", NT_RIGHT, .leaves = 2},
                                 VERDICT_COLUMNS,
                                 {"recipe", NT_LEFT, .cut = true},
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
    nt_table_fit(&table, room, text);
    nt_table_finish(&table);
}

/* The same for who asked for no view: with the baselines of the split, and without counts. */
static void add_means(const nt_results_query *query, const nt_run_summary *items, size_t count,
                      nt_table_room *room, nt_text *text) {
    nt_column columns[NT_MEANS_COLUMNS];
    nt_table table;
    nt_arena arena;
    nt_arena_init(&arena);
    nt_means_table_init(&table, columns, query->results->scoring.metric, false);
    double *values = NT_ARENA_ARRAY(&arena, double, query->baselines.count + 1);
    int32_t seeds = 0;
    for (size_t i = 0; values && i < query->baselines.count; i++)
        if (is_of(query->baselines.items[i], items[0].first) &&
            !query->baselines.items[i]->finding.failure)
            values[seeds++] = query->baselines.items[i]->finding.outcome.value;
    nt_means_table_baseline(&table, nt_spread_of(values, seeds), (nt_means_time){0});
    nt_table_rule(&table);
    for (size_t i = 0; i < count; i++)
        nt_means_table_case(&table, items[i].first->name, items[i].first->edit, &items[i].value,
                            &items[i].change, items[i].first->recipe, (nt_means_time){0},
                            items[i].failures);
    nt_table_fit(&table, room, text);
    nt_table_finish(&table);
    nt_arena_finish(&arena);
    if (items[0].first->baseline)
        nt_findings_note_uncounted(&items[0].first->baseline->finding.outcome, text);
}

static void add_cases(const nt_results_query *query, nt_table_room *room, nt_text *text) {
    const nt_run_summaries *list = &query->summaries;
    size_t first = 0;
    for (size_t i = 1; i <= list->count; i++) {
        if (i < list->count &&
            list->items[i].first->group_start == list->items[first].first->group_start)
            continue;
        add_heading(list->items[first].first, text);
        if (query->view == NT_VIEW_MEANS)
            add_means(query, list->items + first, i - first, room, text);
        else
            add_case_table(query->results->scoring.metric, list->items + first, i - first, room,
                           text);
        add_control(list->items[first].first, text);
        first = i;
    }
}

static void add_groups(const nt_results_query *query, nt_table_room *room, nt_text *text) {
    static const nt_column columns[] = {
        {"group", NT_LEFT, .cut = true},    {"split", NT_LEFT, .leaves = 2, .cut = true},
        {"cases", NT_RIGHT, .leaves = 1},   {"results", NT_RIGHT, .leaves = 3},
        {"mean change", .align = NT_RIGHT}, VERDICT_COLUMNS,
        {"tau", .align = NT_RIGHT},         {0}};
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
    nt_table_fit(&table, room, text);
    nt_table_finish(&table);
}

/* --- images ----------------------------------------------------------------------------------- */

/* "  lost    1 5 7 …", in lines of up to 100 columns; `width`: the room, 0: enough. */
static void add_numbers(const char *what, const int32_t *numbers, int64_t count, size_t width,
                        nt_text *text) {
    enum { WIDEST = 100, LEAST = 24 };
    size_t start = text->length;
    width = width == 0 || width > WIDEST ? WIDEST : width < LEAST ? LEAST : width;
    nt_text_printf(text, "  %-6s", what);
    for (int64_t i = 0; i < count; i++) {
        char number[16];
        int length = snprintf(number, sizeof number, " %d", numbers[i]);
        if (text->length - start + (size_t)length > width) {
            start = text->length + 1;
            nt_text_printf(text, "\n  %-6s", "");
        }
        nt_text_add_bytes(text, number, (size_t)length);
    }
    nt_text_add(text, "\n");
}

static void add_images(const nt_results_query *query, nt_table_room *room, nt_text *text) {
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
            add_numbers("lost", query->images[i].lost, finding->paired.lost, room->width, text);
        if (finding->paired.gained > 0)
            add_numbers("gained", query->images[i].gained, finding->paired.gained, room->width,
                        text);
    }
}

void nt_results_tables(const nt_results_query *query, nt_table_room *room, nt_text *text) {
    static void (*const views[])(const nt_results_query *, nt_table_room *,
                                 nt_text *) = {[NT_VIEW_SEED] = add_rows,
                                               [NT_VIEW_CASE] = add_cases,
                                               [NT_VIEW_GROUP] = add_groups,
                                               [NT_VIEW_IMAGES] = add_images,
                                               [NT_VIEW_MEANS] = add_cases};
    if (query->rows.count > 0) {
        views[query->view](query, room, text);
        return;
    }
    if (query->view == NT_VIEW_SEED) {
        add_group(query, NULL, 0, room, text);
        nt_text_add(text, "\n");
    }
    nt_text_add(text, query->results->row_count > 0 ? "no case is like that\n"
                                                    : "the run has no cases\n");
}
