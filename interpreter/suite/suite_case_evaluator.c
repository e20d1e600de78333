/* One case of a suite, ready to be evaluated again and again: for who wants more of it than the
 * outcomes that the store keeps. */
#include "suite_run_private.h"

nt_status nt_case_evaluator_init(nt_suite_work *work, nt_edits edits, int32_t batch,
                                 nt_case_evaluator *ret) {
    const nt_evaluation evaluation = {
        .batch = batch,
        .metric = work->scoring.metric,
        .passes = {.norm = (nt_norm)work->suite->evaluate.batch_norm, .conv = work->suite->conv}};
    const nt_derive_source source = {work->weights, &work->history, work->calibration, &evaluation};
    char why[NT_WHY];
    *ret = (nt_case_evaluator){0};
    if (nt_case_graph_init(&ret->cases, work->network, &edits, 1, why) != NT_OK)
        return nt_suite_no_memory(work);
    NT_TRY(nt_derived_weights_init(&ret->derived, &ret->cases, &source, work->error));
    return nt_evaluator_new(ret->cases.graph, work->weights, ret->derived.weights, work->loader,
                            &evaluation, &ret->evaluator, work->error);
}

void nt_case_evaluator_finish(nt_case_evaluator *evaluator) {
    nt_evaluator_free(evaluator->evaluator);
    nt_derived_weights_finish(&evaluator->derived);
    nt_case_graph_finish(&evaluator->cases);
}
