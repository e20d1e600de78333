/* Which case has which key, and which samples their outcomes are of. */
#include "store_private.h"
#include <string.h>

static nt_status put_result(nt_store *store, const nt_store_result *result, size_t position,
                            nt_error *error) {
    nt_query query = nt_query_start(store, NT_SQL_ADD_RESULT);
    nt_query_text(&query, result->group);
    nt_query_text(&query, result->name);
    nt_query_integer(&query, result->seed);
    nt_query_text(&query, result->split);
    nt_query_text(&query, result->edit);
    nt_query_text(&query, result->key);
    nt_query_text(&query, result->numerics);
    nt_query_text(&query, result->failure);
    nt_query_text(&query, result->decide);
    nt_query_integer(&query, result->decide ? result->samples : 0);
    nt_query_text(&query, result->decision);
    nt_query_integer(&query, (int64_t)position);
    return nt_query_run(query, error);
}

static nt_status put_sample(nt_store *store, int32_t position, int32_t number, nt_error *error) {
    nt_query query = nt_query_start(store, NT_SQL_ADD_SAMPLE);
    nt_query_integer(&query, position);
    nt_query_integer(&query, number);
    return nt_query_run(query, error);
}

nt_status nt_store_put_results(nt_store *store, const nt_store_result *results, size_t count,
                               const int32_t *samples, int32_t sample_count, nt_error *error) {
    NT_TRY(nt_store_begin(store, error));
    nt_status status = nt_query_run(nt_query_start(store, NT_SQL_CLEAR_RESULTS), error);
    for (size_t i = 0; status == NT_OK && i < count; i++)
        status = put_result(store, &results[i], i, error);
    if (status == NT_OK)
        status = nt_query_run(nt_query_start(store, NT_SQL_CLEAR_SAMPLES), error);
    for (int32_t i = 0; status == NT_OK && i < sample_count; i++)
        status = put_sample(store, i, samples[i], error);
    return nt_store_end(store, status, error);
}

nt_status nt_store_each_result(nt_store *store, nt_store_visit visit, void *context,
                               nt_error *error) {
    nt_status status = NT_OK;
    nt_query query = nt_query_start(store, NT_SQL_READ_RESULTS);
    while (status == NT_OK && nt_query_next(&query)) {
        const nt_store_result result = {.group = nt_query_column(&query, 0),
                                        .name = nt_query_column(&query, 1),
                                        .seed = nt_query_column_integer(&query, 2),
                                        .split = nt_query_column(&query, 3),
                                        .edit = nt_query_column(&query, 4),
                                        .key = nt_query_column(&query, 5),
                                        .numerics = nt_query_column(&query, 6),
                                        .failure = nt_query_column(&query, 7),
                                        .decide = nt_query_column(&query, 8),
                                        .samples = nt_query_column_integer(&query, 9),
                                        .decision = nt_query_column(&query, 10)};
        if (query.code == SQLITE_ROW)
            status = visit(context, &result);
    }
    return nt_query_finish(&query, status, "read", error);
}

static nt_status count_samples(nt_store *store, int32_t *ret, nt_error *error) {
    nt_query query = nt_query_start(store, NT_SQL_COUNT_SAMPLES);
    int32_t count = nt_query_next(&query) ? nt_query_column_integer(&query, 0) : 0;
    NT_TRY(nt_query_finish(&query, NT_OK, "read", error));
    *ret = count;
    return NT_OK;
}

nt_status nt_store_samples(nt_store *store, nt_arena *arena, const int32_t **ret_samples,
                           int32_t *ret_count, nt_error *error) {
    int32_t most, count = 0;
    NT_TRY(count_samples(store, &most, error));
    int32_t *samples = NT_ARENA_ARRAY(arena, int32_t, most + 1);
    if (!samples)
        return nt_store_no_memory(store, error);
    nt_query query = nt_query_start(store, NT_SQL_READ_SAMPLES);
    while (nt_query_next(&query) && count < most)
        samples[count++] = nt_query_column_integer(&query, 0);
    NT_TRY(nt_query_finish(&query, NT_OK, "read", error));
    *ret_samples = count > 0 ? samples : NULL;
    *ret_count = count;
    return NT_OK;
}
