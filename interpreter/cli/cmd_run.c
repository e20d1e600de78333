/* nontrivial run: a whole suite. One table a group on standard output, files in the run folder. */
#include "console.h"
#include "plan_print.h"
#include "run_tables.h"
#include "signals.h"
#include "store.h"
#include "suite_job.h"
#include <string.h>

typedef struct run_options {
    nt_suite_job_options job;
    bool json, one_by_one, plan, decide, full, calibration, seeds, wide;
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
    {"calibration", NT_BOOL, offsetof(run_options, calibration), "false",
     .doc = "also record how sure the network is, whole and in its worst case, for the report"},
    NT_OPTION_SEEDS(run_options),
    NT_OPTION_WIDE(run_options),
    NT_OPTION_JSON(run_options),
    {0},
};

static const nt_operand run_operands[] = {NT_SUITE_JOB_OPERAND, {0}};

/* --- the command ------------------------------------------------------------------------------ */

/* What the command line says goes for all groups. */
static nt_status set_decide(nt_suite *suite, const run_options *options, nt_error *error) {
    if (options->decide && options->full)
        return nt_error_say(error, NT_USAGE, "--decide and --full don't go together");
    if (options->full)
        nt_suite_decide_none(suite);
    return options->decide ? nt_suite_decide_all(suite, error) : NT_OK;
}

/* What the run folder has of this very suite counts as done. */
static nt_status plan_run(const nt_suite_job *job, bool json, nt_error *error) {
    nt_run_state state;
    nt_suite_plan plan;
    bool there = nt_run_is_there(job->options.out);
    nt_status status = there ? nt_run_state_look(job->options.out, 0, &state) : NT_OK;
    const nt_run_state *done =
        there && strcmp(state.digest, job->suite->digest) == 0 ? &state : NULL;
    if (status == NT_OK)
        status = nt_suite_plan_make(job->suite, done, &job->progress, &plan, error);
    if (status == NT_OK)
        status = nt_plan_print(&plan, done, json);
    if (there)
        nt_run_state_finish(&state);
    return status;
}

static nt_status run(const nt_arguments *arguments, nt_error *error) {
    const run_options *options = arguments->record;
    nt_suite_job job;
    nt_results *results = NULL;
    nt_signals_catch();
    nt_status status = nt_suite_job_init(&job, arguments, &options->job, error);
    job.options.one_by_one = options->one_by_one;
    job.options.reliability = options->calibration;
    if (status == NT_OK)
        status = set_decide(job.suite, options, error);
    if (options->plan) {
        status = status == NT_OK ? plan_run(&job, options->json, error) : status;
        nt_suite_job_finish(&job);
        return status;
    }
    if (status == NT_OK)
        status = nt_suite_run(job.suite, &job.options, &results, error);
    nt_progress_bar_finish(&job.bar);
    if (status == NT_OK && results)
        status = nt_run_tables_print(
            results, &(nt_run_tables_options){options->json, options->seeds, options->wide});
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
    .examples = "nontrivial run suite.yaml --plan\n"
                "nontrivial run suite.yaml --out runs/first --set seeds=[0,1]\n",
    .syntax = {.operands = run_operands,
               .settings = "override a value of the suite by its path: evaluate.limit=1000"},
    .together = true,
    .run = run,
};
