/* Where a seed's weights come from: the suite's file, or training in the seed's own folder,
 * measured on the held-out images after every epoch. */
#include "seed_weights.h"

#include "dist.h"
#include "evaluation.h"
#include "file.h"
#include "identity.h"
#include "trainer.h"
#include <unistd.h>

/* After an epoch, the held-out images say how it goes. */
typedef struct held_out {
    const nt_suite *suite;
    nt_metric metric;
    nt_loader *loader;
} held_out;

static nt_status measure_held_out(void *context, const nt_weights *weights, double *ret_loss,
                                  double *ret_value, nt_error *error) {
    const held_out *held = context;
    const nt_evaluation evaluation = {.batch = held->suite->evaluate.batch, .metric = held->metric};
    nt_outcome outcome;
    NT_TRY(nt_evaluate(nt_weights_network(weights)->graph, weights, held->loader, &evaluation,
                       &outcome, NULL, NULL, error));
    *ret_loss = outcome.loss;
    *ret_value = outcome.value;
    return NT_OK;
}

static nt_status check_known(const char *folder, nt_error *error) {
    nt_text path;
    nt_text_init(&path);
    nt_text_printf(&path, "%s/" NT_WEIGHTS_FILE, folder);
    bool there = !path.failed && access(path.bytes, F_OK) == 0;
    nt_text_finish(&path);
    if (there)
        return NT_OK;
    nt_error_in(error, NT_FAILED, folder, -1, "lacks the weights of a case that is retrained");
    nt_error_hint(error, "'nontrivial run' with this folder trains what is missing");
    return NT_FAILED;
}

/* The folder of a training that is known by what it is: a part of `folder`. */
static nt_status find_folder(nt_training *training, nt_arena *arena, nt_error *error) {
    nt_identity identity;
    nt_text lines;
    char key[NT_DIGEST_HEX];
    nt_text_init(&lines);
    bool ok = nt_identity_find(training, &identity) == NT_OK;
    if (ok)
        nt_identity_add_lines(&identity, &lines);
    ok = ok && !lines.failed && nt_digest_bytes(lines.bytes, lines.length, key);
    nt_text_finish(&lines);
    training->folder = ok ? nt_arena_printf(arena, "%s/%.16s", training->folder, key) : NULL;
    return training->folder ? NT_OK : nt_error_say(error, NT_NO_MEMORY, "out of memory");
}

/* What is not said yet of a training is as the source says. `arena`: its folder is a part of the
 * one given, and then the training's; NULL: it is that one. */
static nt_status train(const nt_seed_source *source, nt_training *training, bool known_only,
                       nt_arena *arena, nt_weights *weights, nt_error *error) {
    const nt_suite *suite = source->suite;
    held_out held = {.suite = suite, .metric = source->metric};
    nt_loader *loader = NULL;
    bool first = source->ranks < 2 || nt_dist_rank() == 0; /* who has the folder */
    nt_status status =
        nt_loader_new(source->dataset, NT_TRAIN, &suite->data.loading, &loader, error);
    if (status == NT_OK && first && suite->data.hold_out > 0) {
        nt_loading loading = suite->data.loading;
        loading.select.order = NT_ORDER_SHUFFLED;
        status = nt_loader_new(source->dataset, NT_HELD_OUT, &loading, &held.loader, error);
    }
    training->network = nt_weights_network(weights);
    training->loader = loader;
    training->data_digest = source->data_digest;
    training->measure = held.loader ? measure_held_out : NULL;
    training->measure_context = &held;
    training->measured = nt_metric_names[source->metric];
    training->progress = source->progress;
    training->ranks = source->ranks;
    training->any_order = source->any_order;
    if (status == NT_OK && arena)
        status = find_folder(training, arena, error);
    if (status == NT_OK && known_only)
        status = check_known(training->folder, error);
    if (status == NT_OK && first)
        status = nt_folder_make(training->folder, error);
    if (status == NT_OK)
        status = nt_train(training, weights, error);
    nt_loader_free(held.loader);
    nt_loader_free(loader);
    return status;
}

