/* The store of outcomes: what goes in comes out, and what isn't a whole store of ours is refused.
 */
#include "support_store.h"
#include <pthread.h>

static nt_error error;

static nt_store *open_in(const char *folder) {
    nt_store *store;
    EXPECT_OK(&error, nt_store_open(folder, &store, &error));
    return store;
}

static nt_store *open_to_read(const char *folder) {
    nt_store *store;
    EXPECT_OK(&error, nt_store_open_to_read(folder, &store, &error));
    return store;
}

/* The file is refused, and left as it is: for reading, for writing, or both. */
static void expect_refused_as(const char *folder, bool to_write, const char *part) {
    nt_store *store = NULL;
    content before = read_store(folder);
    nt_status status = to_write ? nt_store_open(folder, &store, &error)
                                : nt_store_open_to_read(folder, &store, &error);
    assert_null(store);
    assert_non_null(strstr(shown(&error), "/" NT_STORE_NAME ": error: "));
    assert_non_null(error.items[0].hint);
    EXPECT_ERROR(&error, status, NT_INVALID, part);
    content after = read_store(folder);
    assert_int_equal(before.size, after.size);
    assert_memory_equal(before.bytes, after.bytes, before.size);
    free(before.bytes);
    free(after.bytes);
}

static void expect_refused(const char *folder, const char *part) {
    expect_refused_as(folder, false, part);
    expect_refused_as(folder, true, part);
}

static void expect_found(nt_store *store, int thing, nt_measured expected) {
    nt_measured found;
    EXPECT_OK(&error, nt_store_find(store, made_key(thing), MADE_NUMERICS, &found, &error));
    assert_int_equal(found.samples, expected.samples);
    assert_int_equal(found.sample_bytes, expected.sample_bytes);
    assert_int_equal(found.done, expected.done);
}

static int64_t count_complete(nt_store *store) {
    int64_t count;
    EXPECT_OK(&error, nt_store_count_complete(store, &count, &error));
    return count;
}

/* Thing 0 has three shards of one byte a sample, thing 1 has two of twelve. */
enum { SAMPLES_0 = 2345, SAMPLES_1 = 2000, BYTES_1 = 12 };

static void fill(nt_store *store) {
    static made m[2];
    for (int32_t n = 2; n >= 0; n--)
        put_one(store, make_shard(&m[0], 0, SAMPLES_0, 1, n), &error);
    const nt_shard both[] = {*make_shard(&m[0], 1, SAMPLES_1, BYTES_1, 0),
                             *make_shard(&m[1], 1, SAMPLES_1, BYTES_1, 1)};
    EXPECT_OK(&error, nt_store_put_shards(store, both, 2, &error));
}

/* --- outcomes --------------------------------------------------------------------------------- */

static void test_shards(void **state) {
    (void)state;
    const struct {
        int32_t samples, number, count, in_it;
    } expected[] = {{1, 0, 1, 1},
                    {999, 0, 1, 999},
                    {1000, 0, 1, 1000},
                    {1001, 0, 2, 1000},
                    {1001, 1, 2, 1},
                    {10000, 9, 10, 1000},
                    {INT32_MAX, 0, 2147484, 1000},
                    {INT32_MAX, 2147483, 2147484, 647}};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        assert_int_equal(nt_shard_count(expected[i].samples), expected[i].count);
        assert_int_equal(nt_shard_samples(expected[i].samples, expected[i].number),
                         expected[i].in_it);
    }
}

static void test_round_trip(void **state) {
    nt_store *store = open_in(*state);
    expect_found(store, 0, (nt_measured){0});
    assert_false(has(store, 0, 0, &error));
    assert_int_equal(count_complete(store), 0);
    fill(store);
    for (int round = 0; round < 3; round++) { /* at once, reopened, for reading */
        expect_found(store, 0, (nt_measured){SAMPLES_0, 1, SAMPLES_0});
        expect_found(store, 1, (nt_measured){SAMPLES_1, BYTES_1, SAMPLES_1});
        expect_found(store, 2, (nt_measured){0});
        assert_true(has(store, 0, 2, &error));
        assert_false(has(store, 0, 3, &error));
        assert_false(has(store, 2, 0, &error));
        expect_thing(store, 0, SAMPLES_0, 1, &error);
        expect_thing(store, 1, SAMPLES_1, BYTES_1, &error);
        assert_int_equal(count_complete(store), 2);
        nt_store_close(store);
        assert_int_equal(count_files(*state), 1);
        store = round == 0 ? open_in(*state) : open_to_read(*state);
    }
    nt_store_close(store);
    nt_store_close(NULL);
}

static void test_losses(void **state) {
    static const double losses[] = {
        0.1, -0.0, 5e-324, 1.7976931348623157e308, 3, (double)INFINITY, (double)NAN};
    enum { COUNT = sizeof losses / sizeof *losses };
    nt_store *store = open_in(*state);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < COUNT; i++) {
            made m;
            unsigned char outcome;
            double loss;
            make_shard(&m, i, 1, 1, 0);
            m.shard.loss = losses[i];
            put_one(store, &m.shard, &error); /* the second time, it is there */
            EXPECT_OK(&error,
                      nt_store_read(store, m.key, MADE_NUMERICS, 1, &outcome, 1, &loss, &error));
            assert_true(isnan(losses[i]) ? isnan(loss) : loss == losses[i]);
        }
        nt_store_close(store);
        store = open_in(*state);
    }
    nt_store_close(store);
}

/* --- numerics --------------------------------------------------------------------------------- */

/* Thing `thing`, complete or not, with the numerics given; its outcomes are the same with all. */
static void put_by(nt_store *store, const char *numerics, int thing, bool whole) {
    static made m;
    for (int32_t n = 0; n < 1 + whole; n++) {
        make_shard(&m, thing, 1500, 1, n);
        m.shard.numerics = numerics;
        put_one(store, &m.shard, &error);
    }
}

static void expect_shared(nt_store *store, int thing, int with, const char *asked,
                          const char *expected) {
    nt_arena arena;
    const char *found;
    nt_arena_init(&arena);
    EXPECT_OK(&error, nt_store_find_shared(store, made_key(thing), made_key(with), asked, &arena,
                                           &found, &error));
    assert_true(!found == !expected);
    if (expected)
        assert_string_equal(found, expected);
    nt_arena_finish(&arena);
}

