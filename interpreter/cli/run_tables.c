/* One table a group. With several seeds: a row a case, of what they say together, or on demand a
 * row for each seed, and what they say together in a table below. */
#include "run_tables.h"

#include "console.h"
#include "findings_table.h"
#include "fit.h"
#include "results_file.h"
#include "results_words.h"
#include "statistics.h"
#include <math.h>
#include <string.h>

/* The baseline's rows, then those of a group; `group` NULL: the baseline's alone. */
static void add_table(const nt_results *results, const nt_group_result *group, nt_table_room *room,
                      nt_text *text) {
    nt_arena arena;
    nt_findings_table table;
    nt_arena_init(&arena);
    nt_findings_table_init(&table, results->setup.metric, results->seed_count > 1,
                           group && nt_group_result_decides(group),
                           group && group->retraining.from);
    const nt_finding *baseline =
        group ? nt_group_result_baseline(results, group) : results->baseline;
    for (int32_t s = 0; s < results->seed_count; s++)
        nt_findings_table_baseline(&table, &baseline[s]);
    if (group)
        nt_table_rule(&table.table);
    for (int32_t c = 0; group && c < group->case_count; c++) {
        const nt_case_result *item = &group->cases[c];
        const char *words = nt_case_words(results, item, &arena);
        text->failed = text->failed || !words;
        for (int32_t s = 0; words && s < results->seed_count; s++)
            nt_findings_table_case(&table, item->name, words, item->cut, &item->findings[s],
                                   &baseline[s]);
    }
    nt_table_fit(&table.table, room, text);
    nt_findings_note_uncounted(&results->baseline->outcome, text);
    nt_table_finish(&table.table);
    nt_arena_finish(&arena);
}

static void add_agreement(const nt_group_result *group, nt_text *text) {
    if (!isnan(group->tau))
        nt_text_printf(text, "the seeds %s (mean Kendall's tau %.2f)\n",
                       nt_agreement_words(group->tau), group->tau);
}

/* NaN where memory is out. */
static nt_spread baseline_spread(const nt_results *results, const nt_finding *baseline,
                                 nt_arena *arena) {
    double *values = NT_ARENA_ARRAY(arena, double, results->seed_count);
    for (int32_t s = 0; values && s < results->seed_count; s++)
        values[s] = baseline[s].failure ? (double)NAN : baseline[s].outcome.value;
    return nt_spread_of(values, values ? results->seed_count : 0);
}

/* Of those that have one; 0: none has. */
static double mean_seconds(const nt_finding *findings, int32_t count) {
    double sum = 0;
    int32_t known = 0;
    for (int32_t s = 0; s < count; s++) {
        sum += findings[s].epoch_seconds;
        known += findings[s].epoch_seconds > 0;
    }
    return known > 0 ? sum / known : 0;
}

/* With several seeds: each case's mean change, and whether the seeds agree. */
static void add_spread(const nt_results *results, const nt_group_result *group, nt_table_room *room,
                       nt_text *text) {
    static const nt_column columns[] = {
        {"case", NT_LEFT, .cut = true},       {"mean change", .align = NT_RIGHT},
        {"deviation", NT_RIGHT, .leaves = 1}, {"95 % (recipe)", NT_LEFT, .leaves = 2},
        {"recipe", NT_LEFT, .cut = true},     {0}};
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
    nt_table_fit(&table, room, text);
    nt_table_finish(&table);
    add_agreement(group, text);
}

