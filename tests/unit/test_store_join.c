/* Stores joined into one: in any order, with what both have, it is as if it had been written at
 * once. */
#include "support_store.h"

static nt_error error;

enum { THINGS = 3, SHARDS = 4, PARTS = 5 };

static const int32_t samples_of[THINGS] = {3500, 4000, 3001};

/* Shard `number` of all there are, of whichever thing it is. */
static const nt_shard *shard_of(made *m, int number) {
    int thing = number / SHARDS;
    return make_shard(m, thing, samples_of[thing], 1 + thing, number % SHARDS);
}

static const char *part_folder(const char *folder, int part) {
    char name[20];
    snprintf(name, sizeof name, "part-%d", part);
    return path_in(folder, name);
}

static nt_store *open_part(const char *folder, int part, bool to_write) {
    nt_store *store;
    const char *path = part_folder(folder, part);
    if (to_write)
        mkdir(path, 0777);
    EXPECT_OK(&error, to_write ? nt_store_open(path, &store, &error)
                               : nt_store_open_to_read(path, &store, &error));
    return store;
}

static void put_in(const char *folder, int part, const nt_shard *shard) {
    nt_store *store = open_part(folder, part, true);
    put_one(store, shard, &error);
    nt_store_close(store);
}

static int64_t join(nt_store *into, const char *folder, int part) {
    int64_t fresh = -1;
    nt_store *from = open_part(folder, part, false);
    EXPECT_OK(&error, nt_store_join(into, from, &fresh, &error));
    nt_store_close(from);
    return fresh;
}

/* --- what is joined --------------------------------------------------------------------------- */

/* Shards are dealt to parts at random, some to two of them; parts come in a random order. */
static void test_any_order(void **state) {
    nt_text then, now;
    nt_text_init(&then);
    nt_text_init(&now);
    static made m;
    nt_store *whole = open_part(*state, PARTS, true);
    for (int i = 0; i < THINGS * SHARDS; i++)
        put_one(whole, shard_of(&m, i), &error);
    nt_store_close(whole);
    dump_store(part_folder(*state, PARTS), &then);
    for (uint64_t round = 0; round < 6; round++) {
        int64_t fresh = 0;
        for (int part = 0; part < PARTS; part++)
            nt_store_close(open_part(*state, part, true));
        for (uint64_t i = 0; i < THINGS * SHARDS; i++) {
            uint64_t drawn = nt_hash_word(nt_hash_word(7, round), i);
            put_in(*state, (int)(drawn % PARTS), shard_of(&m, (int)i));
            put_in(*state, (int)(drawn / PARTS % PARTS), shard_of(&m, (int)i));
        }
        nt_store *into = open_part(*state, PARTS + 1, true);
        for (uint64_t i = 0; i < 2 * PARTS; i++) /* 7 goes through all of them */
            fresh += join(into, *state, (int)((7 * i + round) % PARTS));
        assert_int_equal(fresh, THINGS * SHARDS);
        for (int thing = 0; thing < THINGS; thing++)
            expect_thing(into, thing, samples_of[thing], 1 + thing, &error);
        nt_store_close(into);
        dump_store(part_folder(*state, PARTS + 1), &now);
        assert_string_equal(now.bytes, then.bytes);
        for (int part = 0; part <= PARTS + 1; part++)
            if (part != PARTS)
                remove(path_in(part_folder(*state, part), NT_STORE_NAME));
    }
    nt_text_finish(&now);
    nt_text_finish(&then);
}

/* Of two that begin alike the longer one stays, whichever comes first. */
static void test_begun(void **state) {
    static made m;
    nt_store *into = open_part(*state, 2, true);
    int32_t samples;
    make_shard(&m, 0, 2500, 2, 1);
    put_in(*state, 1, &m.shard);
    m.shard.size = 600;
    put_in(*state, 0, &m.shard);
    assert_int_equal(join(into, *state, 0), 1);
    EXPECT_OK(&error, nt_store_has_shard(into, m.key, MADE_NUMERICS, 1, &samples, &error));
    assert_int_equal(samples, 300);
    assert_int_equal(join(into, *state, 1), 1);
    assert_int_equal(join(into, *state, 0), 0);
    EXPECT_OK(&error, nt_store_has_shard(into, m.key, MADE_NUMERICS, 1, &samples, &error));
    assert_int_equal(samples, 1000);
    nt_store_close(into);
}