/* The same key with other numerics is another outcome. */
static void test_numerics(void **state) {
    static made m;
    nt_measured found;
    nt_store *store = open_in(*state);
    put_by(store, "fast; 1", 0, true);
    put_by(store, "fast; 1", 1, true);
    put_by(store, "fast; 2", 0, true);
    put_by(store, "fast; 2", 1, false);
    put_by(store, "slow; 2", 0, true);
    put_by(store, "slow; 2", 1, true);
    make_shard(&m, 0, 1500, 1, 0);
    m.shard.numerics = "fast; 3";
    m.outcomes[3] ^= 1; /* in which rounding shows */
    put_one(store, &m.shard, &error);
    expect_shared(store, 0, 0, "fast", "fast; 2");
    expect_shared(store, 1, 0, "fast", "fast; 1");
    expect_shared(store, 0, 1, "fast", "fast; 1");
    expect_shared(store, 0, 1, "slow; 2", "slow; 2");
    expect_shared(store, 0, 1, "slow; 3", NULL);
    expect_shared(store, 0, 2, "", NULL);
    assert_int_equal(count_complete(store), 5);
    EXPECT_OK(&error, nt_store_find(store, made_key(1), "fast; 2", &found, &error));
    assert_int_equal(found.done, 1000);
    EXPECT_OK(&error, nt_store_find(store, made_key(1), "fast; 3", &found, &error));
    assert_int_equal(found.done, 0);
    nt_store_close(store);
    nt_store_close(open_in(*state));
}

/* As version 1 had it: no numerics anywhere. */
static const char to_version_1[] =
    "PRAGMA legacy_alter_table = ON;"
    "ALTER TABLE measured RENAME TO m2; ALTER TABLE shard RENAME TO s2;"
    "ALTER TABLE result RENAME TO r2;"
    "CREATE TABLE measured(\n"
    "  key TEXT PRIMARY KEY CHECK (length(key) = 64),\n"
    "  samples INTEGER NOT NULL CHECK (samples BETWEEN 1 AND 2147483647),\n"
    "  sample_bytes INTEGER NOT NULL CHECK (sample_bytes BETWEEN 1 AND 1000000)\n"
    ") STRICT, WITHOUT ROWID;"
    "CREATE TABLE shard(\n"
    "  key TEXT NOT NULL REFERENCES measured,\n"
    "  number INTEGER NOT NULL CHECK (number BETWEEN 0 AND 2147483647),\n"
    "  outcomes BLOB NOT NULL,\n"
    "  loss REAL,\n"
    "  digest TEXT NOT NULL,\n"
    "  PRIMARY KEY (key, number)\n"
    ") STRICT;"
    "CREATE TABLE result(\n"
    "  group_name TEXT NOT NULL,\n"
    "  case_name TEXT NOT NULL,\n"
    "  seed INTEGER NOT NULL CHECK (seed BETWEEN -2147483648 AND 2147483647),\n"
    "  split TEXT NOT NULL,\n"
    "  edit TEXT NOT NULL,\n"
    "  key TEXT REFERENCES measured,\n"
    "  failure TEXT,\n"
    "  position INTEGER NOT NULL UNIQUE,\n"
    "  PRIMARY KEY (group_name, case_name, seed, split),\n"
    "  CHECK ((key IS NULL) <> (failure IS NULL))\n"
    ") STRICT;"
    "INSERT INTO measured SELECT key, samples, sample_bytes FROM m2;"
    "INSERT INTO shard SELECT key, number, outcomes, loss, digest FROM s2 ORDER BY rowid;"
    "INSERT INTO result SELECT group_name, case_name, seed, split, edit, key, failure, position"
    " FROM r2;"
    "DROP TABLE r2; DROP TABLE s2; DROP TABLE m2; DROP TABLE numerics;"
    "DROP TABLE sample; DROP TABLE seal; PRAGMA user_version = 1";

static nt_status count_unknown(void *context, const nt_store_result *result) {
    *(int *)context += result->numerics ? strcmp(result->numerics, NT_STORE_UNKNOWN) == 0 : 10;
    return NT_OK;
}

/* For reading it stays as it is; for writing it becomes one of this version, row for row. */
static void test_version_1(void **state) {
    char key[NT_DIGEST_HEX];
    nt_text then, now;
    nt_text_init(&then);
    nt_text_init(&now);
    nt_store *store = open_in(*state);
    put_by(store, NT_STORE_UNKNOWN, 1, true);
    put_by(store, NT_STORE_UNKNOWN, 0, true);
    memcpy(key, made_key(0), sizeof key);
    const nt_store_result rows[] = {
        {"g", "a", 0, "test", "", key, NT_STORE_UNKNOWN, NULL, NULL, 0, NULL},
        {"g", "b", 0, "test", "", NULL, NULL, "diverged", NULL, 0, NULL}};
    EXPECT_OK(&error, nt_store_put_results(store, rows, 2, NULL, 0, &error));
    nt_store_close(store);
    dump_store(*state, &then);
    execute_in(*state, to_version_1);
    content before = read_store(*state);
    for (int round = 0; round < 2; round++) {
        static unsigned char outcomes[1500];
        double loss;
        int unknown = 0;
        store = round ? open_in(*state) : open_to_read(*state);
        for (int thing = 0; thing < 2; thing++)
            EXPECT_OK(&error, nt_store_read(store, made_key(thing), NT_STORE_UNKNOWN, 1500,
                                            outcomes, sizeof outcomes, &loss, &error));
        EXPECT_OK(&error, nt_store_each_result(store, count_unknown, &unknown, &error));
        assert_int_equal(unknown, 11);
        assert_int_equal(count_complete(store), 2);
        expect_shared(store, 0, 1, "", NT_STORE_UNKNOWN);
        nt_store_close(store);
        content after = read_store(*state);
        if (round == 0) {
            assert_int_equal(before.size, after.size);
            assert_memory_equal(before.bytes, after.bytes, before.size);
        }
        free(after.bytes);
    }
    dump_store(*state, &now);
    assert_string_equal(now.bytes, then.bytes);
    assert_string_equal(rows_of(*state, "PRAGMA user_version", &now), "'5' \n");
    write_store(*state, before.bytes, before.size);
    execute_in(*state, "UPDATE shard SET loss = 1");
    EXPECT_ERROR(&error, nt_store_open(*state, &store, &error), NT_INVALID,
                 "is not what was saved");
    execute_in(*state, "UPDATE numerics SET line = 'others'");
    expect_refused_as(*state, true, "is not what was saved");
    free(before.bytes);
    nt_text_finish(&now);
    nt_text_finish(&then);
}

