/* Opening, and shards. A shard's digest tells a damaged one from a good one, and one that came out
 * otherwise the second time from the first. */
#include "store.h"

#include "alloc.h"
#include "store_private.h"
#include <math.h>
#include <string.h>

int32_t nt_shard_count(int32_t samples) {
    return samples / NT_SHARD_SAMPLES + (samples % NT_SHARD_SAMPLES != 0);
}

int32_t nt_shard_samples(int32_t samples, int32_t number) {
    int64_t left = samples - (int64_t)number * NT_SHARD_SAMPLES;
    return left < NT_SHARD_SAMPLES ? (int32_t)left : NT_SHARD_SAMPLES;
}

static bool shard_fits(const nt_shard *shard) {
    return shard->samples > 0 && shard->sample_bytes > 0 && shard->number >= 0 &&
           shard->number < nt_shard_count(shard->samples) && shard->size > 0 &&
           shard->size % (size_t)shard->sample_bytes == 0 &&
           shard->size <= (size_t)nt_shard_samples(shard->samples, shard->number) *
                              (size_t)shard->sample_bytes;
}

/* SHA-256 of a line, the line of the numerics unless they are unknown, and the outcomes. The first
 * has the loss as SQLite keeps it: zero has no sign, and there is one NaN. */
static nt_status digest_shard(const nt_store *store, const nt_shard *shard, char ret[NT_DIGEST_HEX],
                              nt_error *error) {
    char line[200], loss[40] = "nan";
    if (!isnan(shard->loss))
        snprintf(loss, sizeof loss, "%a", shard->loss == 0 ? 0 : shard->loss);
    snprintf(line, sizeof line, "%s %d %d %d %s\n", shard->key, shard->samples, shard->sample_bytes,
             shard->number, loss);
    nt_digest *digest = nt_digest_new();
    if (!digest)
        return nt_store_no_memory(store, error);
    nt_digest_add(digest, line, strlen(line));
    if (strcmp(shard->numerics, NT_STORE_UNKNOWN) != 0) {
        nt_digest_add(digest, shard->numerics, strlen(shard->numerics));
        nt_digest_add(digest, "\n", 1);
    }
    nt_digest_add(digest, shard->outcomes, shard->size);
    nt_digest_end(digest, ret);
    return NT_OK;
}

/* --- saving ----------------------------------------------------------------------------------- */

static nt_status put_measured(nt_store *store, const nt_shard *shard, nt_error *error) {
    nt_measured known;
    NT_TRY(nt_store_find(store, shard->key, shard->numerics, &known, error));
    if (known.samples == shard->samples && known.sample_bytes == shard->sample_bytes)
        return NT_OK;
    if (known.samples > 0)
        return nt_error_in(error, NT_INVALID, store->file.path, -1,
                           "%.16s… has %d samples of %d bytes; a shard of it says %d of %d",
                           shard->key, known.samples, known.sample_bytes, shard->samples,
                           shard->sample_bytes);
    nt_query query = nt_query_start(store, NT_SQL_ADD_NUMERICS);
    nt_query_text(&query, shard->numerics);
    NT_TRY(nt_query_run(query, error));
    query = nt_query_start(store, NT_SQL_ADD_MEASURED);
    nt_query_text(&query, shard->key);
    nt_query_text(&query, shard->numerics);
    nt_query_integer(&query, shard->samples);
    nt_query_integer(&query, shard->sample_bytes);
    return nt_query_run(query, error);
}

typedef enum presence { ABSENT, BEGUN, SAVED } presence;

/* Whether the shard is there, or its beginning; it is an error if others are in its place. */
static nt_status find_same(nt_store *store, const nt_shard *shard, const char *digest,
                           presence *ret, nt_error *error) {
    nt_query query = nt_query_start(store, NT_SQL_FIND_SHARD);
    nt_query_text(&query, shard->key);
    nt_query_text(&query, shard->numerics);
    nt_query_integer(&query, shard->number);
    bool found = nt_query_next(&query);
    const char *saved = found ? nt_query_column(&query, 0) : NULL;
    size_t size = found ? (size_t)sqlite3_column_bytes(query.statement, 1) : 0;
    const void *begun = size > 0 ? sqlite3_column_blob(query.statement, 1) : NULL;
    bool same = saved && strcmp(saved, digest) == 0;
    bool alike = begun && size < shard->size && memcmp(begun, shard->outcomes, size) == 0;
    NT_TRY(nt_query_finish(&query, NT_OK, "read", error));
    *ret = same ? SAVED : found ? BEGUN : ABSENT;
    if (!found || same || alike)
        return NT_OK;
    nt_error_in(error, NT_FAILED, store->file.path, -1,
                "shard %d of %.16s… was measured again, with other outcomes", shard->number,
                shard->key);
    nt_error_hint(error, "this is a mistake in the program or a fault of the machine");
    return NT_FAILED;
}

