/* The suite in source/ says what is to be done; weights, checkpoints, metrics.csv and the store say
 * what is done. */
#include "run_state.h"

#include "beneath.h"
#include "checkpoint.h"
#include "file.h"
#include "results_file.h"
#include "run_source.h"
#include "store.h"
#include "suite_cases.h"
#include "suite_run.h"
#include "trainer.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *const nt_run_stages[] = {"unknown", "training", "measuring", "finished", NULL};

/* Looking at one folder. What is wrong with it is kept as the reason why something isn't known. */
typedef struct looking {
    nt_run_state *state;
    nt_error error;
    bool failed; /* out of memory */
} looking;

static const char *path_in(looking *l, const char *name) {
    const char *path = nt_arena_printf(&l->state->arena, "%s/%s", l->state->folder, name);
    l->failed = l->failed || !path;
    return path ? path : "";
}

static const char *keep(looking *l, const char *text) {
    const char *kept = nt_arena_string(&l->state->arena, text ? text : "");
    l->failed = l->failed || !kept;
    return kept ? kept : "";
}

/* After a failure, of which the first is kept. */
static void note(looking *l) {
    if (!l->state->why && l->error.count > 0) {
        l->state->why = nt_error_line(&l->error, NT_FAILED, &l->state->arena);
        l->failed = l->failed || !l->state->why;
    }
    nt_error_finish(&l->error);
    nt_error_init(&l->error);
}

/* --- what is to be done ----------------------------------------------------------------------- */

static void look_at_suite(looking *l) {
    nt_run_state *state = l->state;
    const char *path = path_in(l, NT_SOURCE_FOLDER "/" NT_SOURCE_SUITE);
    if (access(path, F_OK) != 0) {
        state->why = "it has no " NT_SOURCE_FOLDER "/" NT_SOURCE_SUITE;
        return;
    }
    if (nt_suite_load(path, NULL, 0, &state->suite, &l->error) != NT_OK) {
        state->suite = NULL;
        note(l);
        return;
    }
    const nt_suite *suite = state->suite;
    state->name = suite->name;
    state->data = suite->data.kind->kind.name;
    state->epochs = suite->recipe ? suite->recipe->epochs : 0;
    state->early = nt_suite_decides(suite);
    nt_run_source source;
    if (nt_run_source_read(state->folder, &state->arena, &source, &l->error) == NT_OK)
        state->digest = source.suite_digest;
    note(l);
    state->seed_count = suite->seed_count;
    state->seeds = NT_ARENA_ARRAY(&state->arena, nt_seed_state, suite->seed_count + 1);
    l->failed = l->failed || !state->seeds;
    for (int s = 0; state->seeds && s < suite->seed_count; s++)
        state->seeds[s].seed = suite->seeds[s];
}

/* The graphs that are measured with each seed; 0: what a hook asks isn't known. */
static int64_t count_cases(const nt_suite_look *look) {
    int64_t count = 1;
    for (int g = 0; g < look->suite->group_count; g++) {
        const nt_group_look *group = &look->groups[g];
        bool retrained = group->group->retrain != NULL; /* each is another network */
        if (group->cases.asks)
            return 0;
        count += retrained; /* its baseline */
        for (int32_t c = 0; c < group->cases.count; c++)
            count += !group->items[c].failure && (retrained || !group->items[c].same.graph);
    }
    return count;
}

static void look_at_network(looking *l, bool count) {
    const nt_suite *suite = l->state->suite;
    nt_network *network;
    nt_suite_look look;
    if (nt_network_load(suite->graph, suite->settings, suite->setting_count, &network, &l->error) !=
        NT_OK) {
        note(l);
        return;
    }
    l->state->network = keep(l, network->name);
    if (count) {
        if (nt_suite_look_at_cases(suite, network, &look, &l->error) == NT_OK)
            l->state->cases = count_cases(&look);
        nt_suite_look_finish(&look);
        note(l);
    }
    nt_network_free(network);
}

/* --- training --------------------------------------------------------------------------------- */