/* Each is kept beside the others. */
static void test_numerics(void **state) {
    static const char *const lines[] = {"a; 2", "b; 2", "a; 1", "c; 1"};
    static made m;
    nt_measured found;
    nt_store *into = open_part(*state, 4, true);
    for (int part = 0; part < 4; part++) {
        make_shard(&m, 0, 500, 1, 0);
        m.shard.numerics = lines[part];
        m.outcomes[7] = (unsigned char)(part & 1);
        put_in(*state, part, &m.shard);
        assert_int_equal(join(into, *state, part), 1);
    }
    for (int part = 0; part < 4; part++) {
        EXPECT_OK(&error, nt_store_find(into, m.key, lines[part], &found, &error));
        assert_int_equal(found.done, 500);
    }
    nt_store_close(into);
}

/* --- what is refused -------------------------------------------------------------------------- */

/* All of a part is left out for the sake of one shard, and both files and the key are named. */
static void test_other_outcomes(void **state) {
    static made m;
    nt_text then, now;
    int64_t fresh = 5;
    nt_text_init(&then);
    nt_text_init(&now);
    put_in(*state, 0, make_shard(&m, 1, 2500, 1, 0));
    put_in(*state, 0, make_shard(&m, 0, 2500, 1, 1));
    for (int n = 0; n < 3; n++) {
        make_shard(&m, 0, 2500, 1, n);
        m.outcomes[499] ^= n == 1;
        put_in(*state, 1, &m.shard);
    }
    nt_store *into = open_part(*state, 2, true);
    assert_int_equal(join(into, *state, 0), 2);
    dump_store(part_folder(*state, 2), &then);
    nt_store *from = open_part(*state, 1, false);
    nt_status status = nt_store_join(into, from, &fresh, &error);
    assert_non_null(strstr(shown(&error), "part-2/" NT_STORE_NAME ": error: shard 1 of "));
    assert_non_null(strstr(shown(&error), "part-1/" NT_STORE_NAME ": error: shard 1 of "));
    EXPECT_ERRORS(&error, status, NT_FAILED, 2, "was measured again, with other outcomes");
    assert_int_equal(fresh, 5);
    nt_store_close(from);
    nt_store_close(into);
    dump_store(part_folder(*state, 2), &now);
    assert_string_equal(now.bytes, then.bytes);
    nt_text_finish(&now);
    nt_text_finish(&then);
}

/* As does one of another size, and one that isn't what was saved. */
static void test_damaged(void **state) {
    static made m;
    int64_t fresh;
    put_in(*state, 0, make_shard(&m, 0, 2500, 1, 0));
    put_in(*state, 1, make_shard(&m, 0, 2501, 1, 0));
    nt_store *into = open_part(*state, 2, true);
    join(into, *state, 0);
    nt_store *from = open_part(*state, 1, false);
    nt_status status = nt_store_join(into, from, &fresh, &error);
    EXPECT_ERRORS(&error, status, NT_INVALID, 2, "has 2500 samples of 1 bytes; a shard of it says");
    nt_store_close(from);
    execute_in(part_folder(*state, 0), "UPDATE shard SET loss = loss + 1");
    from = open_part(*state, 0, false);
    status = nt_store_join(into, from, &fresh, &error);
    EXPECT_ERROR(&error, status, NT_INVALID,
                 "part-0/" NT_STORE_NAME ": error: is damaged: shard 0");
    nt_store_close(from);
    nt_store_close(into);
}

/* Setup and teardown. */
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
        TEST(test_any_order),      TEST(test_begun),   TEST(test_numerics),
        TEST(test_other_outcomes), TEST(test_damaged),
    };
    return cmocka_run_group_tests_name("store_join", tests, NULL, NULL);
}