nt_status nt_store_put_shard(nt_store *store, const nt_shard *shard, bool *ret_new,
                             nt_error *error) {
    char digest[NT_DIGEST_HEX];
    presence known;
    if (!shard_fits(shard))
        return nt_error_in(error, NT_INVALID, store->file.path, -1,
                           "%zu bytes are not shard %d of %d samples of %d bytes", shard->size,
                           shard->number, shard->samples, shard->sample_bytes);
    NT_TRY(put_measured(store, shard, error));
    NT_TRY(digest_shard(store, shard, digest, error));
    NT_TRY(find_same(store, shard, digest, &known, error));
    *ret_new = known != SAVED;
    if (known == SAVED)
        return NT_OK;
    nt_query query = nt_query_start(store, known == BEGUN ? NT_SQL_GROW_SHARD : NT_SQL_ADD_SHARD);
    nt_query_text(&query, shard->key);
    nt_query_text(&query, shard->numerics);
    nt_query_integer(&query, shard->number);
    nt_query_bytes(&query, shard->outcomes, shard->size);
    nt_query_real(&query, shard->loss);
    nt_query_text(&query, digest);
    return nt_query_run(query, error);
}

nt_status nt_store_put_shards(nt_store *store, const nt_shard *shards, size_t count,
                              nt_error *error) {
    NT_TRY(nt_store_begin(store, error));
    nt_status status = NT_OK;
    bool ignored;
    for (size_t i = 0; status == NT_OK && i < count; i++)
        status = nt_store_put_shard(store, &shards[i], &ignored, error);
    return nt_store_end(store, status, error);
}

/* --- asking ----------------------------------------------------------------------------------- */

static nt_query start_reading(nt_store *store, const char *key, const char *numerics,
                              int32_t number) {
    nt_query query = nt_query_start(store, NT_SQL_READ_SHARDS);
    nt_query_text(&query, key);
    nt_query_text(&query, numerics);
    nt_query_integer(&query, number);
    return query;
}

/* A row for every shard, in their order, or one without a number. */
static nt_status find(nt_store *store, const char *key, const char *numerics, nt_measured *ret,
                      nt_error *error) {
    nt_measured found = {0};
    nt_query query = nt_query_start(store, NT_SQL_FIND_MEASURED);
    nt_query_text(&query, key);
    nt_query_text(&query, numerics);
    bool joined = true;
    for (int32_t number = 0; joined && nt_query_next(&query); number++) {
        found.samples = nt_query_column_integer(&query, 0);
        found.sample_bytes = nt_query_column_integer(&query, 1);
        bool there = sqlite3_column_type(query.statement, 2) != SQLITE_NULL;
        int32_t samples = there ? nt_query_column_integer(&query, 3) : 0;
        joined = there && nt_query_column_integer(&query, 2) == number;
        found.done += joined ? samples : 0;
        joined = joined && samples == nt_shard_samples(found.samples, number);
    }
    NT_TRY(nt_query_finish(&query, NT_OK, "read", error));
    *ret = found;
    return NT_OK;
}

/* The digest of any shard covers what is said of them all; who writes has looked at all of them. */
nt_status nt_store_find(nt_store *store, const char *key, const char *numerics, nt_measured *ret,
                        nt_error *error) {
    nt_shard shard;
    NT_TRY(find(store, key, numerics, ret, error));
    if (store->file.to_write || ret->samples == 0)
        return NT_OK;
    nt_query query = start_reading(store, key, numerics, 0);
    nt_status status = nt_query_next(&query) ? nt_query_shard(&query, &shard, error) : NT_OK;
    return nt_query_finish(&query, status, "read", error);
}

nt_status nt_store_has_shard(nt_store *store, const char *key, const char *numerics, int32_t number,
                             int32_t *ret_samples, nt_error *error) {
    nt_query query = nt_query_start(store, NT_SQL_HAS_SHARD);
    nt_query_text(&query, key);
    nt_query_text(&query, numerics);
    nt_query_integer(&query, number);
    int32_t samples = nt_query_next(&query) ? nt_query_column_integer(&query, 0) : 0;
    NT_TRY(nt_query_finish(&query, NT_OK, "read", error));
    *ret_samples = samples;
    return NT_OK;
}

