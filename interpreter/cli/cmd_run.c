/* nontrivial run: a whole suite. One table a group on standard output, files in the run folder. */
#include "console.h"
#include "signals.h"
#include "suite_job.h"
#include "table.h"

typedef struct run_options {
    nt_suite_job_options job;
    bool json;
} run_options;

static const nt_field run_fields[] = {
    NT_SUITE_JOB_OPTIONS,
    NT_OPTION_JSON(run_options),
    {0},
};

static const nt_operand run_operands[] = {{.name = "SUITE", .doc = "a suite file"}, {0}};

/* --- tables ----------------------------------------------------------------------------------- */

/* What a case zeroed, short enough for a table: all names while they are few. */
static void add_zeroed(const nt_results *results, const nt_case *item, nt_table *table) {
    enum { NAMED = 3 };
    nt_text text;
    nt_text_init(&text);
    for (int32_t i = 0; i < item->layer_count && i < NAMED; i++)
        nt_text_printf(&text, "%s%s", i ? " " : "", results->network->layers[item->layers[i]].name);
    if (item->layer_count > NAMED)
        nt_text_printf(&text, " and %d more", item->layer_count - NAMED);
    nt_table_cell(table, text.failed ? NULL : text.bytes);
    nt_text_finish(&text);
}

/* A row; the seed's column is only there where there are several. */
static void add_row(const nt_results *results, int s, nt_outcome outcome, nt_table *table) {
    if (results->suite->seed_count > 1)
        nt_table_cellf(table, "%d", results->suite->seeds[s]);
    nt_table_cellf(table, "%.4f", nt_accuracy(outcome));
    nt_table_cellf(table, "%+.4f", nt_change(outcome, results->baseline[s]));
    nt_table_cellf(table, "%d/%d", outcome.correct, outcome.total);
}

static const nt_column with_seed[] = {{"case", NT_LEFT},
                                      {"zeroed", NT_LEFT},
                                      {"seed", NT_RIGHT},
                                      {"accuracy", NT_RIGHT},
                                      {"change", NT_RIGHT},
                                      {"correct", NT_RIGHT},
                                      {0}};
static const nt_column without_seed[] = {{"case", NT_LEFT},      {"zeroed", NT_LEFT},
                                         {"accuracy", NT_RIGHT}, {"change", NT_RIGHT},
                                         {"correct", NT_RIGHT},  {0}};

/* The baseline's rows, then those of a group; `group` NULL: the baseline's alone. */
static void add_table(const nt_results *results, const nt_group_result *group, nt_text *text) {
    int seeds = results->suite->seed_count;
    nt_table table;
    nt_table_init(&table, seeds > 1 ? with_seed : without_seed);
    for (int s = 0; s < seeds; s++) {
        nt_table_cell(&table, "baseline");
        nt_table_cell(&table, "");
        add_row(results, s, results->baseline[s], &table);
    }
    if (group)
        nt_table_rule(&table);
    for (int32_t c = 0; group && c < group->cases.count; c++)
        for (int s = 0; s < seeds; s++) {
            nt_table_cell(&table, group->cases.items[c].name);
            add_zeroed(results, &group->cases.items[c], &table);
            add_row(results, s, group->outcomes[c * seeds + s], &table);
        }
    nt_table_format(&table, text);
    nt_table_finish(&table);
}

static void add_group(const nt_results *results, int g, nt_text *text) {
    const nt_group_result *group = &results->groups[g];
    nt_text_printf(text, "%s%s\n\n", text->length ? "\n" : "", group->group->title);
    if (group->cases.remark[0] || group->cases.count == 0)
        nt_text_printf(text, "%s\n", group->cases.remark[0] ? group->cases.remark : "no cases");
    if (group->cases.remark[0] && group->cases.count > 0)
        nt_text_add(text, "\n");
    if (group->cases.count > 0)
        add_table(results, group, text);
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
    if (status == NT_OK)
        status = nt_suite_run(job.suite, &job.options, &results, error);
    nt_progress_bar_finish(&job.bar);
    if (status == NT_OK)
        status = print_results(results, options->json);
    if (status == NT_OK)
        nt_report_note(&job.report,
                       "the run folder %s has results.csv, results.json and measured.csv",
                       job.options.out);
    nt_results_free(results);
    nt_suite_job_finish(&job);
    return status;
}

const nt_command nt_command_run = {
    .name = "run",
    .doc = "run a suite: train what has no weights, measure every case, write tables",
    .syntax = {.options = run_fields,
               .record_size = sizeof(run_options),
               .operands = run_operands,
               .settings = "override a value of the suite by its path: evaluate.limit=1000"},
    .run = run,
};
