/* A store that the input changes: text as SQL statements, run past the store's own code, after
 * which the digests of shards are made right; other bytes as changes to the file's, each of three
 * bytes: where, twice, and what. It opens or is refused, for reading and for writing, and all that
 * is in it can be asked for. */
#include "mutate_lines.h"
#include "records.h"
#include "scratch.h"
#include "store.h"
#include "target.h"
#include <ctype.h>
#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CASES = 3, SAMPLES = 1500, STEPS = 20000 };

static unsigned char *base; /* the file as it was made */
static size_t base_size;
static char keys[CASES][NT_DIGEST_HEX];

static void must(nt_status status, const nt_error *error) {
    if (status != NT_OK)
        fprintf(stderr, "%s\n", error->count ? error->items[0].message : "failed");
    assert(status == NT_OK);
}

static void make_store(void) {
    static unsigned char outcomes[NT_SHARD_SAMPLES];
    nt_store_result results[CASES];
    nt_store *store;
    nt_error error;
    nt_error_init(&error);
    must(nt_store_open(scratch_folder(), &store, &error), &error);
    for (int c = 0; c < CASES; c++) {
        char text[20];
        snprintf(text, sizeof text, "case %d", c);
        nt_digest_bytes(text, strlen(text), keys[c]);
        for (int32_t n = 0; n < nt_shard_count(SAMPLES); n++) {
            for (int i = 0; i < NT_SHARD_SAMPLES; i++)
                outcomes[i] = (unsigned char)((i * (c + 3) >> 2) & 1);
            const nt_shard shard = {keys[c],
                                    "asked; made",
                                    SAMPLES,
                                    1,
                                    n,
                                    outcomes,
                                    (size_t)nt_shard_samples(SAMPLES, n),
                                    0.5 * c};
            must(nt_store_put_shards(store, &shard, 1, &error), &error);
        }
        results[c] = (nt_store_result){.group = "group",
                                       .name = c == 0   ? "a"
                                               : c == 1 ? "b"
                                                        : "c",
                                       .split = "test",
                                       .edit = "none",
                                       .key = keys[c],
                                       .numerics = "asked; made"};
    }
    must(nt_store_put_results(store, results, CASES, NULL, 0, &error), &error);
    nt_store_close(store);
    nt_error_finish(&error);
    FILE *file = fopen(scratch_path(NT_STORE_NAME), "rb");
    base = malloc(1 << 20);
    if (!file || !base)
        abort();
    base_size = fread(base, 1, 1 << 20, file);
    fclose(file);
}

/* --- past the store's code -------------------------------------------------------------------- */

/* SHA-256 of a line, the line of numerics, the outcomes (store.c). */
static void digest_row(sqlite3_context *context, int count, sqlite3_value **values) {
    char line[400], loss[40] = "nan", hex[NT_DIGEST_HEX];
    (void)count;
    if (sqlite3_value_type(values[4]) != SQLITE_NULL) {
        double value = sqlite3_value_double(values[4]);
        snprintf(loss, sizeof loss, "%a", value == 0 ? 0 : value);
    }
    snprintf(line, sizeof line, "%.200s %d %d %d %s\n", (const char *)sqlite3_value_text(values[0]),
             sqlite3_value_int(values[1]), sqlite3_value_int(values[2]),
             sqlite3_value_int(values[3]), loss);
    nt_digest *digest = nt_digest_new();
    nt_digest_add(digest, line, strlen(line));
    const char *numerics = (const char *)sqlite3_value_text(values[5]);
    if (numerics && strcmp(numerics, NT_STORE_UNKNOWN) != 0) {
        nt_digest_add(digest, numerics, strlen(numerics));
        nt_digest_add(digest, "\n", 1);
    }
    const void *outcomes = sqlite3_value_blob(values[6]);
    nt_digest_add(digest, outcomes ? outcomes : "", (size_t)sqlite3_value_bytes(values[6]));
    nt_digest_end(digest, hex);
    sqlite3_result_text(context, hex, -1, SQLITE_TRANSIENT);
}

static int refuse_files(void *user, int action, const char *a, const char *b, const char *c,
                        const char *d) {
    (void)user, (void)a, (void)b, (void)c, (void)d;
    return action == SQLITE_ATTACH ? SQLITE_DENY : SQLITE_OK;
}

