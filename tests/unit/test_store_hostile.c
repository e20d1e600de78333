/* A store that somebody sent: what it may not have in it, what may not lie in its place, and that
 * no flipped bit goes unnoticed. */
#include "file.h"
#include "support_store.h"

static nt_error error;

enum { THINGS = 3, SAMPLES = 40, BYTES = 1 };

static const int32_t order[SAMPLES] = {7, 3, 9, 1};

static const char *const numerics = MADE_NUMERICS;

/* Two groups of results, one failed, one that ended early, and a list of samples. */
static void make_store(const char *folder) {
    static made m[THINGS];
    static char keys[THINGS][NT_DIGEST_HEX];
    nt_store *store;
    EXPECT_OK(&error, nt_store_open(folder, &store, &error));
    for (int t = 0; t < THINGS; t++) {
        put_one(store, make_shard(&m[t], t, SAMPLES, BYTES, 0), &error);
        memcpy(keys[t], made_key(t), NT_DIGEST_HEX);
    }
    const nt_store_result rows[] = {
        {"baseline", "baseline", 3, "test", "", keys[0], numerics, NULL, NULL, 0, NULL},
        {"each", "conv1", 3, "test", "zero: conv1", keys[1], numerics, NULL, NULL, 0, NULL},
        {"each", "conv2", 3, "test", "zero: conv2", keys[2], numerics, NULL, "population", 40,
         "critical"},
        {"each", "conv3", 3, "test", "zero: conv3", NULL, NULL, "diverged", NULL, 0, NULL}};
    EXPECT_OK(&error, nt_store_put_results(store, rows, 4, order, SAMPLES, &error));
    nt_store_close(store);
}

/* --- all that a store says -------------------------------------------------------------------- */

typedef struct telling {
    nt_store *store;
    nt_text *text;
} telling;

static const char *or_none(const char *text) {
    return text ? text : "none";
}

static nt_status tell(void *context, const nt_store_result *r) {
    telling *to = context;
    unsigned char outcomes[SAMPLES];
    double loss = 0;
    nt_text_printf(to->text, "%s|%s|%d|%s|%s|%s|%s|%s|%s|%d|%s|", r->group, r->name, r->seed,
                   r->split, r->edit, or_none(r->key), or_none(r->numerics), or_none(r->failure),
                   or_none(r->decide), r->samples, or_none(r->decision));
    if (r->key) {
        nt_measured found;
        nt_status status = nt_store_find(to->store, r->key, r->numerics, &found, &error);
        if (status == NT_OK && found.done == SAMPLES)
            status = nt_store_read(to->store, r->key, r->numerics, SAMPLES, outcomes,
                                   sizeof outcomes, &loss, &error);
        if (status != NT_OK)
            return status;
        nt_text_printf(to->text, "%d of %d: ", found.done, found.samples);
        for (int i = 0; found.done == SAMPLES && i < SAMPLES; i++)
            nt_text_printf(to->text, "%02x", outcomes[i]);
    }
    nt_text_printf(to->text, " %a\n", loss);
    return NT_OK;
}

static nt_status tell_all(const char *folder, bool to_write, nt_text *text) {
    nt_store *store = NULL;
    nt_arena arena;
    const int32_t *samples;
    int32_t count;
    nt_text_clear(text);
    nt_arena_init(&arena);
    nt_status status = to_write ? nt_store_open(folder, &store, &error)
                                : nt_store_open_to_read(folder, &store, &error);
    if (status == NT_OK)
        status = nt_store_each_result(store, tell, &(telling){store, text}, &error);
    if (status == NT_OK)
        status = nt_store_samples(store, &arena, &samples, &count, &error);
    for (int32_t i = 0; status == NT_OK && i < count; i++)
        nt_text_printf(text, "%d ", samples[i]);
    nt_store_close(store);
    nt_arena_finish(&arena);
    return status;
}

/* --- what is in it ---------------------------------------------------------------------------- */

static void expect_refused(const char *folder, const char *part) {
    nt_text text;
    nt_text_init(&text);
    EXPECT_ERROR(&error, tell_all(folder, false, &text), NT_INVALID, part);
    EXPECT_ERROR(&error, tell_all(folder, true, &text), NT_INVALID, part);
    nt_text_finish(&text);
}