static void expect_samples(nt_store *store, const int32_t *expected, int32_t expected_count) {
    const int32_t *samples = NULL;
    int32_t count = -1;
    nt_arena arena;
    nt_arena_init(&arena);
    EXPECT_OK(&error, nt_store_samples(store, &arena, &samples, &count, &error));
    assert_int_equal(count, expected_count);
    if (count > 0)
        assert_memory_equal(samples, expected, (size_t)count * sizeof *samples);
    nt_arena_finish(&arena);
}

/* As versions 2 and 3 had it: nothing ended early. */
static const char to_old_result[] =
    "ALTER TABLE result RENAME TO r4;"
    "CREATE TABLE result(\n"
    "  group_name TEXT NOT NULL,\n"
    "  case_name TEXT NOT NULL,\n"
    "  seed INTEGER NOT NULL CHECK (seed BETWEEN -2147483648 AND 2147483647),\n"
    "  split TEXT NOT NULL,\n"
    "  edit TEXT NOT NULL,\n"
    "  key TEXT,\n"
    "  numerics INTEGER,\n"
    "  failure TEXT,\n"
    "  position INTEGER NOT NULL UNIQUE,\n"
    "  PRIMARY KEY (group_name, case_name, seed, split),\n"
    "  FOREIGN KEY (key, numerics) REFERENCES measured,\n"
    "  CHECK ((key IS NULL) <> (failure IS NULL)),\n"
    "  CHECK ((key IS NULL) = (numerics IS NULL))\n"
    ") STRICT;"
    "INSERT INTO result SELECT group_name, case_name, seed, split, edit, key, numerics, failure,"
    " position FROM r4;"
    "DROP TABLE r4; DROP TABLE seal; PRAGMA user_version = 3";

static nt_status note_decision(void *context, const nt_store_result *result) {
    nt_text_printf(context, "%s %s %s %d %s\n", result->name, result->key ? "measured" : "failed",
                   result->decide ? result->decide : "-", result->samples,
                   result->decision ? result->decision : "-");
    return NT_OK;
}

static void expect_decisions(nt_store *store, const char *expected) {
    nt_text text;
    nt_text_init(&text);
    EXPECT_OK(&error, nt_store_each_result(store, note_decision, &text, &error));
    assert_string_equal(text.bytes, expected);
    nt_text_finish(&text);
}

/* What version 3 did not have. */
static void test_decisions(void **state) {
    char key[NT_DIGEST_HEX];
    nt_store *store = open_in(*state);
    put_by(store, MADE_NUMERICS, 0, true);
    memcpy(key, made_key(0), sizeof key);
    const nt_store_result rows[] = {
        {"g", "a", 0, "test", "", key, MADE_NUMERICS, NULL, "true", 300, "critical"},
        {"g", "b", 0, "test", "", key, MADE_NUMERICS, NULL, "test_set", 1500, NULL},
        {"g", "c", 0, "test", "", NULL, NULL, "diverged", NULL, 0, NULL},
        {"g", "d", 0, "test", "", key, MADE_NUMERICS, NULL, NULL, 0, NULL}};
    EXPECT_OK(&error, nt_store_put_results(store, rows, 4, NULL, 0, &error));
    expect_decisions(store, "a measured true 300 critical\nb measured test_set 1500 -\n"
                            "c failed - 0 -\nd measured - 0 -\n");
    nt_store_close(store);
    execute_in(*state, to_old_result);
    static const char none[] =
        "a measured - 0 -\nb measured - 0 -\nc failed - 0 -\nd measured - 0 -\n";
    store = open_to_read(*state);
    expect_decisions(store, none);
    nt_store_close(store);
    store = open_in(*state);
    expect_decisions(store, none);
    EXPECT_OK(&error, nt_store_put_results(store, rows, 1, NULL, 0, &error));
    nt_store_close(store);
    store = open_to_read(*state);
    expect_decisions(store, "a measured true 300 critical\n");
    nt_store_close(store);
}

/* A shard that is begun becomes longer, and never another. */
static void test_begun(void **state) {
    static made whole, other;
    static unsigned char outcomes[1500];
    double loss = 7;
    int32_t samples;
    nt_store *store = open_in(*state);
    make_shard(&whole, 0, 1500, 1, 0);
    nt_shard begun = whole.shard;
    for (begun.size = 100; begun.size <= 300; begun.size += 200)
        put_one(store, &begun, &error);
    expect_found(store, 0, (nt_measured){1500, 1, 300});
    assert_int_equal(count_complete(store), 0);
    EXPECT_OK(&error,
              nt_store_read(store, whole.key, MADE_NUMERICS, 200, outcomes, 200, &loss, &error));
    assert_memory_equal(outcomes, whole.outcomes, 200);
    assert_true(loss == 0);
    nt_status status =
        nt_store_read(store, whole.key, MADE_NUMERICS, 301, outcomes, 301, &loss, &error);
    EXPECT_ERROR(&error, status, NT_FAILED, "300 of 1500 samples of ");
    make_shard(&other, 0, 1500, 1, 0);
    other.outcomes[299] ^= 1;
    status = nt_store_put_shards(store, &other.shard, 1, &error);
    EXPECT_ERROR(&error, status, NT_FAILED, "was measured again, with other outcomes");
    begun.size = 200;
    status = nt_store_put_shards(store, &begun, 1, &error);
    EXPECT_ERROR(&error, status, NT_FAILED, "was measured again, with other outcomes");
    nt_store_close(store);
    store = open_in(*state);
    EXPECT_OK(&error, nt_store_read_shard(store, whole.key, MADE_NUMERICS, 0, 1, outcomes, &samples,
                                          &loss, &error));
    assert_int_equal(samples, 300);
    assert_memory_equal(outcomes, whole.outcomes, 300);
    assert_true(loss == whole.shard.loss);
    EXPECT_OK(&error, nt_store_read_shard(store, whole.key, MADE_NUMERICS, 1, 1, outcomes, &samples,
                                          &loss, &error));
    assert_int_equal(samples, 0);
    put_one(store, &whole.shard, &error);
    put_one(store, make_shard(&other, 0, 1500, 1, 1), &error);
    expect_thing(store, 0, 1500, 1, &error);
    nt_store_close(store);
}

