/* A record derived from what results.json says. */
#include "record.h"

#include "alloc.h"
#include "beneath.h"
#include "class_changes.h"
#include "record_private.h"
#include "results_file.h"
#include <math.h>
#include <string.h>

#define NO ((double)NAN)

const char *const nt_part_names[NT_PARTS] = {
    "", "stem", "residual", "plain", "feature decomposition", "shortcut"};

/* --- layers ----------------------------------------------------------------------------------- */

static const char *shape_text(nt_arena *arena, const nt_layer_result *layer) {
    nt_text text;
    nt_text_init(&text);
    for (int32_t i = 0; i < layer->rank; i++)
        nt_text_printf(&text, "%s%d", i ? "x" : "", layer->output[i]);
    const char *kept = text.failed ? NULL : nt_arena_string(arena, text.bytes);
    nt_text_finish(&text);
    return kept;
}

/* Whether a layer of this stage adds. */
static bool adds(const nt_results *results, const char *stage) {
    for (int32_t i = 0; i < results->layer_count; i++)
        if (results->layers[i].sum && strcmp(results->layers[i].stage, stage) == 0)
            return true;
    return false;
}

static nt_part part_of(const nt_results *results, const nt_layer_result *layer, bool first) {
    if (!layer->convolution)
        return NT_PART_NONE;
    if (layer->shortcut)
        return NT_PART_SHORTCUT;
    if (first)
        return NT_PART_STEM;
    if (layer->fd)
        return NT_PART_FD;
    return adds(results, layer->stage) ? NT_PART_RESIDUAL : NT_PART_PLAIN;
}

static int32_t position_of(const nt_record *record, int32_t layer) {
    int32_t place = 1;
    for (int32_t i = 0; i < layer; i++)
        place += record->layers[i].part != NT_PART_NONE &&
                 strcmp(record->layers[i].stage, record->layers[layer].stage) == 0;
    return place;
}

static nt_status add_layers(nt_record *record) {
    const nt_results *results = record->results;
    bool first = true;
    record->layer_count = results->layer_count;
    record->layers = NT_ARENA_ARRAY(&record->arena, nt_record_layer, results->layer_count + 1);
    for (int32_t i = 0; record->layers && i < results->layer_count; i++) {
        const nt_layer_result *from = &results->layers[i];
        nt_record_layer *layer = &record->layers[i];
        *layer = (nt_record_layer){.name = from->name,
                                   .op = from->op,
                                   .stage = from->stage,
                                   .output = shape_text(&record->arena, from),
                                   .inputs = from->inputs,
                                   .input_count = from->input_count,
                                   .parameters = from->parameters,
                                   .multiply_adds = from->multiply_adds,
                                   .part = part_of(results, from, first),
                                   .cost = NO};
        if (!layer->output)
            return NT_NO_MEMORY;
        layer->position = position_of(record, i);
        first = first && layer->part == NT_PART_NONE;
    }
    return record->layers ? NT_OK : NT_NO_MEMORY;
}

/* --- all -------------------------------------------------------------------------------------- */

static nt_status add_seeds(nt_record *record, nt_error *error) {
    const nt_results *results = record->results;
    double *values = NT_ARENA_ARRAY(&record->arena, double, results->seed_count);
    record->seeds = NT_ARENA_ARRAY(&record->arena, nt_record_seed, results->seed_count);
    record->seed_count = results->seed_count;
    if (!values || !record->seeds)
        return NT_NO_MEMORY;
    for (int32_t s = 0; s < results->seed_count; s++) {
        record->seeds[s].seed = results->baseline[s].seed;
        values[s] = record->seeds[s].baseline = results->baseline[s].outcome.value;
        NT_TRY(nt_record_read_training(record, &record->seeds[s], error));
    }
    record->baseline = nt_spread_of(values, results->seed_count);
    record->cost = results->cost;
    return NT_OK;
}

/* What each case does to each class. */
static nt_status add_classes(nt_record *record, nt_error *error) {
    const double *const *const *changes;
    NT_TRY(nt_class_changes_read(record->results, record->folder, &record->arena, &changes, error));
    for (int32_t g = 0; g < record->group_count; g++)
        for (int32_t c = 0; c < record->groups[g].case_count; c++)
            record->groups[g].cases[c].classes = changes[g][c];
    return NT_OK;
}