static void test_objects(void **state) {
    static const char *const changes[] = {
        "CREATE VIEW more AS SELECT 1",
        "CREATE TRIGGER more AFTER INSERT ON shard BEGIN DELETE FROM measured; END",
        "CREATE TRIGGER more INSTEAD OF DELETE ON v BEGIN SELECT 1; END",
        "CREATE TABLE more(x)",
        "CREATE TABLE more(x GENERATED ALWAYS AS (hex(randomblob(9))) VIRTUAL)",
        "CREATE INDEX more ON result(edit)",
        "CREATE INDEX more ON result(edit) WHERE edit > (upper('x'))",
        "ANALYZE",
        "DROP TABLE sample; CREATE VIEW sample AS SELECT 1 AS position, 2 AS number",
        "CREATE VIRTUAL TABLE more USING fts5(x)",
        "CREATE VIRTUAL TABLE more USING rtree(id, low, high)",
    };
    int refused = 0;
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        remove(path_in(*state, NT_STORE_NAME));
        make_store(*state);
        sqlite3 *db = connect_to(*state);
        execute(db, i == 2 ? "CREATE VIEW v AS SELECT 1" : "SELECT 1");
        int done = sqlite3_exec(db, changes[i], NULL, NULL, NULL);
        sqlite3_close(db);
        if (done != SQLITE_OK) /* a module that this SQLite lacks */
            continue;
        expect_refused(*state, "is damaged: it has something that isn't ours in it: '");
        refused++;
    }
    assert_true(refused >= 9);
}

/* Rows that are all right by themselves, but are not those that were written. */
static void test_seal(void **state) {
    static const char *const changes[] = {
        "UPDATE result SET edit = 'zero: conv9' WHERE case_name = 'conv1'",
        "UPDATE result SET case_name = 'conv9' WHERE case_name = 'conv1'",
        "UPDATE result SET group_name = 'eacH' WHERE group_name = 'each'",
        "UPDATE result SET seed = 4",
        "UPDATE result SET split = 'train'",
        "UPDATE result SET failure = 'converged' WHERE failure IS NOT NULL",
        "UPDATE result SET decision = 'trivial' WHERE decision IS NOT NULL",
        "UPDATE result SET samples = 39 WHERE samples IS NOT NULL",
        "UPDATE result SET position = 9 WHERE case_name = 'conv1'",
        "UPDATE result SET key = (SELECT key FROM result WHERE case_name = 'conv1')"
        " WHERE case_name = 'conv2'",
        "DELETE FROM result WHERE case_name = 'conv2'",
        "INSERT INTO result SELECT group_name, 'conv8', seed, split, edit, key, numerics, failure,"
        " decide, samples, decision, 9 FROM result WHERE case_name = 'conv1'",
        "UPDATE sample SET number = 8 WHERE position = 0",
        "DELETE FROM sample WHERE position = 3",
        "INSERT INTO sample VALUES (40, 2)",
        "UPDATE seal SET digest = replace(digest, substr(digest, 1, 1), 'x')",
    };
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        remove(path_in(*state, NT_STORE_NAME));
        make_store(*state);
        execute_in(*state, changes[i]);
        expect_refused(*state, "is damaged: its results are not what was written; put back");
    }
}

/* A store of version 4, or one that has no seal for another reason, is read as it is; and gets one
 * with the next results. */
static void test_no_seal(void **state) {
    nt_text sealed, text;
    nt_text_init(&sealed);
    nt_text_init(&text);
    make_store(*state);
    EXPECT_OK(&error, tell_all(*state, false, &sealed));
    execute_in(*state, "DROP TABLE seal; PRAGMA user_version = 4");
    EXPECT_OK(&error, tell_all(*state, false, &text));
    assert_string_equal(text.bytes, sealed.bytes);
    EXPECT_OK(&error, tell_all(*state, true, &text));
    assert_string_equal(text.bytes, sealed.bytes);
    assert_string_equal(rows_of(*state, "PRAGMA user_version; ", &text), "'5' \n");
    execute_in(*state, "UPDATE result SET edit = 'other'");
    EXPECT_OK(&error, tell_all(*state, false, &text));
    make_store(*state);
    execute_in(*state, "UPDATE result SET edit = 'other'");
    expect_refused(*state, "its results are not what was written");
    nt_text_finish(&sealed);
    nt_text_finish(&text);
}

/* Without a seal nothing but their form tells them. */
static void test_names(void **state) {
    static const char *const changes[] = {
        "UPDATE result SET case_name = 'a' || char(27) || '[2J' WHERE case_name = 'conv1'",
        "UPDATE result SET case_name = 'a' || char(8238) WHERE case_name = 'conv1'",
        "UPDATE result SET case_name = CAST(x'ff' AS TEXT) WHERE case_name = 'conv1'",
        "UPDATE result SET case_name = 'a' || char(0) || 'b' WHERE case_name = 'conv1'",
        "UPDATE result SET group_name = char(155) || 'x' WHERE case_name = 'conv1'",
        "UPDATE result SET split = char(10)",
        "UPDATE result SET decision = char(7) WHERE decision IS NOT NULL",
    };
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        remove(path_in(*state, NT_STORE_NAME));
        make_store(*state);
        execute_in(*state, "DELETE FROM seal");
        execute_in(*state, changes[i]);
        expect_refused(*state, "is damaged: a result has a name that can't be shown: '");
    }
}

/* --- what is in its place --------------------------------------------------------------------- */

