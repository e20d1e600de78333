/* Dead-node elimination: rewriting copies only what the outputs need. */
#include "passes.h"

static nt_status run(const nt_graph *from, const nt_pass_options *options, nt_graph **ret) {
    (void)options;
    return nt_graph_rewrite(from, NULL, NULL, ret);
}

const nt_pass nt_pass_dead = {
    .kind = {.name = "dead", .doc = "drop what no output needs", .fields = nt_no_fields},
    .phases = NT_IN_EVALUATION | NT_IN_GRADIENTS,
    .meaning = NT_IN_GRADIENTS,
    .run = run,
};
