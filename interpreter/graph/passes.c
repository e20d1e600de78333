/* The tables of passes, in the order in which they run; the verifier looks at what each one made.
 */
#include "passes.h"

const nt_pass nt_passes[] = {
    {"evaluation", "drop what only training needs, choose batch normalisation's statistics", true,
     nt_pass_evaluation},
    {"fold_batch_norm", "fold running statistics into the kernel before them", false,
     nt_pass_fold_batch_norm},
    {"fuse_end", "fuse the sum and the relu after a convolution into it", false, nt_pass_fuse_end},
    {"keep_kernels", "transform kernels once, not with every batch", false, nt_pass_keep_kernels},
    {"fuse_sums", "let a convolution find its batch's statistics", false, nt_pass_fuse_sums},
    {"dead", "drop what no output needs", false, nt_pass_dead},
    {0},
};

const nt_pass nt_training_passes[] = {
    {"recompute", "compute again what is cheap, in place of keeping it", false, nt_pass_recompute},
    {"fuse_sums", "let a convolution find its batch's statistics", false, nt_pass_fuse_sums},
    {"dead", "drop what no output needs", true, nt_pass_dead},
    {0},
};

static nt_status run(const nt_pass *passes, const nt_graph *from, const nt_pass_options *options,
                     nt_graph **ret, nt_error *error) {
    const nt_graph *current = from;
    nt_graph *mine = NULL;
    for (const nt_pass *pass = passes; pass->name; pass++) {
        if (options->plain && !pass->meaning)
            continue;
        nt_graph *next;
        nt_status status = pass->run(current, options, &next);
        nt_graph_free(mine);
        if (status != NT_OK)
            return nt_error_say(error, status, "the graph pass '%s' failed: %s", pass->name,
                                nt_status_text(status));
        const char *flaw = nt_graph_flaw(next);
        if (flaw) {
            nt_error_say(error, NT_FAILED, "the graph pass '%s' made a faulty graph: %s",
                         pass->name, flaw);
            nt_graph_free(next);
            return NT_FAILED;
        }
        current = mine = next;
    }
    *ret = mine;
    return NT_OK;
}

nt_status nt_passes_run(const nt_graph *from, const nt_pass_options *options, nt_graph **ret,
                        nt_error *error) {
    return run(nt_passes, from, options, ret, error);
}

nt_status nt_training_passes_run(const nt_graph *from, const nt_pass_options *options,
                                 nt_graph **ret, nt_error *error) {
    return run(nt_training_passes, from, options, ret, error);
}