nt_status nt_store_find_shared(nt_store *store, const char *key, const char *with,
                               const char *asked, nt_arena *arena, const char **ret,
                               nt_error *error) {
    const char *found = NULL;
    nt_status status = NT_OK;
    nt_query query = nt_query_start(store, NT_SQL_FIND_SHARED);
    nt_query_text(&query, key);
    nt_query_text(&query, with);
    nt_query_text(&query, asked);
    if (nt_query_next(&query)) {
        const char *line = nt_query_column(&query, 0);
        found = line ? nt_arena_string(arena, line) : NULL;
        if (!found)
            status = nt_store_no_memory(store, error);
    }
    NT_TRY(nt_query_finish(&query, status, "read", error));
    *ret = found;
    return NT_OK;
}

nt_status nt_store_count(nt_store *store, nt_store_tally *ret, nt_error *error) {
    nt_query query = nt_query_start(store, NT_SQL_TALLY);
    *ret = (nt_store_tally){0};
    if (nt_query_next(&query)) {
        ret->samples = nt_query_column_integer(&query, 0);
        ret->shards = nt_query_column_integer(&query, 1);
    }
    return nt_query_finish(&query, NT_OK, "read", error);
}

static nt_status count(nt_store *store, nt_store_sql which, int64_t *ret, nt_error *error) {
    nt_query query = nt_query_start(store, which);
    int64_t count = nt_query_next(&query) ? sqlite3_column_int64(query.statement, 0) : 0;
    NT_TRY(nt_query_finish(&query, NT_OK, "read", error));
    *ret = count;
    return NT_OK;
}

nt_status nt_store_count_complete(nt_store *store, int64_t *ret, nt_error *error) {
    return count(store, NT_SQL_COUNT_COMPLETE, ret, error);
}

nt_status nt_store_count_open(nt_store *store, int64_t *ret, nt_error *error) {
    return count(store, NT_SQL_COUNT_OPEN, ret, error);
}

nt_status nt_store_usual_numerics(nt_store *store, nt_arena *arena, const char **ret,
                                  nt_error *error) {
    nt_query query = nt_query_start(store, NT_SQL_USUAL_NUMERICS);
    bool found = nt_query_next(&query);
    const char *line = found ? nt_query_column(&query, 0) : NULL;
    const char *kept = line ? nt_arena_string(arena, line) : NULL;
    NT_TRY(nt_query_finish(&query, NT_OK, "read", error));
    if (found && !kept)
        return nt_store_no_memory(store, error);
    *ret = kept;
    return NT_OK;
}

/* --- reading ---------------------------------------------------------------------------------- */

/* Its columns are those of SHARDS in store_query.c. */
nt_status nt_query_shard(nt_query *query, nt_shard *ret, nt_error *error) {
    bool no_loss = sqlite3_column_type(query->statement, 5) == SQLITE_NULL;
    nt_shard shard = {
        .key = nt_query_column(query, 0),
        .samples = nt_query_column_integer(query, 1),
        .sample_bytes = nt_query_column_integer(query, 2),
        .number = nt_query_column_integer(query, 3),
        .outcomes = sqlite3_column_blob(query->statement, 4),
        .size = (size_t)sqlite3_column_bytes(query->statement, 4),
        .numerics = nt_query_column(query, 7),
        .loss = no_loss ? (double)NAN : sqlite3_column_double(query->statement, 5),
    };
    const char *saved = nt_query_column(query, 6);
    char digest[NT_DIGEST_HEX] = "";
    if (!shard.key || !shard.numerics || !saved || (!shard.outcomes && shard.size > 0))
        return nt_store_no_memory(query->store, error);
    if (shard_fits(&shard))
        NT_TRY(digest_shard(query->store, &shard, digest, error));
    if (strcmp(digest, saved) != 0)
        return nt_store_file_damaged(&query->store->file, error,
                                     "shard %d of %.16s… is not what was saved", shard.number,
                                     shard.key);
    *ret = shard;
    return NT_OK;
}

/* Reads shards from the first on until `size` bytes are full; *ret_full: whether they are. No two
 * shards have one number, so that the next one is there or is missing; behind one that has only its
 * first samples, none counts. */