static int give_up(void *user) {
    return ++*(int *)user > STEPS / 100;
}

static void run_sql(const char *sql) {
    sqlite3 *db;
    int steps = 0;
    if (sqlite3_open(scratch_path(NT_STORE_NAME), &db) != SQLITE_OK)
        abort();
    sqlite3_limit(db, SQLITE_LIMIT_LENGTH, 1 << 20);
    sqlite3_set_authorizer(db, refuse_files, NULL);
    sqlite3_progress_handler(db, 100, give_up, &steps);
    sqlite3_create_function(db, "digest_of", 7, SQLITE_UTF8, NULL, digest_row, NULL, NULL);
    sqlite3_exec(db, "PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF", NULL, NULL, NULL);
    sqlite3_exec(db, sql, NULL, NULL, NULL);
    steps = 0;
    sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    sqlite3_exec(db,
                 "UPDATE shard SET digest = digest_of(key,"
                 " (SELECT samples FROM measured m WHERE m.key = shard.key"
                 "  AND m.numerics = shard.numerics),"
                 " (SELECT sample_bytes FROM measured m WHERE m.key = shard.key"
                 "  AND m.numerics = shard.numerics), number, loss,"
                 " (SELECT line FROM numerics WHERE id = shard.numerics), outcomes)",
                 NULL, NULL, NULL);
    sqlite3_close(db);
}

/* --- through it ------------------------------------------------------------------------------- */

static nt_status see(void *context, const nt_store_result *result) {
    nt_store *store = context;
    nt_measured found;
    nt_error error;
    nt_error_init(&error);
    assert(result->group && result->name && result->split && result->edit);
    if (result->key && result->numerics) {
        nt_status status = nt_store_find(store, result->key, result->numerics, &found, &error);
        check_outcome(status, &error);
        if (status == NT_OK && found.samples > 0 && found.done > 0 &&
            (int64_t)found.done * found.sample_bytes < 1 << 22) {
            size_t size = (size_t)found.done * (size_t)found.sample_bytes;
            unsigned char *outcomes = malloc(size);
            double loss;
            assert(found.done <= found.samples);
            nt_error_finish(&error);
            nt_error_init(&error);
            status = nt_store_read(store, result->key, result->numerics, found.done, outcomes, size,
                                   &loss, &error);
            check_outcome(status, &error);
            free(outcomes);
        }
    }
    nt_error_finish(&error);
    return NT_OK;
}

#define ASK(call)                                                                                  \
    do {                                                                                           \
        nt_error_init(&error);                                                                     \
        nt_status status = (call);                                                                 \
        check_outcome(status, &error);                                                             \
        nt_error_finish(&error);                                                                   \
    } while (0)

static void ask(nt_store *store, bool to_write) {
    nt_error error;
    nt_arena arena;
    nt_store *memory;
    nt_store_tally tally;
    const char *numerics;
    const int32_t *numbers;
    int32_t count;
    int64_t many;
    nt_arena_init(&arena);
    ASK(nt_store_each_result(store, see, store, &error));
    ASK(nt_store_count(store, &tally, &error));
    ASK(nt_store_count_complete(store, &many, &error));
    ASK(nt_store_count_open(store, &many, &error));
    ASK(nt_store_usual_numerics(store, &arena, &numerics, &error));
    ASK(nt_store_samples(store, &arena, &numbers, &count, &error));
    nt_error_init(&error);
    must(nt_store_open_in_memory(&memory, &error), &error);
    nt_error_finish(&error);
    ASK(nt_store_join(memory, store, &many, &error));
    nt_store_close(memory);
    if (to_write) {
        static const unsigned char outcomes[NT_SHARD_SAMPLES];
        const nt_shard shard = {keys[0], "asked; others", 10, 1, 0, outcomes, 10, 1};
        ASK(nt_store_put_shards(store, &shard, 1, &error));
        ASK(nt_store_put_results(store, NULL, 0, NULL, 0, &error));
    }
    nt_arena_finish(&arena);
}

static bool is_text(const uint8_t *data, size_t size) {
    for (size_t i = 0; i < size; i++)
        if (!isprint(data[i]) && data[i] != '\n')
            return false;
    return true;
}