/* What the weights to begin with lack is each seed's own. */
static nt_status draw_absent(const nt_seed_source *source, int32_t seed, nt_error *error) {
    for (size_t i = 0; source->from && i < nt_weights_count(source->from); i++)
        if (source->from_absent[i] &&
            nt_state_init(&nt_weights_network(source->from)->states[i], (uint64_t)seed,
                          nt_weights_at(source->from, i)) != NT_OK)
            return nt_error_say(error, NT_NO_MEMORY, "out of memory");
    return NT_OK;
}

nt_status nt_seed_weights(const nt_seed_source *source, int s, nt_weights *weights,
                          char ret_digest[NT_DIGEST_HEX], nt_arena *arena, nt_seed_files *ret_files,
                          nt_error *error) {
    const nt_suite *suite = source->suite;
    *ret_files = (nt_seed_files){NULL, suite->weights, suite->initial};
    if (suite->weights.path) {
        NT_TRY(nt_weights_read(&suite->weights, source->progress, weights, NULL, error));
        return nt_weights_source_digest(&suite->weights, ret_digest, error);
    }
    const char *folder = nt_arena_printf(arena, "%s/seed-%d", source->folder, suite->seeds[s]);
    if (folder) {
        ret_files->folder = folder;
        ret_files->weights.path = nt_arena_printf(arena, "%s/" NT_WEIGHTS_FILE, folder);
        ret_files->initial.path = nt_arena_printf(arena, "%s/" NT_INITIAL_FILE, folder);
    }
    if (!ret_files->weights.path || !ret_files->initial.path)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory");
    if (suite->seed_count > 1)
        nt_progress_note(source->progress, "seed %d (%d of %d)", suite->seeds[s], s + 1,
                         suite->seed_count);
    NT_TRY(draw_absent(source, suite->seeds[s], error));
    nt_training training = {.recipe = suite->recipe,
                            .seed = suite->seeds[s],
                            .initial = source->from,
                            .initial_digest = source->from_digest,
                            .folder = folder};
    NT_TRY(train(source, &training, false, NULL, weights, error));
    if (source->ranks > 1 && nt_dist_rank() > 0)
        return NT_OK;
    return nt_file_digest(ret_files->weights.path, ret_digest, error);
}

/* The folders above each training's own. */
static nt_status make_folders(const nt_seed_source *source, int32_t seed, nt_arena *arena,
                              const char **ret, nt_error *error) {
    const char *above = nt_arena_printf(arena, "%s/seed-%d", source->folder, seed);
    *ret = nt_arena_printf(arena, "%s/seed-%d/" NT_RETRAINED_FOLDER, source->folder, seed);
    if (!above || !*ret)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory");
    NT_TRY(nt_folder_make(above, error));
    return nt_folder_make(*ret, error);
}

nt_status nt_seed_retrain(const nt_seed_source *source, int s, const nt_recipe *recipe,
                          bool known_only, nt_weights *weights, const char **ret_folder,
                          nt_arena *arena, nt_error *error) {
    char digest[NT_DIGEST_HEX];
    const char *folder;
    nt_weights *begin;
    NT_TRY(make_folders(source, source->suite->seeds[s], arena, &folder, error));
    if (nt_weights_new(nt_weights_network(weights), &begin) != NT_OK)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory");
    nt_weights_copy(weights, begin);
    nt_training training = {.recipe = recipe,
                            .seed = source->suite->seeds[s],
                            .initial = begin,
                            .initial_digest = digest,
                            .derived = true,
                            .folder = folder};
    nt_status status = nt_weights_digest(weights, digest)
                           ? train(source, &training, known_only, arena, weights, error)
                           : nt_error_say(error, NT_NO_MEMORY, "out of memory");
    nt_weights_free(begin);
    if (status == NT_OK)
        *ret_folder = training.folder;
    return status;
}