/* The rows of metrics.csv, and what its last one says; what is empty is NaN. */
static void look_at_metrics(looking *l, const char *folder, nt_seed_state *seed) {
    enum { LARGEST = 16 << 20, COLUMNS = 7 };
    double *columns[COLUMNS] = {NULL,
                                &seed->rate,
                                &seed->loss,
                                &seed->accuracy,
                                &seed->held_loss,
                                &seed->held_value,
                                &seed->seconds};
    const char *path = nt_arena_printf(&l->state->arena, "%s/metrics.csv", folder);
    nt_bytes file;
    if (!path || !nt_beneath_there(path) ||
        nt_beneath_read(l->state->folder, path, LARGEST, &file, &l->error) != NT_OK) {
        l->failed = l->failed || !path;
        return;
    }
    const char *last = NULL, *line = strchr((const char *)file.bytes, '\n');
    for (; line && line[1]; line = strchr(line + 1, '\n')) {
        last = line + 1;
        seed->epochs++;
    }
    for (int i = 0; last && i < COLUMNS; i++) {
        size_t length = strcspn(last, ",\n");
        if (columns[i])
            *columns[i] = length > 0 ? strtod(last, NULL) : (double)NAN;
        last += length + (last[length] != '\0');
    }
    nt_bytes_finish(&file);
}

static void look_at_seed(looking *l, nt_seed_state *seed) {
    char name[32];
    nt_checkpoint found;
    snprintf(name, sizeof name, "seed-%d", (int)seed->seed);
    const char *folder = path_in(l, name);
    const char *weights = nt_arena_printf(&l->state->arena, "%s/" NT_WEIGHTS_FILE, folder);
    l->failed = l->failed || !weights;
    seed->trained = weights && access(weights, F_OK) == 0;
    look_at_metrics(l, folder, seed);
    if (nt_checkpoint_look(folder, &l->state->arena, &found, &l->error) == NT_OK &&
        found.found != NT_FOUND_NONE) {
        seed->checkpoint = true;
        seed->epoch = found.cursor.epoch;
        seed->step = found.cursor.step;
    }
    seed->epoch = seed->epoch > seed->epochs ? seed->epoch : seed->epochs;
    note(l);
    l->state->trained += seed->trained;
}

/* --- measuring -------------------------------------------------------------------------------- */

static nt_store_tally tally_of(looking *l, const char *folder) {
    nt_store_tally tally = {0};
    nt_store *store;
    const char *path = nt_arena_printf(&l->state->arena, "%s/" NT_STORE_NAME, folder);
    l->failed = l->failed || !path;
    if (!path || access(path, F_OK) != 0)
        return tally;
    if (nt_store_open_to_read(folder, &store, &l->error) == NT_OK) {
        if (nt_store_count(store, &tally, &l->error) != NT_OK)
            tally = (nt_store_tally){0};
        nt_store_close(store);
    }
    note(l);
    return tally;
}

/* Its own store, or those of its parts, unless they are joined in it already. */
static void look_at_stores(looking *l) {
    nt_run_state *state = l->state;
    nt_names folders;
    int64_t of_parts = 0;
    nt_store_tally own = tally_of(l, state->folder);
    state->in_use = nt_folder_in_use(state->folder);
    if (nt_folders_in(state->folder, &state->arena, &folders, &l->error) != NT_OK)
        folders.count = 0;
    note(l);
    for (int32_t i = 0; i < folders.count; i++) {
        if (!nt_run_part_is(folders.names[i]))
            continue;
        const char *folder = path_in(l, folders.names[i]);
        nt_store_tally tally = tally_of(l, folder);
        state->parts++;
        of_parts += tally.shards;
        own.samples = own.samples > 0 ? own.samples : tally.samples;
        state->in_use = state->in_use || nt_folder_in_use(folder);
    }
    state->samples = own.samples;
    state->shards = own.shards > of_parts ? own.shards : of_parts;
    if (own.samples > 0)
        state->total = state->cases * state->seed_count * nt_shard_count(own.samples);
}

/* --- whether it is done ----------------------------------------------------------------------- */