/* Which version 2 did not have: for reading there are none, for writing there is room for them. */
static void test_samples(void **state) {
    static const int32_t first[] = {5, 0, 9, 2}, second[] = {7}, wrong[] = {1, -1};
    nt_text now;
    nt_text_init(&now);
    nt_store *store = open_in(*state);
    fill(store);
    expect_samples(store, NULL, 0);
    nt_store_close(store);
    execute_in(*state, to_old_result);
    execute_in(*state, "DROP TABLE sample; PRAGMA user_version = 2");
    store = open_to_read(*state);
    expect_samples(store, NULL, 0);
    nt_store_close(store);
    assert_string_equal(rows_of(*state, "PRAGMA user_version", &now), "'2' \n");
    store = open_in(*state);
    EXPECT_OK(&error, nt_store_put_results(store, NULL, 0, first, 4, &error));
    expect_samples(store, first, 4);
    EXPECT_ERROR(&error, nt_store_put_results(store, NULL, 0, wrong, 2, &error), NT_INVALID,
                 "CHECK constraint failed");
    nt_store_close(store);
    store = open_to_read(*state);
    expect_samples(store, first, 4);
    nt_store_close(store);
    store = open_in(*state);
    EXPECT_OK(&error, nt_store_put_results(store, NULL, 0, second, 1, &error));
    expect_samples(store, second, 1);
    assert_int_equal(count_complete(store), 2);
    nt_store_close(store);
    nt_text_clear(&now);
    assert_string_equal(rows_of(*state, "PRAGMA user_version", &now), "'5' \n");
    nt_text_finish(&now);
}

static void test_incomplete(void **state) {
    made m;
    unsigned char outcomes[SAMPLES_0];
    double loss = 7;
    nt_store *store = open_in(*state);
    nt_status status = nt_store_read(store, made_key(0), MADE_NUMERICS, SAMPLES_0, outcomes,
                                     sizeof outcomes, &loss, &error);
    EXPECT_ERROR(&error, status, NT_FAILED, "0 of 0 samples of ");
    put_one(store, make_shard(&m, 0, SAMPLES_0, 1, 2), &error);
    put_one(store, make_shard(&m, 0, SAMPLES_0, 1, 0), &error);
    expect_found(store, 0, (nt_measured){SAMPLES_0, 1, 1000});
    assert_int_equal(count_complete(store), 0);
    status = nt_store_read(store, made_key(0), MADE_NUMERICS, SAMPLES_0, outcomes, sizeof outcomes,
                           &loss, &error);
    EXPECT_ERROR(&error, status, NT_FAILED, "1000 of 2345 samples of ");
    put_one(store, make_shard(&m, 0, SAMPLES_0, 1, 1), &error);
    assert_int_equal(count_complete(store), 1);
    for (int wrong = -1; wrong <= 1; wrong += 2) {
        status = nt_store_read(store, made_key(0), MADE_NUMERICS, SAMPLES_0, outcomes,
                               (size_t)(SAMPLES_0 + wrong), &loss, &error);
        EXPECT_ERROR(&error, status, NT_INVALID, "has 2345 samples of 1 bytes; 2345 and 234");
    }
    assert_true(loss == 7);
    nt_store_close(store);
}

static void expect_shard(nt_store *store, int thing, int32_t number, int32_t expected) {
    int32_t samples = -1;
    EXPECT_OK(&error,
              nt_store_has_shard(store, made_key(thing), MADE_NUMERICS, number, &samples, &error));
    assert_int_equal(samples, expected);
}

/* So many samples and no more can be read, of more. */
static void expect_readable(nt_store *store, int thing, int32_t done) {
    unsigned char outcomes[5001];
    double loss;
    nt_status status = nt_store_read(store, made_key(thing), MADE_NUMERICS, done + 1, outcomes,
                                     (size_t)done + 1, &loss, &error);
    EXPECT_ERROR(&error, status, NT_FAILED, "samples of ");
    if (done > 0)
        EXPECT_OK(&error, nt_store_read(store, made_key(thing), MADE_NUMERICS, done, outcomes,
                                        (size_t)done, &loss, &error));
}

/* Whatever order shards come in, what counts is the run from the first one on; what is behind a
 * gap is kept and known, but not read. */
static void test_gaps(void **state) {
    enum { SHARDS = 6, SAMPLES = 5500 };
    static const int32_t orders[][SHARDS] = {
        {0, 1, 2, 3, 4, 5}, {5, 4, 3, 2, 1, 0}, {3, 0, 5, 1, 4, 2}, {1, 2, 0, 4, 5, 3}};
    static made m;
    nt_store *store = open_in(*state);
    for (int thing = 0; thing < 4; thing++) {
        bool there[SHARDS + 1] = {false};
        for (int i = 0; i < SHARDS; i++) {
            int32_t joined = 0;
            put_one(store, make_shard(&m, thing, SAMPLES, 1, orders[thing][i]), &error);
            there[orders[thing][i]] = true;
            while (there[joined])
                joined++;
            int32_t done = joined == SHARDS ? SAMPLES : joined * 1000;
            expect_found(store, thing, (nt_measured){SAMPLES, 1, done});
            for (int32_t n = 0; n < SHARDS; n++)
                expect_shard(store, thing, n, there[n] ? nt_shard_samples(SAMPLES, n) : 0);
            assert_int_equal(count_complete(store), thing + (joined == SHARDS));
            if (done < SAMPLES)
                expect_readable(store, thing, done);
        }
        expect_thing(store, thing, SAMPLES, 1, &error);
    }
    expect_shard(store, 9, 0, 0);
    expect_shard(store, 0, -1, 0);
    nt_store_close(store);
}

