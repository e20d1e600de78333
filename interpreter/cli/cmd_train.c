/* nontrivial train: the training of a suite, without measuring its cases. */
#include "signals.h"
#include "suite_job.h"

static const nt_field train_fields[] = {NT_SUITE_JOB_OPTIONS, {0}};

static const nt_operand train_operands[] = {NT_SUITE_JOB_OPERAND, {0}};

static nt_status run(const nt_arguments *arguments, nt_error *error) {
    nt_suite_job job;
    nt_signals_catch();
    nt_status status = nt_suite_job_init(&job, arguments, arguments->record, error);
    if (status == NT_OK)
        status = nt_suite_train(job.suite, &job.options, error);
    nt_suite_job_finish(&job);
    return status;
}

const nt_command nt_command_train = {
    .kind = {.name = "train",
             .doc = "train what a suite has no weights for yet",
             .fields = train_fields,
             .size = sizeof(nt_suite_job_options)},
    .detail = "Each seed's weights, metrics and checkpoints are in its folder in the run folder.\n"
              "Interrupted or killed, the same command goes on where it was.\n",
    .examples = "nontrivial train suite.yaml --set train.epochs=5\n",
    .syntax = {.operands = train_operands,
               .settings = "override a value of the suite by its path: train.epochs=5"},
    .together = true,
    .run = run,
};
