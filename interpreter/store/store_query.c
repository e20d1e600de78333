/* Every statement that the store uses once it is open. */
#include "store_private.h"

/* --- statements ------------------------------------------------------------------------------- */

/* What nt_query_shard expects. */
#define SHARDS                                                                                     \
    "SELECT s.key, m.samples, m.sample_bytes, s.number, s.outcomes, s.loss, s.digest, n.line"      \
    " FROM shard AS s JOIN measured AS m ON m.key = s.key AND m.numerics = s.numerics"             \
    " JOIN numerics AS n ON n.id = s.numerics"

/* Of a row m of measured: how many samples are, wherever. */
#define DONE                                                                                       \
    "(SELECT coalesce(sum(length(s.outcomes)), 0) / m.sample_bytes FROM shard AS s"                \
    " WHERE s.key = m.key AND s.numerics = m.numerics)"

/* Whether a key is complete with a row n of numerics. */
#define COMPLETE(key)                                                                              \
    "EXISTS (SELECT 1 FROM measured AS m WHERE m.key = " key " AND m.numerics = n.id"              \
    " AND m.samples = " DONE ")"

#define NUMERICS(line) "(SELECT id FROM numerics WHERE line = " line ")"

static const char *const statement_sql[NT_SQL_COUNT] = {
    [NT_SQL_FIND_MEASURED] =
        "SELECT m.samples, m.sample_bytes, s.number, length(s.outcomes) / m.sample_bytes"
        " FROM measured AS m LEFT JOIN shard AS s ON s.key = m.key AND s.numerics = m.numerics"
        " WHERE m.key = ?1 AND m.numerics = " NUMERICS("?2") " ORDER BY s.number",
    [NT_SQL_FIND_SHARED] =
        "SELECT n.line FROM numerics AS n"
        " WHERE substr(n.line, 1, length(?3)) = ?3"
        " AND " COMPLETE("?1") " AND " COMPLETE("?2") " ORDER BY n.id DESC LIMIT 1",
    [NT_SQL_FIND_SHARD] =
        "SELECT digest, outcomes FROM shard WHERE key = ?1 AND numerics = " NUMERICS(
            "?2") " AND number = ?3",
    [NT_SQL_HAS_SHARD] =
        "SELECT length(s.outcomes) / m.sample_bytes"
        " FROM shard AS s JOIN measured AS m ON m.key = s.key AND m.numerics = s.numerics"
        " WHERE s.key = ?1 AND s.numerics = " NUMERICS("?2") " AND s.number = ?3",
    [NT_SQL_READ_SHARDS] = SHARDS " WHERE s.key = ? AND n.line = ? AND s.number >= ?"
                                  " ORDER BY s.number",
    [NT_SQL_EACH_SHARD] = SHARDS " ORDER BY s.key, s.numerics, s.number",
    [NT_SQL_COUNT_COMPLETE] = "SELECT count(*) FROM measured AS m WHERE m.samples = " DONE,
    [NT_SQL_COUNT_OPEN] =
        "SELECT count(DISTINCT key) FROM measured AS k WHERE NOT EXISTS"
        " (SELECT 1 FROM measured AS m WHERE m.key = k.key AND m.samples = " DONE ")",
    [NT_SQL_USUAL_NUMERICS] =
        "SELECT n.line FROM numerics AS n JOIN shard AS s ON s.numerics = n.id"
        " GROUP BY n.id ORDER BY count(*) DESC, n.id DESC LIMIT 1",
    [NT_SQL_TALLY] = "WITH usual(samples) AS (SELECT samples FROM measured GROUP BY samples"
                     " ORDER BY count(*) DESC, samples DESC LIMIT 1)"
                     " SELECT (SELECT samples FROM usual), count(DISTINCT s.key || s.number)"
                     " FROM measured AS m JOIN shard AS s ON s.key = m.key AND s.numerics = "
                     "m.numerics WHERE m.samples = (SELECT samples FROM usual)",
    [NT_SQL_READ_RESULTS] = "SELECT group_name, case_name, seed, split, edit, key, line, failure,"
                            " decide, samples, decision FROM result LEFT JOIN numerics ON id = "
                            "numerics ORDER BY position",
    [NT_SQL_COUNT_SAMPLES] = "SELECT count(*) FROM sample",
    [NT_SQL_READ_SAMPLES] = "SELECT number FROM sample ORDER BY position",
    [NT_SQL_READ_SEAL] = "SELECT digest FROM seal WHERE what = 'results'",
    [NT_SQL_LOOK] = "BEGIN",
    [NT_SQL_LOOK_END] = "COMMIT",
    [NT_SQL_BEGIN] = "BEGIN IMMEDIATE",
    [NT_SQL_COMMIT] = "COMMIT",
    [NT_SQL_ROLLBACK] = "ROLLBACK",
    [NT_SQL_ADD_NUMERICS] = "INSERT OR IGNORE INTO numerics (line) VALUES (?)",
    [NT_SQL_ADD_MEASURED] = "INSERT INTO measured (key, numerics, samples, sample_bytes)"
                            " VALUES (?1, " NUMERICS("?2") ", ?3, ?4)",
    [NT_SQL_ADD_SHARD] = "INSERT INTO shard (key, numerics, number, outcomes, loss, digest)"
                         " VALUES (?1, " NUMERICS("?2") ", ?3, ?4, ?5, ?6)",
    [NT_SQL_GROW_SHARD] = "UPDATE shard SET outcomes = ?4, loss = ?5, digest = ?6"
                          " WHERE key = ?1 AND numerics = " NUMERICS("?2") " AND number = ?3",
    [NT_SQL_READ_ALL_SHARDS] = SHARDS " ORDER BY s.rowid",
    [NT_SQL_CLEAR_RESULTS] = "DELETE FROM result",
    [NT_SQL_ADD_RESULT] =
        "INSERT INTO result (group_name, case_name, seed, split, edit, key,"
        " numerics, failure, decide, samples, decision, position)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, " NUMERICS("?7") ", ?8, ?9, nullif(?10, 0), ?11, ?12)",
    [NT_SQL_CLEAR_SAMPLES] = "DELETE FROM sample",
    [NT_SQL_ADD_SAMPLE] = "INSERT INTO sample (position, number) VALUES (?, ?)",
    [NT_SQL_PUT_SEAL] = "INSERT OR REPLACE INTO seal (what, digest) VALUES ('results', ?)",
};

