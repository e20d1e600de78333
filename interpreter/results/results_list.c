/* The baselines first, then the cases in the order of their groups. */
#include "results_list.h"

#include "results_words.h"

typedef struct listing {
    nt_arena arena;
    nt_store *store;
    nt_store_result *rows;
    size_t count;
    nt_error *error;
} listing;

static nt_status no_memory(const listing *list) {
    return nt_error_say(list->error, NT_NO_MEMORY, "out of memory storing results");
}

/* Lists what has failed or of which a shard is saved. */
static nt_status list_row(listing *list, const nt_finding *finding, nt_store_result row) {
    nt_measured found = {0};
    row.seed = finding->seed;
    row.key = finding->failure ? NULL : finding->key;
    row.failure = finding->failure;
    row.numerics = finding->failure ? NULL : finding->numerics;
    if (!finding->failure && finding->decide != NT_DECIDE_NOT) {
        row.decide = nt_decide_names[finding->decide];
        row.samples = finding->outcome.total;
        row.decision = finding->decision;
    }
    if (row.numerics)
        NT_TRY(nt_store_find(list->store, row.key, row.numerics, &found, list->error));
    if (row.failure || found.samples > 0)
        list->rows[list->count++] = row;
    return NT_OK;
}

static nt_status list_case(listing *list, const nt_results *results, const nt_group_result *group,
                           const nt_case_result *item) {
    const char *words = nt_case_words(results, item, &list->arena);
    if (!words)
        return no_memory(list);
    for (int32_t s = 0; s < results->seed_count; s++)
        NT_TRY(list_row(list, &item->findings[s],
                        (nt_store_result){.group = group->name,
                                          .name = item->name,
                                          .split = results->setup.split,
                                          .edit = words}));
    return NT_OK;
}

static nt_status list_all(listing *list, const nt_results *results) {
    size_t most = 1;
    for (int32_t g = 0; g < results->group_count; g++)
        most += (size_t)results->groups[g].case_count + 1; /* its own baseline */
    list->rows = NT_ARENA_ARRAY(&list->arena, nt_store_result, most * (size_t)results->seed_count);
    if (!list->rows)
        return no_memory(list);
    for (int32_t s = 0; s < results->seed_count; s++)
        NT_TRY(list_row(list, &results->baseline[s],
                        (nt_store_result){.group = NT_BASELINE,
                                          .name = NT_BASELINE,
                                          .split = results->setup.split,
                                          .edit = ""}));
    for (int32_t g = 0; g < results->group_count; g++)
        for (int32_t s = 0; s < results->groups[g].own_baseline_count; s++)
            NT_TRY(list_row(list, &results->groups[g].own_baseline[s],
                            (nt_store_result){.group = NT_BASELINE,
                                              .name = results->groups[g].name,
                                              .split = results->setup.split,
                                              .edit = ""}));
    for (int32_t g = 0; g < results->group_count; g++)
        for (int32_t c = 0; c < results->groups[g].case_count; c++)
            NT_TRY(list_case(list, results, &results->groups[g], &results->groups[g].cases[c]));
    return NT_OK;
}

nt_status nt_results_store(const nt_results *results, nt_store *store, nt_error *error) {
    listing list = {.store = store, .error = error};
    nt_arena_init(&list.arena);
    nt_status status = list_all(&list, results);
    if (status == NT_OK && list.count > 0)
        status = nt_store_put_results(store, list.rows, list.count, results->samples.indexes,
                                      results->samples.index_count, error);
    nt_arena_finish(&list.arena);
    return status;
}
