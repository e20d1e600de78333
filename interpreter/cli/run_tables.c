/* One table a group, of its cases with each seed; then one of what the seeds say together. */
#include "run_tables.h"

#include "console.h"
#include "findings_table.h"
#include "results_file.h"
#include "results_words.h"
#include <math.h>

/* The baseline's rows, then those of a group; `group` NULL: the baseline's alone. */
static void add_table(const nt_results *results, const nt_group_result *group, nt_text *text) {
    nt_arena arena;
    nt_findings_table table;
    nt_arena_init(&arena);
    nt_findings_table_init(&table, results->setup.metric, results->seed_count > 1,
                           group && nt_group_result_decides(group));
    for (int32_t s = 0; s < results->seed_count; s++)
        nt_findings_table_baseline(&table, &results->baseline[s]);
    if (group)
        nt_table_rule(&table.table);
    for (int32_t c = 0; group && c < group->case_count; c++) {
        const nt_case_result *item = &group->cases[c];
        const char *words = nt_case_words(results, item, &arena);
        text->failed = text->failed || !words;
        for (int32_t s = 0; words && s < results->seed_count; s++)
            nt_findings_table_case(&table, item->name, words, item->cut, &item->findings[s]);
    }
    nt_table_format(&table.table, text);
    nt_findings_note_uncounted(&results->baseline->outcome, text);
    nt_table_finish(&table.table);
    nt_arena_finish(&arena);
}

/* With several seeds: each case's mean change, and whether the seeds agree. */
static void add_spread(const nt_results *results, const nt_group_result *group, nt_text *text) {
    static const nt_column columns[] = {{"case", NT_LEFT},       {"mean change", NT_RIGHT},
                                        {"deviation", NT_RIGHT}, {"95 % (recipe)", NT_LEFT},
                                        {"recipe", NT_LEFT},     {0}};
    nt_table table;
    if (results->seed_count == 1)
        return;
    nt_table_init(&table, columns);
    for (int32_t c = 0; c < group->case_count; c++) {
        nt_table_cell(&table, group->cases[c].name);
        nt_table_change(&table, group->cases[c].change.mean);
        nt_table_share(&table, group->cases[c].change.deviation);
        nt_table_interval(&table, group->cases[c].recipe.judgement.within_95);
        nt_table_recipe(&table, &group->cases[c].recipe);
    }
    nt_text_add(text, "\n");
    nt_table_format(&table, text);
    nt_table_finish(&table);
    if (!isnan(group->tau))
        nt_text_printf(text, "the seeds %s (mean Kendall's tau %.2f)\n",
                       nt_agreement_words(group->tau), group->tau);
}

/* What a user should know of the cases, and the place of the one whose controls they are. */
static void add_about(const nt_group_result *group, nt_text *text) {
    nt_arena arena;
    nt_arena_init(&arena);
    const char *words = group->control.of ? nt_control_words(&group->control, &arena) : "";
    text->failed = text->failed || !words;
    if (group->note_count > 0)
        nt_text_add(text, "\n");
    for (int32_t i = 0; i < group->note_count; i++)
        nt_text_printf(text, "note: %s\n", group->notes[i]);
    if (words && words[0])
        nt_text_printf(text, "\n%s\n", words);
    nt_arena_finish(&arena);
}

static void add_group(const nt_results *results, const nt_group_result *group, nt_text *text) {
    nt_text_printf(text, "%s%s\n\n", text->length ? "\n" : "", group->title);
    if (group->remark[0] || group->case_count == 0)
        nt_text_printf(text, "%s\n", group->remark[0] ? group->remark : "no cases");
    if (group->remark[0] && group->case_count > 0)
        nt_text_add(text, "\n");
    if (group->case_count == 0)
        return;
    add_table(results, group, text);
    add_spread(results, group, text);
    add_about(group, text);
}

nt_status nt_run_tables_print(const nt_results *results, bool json) {
    nt_text text;
    if (json)
        return nt_json_print(nt_results_json(results));
    nt_text_init(&text);
    bool any = false;
    for (int32_t g = 0; g < results->group_count; g++)
        any = any || results->groups[g].case_count > 0;
    if (!any)
        add_table(results, NULL, &text);
    for (int32_t g = 0; g < results->group_count; g++)
        add_group(results, &results->groups[g], &text);
    nt_results_add_few(results, "\n", "\n", &text);
    return nt_print(&text);
}
