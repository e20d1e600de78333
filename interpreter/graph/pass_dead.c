/* Dead-node elimination: rewriting copies only what the outputs need. */
#include "passes.h"

nt_status nt_pass_dead(const nt_graph *from, const nt_pass_options *options, nt_graph **ret) {
    (void)options;
    return nt_graph_rewrite(from, NULL, NULL, ret);
}
