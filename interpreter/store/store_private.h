/* The store's statements, prepared once and kept, and one use of one of them. Private to store.c
 * and the files that start with store_. */
#ifndef NT_STORE_PRIVATE_H
#define NT_STORE_PRIVATE_H

#include "store.h"
#include "store_file.h"

typedef enum nt_store_sql {
    NT_SQL_FIND_MEASURED,
    NT_SQL_FIND_SHARED,
    NT_SQL_FIND_SHARD,
    NT_SQL_HAS_SHARD,
    NT_SQL_READ_SHARDS,
    NT_SQL_EACH_SHARD,
    NT_SQL_COUNT_COMPLETE,
    NT_SQL_COUNT_OPEN,
    NT_SQL_USUAL_NUMERICS,
    NT_SQL_TALLY,
    NT_SQL_READ_RESULTS,
    NT_SQL_COUNT_SAMPLES,
    NT_SQL_READ_SAMPLES,
    NT_SQL_READ_SEAL,
    NT_SQL_LOOK, /* so that several statements see the same rows */
    NT_SQL_LOOK_END,
    NT_SQL_BEGIN, /* from here on, those that write, and their look at what is there */
    NT_SQL_COMMIT,
    NT_SQL_ROLLBACK,
    NT_SQL_ADD_NUMERICS,
    NT_SQL_ADD_MEASURED,
    NT_SQL_ADD_SHARD,
    NT_SQL_GROW_SHARD,
    NT_SQL_READ_ALL_SHARDS,
    NT_SQL_CLEAR_RESULTS,
    NT_SQL_ADD_RESULT,
    NT_SQL_CLEAR_SAMPLES,
    NT_SQL_ADD_SAMPLE,
    NT_SQL_PUT_SEAL,
    NT_SQL_COUNT
} nt_store_sql;

struct nt_store {
    nt_store_file file;
    sqlite3_stmt *statements[NT_SQL_COUNT];
};

nt_status nt_store_prepare(nt_store *store, nt_error *error);
nt_status nt_store_no_memory(const nt_store *store, nt_error *error);

/* One use of a statement: parameters in order, rows, finish. The first failure is kept and reported
 * by nt_query_finish, so that what comes before needs no checks. Bound texts and bytes, and columns
 * of the row at hand, are good until then. */
typedef struct nt_query {
    nt_store *store;
    sqlite3_stmt *statement;
    int bound; /* parameters so far */
    int code;  /* SQLite's */
} nt_query;

nt_query nt_query_start(nt_store *store, nt_store_sql which);
void nt_query_text(nt_query *query, const char *text); /* NULL becomes NULL */
void nt_query_integer(nt_query *query, int64_t value);
void nt_query_real(nt_query *query, double value); /* NaN becomes NULL */
void nt_query_bytes(nt_query *query, const void *bytes, size_t size);
bool nt_query_next(nt_query *query); /* whether there is a row, or another one */
const char *nt_query_column(nt_query *query, int column); /* a text; NULL if it is NULL */
int32_t nt_query_column_integer(const nt_query *query, int column);

/* Frees the statement for its next use. `status` says how the caller fared with the rows; if that
 * is NT_OK, it returns how SQLite fared. `verb`: what can't be done otherwise, "read" or "write".
 */
nt_status nt_query_finish(nt_query *query, nt_status status, const char *verb, nt_error *error);

/* For a statement that gives no rows. */
nt_status nt_query_run(nt_query query, nt_error *error);

/* The shard in the row at hand of a statement that reads shards, after a look at its digest; its
 * texts and bytes are good until the next row. */
nt_status nt_query_shard(nt_query *query, nt_shard *ret, nt_error *error);

/* Saves one shard, in a transaction: see nt_store_put_shards. *ret_new: it was not there, or not as
 * long. */
nt_status nt_store_put_shard(nt_store *store, const nt_shard *shard, bool *ret_new,
                             nt_error *error);

/* A transaction: nt_store_end keeps what was done since if `status` is NT_OK and it can be kept,
 * and otherwise undoes all of it. */
nt_status nt_store_begin(nt_store *store, nt_error *error);
nt_status nt_store_end(nt_store *store, nt_status status, nt_error *error);

#endif
