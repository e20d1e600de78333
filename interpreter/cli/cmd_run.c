/* nontrivial run: a whole suite. One table a group on standard output, files in the run folder. */
#include "console.h"
#include "findings_table.h"
#include "plan_print.h"
#include "results_file.h"
#include "results_words.h"
#include "signals.h"
#include "store.h"
#include "suite_job.h"

#include <math.h>

typedef struct run_options {
    nt_suite_job_options job;
    bool json, one_by_one, plan, decide, full;
} run_options;

static const nt_field run_fields[] = {
    NT_SUITE_JOB_OPTIONS,
    {"plan", NT_BOOL, offsetof(run_options, plan), "false",
     .doc = "say what the run would take, and run nothing"},
    {"decide", NT_BOOL, offsetof(run_options, decide), "false",
     .doc = "end each case as soon as its verdict is certain, as `decide: true` in the suite"},
    {"full", NT_BOOL, offsetof(run_options, full), "false",
     .doc = "measure every case to the end, whatever the suite says; goes on from decided ones"},
    {"one-by-one", NT_BOOL, offsetof(run_options, one_by_one), "false",
     .doc = "evaluate a graph for each case, not one for all: the same results, slower"},
    NT_OPTION_JSON(run_options),
    {0},
};

static const nt_operand run_operands[] = {NT_SUITE_JOB_OPERAND, {0}};

/* --- tables ----------------------------------------------------------------------------------- */

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

static nt_status print_results(const nt_results *results, bool json) {
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

/* --- the command ------------------------------------------------------------------------------ */

/* What the command line says goes for all groups. */
static nt_status set_decide(nt_suite *suite, const run_options *options, nt_error *error) {
    if (options->decide && options->full)
        return nt_error_say(error, NT_USAGE, "--decide and --full don't go together");
    if (options->full)
        nt_suite_decide_none(suite);
    return options->decide ? nt_suite_decide_all(suite, error) : NT_OK;
}

static nt_status run(const nt_arguments *arguments, nt_error *error) {
    const run_options *options = arguments->record;
    nt_suite_job job;
    nt_results *results = NULL;
    nt_signals_catch();
    nt_status status = nt_suite_job_init(&job, arguments, &options->job, error);
    job.options.one_by_one = options->one_by_one;
    if (status == NT_OK)
        status = set_decide(job.suite, options, error);
    if (status == NT_OK && options->plan) {
        nt_suite_plan plan;
        status = nt_suite_plan_make(job.suite, &job.progress, &plan, error);
        if (status == NT_OK)
            status = nt_plan_print(&plan, options->json);
        nt_suite_job_finish(&job);
        return status;
    }
    if (status == NT_OK)
        status = nt_suite_run(job.suite, &job.options, &results, error);
    nt_progress_bar_finish(&job.bar);
    if (status == NT_OK && results)
        status = print_results(results, options->json);
    if (status == NT_OK && results)
        nt_progress_note(&job.progress,
                         "the run folder %s has results.csv, results.json and " NT_STORE_NAME,
                         job.options.out);
    if (status == NT_OK && results && nt_results_failures(results) > 0)
        status = nt_error_say(error, NT_FAILED,
                              "%d of the cases could not be measured; their rows say why",
                              nt_results_failures(results));
    nt_results_free(results);
    nt_suite_job_finish(&job);
    return status;
}

const nt_command nt_command_run = {
    .kind = {.name = "run",
             .doc = "run a suite: train what has no weights, measure every case, write tables",
             .fields = run_fields,
             .size = sizeof(run_options)},
    .syntax = {.operands = run_operands,
               .settings = "override a value of the suite by its path: evaluate.limit=1000"},
    .together = true,
    .run = run,
};