/* Behind a shard of which only the first samples are there is a gap, too. */
static void test_gap_in_shard(void **state) {
    static made m;
    nt_store *store = open_in(*state);
    put_one(store, make_shard(&m, 0, 2500, 1, 1), &error);
    make_shard(&m, 0, 2500, 1, 0);
    m.shard.size = 300;
    put_one(store, &m.shard, &error);
    expect_found(store, 0, (nt_measured){2500, 1, 300});
    expect_shard(store, 0, 0, 300);
    expect_readable(store, 0, 300);
    put_one(store, make_shard(&m, 0, 2500, 1, 0), &error);
    expect_found(store, 0, (nt_measured){2500, 1, 2000});
    expect_readable(store, 0, 2000);
    put_one(store, make_shard(&m, 1, BYTES_1, BYTES_1, 0), &error);
    expect_shard(store, 1, 0, BYTES_1);
    nt_store_close(store);
}

static void test_wrong_shards(void **state) {
    static made good, bad;
    nt_store *store = open_in(*state);
    static const struct {
        int32_t samples, sample_bytes, number;
        size_t size;
    } wrong[] = {{2345, 1, 0, 0},     {2345, 1, 0, 1001}, {2345, 1, 2, 1000}, {2345, 3, 2, 344},
                 {2345, 1, 2, 346},   {2345, 1, 3, 1000}, {2345, 1, 3, 0},    {2345, 1, -1, 1000},
                 {2000, 12, 1, 1000}, {0, 1, 0, 0},       {1, 0, 0, 0},       {2000, 1, 2, 0},
                 {-5, 1, 0, 1}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        make_shard(&bad, 1, 2000, 1, 0);
        bad.shard.samples = wrong[i].samples;
        bad.shard.sample_bytes = wrong[i].sample_bytes;
        bad.shard.number = wrong[i].number;
        bad.shard.size = wrong[i].size;
        const nt_shard both[] = {*make_shard(&good, 0, 1500, 1, 0), bad.shard};
        nt_status status = nt_store_put_shards(store, both, 2, &error);
        EXPECT_ERROR(&error, status, NT_INVALID, "bytes are not shard ");
        assert_false(has(store, 0, 0, &error)); /* the good one went with it */
        expect_found(store, 0, (nt_measured){0});
    }
    put_one(store, &good.shard, &error);
    assert_true(has(store, 0, 0, &error));
    nt_store_close(store);
}

static void test_again(void **state) {
    static made m, other;
    nt_store *store = open_in(*state);
    const nt_shard *shard = make_shard(&m, 0, 1500, 1, 0);
    const nt_shard twice[] = {*shard, *shard};
    EXPECT_OK(&error, nt_store_put_shards(store, twice, 2, &error));
    EXPECT_OK(&error, nt_store_put_shards(store, twice, 2, &error));
    expect_found(store, 0, (nt_measured){1500, 1, 1000});

    make_shard(&other, 0, 1500, 1, 0);
    other.outcomes[999] ^= 1;
    nt_status status = nt_store_put_shards(store, &other.shard, 1, &error);
    EXPECT_ERROR(&error, status, NT_FAILED, "was measured again, with other outcomes");
    make_shard(&other, 0, 1500, 1, 0);
    other.shard.loss = nextafter(other.shard.loss, 0);
    status = nt_store_put_shards(store, &other.shard, 1, &error);
    EXPECT_ERROR(&error, status, NT_FAILED, "was measured again, with other outcomes");
    status = nt_store_put_shards(store, make_shard(&other, 0, 1501, 1, 1), 1, &error);
    EXPECT_ERROR(&error, status, NT_INVALID,
                 "has 1500 samples of 1 bytes; a shard of it says 1501 of 1");
    status = nt_store_put_shards(store, make_shard(&other, 0, 1500, 2, 1), 1, &error);
    EXPECT_ERROR(&error, status, NT_INVALID,
                 "has 1500 samples of 1 bytes; a shard of it says 1500 of 2");
    put_one(store, make_shard(&other, 0, 1500, 1, 1), &error);
    expect_thing(store, 0, 1500, 1, &error);
    nt_store_close(store);
}

/* --- results ---------------------------------------------------------------------------------- */

static nt_status note(void *context, const nt_store_result *result) {
    assert_true(!result->key != !result->failure);
    nt_text_printf(context, "%s/%s/%d/%s/%s/%s\n", result->group, result->name, result->seed,
                   result->split, result->edit, result->key ? result->key : result->failure);
    return NT_OK;
}

static nt_status stop(void *context, const nt_store_result *result) {
    (void)result;
    ++*(int *)context;
    return NT_INTERRUPTED;
}

static void expect_results(nt_store *store, const char *expected) {
    nt_text text;
    nt_text_init(&text);
    EXPECT_OK(&error, nt_store_each_result(store, note, &text, &error));
    assert_string_equal(text.bytes, expected);
    nt_text_finish(&text);
}

