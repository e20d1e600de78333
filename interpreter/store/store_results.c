/* Which case has which key, and which samples their outcomes are of. Both are under one digest, the
 * seal, which is written and read in one transaction with them. */
#include "store_private.h"

#include "visible.h"
#include <string.h>

enum { COLUMNS = 11 }; /* of NT_SQL_READ_RESULTS */

/* --- the seal --------------------------------------------------------------------------------- */

/* A column with its type and length, so that different rows give different bytes. */
static void digest_column(nt_digest *digest, sqlite3_stmt *row, int column) {
    char head[40];
    int type = sqlite3_column_type(row, column);
    if (type == SQLITE_INTEGER) {
        snprintf(head, sizeof head, "%lld\n", (long long)sqlite3_column_int64(row, column));
        nt_digest_add(digest, head, strlen(head));
        return;
    }
    const void *bytes = type == SQLITE_NULL ? NULL : sqlite3_column_blob(row, column);
    int size = bytes ? sqlite3_column_bytes(row, column) : 0;
    snprintf(head, sizeof head, type == SQLITE_NULL ? "null\n" : "text of %d\n", size);
    nt_digest_add(digest, head, strlen(head));
    if (size > 0)
        nt_digest_add(digest, bytes, (size_t)size);
}

static nt_status digest_rows(nt_store *store, nt_store_sql which, int columns, nt_digest *digest,
                             nt_error *error) {
    nt_query query = nt_query_start(store, which);
    while (nt_query_next(&query))
        for (int c = 0; c < columns; c++)
            digest_column(digest, query.statement, c);
    nt_digest_add(digest, "end\n", 4);
    return nt_query_finish(&query, NT_OK, "read", error);
}

static nt_status make_seal(nt_store *store, char ret[NT_DIGEST_HEX], nt_error *error) {
    nt_digest *digest = nt_digest_new();
    if (!digest)
        return nt_store_no_memory(store, error);
    nt_status status = digest_rows(store, NT_SQL_READ_RESULTS, COLUMNS, digest, error);
    if (status == NT_OK)
        status = digest_rows(store, NT_SQL_READ_SAMPLES, 1, digest, error);
    nt_digest_end(digest, ret);
    return status;
}

static nt_status put_seal(nt_store *store, nt_error *error) {
    char seal[NT_DIGEST_HEX];
    NT_TRY(make_seal(store, seal, error));
    nt_query query = nt_query_start(store, NT_SQL_PUT_SEAL);
    nt_query_text(&query, seal);
    return nt_query_run(query, error);
}

/* A store that was never given results by this version has none. */
static nt_status check_seal(nt_store *store, nt_error *error) {
    char said[NT_DIGEST_HEX] = "", seal[NT_DIGEST_HEX];
    nt_query query = nt_query_start(store, NT_SQL_READ_SEAL);
    if (nt_query_next(&query)) {
        const char *text = nt_query_column(&query, 0);
        snprintf(said, sizeof said, "%s", text ? text : "none");
    }
    NT_TRY(nt_query_finish(&query, NT_OK, "read", error));
    if (!said[0])
        return NT_OK;
    NT_TRY(make_seal(store, seal, error));
    return strcmp(said, seal) == 0
               ? NT_OK
               : nt_store_file_damaged(&store->file, error, "its results are not what was written");
}

/* Results and samples are read in one transaction with their seal. *ret_began: it is to be ended.
 */
static nt_status look(nt_store *store, bool *ret_began, nt_error *error) {
    *ret_began = sqlite3_get_autocommit(store->file.db) != 0;
    if (*ret_began)
        NT_TRY(nt_query_run(nt_query_start(store, NT_SQL_LOOK), error));
    return check_seal(store, error);
}

static nt_status end_look(nt_store *store, bool began, nt_status status, nt_error *error) {
    if (!began || sqlite3_get_autocommit(store->file.db))
        return status;
    nt_error ignored;
    nt_error_init(&ignored);
    nt_status ended =
        nt_query_run(nt_query_start(store, NT_SQL_LOOK_END), status == NT_OK ? error : &ignored);
    nt_error_finish(&ignored);
    return status == NT_OK ? ended : status;
}

/* --- writing ---------------------------------------------------------------------------------- */

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
    if (status == NT_OK)
        status = put_seal(store, error);
    return nt_store_end(store, status, error);
}

/* --- reading ---------------------------------------------------------------------------------- */

/* Names go into tables, files and terminals: of a stranger's store, too. */
static nt_status check_names(nt_store *store, nt_query *query, nt_error *error) {
    static const int names[] = {0, 1, 3, 5, 6, 8, 10}; /* all texts but words: edit, failure */
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *text = nt_query_column(query, names[i]);
        size_t size = text ? (size_t)sqlite3_column_bytes(query->statement, names[i]) : 0;
        if (text && !nt_visible_is(text, size))
            return nt_store_file_damaged(&store->file, error,
                                         "a result has a name that can't be shown: '%s'", text);
    }
    return NT_OK;
}

static nt_status each_result(nt_store *store, nt_store_visit visit, void *context,
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
            status = check_names(store, &query, error);
        if (status == NT_OK && query.code == SQLITE_ROW)
            status = visit(context, &result);
    }
    return nt_query_finish(&query, status, "read", error);
}

nt_status nt_store_each_result(nt_store *store, nt_store_visit visit, void *context,
                               nt_error *error) {
    bool began;
    nt_status status = look(store, &began, error);
    if (status == NT_OK)
        status = each_result(store, visit, context, error);
    return end_look(store, began, status, error);
}

static nt_status count_samples(nt_store *store, int32_t *ret, nt_error *error) {
    nt_query query = nt_query_start(store, NT_SQL_COUNT_SAMPLES);
    int32_t count = nt_query_next(&query) ? nt_query_column_integer(&query, 0) : 0;
    NT_TRY(nt_query_finish(&query, NT_OK, "read", error));
    *ret = count;
    return NT_OK;
}

static nt_status read_samples(nt_store *store, nt_arena *arena, const int32_t **ret_samples,
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

nt_status nt_store_samples(nt_store *store, nt_arena *arena, const int32_t **ret_samples,
                           int32_t *ret_count, nt_error *error) {
    bool began;
    nt_status status = look(store, &began, error);
    if (status == NT_OK)
        status = read_samples(store, arena, ret_samples, ret_count, error);
    return end_look(store, began, status, error);
}
