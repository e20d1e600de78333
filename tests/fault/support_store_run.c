/* The small run that the tests of the store's faults begin with. */
#include "support_store_run.h"

nt_error run_error;

int start(void **state) {
    nt_error_init(&run_error);
    return make_folder(state);
}

int stop(void **state) {
    nt_error_finish(&run_error);
    return drop_folder(state);
}

/* --- a small run ------------------------------------------------------------------------------ */

nt_status put_number(nt_store *store, int32_t number, nt_error *ret_error) {
    static made m[CASES];
    nt_shard shards[CASES];
    for (int c = 0; c < CASES; c++)
        shards[c] = *make_shard(&m[c], c, SAMPLES, 1, number);
    return nt_store_put_shards(store, shards, CASES, ret_error);
}

nt_status put_results(nt_store *store, nt_error *ret_error) {
    nt_store_result results[CASES];
    static char names[CASES][20], keys[CASES][NT_DIGEST_HEX];
    for (int c = 0; c < CASES; c++) {
        snprintf(names[c], sizeof names[c], "case %d", c);
        memcpy(keys[c], made_key(c), sizeof keys[c]);
        results[c] = (nt_store_result){"group",       names[c], 0,    "test", "none", keys[c],
                                       MADE_NUMERICS, NULL,     NULL, 0,      NULL};
    }
    return nt_store_put_results(store, results, CASES, NULL, 0, ret_error);
}

nt_store *open_in(const char *folder) {
    nt_store *store;
    EXPECT_OK(&run_error, nt_store_open(folder, &store, &run_error));
    return store;
}

int32_t saved_shards(nt_store *store) {
    nt_measured first, found;
    for (int c = 0; c < CASES; c++) {
        EXPECT_OK(&run_error, nt_store_find(store, made_key(c), MADE_NUMERICS, &found, &run_error));
        if (c == 0)
            first = found;
        assert_int_equal(found.done, first.done);
        for (int32_t n = 0; n < nt_shard_count(found.done); n++)
            assert_true(has(store, c, n, &run_error));
    }
    return nt_shard_count(first.done);
}

content begin(const char *folder, nt_text *ret_expected) {
    nt_store *store = open_in(folder);
    EXPECT_OK(&run_error, put_number(store, 0, &run_error));
    nt_store_close(store);
    content begun = read_store(folder);
    store = open_in(folder);
    EXPECT_OK(&run_error, put_number(store, 1, &run_error));
    nt_store_close(store);
    dump_store(folder, ret_expected);
    return begun;
}