static nt_status read_reliability(nt_record *record, nt_error *error) {
    nt_arena *arena = &record->arena;
    const char *path = nt_arena_printf(arena, "%s/" NT_RELIABILITY_NAME, record->folder);
    nt_reliability *reliability = NT_ARENA_NEW(arena, nt_reliability);
    if (!path || !reliability)
        return NT_NO_MEMORY;
    if (!nt_beneath_there(path))
        return NT_OK;
    record->reliability = reliability;
    return nt_reliability_read(path, arena, reliability, error);
}

static nt_status derive(nt_record *record, nt_error *error) {
    const nt_results *results = record->results;
    const nt_setup *setup = &results->setup;
    record->suite = results->suite;
    record->network = results->network;
    record->metric = nt_metric_names[setup->metric];
    record->data = setup->data;
    record->split = setup->split;
    record->batch_norm = setup->batch_norm;
    record->samples = setup->samples;
    record->uncounted = results->baseline->outcome.uncounted;
    record->margin = setup->margin;
    record->classes = setup->classes;
    record->class_count = setup->class_count;
    NT_TRY(add_seeds(record, error));
    NT_TRY(add_layers(record));
    NT_TRY(nt_record_add_groups(record));
    NT_TRY(add_classes(record, error));
    return read_reliability(record, error);
}

nt_status nt_record_read(const char *folder, nt_record **ret, nt_error *error) {
    size_t failures = nt_alloc_failures();
    nt_record *record = nt_alloc_zero(sizeof *record);
    if (!record)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory");
    record->failures = failures;
    nt_arena_init(&record->arena);
    record->folder = nt_arena_string(&record->arena, folder);
    const char *path = nt_arena_printf(&record->arena, "%s/" NT_RESULTS_JSON, folder);
    nt_status status =
        record->folder && path ? nt_results_read(path, &record->results, error) : NT_NO_MEMORY;
    if (status == NT_OK)
        status = derive(record, error);
    if (status == NT_NO_MEMORY && error->count == 0)
        nt_error_say(error, status, "out of memory reading %s", folder);
    if (status == NT_OK)
        *ret = record;
    else
        nt_record_free(record);
    return status;
}

bool nt_record_is_whole(const nt_record *record) {
    return nt_alloc_failures() == record->failures;
}

void nt_record_free(nt_record *record) {
    if (!record)
        return;
    nt_results_free(record->results);
    nt_arena_finish(&record->arena);
    nt_free(record, sizeof *record);
}

/* --- what follows ----------------------------------------------------------------------------- */

double nt_record_chance(const nt_record *record) {
    return strcmp(record->metric, "accuracy") == 0 && record->class_count > 0
               ? 1.0 / record->class_count
               : NO;
}

const char *nt_group_title(const nt_record_group *group) {
    return group->title[0] ? group->title : group->name;
}

const char *nt_record_verdict(const nt_record_case *item, nt_arena *arena) {
    static const nt_verdict order[NT_VERDICTS] = {NT_CRITICAL, NT_TRIVIAL, NT_BETTER, NT_UNDECIDED};
    nt_text text;
    int32_t kinds = (item->failures > 0);
    for (int v = 0; v < NT_VERDICTS; v++)
        kinds += item->verdicts[v] > 0;
    nt_text_init(&text);
    for (int v = 0; v < NT_VERDICTS; v++)
        if (item->verdicts[order[v]] > 0) {
            nt_text_printf(&text, "%s%s", text.length ? ", " : "", nt_verdict_name(order[v]));
            if (kinds > 1)
                nt_text_printf(&text, " %d", (int)item->verdicts[order[v]]);
        }
    if (item->failures > 0)
        nt_text_printf(&text, "%sfailed%s", text.length ? ", " : "", kinds > 1 ? " in part" : "");
    if (item->cut)
        nt_text_add(&text, ", cut");
    const char *kept = text.failed ? NULL : nt_arena_string(arena, text.bytes);
    nt_text_finish(&text);
    return kept;
}