static void test_results(void **state) {
    char key[NT_DIGEST_HEX], expected[1000];
    memcpy(key, made_key(0), sizeof key);
    nt_store *store = open_in(*state);
    fill(store);
    expect_results(store, "");
    const nt_store_result first[] = {
        {"zebra", "b", 1, "test", "conv1", key, MADE_NUMERICS, NULL, NULL, 0, NULL},
        {"zebra", "a", 1, "test", "conv2 conv3", NULL, NULL, "diverged", NULL, 0, NULL},
        {"apple", "a", -5, "test", "", key, MADE_NUMERICS, NULL, NULL, 0, NULL},
        {"apple", "a", -5, "held_out", "", key, MADE_NUMERICS, NULL, NULL, 0, NULL},
    };
    EXPECT_OK(&error, nt_store_put_results(store, first, 4, NULL, 0, &error));
    snprintf(expected, sizeof expected,
             "zebra/b/1/test/conv1/%s\nzebra/a/1/test/conv2 conv3/diverged\n"
             "apple/a/-5/test//%s\napple/a/-5/held_out//%s\n",
             key, key, key);
    expect_results(store, expected);
    int calls = 0;
    assert_int_equal(nt_store_each_result(store, stop, &calls, &error), NT_INTERRUPTED);
    assert_int_equal(calls, 1);
    assert_int_equal(error.count, 0);

    /* A wrong one changes nothing. */
    const struct {
        nt_store_result result;
        const char *why;
    } wrong[] = {
        {{"zebra", "b", 1, "test", "conv1", key, MADE_NUMERICS, NULL, NULL, 0, NULL},
         "UNIQUE constraint failed"},
        {{"g", "c", 1, "test", "e", made_key(5), MADE_NUMERICS, NULL, NULL, 0, NULL},
         "must be saved before"},
        {{"g", "c", 1, "test", "e", key, MADE_NUMERICS, "failed", NULL, 0, NULL},
         "CHECK constraint failed"},
        {{"g", "c", 1, "test", "e", NULL, NULL, NULL, NULL, 0, NULL}, "CHECK constraint failed"},
        {{"g", NULL, 1, "test", "e", key, MADE_NUMERICS, NULL, NULL, 0, NULL},
         "NOT NULL constraint failed"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const nt_store_result pair[] = {first[0], wrong[i].result};
        nt_status status = nt_store_put_results(store, pair, 2, NULL, 0, &error);
        EXPECT_ERROR(&error, status, NT_INVALID, wrong[i].why);
        expect_results(store, expected);
    }

    /* Those of another list go; what was measured stays. */
    EXPECT_OK(&error, nt_store_put_results(store, &first[2], 1, NULL, 0, &error));
    nt_store_close(store);
    store = open_to_read(*state);
    snprintf(expected, sizeof expected, "apple/a/-5/test//%s\n", key);
    expect_results(store, expected);
    assert_int_equal(count_complete(store), 2);
    nt_store_close(store);
    store = open_in(*state);
    EXPECT_OK(&error, nt_store_put_results(store, NULL, 0, NULL, 0, &error));
    expect_results(store, "");
    nt_store_close(store);
}

/* --- several at once -------------------------------------------------------------------------- */

static void test_reader(void **state) {
    static made m;
    nt_store *reader = NULL;
    nt_status status = nt_store_open_to_read(*state, &reader, &error);
    EXPECT_ERROR(&error, status, NT_INVALID,
                 "cannot open: No such file or directory; give the folder of a suite");
    assert_int_equal(count_files(*state), 0);
    write_store(*state, "", 0); /* as if killed before the tables were made */
    status = nt_store_open_to_read(*state, &reader, &error);
    EXPECT_ERROR(&error, status, NT_INVALID, "is empty; run the suite first");

    nt_store *writer = open_in(*state);
    reader = open_to_read(*state);
    assert_false(has(reader, 0, 0, &error));
    put_one(writer, make_shard(&m, 0, 1000, 1, 0), &error);
    assert_true(has(reader, 0, 0, &error));
    status = nt_store_put_shards(reader, make_shard(&m, 1, 1000, 1, 0), 1, &error);
    EXPECT_ERROR(&error, status, NT_IO, "attempt to write a readonly database");
    expect_thing(reader, 0, 1000, 1, &error);
    put_one(writer, &m.shard, &error);
    nt_store_close(reader);
    nt_store_close(writer);
}

static void *release_soon(void *db) {
    usleep(300000);
    sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    return NULL;
}

static void test_locked(void **state) {
    static made m;
    nt_store *store = open_in(*state), *second = NULL;
    fill(store);
    sqlite3 *other = connect_to(*state);

    /* Waits for who is soon done. */
    pthread_t thread;
    execute(other, "BEGIN EXCLUSIVE");
    assert_int_equal(pthread_create(&thread, NULL, release_soon, other), 0);
    put_one(store, make_shard(&m, 2, 1000, 1, 0), &error);
    assert_int_equal(pthread_join(thread, NULL), 0);

    /* Gives up on who isn't; SQLite lets a reader hold up a commit too. */
    execute(other, "BEGIN; SELECT * FROM measured");
    nt_status status = nt_store_put_shards(store, make_shard(&m, 3, 1000, 1, 0), 1, &error);
    EXPECT_ERROR(&error, status, NT_FAILED,
                 NT_STORE_NAME ": error: cannot write: database is locked; wait until the other");
    execute(other, "ROLLBACK");
    assert_false(has(store, 3, 0, &error));
    put_one(store, &m.shard, &error);

    execute(other, "BEGIN EXCLUSIVE");
    status = nt_store_open(*state, &second, &error);
    EXPECT_ERROR(&error, status, NT_FAILED,
                 NT_STORE_NAME ": error: cannot open: database is locked; wait until the other");
    assert_null(second);
    execute(other, "ROLLBACK");
    sqlite3_close(other);
    nt_store_close(store);
}

/* Somebody switched the store to a write-ahead log: whoever writes next switches it back. */
static void test_switched_journal(void **state) {
    nt_text mode;
    nt_text_init(&mode);
    nt_store *store = open_in(*state), *second = NULL;
    fill(store);
    nt_store_close(store);
    execute_in(*state, "PRAGMA journal_mode = WAL");
    store = open_to_read(*state);
    expect_thing(store, 0, SAMPLES_0, 1, &error);
    nt_status status = nt_store_open(*state, &second, &error);
    EXPECT_ERROR(&error, status, NT_FAILED, "cannot open: database is locked");
    nt_store_close(store);
    assert_string_equal(rows_of(*state, "PRAGMA journal_mode", &mode), "'wal' \n");
    nt_store_close(open_in(*state));
    assert_string_equal(rows_of(*state, "PRAGMA journal_mode", &mode), "'delete' \n");
    nt_text_finish(&mode);
}

/* --- refusals --------------------------------------------------------------------------------- */

static void test_foreign(void **state) {
    static const char text[] = "key,total,correct,loss\nand so on, for longer than any header is, "
                               "so that it can't be taken for the start of a database\n";
    write_store(*state, text, sizeof text - 1);
    expect_refused(*state, "cannot open: file is not a database; put back a copy, or move");
    write_store(*state, "", 0);
    execute_in(*state, "PRAGMA journal_mode = WAL; CREATE TABLE measured(key TEXT)");
    expect_refused(*state, "is an SQLite database, but not one of measured outcomes; move it out");
    remove(path_in(*state, NT_STORE_NAME "-wal"));
    remove(path_in(*state, NT_STORE_NAME "-shm"));
}

/* A change to a good store that SQLite itself has nothing against. */
static void expect_change_refused(const char *folder, const char *sql, const char *part) {
    content whole = read_store(folder);
    execute_in(folder, sql);
    expect_refused(folder, part);
    write_store(folder, whole.bytes, whole.size);
    free(whole.bytes);
    nt_store_close(open_in(folder));
}

static void test_marks(void **state) {
    nt_text text;
    nt_store *store = open_in(*state);
    fill(store);
    nt_store_close(store);
    nt_text_init(&text);
    assert_string_equal(rows_of(*state, "PRAGMA application_id", &text), "'1314148950' \n");
    assert_string_equal(rows_of(*state, "PRAGMA user_version", &text), "'5' \n");
    nt_text_finish(&text);
    expect_change_refused(*state, "PRAGMA user_version = 6",
                          "was written by a newer version of this program: its format is 6, this "
                          "version knows 5; use the newer version");
    expect_change_refused(*state, "PRAGMA user_version = 4",
                          "is damaged: it has something that isn't ours in it: 'table' 'seal'");
    expect_change_refused(*state, "DROP TABLE seal; PRAGMA user_version = 3",
                          "is damaged: the table 'result' is another than it should be");
    expect_change_refused(*state, "PRAGMA user_version = 1",
                          "is damaged: it has something that isn't ours in it: 'table' '");
    expect_change_refused(*state, "PRAGMA user_version = 0", "is damaged: there is no format 0");
    expect_change_refused(*state, "PRAGMA application_id = 0", "not one of measured outcomes");
    expect_change_refused(*state, "DROP TABLE result", "is damaged: the table 'result' is missing");
    expect_change_refused(*state, "ALTER TABLE shard ADD COLUMN time REAL",
                          "is damaged: the table 'shard' is another than it should be");
    expect_change_refused(*state, "DELETE FROM measured WHERE sample_bytes = 1",
                          "is damaged: the table 'shard' names a key that was never measured");
    expect_change_refused(*state,
                          "PRAGMA ignore_check_constraints = 1; UPDATE measured SET samples = 0",
                          "is damaged: CHECK constraint failed in measured");
}

/* Outcomes other than those that were saved, in a database that is whole: known by the digest. For
 * reading, only what is read is looked at. */
static void test_changed_outcomes(void **state) {
    static const struct {
        int thing;
        const char *sql;
    } changes[] = {
        {0,
         "UPDATE shard SET outcomes = zeroblob(1000) WHERE number = 1 AND length(outcomes) < 9000"},
        {0, "UPDATE shard SET outcomes = substr(outcomes, 2) WHERE number = 2"},
        {0, "UPDATE shard SET outcomes = x'' WHERE number = 2"},
        {0, "UPDATE shard SET loss = loss + 1e-6 WHERE number = 2"},
        {0, "UPDATE shard SET loss = NULL WHERE number = 2"},
        {0, "UPDATE shard SET number = 9 WHERE number = 0 AND length(outcomes) = 1000;"
            "UPDATE shard SET number = 0 WHERE number = 1 AND length(outcomes) = 1000;"
            "UPDATE shard SET number = 1 WHERE number = 9"},
        {0, "UPDATE shard SET number = 3 WHERE number = 2"},
        {0, "UPDATE measured SET samples = 2346 WHERE samples = 2345"},
        {0, "UPDATE shard SET digest = replace(digest, 'a', 'b')"},
        {2, "UPDATE measured SET samples = 50, sample_bytes = 4 WHERE samples = 100"},
    };
    static made m;
    nt_store *store = open_in(*state);
    fill(store);
    put_one(store, make_shard(&m, 2, 100, 2, 0), &error);
    nt_store_close(store);
    content whole = read_store(*state);
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        static unsigned char outcomes[SAMPLES_0 + 1];
        const char *key = made_key(changes[i].thing);
        nt_measured found;
        double loss;
        execute_in(*state, changes[i].sql);
        expect_refused_as(*state, true, "is not what was saved; put back a copy, or move it out");
        store = open_to_read(*state);
        nt_status status = nt_store_find(store, key, MADE_NUMERICS, &found, &error);
        size_t size = status == NT_OK ? (size_t)found.samples * (size_t)found.sample_bytes : 0;
        assert_true(size <= sizeof outcomes);
        if (status == NT_OK) /* of a key's shards the first is looked at, the others when read */
            status = nt_store_read(store, key, MADE_NUMERICS, found.samples, outcomes, size, &loss,
                                   &error);
        EXPECT_ERROR(&error, status, NT_INVALID, "is not what was saved; put back a copy, or move");
        nt_store_close(store);
        write_store(*state, whole.bytes, whole.size);
    }
    free(whole.bytes);
    nt_store_close(open_in(*state));
}