static void test_links(void **state) {
    static const char *const endings[] = {"", "-journal", "-wal", "-shm"};
    const char *elsewhere = path_in(*state, "elsewhere");
    write_bytes(elsewhere, "kept", 4);
    for (int i = 0; i < 4; i++) {
        char name[100];
        snprintf(name, sizeof name, NT_STORE_NAME "%s", endings[i]);
        const char *path = path_in(*state, name);
        if (i > 0)
            make_store(*state);
        for (int sort = 0; sort < 3; sort++) {
            int done = sort == 0   ? symlink(elsewhere, path)
                       : sort == 1 ? mkfifo(path, 0600)
                                   : mkdir(path, 0700);
            assert_int_equal(done, 0);
            expect_refused(*state, sort == 0 ? "is a link, not a file of the run"
                                             : "is something else, not a file of the run");
            assert_int_equal(remove(path), 0);
        }
        remove(path_in(*state, NT_STORE_NAME));
    }
    nt_bytes kept;
    EXPECT_OK(&error, nt_file_read(elsewhere, 10, &kept, &error));
    assert_string_equal(kept.bytes, "kept");
    nt_bytes_finish(&kept);
}

static void put_32(unsigned char *at, uint32_t value) {
    for (int b = 0; b < 4; b++)
        at[b] = (unsigned char)(value >> (24 - 8 * b));
}

/* A journal that names another file: SQLite would roll back by it, and remove that file. */
static void test_super_journal(void **state) {
    static const unsigned char mark[] = {0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7};
    unsigned char journal[2048] = {0}, *at = journal;
    const char *victim = path_in(*state, "precious");
    uint32_t sum = 0, length = (uint32_t)strlen(victim);
    make_store(*state);
    content whole = read_store(*state);
    write_bytes(victim, "precious", 8);
    memcpy(at, mark, 8);
    put_32(at + 16, (uint32_t)(whole.size / 4096)); /* pages before the transaction */
    put_32(at + 20, 512);                           /* a sector, that of this header */
    put_32(at + 24, 4096);
    at += 512;
    put_32(at, 1073741824 / 4096 + 1); /* the page that is never used */
    at += 4;
    memcpy(at, victim, length);
    for (uint32_t i = 0; i < length; i++)
        sum += (unsigned char)victim[i];
    put_32(at + length, length);
    put_32(at + length + 4, sum);
    memcpy(at + length + 8, mark, 8);
    write_bytes(path_in(*state, NT_STORE_NAME "-journal"), journal,
                (size_t)(at + length + 16 - journal));
    expect_refused(*state, "names another file, which would be removed; no run of this program");
    assert_int_equal(access(victim, F_OK), 0);
    sqlite3 *db = connect_to(*state); /* SQLite by itself */
    execute(db, "SELECT * FROM result");
    sqlite3_close(db);
    assert_int_not_equal(access(victim, F_OK), 0);
    free(whole.bytes);
}

/* --- flipped bits ----------------------------------------------------------------------------- */

/* Bits over the whole file: either the store is refused, or it says what it said. */
static void test_flips(void **state) {
    enum { APART = 29 };
    nt_text whole, text;
    int refused = 0, same = 0;
    nt_text_init(&whole);
    nt_text_init(&text);
    make_store(*state);
    EXPECT_OK(&error, tell_all(*state, false, &whole));
    content good = read_store(*state);
    for (size_t at = 0; at < good.size; at += APART) {
        unsigned char bit = (unsigned char)(1U << (at / APART * 5 + at / 4096) % 8);
        good.bytes[at] ^= bit;
        write_store(*state, good.bytes, good.size);
        good.bytes[at] ^= bit;
        nt_status status = tell_all(*state, at % 2 == 1, &text);
        if (status == NT_OK && strcmp(text.bytes, whole.bytes) != 0)
            fail_msg("bit %u of byte %zu went unnoticed:\n%s", bit, at, text.bytes);
        refused += status != NT_OK;
        same += status == NT_OK;
        nt_error_finish(&error);
        nt_error_init(&error);
        remove(path_in(*state, NT_STORE_NAME "-wal"));
        remove(path_in(*state, NT_STORE_NAME "-shm"));
    }
    print_message("%d flips refused, %d without effect\n", refused, same);
    assert_true(refused + same >= 400);
    assert_true(refused >= 40);
    free(good.bytes);
    nt_text_finish(&whole);
    nt_text_finish(&text);
}

static int start(void **state) {
    nt_error_init(&error);
    return make_folder(state);
}

static int stop(void **state) {
    nt_error_finish(&error);
    return drop_folder(state);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        TEST(test_objects), TEST(test_seal),          TEST(test_no_seal), TEST(test_names),
        TEST(test_links),   TEST(test_super_journal), TEST(test_flips)};
    return cmocka_run_group_tests_name("store_hostile", tests, NULL, NULL);
}
