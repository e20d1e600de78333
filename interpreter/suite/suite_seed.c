/* The weights of one seed, and what training began with, where a case may want it. */
#include "suite_run_private.h"

#include "seed_weights.h"
#include "trainer.h"
#include <unistd.h>

static nt_status read_initial(nt_suite_work *work, const nt_weights_source *source) {
    work->has_initial = false;
    bool given = work->suite->initial.path != NULL;
    if (!source->path || !nt_suite_any_case(work, nt_suite_may_reinit) ||
        (!given && access(source->path, R_OK) != 0)) /* the cases that want it will say so */
        return NT_OK;
    if (!work->initial && nt_weights_new(work->network, &work->initial) != NT_OK)
        return nt_suite_no_memory(work);
    NT_TRY(nt_weights_read(source, NULL, work->initial, NULL, work->error));
    NT_TRY(nt_weights_source_digest(source, work->initial_digest, work->error));
    work->has_initial = true;
    return NT_OK;
}

static nt_status find_seed(nt_suite_work *work, int s, int ranks, nt_seed_files *ret_files,
                           nt_error *error) {
    const nt_seed_source source = {.suite = work->suite,
                                   .metric = work->scoring.metric,
                                   .dataset = work->dataset,
                                   .data_digest = work->results->provenance.data,
                                   .from = work->from,
                                   .from_absent = work->from_absent,
                                   .from_digest = work->from_digest,
                                   .folder = work->options->out,
                                   .progress = work->options->progress,
                                   .ranks = ranks,
                                   .any_order = work->options->any_order};
    return nt_seed_weights(&source, s, work->weights, work->weight_digests[s], &work->arena,
                           ret_files, error);
}

nt_status nt_suite_train_seed(nt_suite_work *work, int s, int ranks, nt_error *error) {
    nt_seed_files files;
    return find_seed(work, s, ranks, &files, error);
}

bool nt_suite_is_trained(const nt_suite_work *work, int s) {
    nt_text path;
    nt_text_init(&path);
    nt_text_printf(&path, "%s/seed-%d/" NT_WEIGHTS_FILE, work->options->out, work->suite->seeds[s]);
    bool found = !path.failed && access(path.bytes, F_OK) == 0;
    nt_text_finish(&path);
    return found;
}

nt_status nt_suite_find_weights(nt_suite_work *work, int s) {
    nt_seed_files files;
    if (work->options->part_count > 0 && work->suite->recipe && !nt_suite_is_trained(work, s)) {
        nt_error_say(work->error, NT_FAILED, "the weights of seed %d are not there yet: %s/seed-%d",
                     work->suite->seeds[s], work->options->out, work->suite->seeds[s]);
        nt_error_hint(work->error, "parts don't train: run 'nontrivial train' with the same suite "
                                   "and --out first, with --shard if there are many seeds");
        return NT_FAILED;
    }
    NT_TRY(find_seed(work, s, 0, &files, work->error));
    NT_TRY(nt_suite_note_training(work, &files.weights));
    return read_initial(work, &files.initial);
}