static nt_status read_shards(nt_store *store, const char *key, const char *numerics,
                             unsigned char *ret_outcomes, size_t size, bool *ret_full,
                             double *ret_loss, nt_error *error) {
    double loss = 0;
    int32_t number = 0;
    bool joined = true;
    nt_status status = NT_OK;
    nt_query query = start_reading(store, key, numerics, 0);
    while (status == NT_OK && joined && size > 0 && nt_query_next(&query)) {
        nt_shard shard;
        status = nt_query_shard(&query, &shard, error);
        if (status != NT_OK || shard.number != number)
            break;
        joined = shard.size ==
                 (size_t)nt_shard_samples(shard.samples, number++) * (size_t)shard.sample_bytes;
        size_t taken = shard.size < size ? shard.size : size;
        memcpy(ret_outcomes, shard.outcomes, taken);
        ret_outcomes += taken;
        size -= taken;
        loss += shard.loss;
    }
    NT_TRY(nt_query_finish(&query, status, "read", error));
    *ret_full = size == 0;
    *ret_loss = loss;
    return NT_OK;
}

nt_status nt_store_read(nt_store *store, const char *key, const char *numerics, int32_t count,
                        unsigned char *ret_outcomes, size_t size, double *ret_loss,
                        nt_error *error) {
    nt_measured found;
    bool full;
    double loss;
    NT_TRY(nt_store_find(store, key, numerics, &found, error));
    if (found.samples > 0 &&
        (count > found.samples || size != (size_t)count * (size_t)found.sample_bytes))
        return nt_error_in(error, NT_INVALID, store->file.path, -1,
                           "%.16s… has %d samples of %d bytes; %d and %zu bytes were asked for",
                           key, found.samples, found.sample_bytes, count, size);
    NT_TRY(read_shards(store, key, numerics, ret_outcomes, size, &full, &loss, error));
    if (!full)
        return nt_error_in(error, NT_FAILED, store->file.path, -1,
                           "%d of %d samples of %.16s… are measured; %d were asked for", found.done,
                           found.samples, key, count);
    *ret_loss = count == found.samples ? loss : 0;
    return NT_OK;
}

nt_status nt_store_read_shard(nt_store *store, const char *key, const char *numerics,
                              int32_t number, int32_t sample_bytes, unsigned char *ret_outcomes,
                              int32_t *ret_samples, double *ret_loss, nt_error *error) {
    int32_t samples = 0;
    nt_status status = NT_OK;
    nt_query query = start_reading(store, key, numerics, number);
    if (nt_query_next(&query)) {
        nt_shard shard;
        status = nt_query_shard(&query, &shard, error);
        if (status == NT_OK && shard.sample_bytes == sample_bytes && shard.number == number) {
            memcpy(ret_outcomes, shard.outcomes, shard.size);
            samples = (int32_t)(shard.size / (size_t)sample_bytes);
            *ret_loss = shard.loss;
        }
    }
    NT_TRY(nt_query_finish(&query, status, "read", error));
    *ret_samples = samples;
    return NT_OK;
}

/* --- opening ---------------------------------------------------------------------------------- */

static nt_status check_all_shards(nt_store *store, nt_error *error) {
    nt_status status = NT_OK;
    nt_shard shard;
    nt_query query = nt_query_start(store, NT_SQL_READ_ALL_SHARDS);
    while (status == NT_OK && nt_query_next(&query))
        status = nt_query_shard(&query, &shard, error);
    return nt_query_finish(&query, status, "read", error);
}

static nt_status open_store(const char *folder, bool to_write, nt_store **ret, nt_error *error) {
    nt_store *store = nt_alloc_zero(sizeof *store);
    if (!store)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory opening " NT_STORE_NAME);
    nt_status status = nt_store_file_open(folder, to_write, &store->file, error);
    if (status == NT_OK)
        status = nt_store_prepare(store, error);
    if (status == NT_OK && to_write)
        status = check_all_shards(store, error);
    if (status != NT_OK) {
        nt_store_close(store);
        return status;
    }
    *ret = store;
    return NT_OK;
}

nt_status nt_store_open(const char *folder, nt_store **ret, nt_error *error) {
    return open_store(folder, true, ret, error);
}

nt_status nt_store_open_to_read(const char *folder, nt_store **ret, nt_error *error) {
    return open_store(folder, false, ret, error);
}

nt_status nt_store_open_in_memory(nt_store **ret, nt_error *error) {
    return open_store(NULL, true, ret, error);
}

void nt_store_close(nt_store *store) {
    if (!store)
        return;
    for (int i = 0; i < NT_SQL_COUNT; i++)
        sqlite3_finalize(store->statements[i]);
    nt_store_file_close(&store->file);
    nt_free(store, sizeof *store);
}