/* Gives every shard of a thing the digest that it would have, had it been saved as it lies there.
 */
static void reseal(const char *folder, int thing) {
    sqlite3 *db = connect_to(folder);
    sqlite3_stmt *shards, *write;
    const char *read =
        "SELECT shard.rowid, samples, sample_bytes, number, loss, outcomes FROM shard "
        "JOIN measured USING (key, numerics) WHERE key = ?1";
    assert_int_equal(sqlite3_prepare_v2(db, read, -1, &shards, NULL), SQLITE_OK);
    assert_int_equal(
        sqlite3_prepare_v2(db, "UPDATE shard SET digest = ?1 WHERE rowid = ?2", -1, &write, NULL),
        SQLITE_OK);
    sqlite3_bind_text(shards, 1, made_key(thing), -1, SQLITE_STATIC);
    int count = 0;
    for (; sqlite3_step(shards) == SQLITE_ROW; count++) {
        char line[200], hex[NT_DIGEST_HEX];
        nt_digest *digest = nt_digest_new();
        snprintf(line, sizeof line, "%s %d %d %d %a\n" MADE_NUMERICS "\n", made_key(thing),
                 sqlite3_column_int(shards, 1), sqlite3_column_int(shards, 2),
                 sqlite3_column_int(shards, 3), sqlite3_column_double(shards, 4));
        nt_digest_add(digest, line, strlen(line));
        nt_digest_add(digest, sqlite3_column_blob(shards, 5),
                      (size_t)sqlite3_column_bytes(shards, 5));
        nt_digest_end(digest, hex);
        sqlite3_bind_text(write, 1, hex, -1, SQLITE_TRANSIENT);
        sqlite3_bind_int64(write, 2, sqlite3_column_int64(shards, 0));
        assert_int_equal(sqlite3_step(write), SQLITE_DONE);
        sqlite3_reset(write);
    }
    assert_true(count > 0);
    sqlite3_finalize(shards);
    sqlite3_finalize(write);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* A digest is no authority: shards that don't fit what was measured, each with a right one. */
static void test_wrong_sizes(void **state) {
    static const char *const changes[] = {
        "UPDATE measured SET samples = 2300 WHERE samples = 2345",
        "UPDATE measured SET sample_bytes = 2 WHERE samples = 2345",
        "UPDATE measured SET samples = 1500 WHERE samples = 2345",
        "UPDATE shard SET outcomes = x'' WHERE number = 2",
        "UPDATE shard SET outcomes = zeroblob(1001) WHERE number = 1 AND length(outcomes) = 1000",
    };
    nt_store *store = open_in(*state);
    fill(store);
    nt_store_close(store);
    content whole = read_store(*state);
    reseal(*state, 0);
    nt_store_close(open_in(*state)); /* what was saved has these digests */
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        execute_in(*state, changes[i]);
        reseal(*state, 0);
        expect_refused_as(*state, true, "is not what was saved; put back a copy, or move it out");
        write_store(*state, whole.bytes, whole.size);
    }
    free(whole.bytes);
}

