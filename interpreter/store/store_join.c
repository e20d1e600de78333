/* One store's shards put into another, in one transaction, so that what is joined is whole. */
#include "store_private.h"

#include <string.h>

/* Whether what is there already begins with the shard, and goes on. */
static nt_status goes_on(nt_store *store, const nt_shard *shard, bool *ret, nt_error *error) {
    nt_query query = nt_query_start(store, NT_SQL_FIND_SHARD);
    nt_query_text(&query, shard->key);
    nt_query_text(&query, shard->numerics);
    nt_query_integer(&query, shard->number);
    bool found = nt_query_next(&query);
    size_t size = found ? (size_t)sqlite3_column_bytes(query.statement, 1) : 0;
    const void *there = size > shard->size ? sqlite3_column_blob(query.statement, 1) : NULL;
    *ret = there && memcmp(there, shard->outcomes, shard->size) == 0;
    return nt_query_finish(&query, NT_OK, "read", error);
}

static nt_status join_shard(nt_store *into, const nt_shard *shard, int64_t *fresh,
                            nt_error *error) {
    bool longer, is_new;
    NT_TRY(goes_on(into, shard, &longer, error));
    if (longer)
        return NT_OK;
    NT_TRY(nt_store_put_shard(into, shard, &is_new, error));
    *fresh += is_new;
    return NT_OK;
}

static nt_status join_all(nt_store *into, nt_store *from, int64_t *fresh, nt_error *error) {
    nt_status status = NT_OK;
    nt_query query = nt_query_start(from, NT_SQL_EACH_SHARD);
    while (status == NT_OK && nt_query_next(&query)) {
        nt_shard shard;
        status = nt_query_shard(&query, &shard, error);
        if (status != NT_OK)
            break;
        status = join_shard(into, &shard, fresh, error);
        if (status == NT_FAILED || status == NT_INVALID)
            nt_error_in(error, status, from->file.path, -1,
                        "shard %d of %.16s… can't be joined with that", shard.number, shard.key);
    }
    return nt_query_finish(&query, status, "read", error);
}

nt_status nt_store_join(nt_store *into, nt_store *from, int64_t *ret_new, nt_error *error) {
    int64_t fresh = 0;
    NT_TRY(nt_store_begin(into, error));
    nt_status status = join_all(into, from, &fresh, error);
    NT_TRY(nt_store_end(into, status, error));
    *ret_new = fresh;
    return NT_OK;
}

/* --- looking ---------------------------------------------------------------------------------- */

nt_status nt_store_covers(nt_store *store, nt_store *other, bool *ret, nt_error *error) {
    nt_status status = NT_OK;
    bool all = true;
    nt_query query = nt_query_start(other, NT_SQL_EACH_SHARD);
    while (status == NT_OK && all && nt_query_next(&query)) {
        nt_shard shard;
        int32_t samples = 0;
        status = nt_query_shard(&query, &shard, error);
        if (status == NT_OK)
            status =
                nt_store_has_shard(store, shard.key, shard.numerics, shard.number, &samples, error);
        all = (size_t)samples * (size_t)shard.sample_bytes >= shard.size;
    }
    *ret = all;
    return nt_query_finish(&query, status, "read", error);
}