/* With several seeds: a row for each case. */
static void add_means(const nt_results *results, const nt_group_result *group, nt_table_room *room,
                      nt_text *text) {
    nt_arena arena;
    nt_column columns[NT_MEANS_COLUMNS];
    nt_table table;
    const nt_finding *baseline =
        group ? nt_group_result_baseline(results, group) : results->baseline;
    nt_means_time time = {.baseline = mean_seconds(baseline, results->seed_count)};
    time.seconds = time.baseline;
    nt_arena_init(&arena);
    nt_means_table_init(&table, columns, results->setup.metric, time.baseline > 0);
    nt_means_table_baseline(&table, baseline_spread(results, baseline, &arena), time);
    if (group)
        nt_table_rule(&table);
    for (int32_t c = 0; group && c < group->case_count; c++) {
        const nt_case_result *item = &group->cases[c];
        const char *words = nt_case_words(results, item, &arena);
        int32_t failures = 0;
        for (int32_t s = 0; s < item->finding_count; s++)
            failures += item->findings[s].failure != NULL;
        time.seconds = mean_seconds(item->findings, item->finding_count);
        nt_means_table_case(&table, item->name, words, &item->value, &item->change, &item->recipe,
                            time, failures);
    }
    nt_table_fit(&table, room, text);
    nt_table_finish(&table);
    nt_arena_finish(&arena);
    if (group)
        add_agreement(group, text);
    nt_findings_note_uncounted(&results->baseline->outcome, text);
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

/* The table, or tables, of a group; NULL: of the baseline alone. */
static void add_tables(const nt_results *results, const nt_group_result *group, bool seeds,
                       nt_table_room *room, nt_text *text) {
    if (results->seed_count > 1 && !seeds) {
        add_means(results, group, room, text);
        return;
    }
    add_table(results, group, room, text);
    if (group)
        add_spread(results, group, room, text);
}

/* What a group's cases went through. */
static void add_retraining(const nt_group_result *group, nt_text *text) {
    nt_arena arena;
    if (!group->retraining.from)
        return;
    nt_arena_init(&arena);
    const char *words = nt_retraining_words(&group->retraining, &arena);
    text->failed = text->failed || !words;
    nt_text_printf(text, "each case is %s\n\n", words ? words : "");
    nt_arena_finish(&arena);
}

static void add_group(const nt_results *results, const nt_group_result *group, bool seeds,
                      nt_table_room *room, nt_text *text) {
    nt_text_printf(text, "%s%s\n\n", text->length ? "\n" : "", group->title);
    if (group->remark[0] || group->case_count == 0)
        nt_text_printf(text, "%s\n", group->remark[0] ? group->remark : "no cases");
    if (group->remark[0] && group->case_count > 0)
        nt_text_add(text, "\n");
    if (group->case_count == 0)
        return;
    add_retraining(group, text);
    add_tables(results, group, seeds, room, text);
    add_about(group, text);
}

/* The first estimate of each estimator, with another seed's the mean of tau. */
static void add_ranks(const nt_results *results, const nt_estimate_result *estimate,
                      nt_table *table) {
    for (int32_t r = 0; r < estimate->rank_count; r++) {
        const nt_estimate_rank *rank = &estimate->ranks[r];
        nt_table_cell(table, estimate->by);
        nt_table_cell(table, rank->group);
        nt_table_count(table, rank->layers);
        nt_table_share(table, nt_estimate_mean_tau(results, estimate->by, rank->group));
        nt_table_cell(table, estimate->doc);
    }
}

static void add_estimates(const nt_results *results, nt_table_room *room, nt_text *text) {
    static const nt_column columns[] = {{"estimate", NT_LEFT, .cut = true},
                                        {"group", NT_LEFT, .cut = true},
                                        {"layers", NT_RIGHT, .leaves = 2},
                                        {"tau", .align = NT_RIGHT},
                                        {"what it is", NT_LEFT, .leaves = 1, .cut = true},
                                        {0}};
    nt_table table;
    if (results->estimate_count == 0)
        return;
    nt_table_init(&table, columns);
    for (int32_t i = 0; i < results->estimate_count; i++)
        if (i == 0 || strcmp(results->estimates[i].by, results->estimates[i - 1].by) != 0)
            add_ranks(results, &results->estimates[i], &table);
    nt_text_printf(text,
                   "\nEstimates of layers, held against what groups measured: Kendall's tau%s"
                   "\n\n",
                   results->seed_count > 1 ? ", mean of the seeds" : "");
    if (table.count > 0)
        nt_table_fit(&table, room, text);
    else
        nt_text_printf(text, "no group edits one layer a case, of at least %d that are no cuts\n",
                       NT_FEWEST_RANKED);
    nt_text_add(text, "\nthe values are in " NT_ESTIMATES_CSV "\n");
    nt_table_finish(&table);
}

nt_status nt_run_tables_print(const nt_results *results, const nt_run_tables_options *options) {
    nt_text text;
    nt_table_room room = {.width = options->wide ? 0 : (size_t)nt_console_width(stdout)};
    if (options->json)
        return nt_json_print(nt_results_json(results));
    nt_text_init(&text);
    bool any = false;
    for (int32_t g = 0; g < results->group_count; g++)
        any = any || results->groups[g].case_count > 0;
    if (!any)
        add_tables(results, NULL, options->seeds, &room, &text);
    for (int32_t g = 0; g < results->group_count; g++)
        add_group(results, &results->groups[g], options->seeds, &room, &text);
    if (!options->seeds)
        nt_results_add_adjusted(results, "\n", "\n", &text);
    add_estimates(results, &room, &text);
    nt_results_add_few(results, "\n", "\n", &text);
    nt_table_note_left_out(&room, "--wide prints them, --json all there is", &text);
    nt_text_break(&text, room.width);
    return nt_print(&text);
}
