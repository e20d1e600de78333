/* Where a seed's weights come from: the suite's file, or training in the seed's own folder,
 * measured on the held-out images after every epoch. */
#include "seed_weights.h"

#include "dist.h"
#include "evaluation.h"
#include "file.h"
#include "trainer.h"

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

static nt_status train(const nt_seed_source *source, int32_t seed, const char *folder,
                       nt_weights *weights, nt_error *error) {
    const nt_suite *suite = source->suite;
    held_out held = {.suite = suite, .metric = source->metric};
    nt_loader *loader = NULL;
    bool first = source->ranks < 2 || nt_dist_rank() == 0; /* who has the folder */
    nt_status status = first ? nt_folder_make(folder, error) : NT_OK;
    if (status == NT_OK)
        status = nt_loader_new(source->dataset, NT_TRAIN, &suite->data.loading, &loader, error);
    if (status == NT_OK && first && suite->data.hold_out > 0) {
        nt_loading loading = suite->data.loading;
        loading.select.order = NT_ORDER_SHUFFLED;
        status = nt_loader_new(source->dataset, NT_HELD_OUT, &loading, &held.loader, error);
    }
    if (status == NT_OK) {
        const nt_training training = {.network = nt_weights_network(weights),
                                      .recipe = suite->recipe,
                                      .loader = loader,
                                      .data_digest = source->data_digest,
                                      .seed = seed,
                                      .initial = source->from,
                                      .initial_digest = source->from_digest,
                                      .folder = folder,
                                      .measure = held.loader ? measure_held_out : NULL,
                                      .measure_context = &held,
                                      .measured = nt_metric_names[source->metric],
                                      .progress = source->progress,
                                      .ranks = source->ranks,
                                      .any_order = source->any_order};
        status = nt_train(&training, weights, error);
    }
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
    NT_TRY(train(source, suite->seeds[s], folder, weights, error));
    if (source->ranks > 1 && nt_dist_rank() > 0)
        return NT_OK;
    return nt_file_digest(ret_files->weights.path, ret_digest, error);
}
