/* Where a suite takes the statistics of a batch itself: in training, in evaluation with
 * `batch_norm: batch`, and for those found again. An epoch of training, and what is found again,
 * leave out what makes no whole batch; evaluation does not. */
#include "suite_file.h"

#include "batch_norms.h"
#include "passes.h"

#define MORE "take at least two"
#define FEWER "take fewer shards: of %d images a batch each has one"
#define NO_REST "take another batch, that leaves no last one of one image"

nt_status nt_suite_check_training_norms(const nt_suite *suite, const nt_network *network,
                                        nt_error *error) {
    char why[NT_WHY];
    if (!suite->recipe ||
        nt_batch_norms_suffice(network->graph, nt_graph_output_count(network->graph),
                               nt_recipe_joins(suite->recipe) ? suite->recipe->batch
                                                              : nt_recipe_shard(suite->recipe),
                               0, why))
        return NT_OK;
    if (!why[0])
        return nt_error_say(error, NT_NO_MEMORY, "out of memory");
    nt_error_at(error, NT_INVALID, nt_yaml_location(suite->root, "train.batch"), "in training %s",
                why);
    if (suite->recipe->batch > 1)
        nt_error_hint(error, FEWER, suite->recipe->batch);
    else
        nt_error_hint(error, MORE);
    return NT_INVALID;
}

nt_status nt_suite_check_norms(const nt_suite *suite, const nt_network *network, int32_t samples,
                               nt_error *error) {
    char why[NT_WHY];
    int32_t batch = suite->evaluate.batch, norm = suite->evaluate.batch_norm;
    if (norm == NT_NORM_RUNNING ||
        nt_batch_norms_suffice(network->graph, 1, batch, norm == NT_NORM_BATCH ? samples : 0, why))
        return NT_OK;
    if (!why[0])
        return nt_error_say(error, NT_NO_MEMORY, "out of memory");
    nt_error_say(error, NT_INVALID, "with 'batch_norm: %s' under 'evaluate' %s",
                 norm == NT_NORM_BATCH ? "batch" : "recalibrated", why);
    nt_error_hint(error, "%s", batch == 1 ? MORE : NO_REST);
    return NT_INVALID;
}
