#include "passes.h"

const char *const nt_norm_names[] = {
    [NT_NORM_RUNNING] = "running",
    [NT_NORM_BATCH] = "batch",
    [NT_NORM_RECALIBRATED] = "recalibrated",
    NULL,
};

static bool runs(const nt_pass *pass, const nt_pass_options *options) {
    unsigned phases = options->plain ? pass->meaning : pass->phases;
    return phases >> options->phase & 1 && (!pass->wanted || pass->wanted(options));
}

static nt_status run(const nt_pass *pass, const nt_graph *from, const nt_pass_options *options,
                     nt_graph **ret, nt_error *error) {
    nt_graph *next;
    nt_status status = pass->run(from, options, &next);
    if (status != NT_OK)
        return nt_error_say(error, status, "the graph pass '%s' failed: %s", pass->kind.name,
                            nt_status_text(status));
    const char *flaw = nt_graph_flaw(next);
    if (flaw) {
        nt_error_say(error, NT_FAILED, "the graph pass '%s' made a faulty graph: %s",
                     pass->kind.name, flaw);
        nt_graph_free(next);
        return NT_FAILED;
    }
    *ret = next;
    return NT_OK;
}

nt_status nt_passes_run(const nt_graph *from, const nt_pass_options *options, nt_graph **ret,
                        nt_error *error) {
    nt_graph *current = NULL; /* NULL: still `from` */
    for (const nt_kind *const *at = nt_passes; *at; at++) {
        const nt_pass *pass = (const nt_pass *)*at;
        nt_graph *next = NULL;
        if (!runs(pass, options))
            continue;
        nt_status status = run(pass, current ? current : from, options, &next, error);
        nt_graph_free(current);
        if (status != NT_OK)
            return status;
        current = next;
    }
    *ret = current;
    return NT_OK;
}
