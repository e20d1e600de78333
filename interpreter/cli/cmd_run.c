/* nontrivial run: a whole suite. One table a group on standard output, files in the run folder. */
#include "console.h"
#include "findings_table.h"
#include "plan_print.h"
#include "signals.h"
#include "suite_job.h"

#include <math.h>

typedef struct run_options {
    nt_suite_job_options job;
    bool json, one_by_one, plan;
} run_options;

static const nt_field run_fields[] = {
    NT_SUITE_JOB_OPTIONS,
    {"plan", NT_BOOL, offsetof(run_options, plan), "false",
     .doc = "say what the run would take, and run nothing"},
    {"one-by-one", NT_BOOL, offsetof(run_options, one_by_one), "false",
     .doc = "evaluate a graph for each case, not one for all: the same results, slower"},
    NT_OPTION_JSON(run_options),
    {0},
};

static const nt_operand run_operands[] = {{.name = "SUITE", .doc = "a suite file"}, {0}};

/* --- tables ----------------------------------------------------------------------------------- */

/* The baseline's rows, then those of a group; `group` NULL: the baseline's alone. */
static void add_table(const nt_results *results, const nt_group_result *group, nt_text *text) {
    const nt_suite *suite = results->suite;
    nt_arena arena;
    nt_findings_table table;
    nt_arena_init(&arena);
    nt_findings_table_init(&table, results->scoring.metric, suite->seed_count > 1);
    for (int s = 0; s < suite->seed_count; s++)
        nt_findings_table_baseline(&table, suite->seeds[s],
                                   &(nt_finding){.outcome = results->baseline[s]});
    if (group)
        nt_table_rule(&table.table);
    for (int32_t c = 0; group && c < group->cases.count; c++) {
        const nt_case *item = &group->cases.items[c];
        const char *words = nt_case_words(results, item, &arena);
        text->failed = text->failed || !words;
        for (int s = 0; words && s < suite->seed_count; s++)
            nt_findings_table_case(&table, item->name, words, suite->seeds[s],
                                   &group->findings[c * suite->seed_count + s]);
    }
    nt_table_format(&table.table, text);
    nt_table_finish(&table.table);
    nt_arena_finish(&arena);
}

/* With several seeds: each case's mean change, and whether the seeds agree. */
static void add_spread(const nt_results *results, const nt_group_result *group, nt_text *text) {
    static const nt_column columns[] = {
        {"case", NT_LEFT}, {"mean change", NT_RIGHT}, {"deviation", NT_RIGHT}, {0}};
    nt_table table;
    double tau = NAN;
    if (results->suite->seed_count == 1)
        return;
    nt_table_init(&table, columns);
    for (int32_t c = 0; c < group->cases.count; c++) {
        nt_spread spread = nt_case_spread(results, group, c);
        nt_table_cell(&table, group->cases.items[c].name);
        nt_table_change(&table, spread.mean);
        nt_table_share(&table, spread.deviation);
    }
    nt_text_add(text, "\n");
    nt_table_format(&table, text);
    nt_table_finish(&table);
    if (nt_group_agreement(results, group, &tau) == NT_OK && !isnan(tau))
        nt_text_printf(text,
                       "agreement of the seeds on the order of the cases (mean Kendall's "
                       "tau): %.2f\n",
                       tau);
}

static void add_group(const nt_results *results, int g, nt_text *text) {
    const nt_group_result *group = &results->groups[g];
    nt_text_printf(text, "%s%s\n\n", text->length ? "\n" : "", group->group->title);
    if (group->cases.remark[0] || group->cases.count == 0)
        nt_text_printf(text, "%s\n", group->cases.remark[0] ? group->cases.remark : "no cases");
    if (group->cases.remark[0] && group->cases.count > 0)
        nt_text_add(text, "\n");
    if (group->cases.count == 0)
        return;
    add_table(results, group, text);
    add_spread(results, group, text);
}

static nt_status print_results(const nt_results *results, bool json) {
    nt_text text;
    if (json)
        return nt_json_print(nt_results_json(results));
    nt_text_init(&text);
    bool any = false;
    for (int g = 0; g < results->suite->group_count; g++)
        any = any || results->groups[g].cases.count > 0;
    if (!any)
        add_table(results, NULL, &text);
    for (int g = 0; g < results->suite->group_count; g++)
        add_group(results, g, &text);
    return nt_print(&text);
}

/* --- the command ------------------------------------------------------------------------------ */

static nt_status run(const nt_arguments *arguments, nt_error *error) {
    const run_options *options = arguments->record;
    nt_suite_job job;
    nt_results *results = NULL;
    nt_signals_catch();
    nt_status status = nt_suite_job_init(&job, arguments, &options->job, error);
    job.options.one_by_one = options->one_by_one;
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
    if (status == NT_OK)
        status = print_results(results, options->json);
    if (status == NT_OK)
        nt_progress_note(&job.progress,
                         "the run folder %s has results.csv, results.json and " NT_STORE_NAME,
                         job.options.out);
    if (status == NT_OK && results->failures > 0)
        status = nt_error_say(error, NT_FAILED,
                              "%d of the cases could not be measured; their rows say why",
                              results->failures);
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
    .run = run,
};
