/* The run's own suite, read again with what is asked for here, is written as one of the smaller
 * network; that file is then trained by as any suite is, so that it can be gone on with. */
#include "shrink_retrain.h"

#include "file.h"
#include "suite_ready.h"
#include "suite_repeat.h"
#include "suite_run.h"
#include "suite_write.h"
#include "trainer.h"

enum { MOST_SETTINGS = 4 };

static nt_status no_memory(nt_error *error) {
    return nt_error_say(error, NT_NO_MEMORY, "out of memory for retraining");
}

static int32_t seed_of(const nt_shrink_given *g) {
    return nt_arguments_have(g->arguments, "seed") ? g->options->seed
                                                   : g->run.results->baseline[0].seed;
}

nt_status nt_shrink_retrain_check(nt_shrink_given *g, nt_error *error) {
    if (!g->run.folder)
        return nt_error_say(error, NT_USAGE, "--retrain wants --from RUN, whose recipe it takes");
    NT_TRY(nt_shrink_run_suite(&g->run, error));
    if (g->run.suite->recipe)
        return NT_OK;
    nt_error_in(error, NT_INVALID, g->run.folder, -1,
                "was given its weights, so there is no recipe to retrain by");
    nt_error_hint(error, "write a suite of the smaller network, with 'from' under 'train'");
    return NT_INVALID;
}

/* --- the suite -------------------------------------------------------------------------------- */

/* The run's suite with what is asked for here. */
static nt_status load(const nt_shrink_given *g, nt_suite **ret, nt_error *error) {
    const nt_shrink_options *o = g->options;
    nt_setting settings[MOST_SETTINGS];
    int count = 0;
    const char *epochs = nt_arena_printf(g->arena, "%d", (int)o->retrain);
    const char *rate = nt_arena_printf(g->arena, "{kind: constant, rate: %.9g}", o->retrain_rate);
    if (!epochs || !rate)
        return no_memory(error);
    settings[count++] = (nt_setting){"train.epochs", epochs};
    settings[count++] = (nt_setting){"groups", "{each-layer: {hook: each_layer}}"};
    if (o->retrain_rate > 0)
        settings[count++] = (nt_setting){"train.schedule", rate};
    return nt_suite_repeat(g->run.folder, settings, count, ret, error);
}

/* `suite` is of the whole network; its only group's hook is called by its name from then on. */
static nt_status write(const nt_shrink_given *g, nt_suite *suite, const nt_data_info *info,
                       const char *path, nt_error *error) {
    int32_t seed = seed_of(g);
    nt_suite smaller = *suite;
    nt_text text;
    smaller.name = "retrained";
    smaller.graph = NT_SHRINK_GRAPH;
    smaller.setting_count = 0;
    smaller.from = (nt_weights_source){.path = NT_SHRINK_WEIGHTS};
    smaller.seeds = &seed;
    smaller.seed_count = 1;
    smaller.estimate = (nt_suite_estimate){0};
    if (!info->kind->made)
        smaller.data.root = info->folder;
    smaller.groups[0].hook = "each_layer";
    const nt_suite_resolved resolved = {.info = info, .metric = nt_suite_metric(suite, info)};
    nt_text_init(&text);
    nt_status status = nt_suite_write(&smaller, &resolved, &text);
    status =
        status == NT_OK ? nt_file_replace(path, text.bytes, text.length, error) : no_memory(error);
    nt_text_finish(&text);
    return status;
}

nt_status nt_shrink_retrain_write(nt_shrink_given *g, const char *folder, nt_error *error) {
    const char *path = nt_arena_printf(g->arena, "%s/" NT_SHRINK_RETRAIN, folder);
    nt_suite *suite;
    nt_dataset *dataset = NULL;
    if (!path)
        return no_memory(error);
    NT_TRY(load(g, &suite, error));
    nt_status status = nt_suite_open_data(suite, &dataset, error);
    if (status == NT_OK)
        status = write(g, suite, nt_dataset_info(dataset), path, error);
    nt_dataset_free(dataset);
    nt_suite_free(suite);
    return status;
}

/* --- training --------------------------------------------------------------------------------- */

nt_status nt_shrink_retrain(const nt_shrink_given *g, const char *folder, nt_weights *weights,
                            nt_error *error) {
    const char *path = nt_arena_printf(g->arena, "%s/" NT_SHRINK_RETRAIN, folder);
    const char *out = nt_arena_printf(g->arena, "%s/retrained", folder);
    const char *trained =
        nt_arena_printf(g->arena, "%s/retrained/seed-%d/" NT_WEIGHTS_FILE, folder, (int)seed_of(g));
    nt_suite *suite;
    if (!path || !out || !trained)
        return no_memory(error);
    const nt_weights_source source = {.path = trained};
    const nt_suite_options options = {.out = out, .progress = g->progress};
    NT_TRY(nt_suite_load(path, NULL, 0, &suite, error));
    nt_status status = nt_suite_train(suite, &options, error);
    if (status == NT_INTERRUPTED || status == NT_TERMINATED)
        nt_progress_note(g->progress, "'nontrivial train %s --out %s' goes on", path, out);
    if (status == NT_OK)
        status = nt_weights_read(&source, g->progress, weights, NULL, error);
    nt_suite_free(suite);
    return status;
}