/* How many cases have no numbers, and why the first of them has none. */
static void look_at_failures(looking *l, const nt_results *results) {
    nt_run_state *state = l->state;
    for (int32_t g = 0; g < results->group_count; g++)
        for (int32_t c = 0; c < results->groups[g].case_count; c++)
            for (int32_t s = 0; s < results->seed_count; s++) {
                const nt_case_result *of = &results->groups[g].cases[c];
                if (!of->findings[s].failure || state->failures++ > 0)
                    continue;
                state->why =
                    nt_arena_printf(&state->arena, "%s/%s, seed %d: %s", results->groups[g].name,
                                    of->name, (int)of->findings[s].seed, of->findings[s].failure);
                l->failed = l->failed || !state->why;
            }
}

/* Results are those of the run that source/ says, where there is one. */
static bool is_finished(looking *l) {
    nt_run_state *state = l->state;
    const char *path = path_in(l, NT_RESULTS_JSON);
    nt_results *results;
    if (access(path, F_OK) != 0 || nt_results_read(path, &results, &l->error) != NT_OK) {
        note(l);
        return false;
    }
    bool finished = !state->suite || strcmp(state->digest, results->provenance.suite) == 0;
    if (!state->suite) {
        state->name = keep(l, results->suite);
        state->data = keep(l, results->setup.data);
        state->seed_count = state->trained = results->seed_count;
        state->why = NULL;
    }
    state->network = keep(l, results->network);
    if (finished)
        look_at_failures(l, results);
    nt_results_free(results);
    note(l);
    return finished;
}

/* What a user gives to finish it. */
static const char *command_of(looking *l) {
    const nt_run_state *state = l->state;
    if (state->stage == NT_RUN_FINISHED || !state->suite)
        return "";
    bool trained = state->epochs == 0 || state->trained == state->seed_count;
    const char *verb = state->parts > 0 && trained ? "merge" : "run";
    const char *command =
        nt_arena_printf(&l->state->arena, "nontrivial %s %s", verb, state->folder);
    l->failed = l->failed || !command;
    return command;
}

/* --- all of it -------------------------------------------------------------------------------- */

bool nt_run_is_there(const char *folder) {
    static const char *const marks[] = {NT_SOURCE_FOLDER "/" NT_SOURCE_RUN, NT_STORE_NAME,
                                        NT_RESULTS_JSON};
    bool found = false;
    for (size_t i = 0; i < sizeof marks / sizeof *marks && !found; i++) {
        nt_text path;
        nt_text_init(&path);
        nt_text_printf(&path, "%s/%s", folder, marks[i]);
        found = !path.failed && access(path.bytes, F_OK) == 0;
        nt_text_finish(&path);
    }
    return found;
}

bool nt_run_part_is(const char *name) {
    char exactly[64];
    int part, parts;
    if (sscanf(name, NT_PART_FOLDER, &part, &parts) != 2 || part < 0 || part > parts)
        return false;
    snprintf(exactly, sizeof exactly, NT_PART_FOLDER, part, parts);
    return strcmp(exactly, name) == 0;
}

static void look(looking *l, int64_t cases) {
    nt_run_state *state = l->state;
    look_at_suite(l);
    bool finished = is_finished(l);
    if (state->suite && !finished)
        look_at_network(l, cases == 0);
    for (int32_t s = 0; state->seeds && s < state->seed_count; s++)
        if (state->epochs > 0)
            look_at_seed(l, &state->seeds[s]);
    look_at_stores(l);
    state->stage = finished                                                  ? NT_RUN_FINISHED
                   : !state->suite                                           ? NT_RUN_UNKNOWN
                   : state->epochs > 0 && state->trained < state->seed_count ? NT_RUN_TRAINING
                                                                             : NT_RUN_MEASURING;
    state->command = command_of(l);
    nt_folder_measure(state->folder, &state->size);
}

nt_status nt_run_state_look(const char *folder, int64_t cases, nt_run_state *ret) {
    looking l = {.state = ret};
    *ret = (nt_run_state){.folder = folder,
                          .name = "",
                          .network = "",
                          .data = "",
                          .digest = "",
                          .command = "",
                          .cases = cases};
    nt_arena_init(&ret->arena);
    nt_error_init(&l.error);
    look(&l, cases);
    nt_error_finish(&l.error);
    return l.failed ? NT_NO_MEMORY : NT_OK;
}

void nt_run_state_finish(nt_run_state *state) {
    nt_suite_free(state->suite);
    nt_arena_finish(&state->arena);
}
