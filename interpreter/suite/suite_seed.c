/* The weights of one seed, and what training began with, where a case may want it. */
#include "suite_run_private.h"

#include "seed_weights.h"
#include "trainer.h"
#include <unistd.h>

/* Where what the weights were after an epoch may be. */
typedef struct place {
    int32_t epoch;
    nt_weights_source source;
} place;

/* Whether a case may want it, and it is there: of a file that the suite names, whoever reads it
 * says so; without others, the cases that want them do. */
static bool is_wanted(const nt_suite_work *work, const place *at) {
    bool given = at->epoch == 0 && work->suite->initial.path;
    return at->source.path && nt_suite_may_want(work, at->epoch) &&
           (given || access(at->source.path, R_OK) == 0);
}

/* What training began with, and its snapshots, by rising epoch. NULL when out of memory. */
static place *list_places(const nt_suite_work *work, const nt_seed_files *files, nt_arena *arena,
                          int32_t *ret_count) {
    const nt_recipe *recipe = work->suite->recipe;
    int32_t snapshots = recipe ? recipe->snapshot_count : 0, count = 0;
    place *places = NT_ARENA_ARRAY(arena, place, snapshots + 1);
    if (places)
        places[count++] = (place){0, files->initial};
    for (int32_t i = 0; places && i < snapshots; i++) {
        place *at = &places[count];
        *at = (place){.epoch = recipe->snapshots[i]};
        at->source.path = nt_snapshot_path(arena, files->folder, at->epoch, recipe->epochs);
        if (!at->source.path)
            return NULL;
        count += at->epoch > 0;
    }
    *ret_count = count;
    return places;
}

static nt_status read_places(nt_suite_work *work, const place *places, int32_t count) {
    int32_t wanted = 0;
    for (int32_t i = 0; i < count; i++)
        wanted += is_wanted(work, &places[i]);
    NT_TRY(nt_suite_remember(work, wanted));
    nt_past *past = work->history.items;
    for (int32_t i = 0; i < count; i++) {
        if (!is_wanted(work, &places[i]))
            continue;
        past->epoch = places[i].epoch;
        NT_TRY(nt_weights_read(&places[i].source, NULL, past->weights, NULL, work->error));
        NT_TRY(nt_weights_source_digest(&places[i].source, past->digest, work->error));
        past++;
    }
    return NT_OK;
}

static nt_status read_history(nt_suite_work *work, const nt_seed_files *files) {
    nt_arena arena;
    int32_t count;
    nt_arena_init(&arena);
    const place *places = list_places(work, files, &arena, &count);
    nt_status status = places ? read_places(work, places, count) : nt_suite_no_memory(work);
    nt_arena_finish(&arena);
    return status;
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
    return read_history(work, &files);
}