static void change_bytes(const uint8_t *data, size_t size) {
    unsigned char *bytes = malloc(base_size);
    memcpy(bytes, base, base_size);
    while (size > 0) {
        uint32_t at = take_number(&data, &size, 2);
        bytes[at % base_size] = (unsigned char)take_number(&data, &size, 1);
    }
    scratch_put(NT_STORE_NAME, bytes, base_size);
    free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    nt_store *store;
    nt_error error;
    if (!base)
        make_store();
    size_t before = nt_alloc_in_use();
    scratch_remove(NT_STORE_NAME "-journal");
    if (is_text(data, size)) {
        char *sql = strndup((const char *)data, size);
        scratch_put(NT_STORE_NAME, base, base_size);
        run_sql(sql);
        free(sql);
    } else {
        change_bytes(data, size);
    }
    for (int to_write = 0; to_write < 2; to_write++) {
        nt_error_init(&error);
        nt_status status = to_write ? nt_store_open(scratch_folder(), &store, &error)
                                    : nt_store_open_to_read(scratch_folder(), &store, &error);
        check_outcome(status, &error);
        nt_error_finish(&error);
        if (status == NT_OK) {
            ask(store, to_write);
            nt_store_close(store);
        }
    }
    assert(nt_alloc_in_use() == before);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed) {
    static const char *const words[] = {"shard",
                                        "measured",
                                        "numerics",
                                        "result",
                                        "sample",
                                        "key",
                                        "number",
                                        "outcomes",
                                        "loss",
                                        "digest",
                                        "samples",
                                        "sample_bytes",
                                        "position",
                                        "line",
                                        "id",
                                        "failure",
                                        "decide",
                                        "decision",
                                        "group_name",
                                        "case_name",
                                        "split",
                                        "edit",
                                        "NULL",
                                        "X'00'",
                                        "X'01FF'",
                                        "zeroblob(70000)",
                                        "'text'",
                                        "replace(hex(zeroblob(9)), '0', 'a')",
                                        "rowid",
                                        "count(*)",
                                        "INTEGER",
                                        "TEXT",
                                        "sqlite_schema",
                                        "user_version",
                                        "application_id",
                                        "1000",
                                        "1e300",
                                        NULL};
    static const char *const lines[] = {
        "UPDATE shard SET number = 5 WHERE number = 0;",
        "UPDATE measured SET samples = 2147483647;",
        "UPDATE measured SET sample_bytes = 1000000;",
        "UPDATE shard SET outcomes = X'01';",
        "UPDATE shard SET loss = NULL;",
        "DELETE FROM shard WHERE number = 1;",
        "INSERT INTO sample VALUES (0, 5);",
        "UPDATE result SET decide = 'true', samples = 7, decision = 'trivial';",
        "UPDATE result SET seed = -2147483648;",
        "INSERT INTO numerics VALUES (9, 'x');",
        "PRAGMA ignore_check_constraints = 1;",
        "PRAGMA foreign_keys = 0;",
        "PRAGMA writable_schema = 1;",
        "PRAGMA user_version = 3;",
        "PRAGMA journal_mode = WAL;",
        "PRAGMA encoding = 'UTF-16';",
        "CREATE TABLE other(x);",
        "CREATE TRIGGER t AFTER INSERT ON shard BEGIN DELETE FROM shard; END;",
        "CREATE VIEW v AS SELECT * FROM shard;",
        "CREATE INDEX i ON shard(loss);",
        "ALTER TABLE shard ADD COLUMN more;",
        "ALTER TABLE result RENAME TO result_old;",
        "DROP TABLE sample;",
        "UPDATE sqlite_schema SET sql = replace(sql, 'STRICT', '');",
        "DELETE FROM result;",
        "VACUUM;",
        NULL};
    if (!is_text(data, size))
        return LLVMFuzzerMutate(data, size, most);
    size = mutate_lines(data, size, most, seed, words, lines);
    for (size_t i = 0; seed % 8 && i < size; i++) /* mostly text it stays */
        if (!isprint(data[i]) && data[i] != '\n')
            data[i] = '0';
    return size;
}
