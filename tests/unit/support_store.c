#include "support_store.h"

/* --- made-up outcomes ------------------------------------------------------------------------- */

const char *made_key(int thing) {
    static char keys[16][NT_DIGEST_HEX];
    static int next;
    char text[40], *key = keys[next++ % 16];
    snprintf(text, sizeof text, "thing %d", thing);
    assert_true(nt_digest_bytes(text, strlen(text), key));
    return key;
}

const nt_shard *make_shard(made *m, int thing, int32_t samples, int32_t sample_bytes,
                           int32_t number) {
    size_t size = (size_t)(nt_shard_samples(samples, number) * sample_bytes);
    uint64_t state = nt_hash_word(nt_hash_word(1, (uint64_t)thing), (uint64_t)number);
    assert_true(size <= sizeof m->outcomes);
    for (size_t i = 0; i < size; i++) {
        state = nt_hash_word(state, i);
        m->outcomes[i] = sample_bytes == 1 ? state >> 40 & 1 : state >> 40 & 0xFF;
    }
    memcpy(m->key, made_key(thing), sizeof m->key);
    m->shard = (nt_shard){.key = m->key,
                          .numerics = MADE_NUMERICS,
                          .samples = samples,
                          .sample_bytes = sample_bytes,
                          .number = number,
                          .outcomes = m->outcomes,
                          .size = size,
                          .loss = (double)(state >> 11) * 0x1p-40};
    return &m->shard;
}

void put_one(nt_store *store, const nt_shard *shard, nt_error *error) {
    EXPECT_OK(error, nt_store_put_shards(store, shard, 1, error));
}

bool has(nt_store *store, int thing, int32_t number, nt_error *error) {
    nt_measured found;
    static unsigned char outcomes[NT_SHARD_SAMPLES * 12];
    int32_t samples = 0;
    double loss;
    EXPECT_OK(error, nt_store_find(store, made_key(thing), MADE_NUMERICS, &found, error));
    assert_true(found.sample_bytes <= 12);
    if (found.samples > 0)
        EXPECT_OK(error, nt_store_read_shard(store, made_key(thing), MADE_NUMERICS, number,
                                             found.sample_bytes, outcomes, &samples, &loss, error));
    return samples > 0;
}

void expect_thing(nt_store *store, int thing, int32_t samples, int32_t sample_bytes,
                  nt_error *error) {
    size_t size = (size_t)samples * (size_t)sample_bytes, at = 0;
    unsigned char *outcomes = malloc(size);
    double loss, expected = 0;
    assert_non_null(outcomes);
    EXPECT_OK(error, nt_store_read(store, made_key(thing), MADE_NUMERICS, samples, outcomes, size,
                                   &loss, error));
    for (int32_t n = 0; n < nt_shard_count(samples); n++) {
        made m;
        const nt_shard *shard = make_shard(&m, thing, samples, sample_bytes, n);
        assert_memory_equal(outcomes + at, shard->outcomes, shard->size);
        at += shard->size;
        expected += shard->loss;
    }
    assert_int_equal(at, size);
    assert_true(loss == expected);
    free(outcomes);
}

/* --- past the store's own code ---------------------------------------------------------------- */

sqlite3 *connect_to(const char *folder) {
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path_in(folder, NT_STORE_NAME), &db), SQLITE_OK);
    return db;
}

void execute(sqlite3 *db, const char *sql) {
    char *why = NULL;
    if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
        fail_msg("%s: %s", sql, why);
}

void execute_in(const char *folder, const char *sql) {
    sqlite3 *db = connect_to(folder);
    execute(db, sql);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void dump_column(sqlite3_stmt *statement, int c, nt_text *text) {
    const unsigned char *bytes;
    switch (sqlite3_column_type(statement, c)) {
    case SQLITE_NULL:
        nt_text_add(text, "null ");
        break;
    case SQLITE_FLOAT:
        nt_text_printf(text, "%a ", sqlite3_column_double(statement, c));
        break;
    case SQLITE_BLOB:
        bytes = sqlite3_column_blob(statement, c);
        for (int i = 0; i < sqlite3_column_bytes(statement, c); i++)
            nt_text_printf(text, "%02x", bytes[i]);
        nt_text_add(text, " ");
        break;
    default:
        nt_text_printf(text, "'%s' ", (const char *)sqlite3_column_text(statement, c));
    }
}

void dump_rows(sqlite3 *db, const char *sql, nt_text *text) {
    sqlite3_stmt *statement;
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    int step;
    while ((step = sqlite3_step(statement)) == SQLITE_ROW) {
        for (int c = 0; c < sqlite3_column_count(statement); c++)
            dump_column(statement, c, text);
        nt_text_add(text, "\n");
    }
    if (step != SQLITE_DONE)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    sqlite3_finalize(statement);
}

const char *rows_of(const char *folder, const char *sql, nt_text *text) {
    sqlite3 *db = connect_to(folder);
    nt_text_clear(text);
    dump_rows(db, sql, text);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    assert_false(text->failed);
    return text->bytes;
}

void dump_store(const char *folder, nt_text *text) {
    sqlite3 *db = connect_to(folder);
    nt_text_clear(text);
    dump_rows(db, "PRAGMA integrity_check", text);
    dump_rows(db, "SELECT * FROM numerics ORDER BY id", text);
    dump_rows(db, "SELECT * FROM measured ORDER BY key", text);
    dump_rows(db, "SELECT * FROM shard ORDER BY key, number", text);
    dump_rows(db, "SELECT * FROM result ORDER BY position", text);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    assert_false(text->failed);
}

/* --- the file's bytes, while no store is open ------------------------------------------------- */

content read_store(const char *folder) {
    content c;
    FILE *file = fopen(path_in(folder, NT_STORE_NAME), "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    c.size = (size_t)ftell(file);
    rewind(file);
    c.bytes = malloc(c.size + 1);
    assert_non_null(c.bytes);
    assert_int_equal(fread(c.bytes, 1, c.size, file), c.size);
    fclose(file);
    return c;
}

void write_store(const char *folder, const void *bytes, size_t size) {
    remove(path_in(folder, NT_STORE_NAME "-journal"));
    write_bytes(path_in(folder, NT_STORE_NAME), bytes, size);
}