/* A store that gives all its outcomes as they were saved, or an error that names it. Returns
 * whether it gave them. */
static bool right_or_refused(const char *folder, bool to_write) {
    enum { BYTES = SAMPLES_1 * BYTES_1 };
    static unsigned char outcomes[BYTES];
    const struct { int32_t samples, bytes; } things[] = {{SAMPLES_0, 1}, {SAMPLES_1, BYTES_1}};
    nt_store *store = NULL;
    double loss;
    nt_status status = to_write ? nt_store_open(folder, &store, &error)
                                : nt_store_open_to_read(folder, &store, &error);
    for (int t = 0; t < 2 && status == NT_OK; t++) {
        size_t size = (size_t)(things[t].samples * things[t].bytes);
        status = nt_store_read(store, made_key(t), MADE_NUMERICS, things[t].samples, outcomes, size,
                               &loss, &error);
        if (status == NT_OK)
            expect_thing(store, t, things[t].samples, things[t].bytes, &error);
    }
    nt_store_close(store);
    if (status == NT_OK)
        return true;
    EXPECT_ERROR(&error, status, NT_INVALID, "/" NT_STORE_NAME ": error: ");
    return false;
}

/* Every 37th byte, and the first hundred: SQLite's header. */
static void test_flipped(void **state) {
    nt_store *store = open_in(*state);
    fill(store);
    nt_store_close(store);
    content whole = read_store(*state);
    int tried = 0, refused = 0;
    for (size_t at = 0; at < whole.size; at += at < 100 ? 1 : 37, tried++) {
        unsigned char good = whole.bytes[at];
        whole.bytes[at] ^= (unsigned char)(1u << at % 8);
        write_store(*state, whole.bytes, whole.size);
        refused += !right_or_refused(*state, true);
        write_store(*state, whole.bytes, whole.size);
        right_or_refused(*state, false);
        whole.bytes[at] = good;
    }
    free(whole.bytes);
    print_message("%d of %d flipped bits were found\n", refused, tried);
    assert_in_range(refused, tried / 3, tried - 1); /* many lie in free space */
}

/* To SQLite, a file of one byte is an empty one. */
static void test_truncated(void **state) {
    nt_store *store = open_in(*state);
    fill(store);
    nt_store_close(store);
    content whole = read_store(*state);
    for (size_t size = 2; size < whole.size; size += size < 200 ? 1 : 509) {
        write_store(*state, whole.bytes, size);
        assert_false(right_or_refused(*state, true));
        assert_false(right_or_refused(*state, false));
    }
    write_store(*state, whole.bytes, whole.size);
    assert_true(right_or_refused(*state, true));
    free(whole.bytes);
}

static void test_no_folder(void **state) {
    nt_store *store = NULL;
    nt_status status = nt_store_open(path_in(*state, "none"), &store, &error);
    EXPECT_ERROR(&error, status, NT_IO,
                 "none/" NT_STORE_NAME ": error: cannot open: unable to open database file; see "
                 "that the folder exists and is writable");
    assert_null(store);
}

/* SQLite would take such a name for a URI. */
static void test_strange_folder(void **state) {
    assert_int_equal(chdir(*state), 0);
    assert_int_equal(mkdir("file:a?mode=ro", 0777), 0);
    nt_store_close(open_in("file:a?mode=ro"));
    assert_int_equal(remove("file:a?mode=ro/" NT_STORE_NAME), 0);
    assert_int_equal(rmdir("file:a?mode=ro"), 0);
    assert_int_equal(chdir("/"), 0);
}

/* The n-th allocation of our own fails, for each n. */
static void test_no_memory(void **state) {
    int failures = 0;
    for (int n = 0;; n++, failures++) {
        nt_store *store = NULL;
        fail_allocation(n);
        nt_status status = nt_store_open(*state, &store, &error);
        nt_store_close(store);
        if (!allow_all_allocations())
            break;
        assert_null(store);
        assert_int_equal(status, NT_NO_MEMORY);
        assert_int_equal(error.count, 1);
        nt_error_finish(&error);
    }
    assert_in_range(failures, 2, 100);
}

static int start(void **state) {
    nt_error_init(&error);
    return make_folder(state);
}

static int stop_all(void **state) {
    nt_error_finish(&error);
    return drop_folder(state);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop_all)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shards),
        TEST(test_round_trip),
        TEST(test_losses),
        TEST(test_numerics),
        TEST(test_version_1),
        TEST(test_samples),
        TEST(test_decisions),
        TEST(test_begun),
        TEST(test_incomplete),
        TEST(test_gaps),
        TEST(test_gap_in_shard),
        TEST(test_wrong_shards),
        TEST(test_again),
        TEST(test_results),
        TEST(test_reader),
        TEST(test_locked),
        TEST(test_switched_journal),
        TEST(test_foreign),
        TEST(test_marks),
        TEST(test_changed_outcomes),
        TEST(test_wrong_sizes),
        TEST(test_flipped),
        TEST(test_truncated),
        TEST(test_no_folder),
        TEST(test_strange_folder),
        TEST(test_no_memory),
    };
    return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