nt_status nt_store_prepare(nt_store *store, nt_error *error) {
    int count = store->file.looked_through ? NT_SQL_BEGIN : NT_SQL_COUNT;
    for (int i = 0; i < count; i++)
        if (sqlite3_prepare_v3(store->file.db, statement_sql[i], -1, SQLITE_PREPARE_PERSISTENT,
                               &store->statements[i], NULL) != SQLITE_OK)
            return nt_store_file_failed(&store->file, "open", error);
    return NT_OK;
}

nt_status nt_store_no_memory(const nt_store *store, nt_error *error) {
    return nt_error_say(error, NT_NO_MEMORY, "out of memory using %s", store->file.path);
}

/* --- one use ---------------------------------------------------------------------------------- */

nt_query nt_query_start(nt_store *store, nt_store_sql which) {
    return (nt_query){.store = store, .statement = store->statements[which], .code = SQLITE_OK};
}

void nt_query_text(nt_query *query, const char *text) {
    if (query->code == SQLITE_OK)
        query->code = sqlite3_bind_text(query->statement, ++query->bound, text, -1, SQLITE_STATIC);
}

void nt_query_integer(nt_query *query, int64_t value) {
    if (query->code == SQLITE_OK)
        query->code = sqlite3_bind_int64(query->statement, ++query->bound, value);
}

void nt_query_real(nt_query *query, double value) {
    if (query->code == SQLITE_OK)
        query->code = sqlite3_bind_double(query->statement, ++query->bound, value);
}

void nt_query_bytes(nt_query *query, const void *bytes, size_t size) {
    if (query->code == SQLITE_OK)
        query->code =
            sqlite3_bind_blob64(query->statement, ++query->bound, bytes, size, SQLITE_STATIC);
}

bool nt_query_next(nt_query *query) {
    if (query->code == SQLITE_OK || query->code == SQLITE_ROW)
        query->code = sqlite3_step(query->statement);
    return query->code == SQLITE_ROW;
}

/* A text that is there is NULL only for want of memory. */
const char *nt_query_column(nt_query *query, int column) {
    const char *text = (const char *)sqlite3_column_text(query->statement, column);
    if (!text && sqlite3_column_type(query->statement, column) != SQLITE_NULL)
        query->code = SQLITE_NOMEM;
    return text;
}

int32_t nt_query_column_integer(const nt_query *query, int column) {
    return sqlite3_column_int(query->statement, column);
}

nt_status nt_query_finish(nt_query *query, nt_status status, const char *verb, nt_error *error) {
    bool good = query->code == SQLITE_ROW || query->code == SQLITE_DONE;
    if (status == NT_OK && query->code == SQLITE_NOMEM)
        status = nt_store_no_memory(query->store, error);
    else if (status == NT_OK && !good)
        status = nt_store_file_failed(&query->store->file, verb, error);
    sqlite3_reset(query->statement);
    sqlite3_clear_bindings(query->statement);
    return status;
}

nt_status nt_query_run(nt_query query, nt_error *error) {
    nt_query_next(&query);
    return nt_query_finish(&query, NT_OK, "write", error);
}

/* --- transactions ----------------------------------------------------------------------------- */

nt_status nt_store_begin(nt_store *store, nt_error *error) {
    return nt_query_run(nt_query_start(store, NT_SQL_BEGIN), error);
}

/* SQLite ends some transactions that fail by itself. If undoing fails as well, the journal is still
 * there and does it when the file is next used. */
nt_status nt_store_end(nt_store *store, nt_status status, nt_error *error) {
    if (status == NT_OK)
        status = nt_query_run(nt_query_start(store, NT_SQL_COMMIT), error);
    if (status != NT_OK && !sqlite3_get_autocommit(store->file.db)) {
        nt_query rollback = nt_query_start(store, NT_SQL_ROLLBACK);
        nt_query_next(&rollback);
        sqlite3_reset(rollback.statement);
    }
    return status;
}
