/* What running a suite will take, found without running it. */
#ifndef NT_SUITE_PLAN_H
#define NT_SUITE_PLAN_H

#include "run_state.h"

/* One way of evaluating all cases. Nodes are counted after the passes; multiply-adds are those of
 * one sample of one seed, those of nodes that don't depend on the sample left out. */
typedef struct nt_suite_cost {
    int64_t nodes;
    int64_t multiply_adds; /* as the literature counts them */
    int64_t executed;      /* as the chosen algorithms execute them */
    size_t memory;         /* bytes of the largest run */
    double seconds;        /* predicted, over all samples and seeds */
} nt_suite_cost;

typedef struct nt_suite_plan {
    int32_t cases; /* with the baseline */
    int32_t samples, seeds, threads;
    int32_t asking; /* groups whose cases are not known before they ask */
    int32_t failing;
    int64_t step_executed; /* multiply-adds of one image's training step; 0: nothing is trained */
    int32_t train_samples, epochs_left; /* images of an epoch; epochs, of all seeds together */
    double training_seconds;            /* predicted */
    int32_t retrainings;        /* of cases, and of the baselines that they are compared with, */
    int32_t retraining_epochs;  /* all seeds' epochs of these, whatever is done already, */
    double retraining_seconds;  /* predicted */
    double rate;                /* executed multiply-adds a second, measured on one convolution */
    nt_suite_cost loop, merged; /* a graph for each case; one for all */
} nt_suite_plan;

/* `done`: what the run folder has; NULL: nothing. All that a run would refuse is an error. */
nt_status nt_suite_plan_make(const nt_suite *suite, const nt_run_state *done,
                             const nt_progress *progress, nt_suite_plan *ret, nt_error *error);

#endif
