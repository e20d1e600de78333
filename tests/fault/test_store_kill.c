/* A run that writes shards in a process of its own is killed at random moments, again and again.
 * What it said was saved is, each shard is there for all cases or for none, nothing saved is
 * measured again, and in the end there is what an undisturbed run leaves. */
#include "support_store_run.h"
#include <signal.h>
#include <time.h>

static double seconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* What a run does: measures the shards that aren't there, says so on `out`, and ends with the
 * results. Returns like a process; never through cmocka. */
static int run(const char *folder, int out) {
    nt_store *store;
    nt_error own;
    nt_error_init(&own);
    if (nt_store_open(folder, &store, &own) != NT_OK)
        return fprintf(stderr, "%s\n", shown(&own)), 1;
    for (int32_t n = 0; n < SHARDS; n++) {
        nt_measured found;
        if (nt_store_find(store, made_key(0), MADE_NUMERICS, &found, &own) != NT_OK)
            return fprintf(stderr, "%s\n", shown(&own)), 2;
        bool known = found.done > n * NT_SHARD_SAMPLES;
        if (!known && put_number(store, n, &own) != NT_OK)
            return fprintf(stderr, "%s\n", shown(&own)), 3;
        if (!known && write(out, &n, sizeof n) != sizeof n)
            return 4;
    }
    if (put_results(store, &own) != NT_OK)
        return fprintf(stderr, "%s\n", shown(&own)), 5;
    nt_store_close(store);
    nt_error_finish(&own);
    return 0;
}

/* Starts a run in a process of its own and kills it `delay` seconds after its start or after its
 * first shard; or, if delay < 0, lets it end. Each shard that it says is saved was not saved
 * before. Returns whether the kill came before the end. */
static bool run_and_kill(const char *folder, double delay, bool at_start, bool saved[SHARDS]) {
    int pipe_ends[2], status;
    int32_t number;
    assert_int_equal(pipe(pipe_ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        close(pipe_ends[0]);
        _exit(run(folder, pipe_ends[1]));
    }
    close(pipe_ends[1]);
    bool now = at_start;
    do {
        if (now && delay >= 0) {
            usleep((useconds_t)(delay * 1e6));
            assert_int_equal(kill(child, SIGKILL), 0);
            delay = -1;
        }
        now = read(pipe_ends[0], &number, sizeof number) == sizeof number;
        if (now) {
            assert_in_range(number, 0, SHARDS - 1);
            assert_false(saved[number]);
            saved[number] = true;
        }
    } while (now);
    close(pipe_ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) ? WTERMSIG(status) == SIGKILL : WEXITSTATUS(status) == 0);
    return WIFSIGNALED(status);
}

/* Looks into a folder whose run was killed: through a query, the test's own connection or the next
 * run, whichever is first. More may be saved than the run had time to tell of; `saved` is then all
 * that is. Returns how many shards there are. */
static int32_t expect_whole(const char *folder, int first, bool saved[SHARDS]) {
    nt_store *store;
    nt_text dump;
    if (first == 0 && access(path_in(folder, NT_STORE_NAME), F_OK) == 0) {
        nt_status status = nt_store_open_to_read(folder, &store, &run_error);
        if (status == NT_OK)
            nt_store_close(store);
        else /* killed before the tables were there */
            EXPECT_ERROR(&run_error, status, NT_INVALID, "is empty");
    }
    if (first <= 1) {
        nt_text_init(&dump);
        sqlite3 *db = connect_to(folder);
        dump_rows(db, "PRAGMA integrity_check", &dump);
        assert_string_equal(dump.bytes, "'ok' \n");
        sqlite3_close(db);
        nt_text_finish(&dump);
    }
    store = open_in(folder);
    int32_t count = saved_shards(store);
    for (int32_t n = 0; n < SHARDS; n++) {
        assert_int_equal(has(store, CASES - 1, n, &run_error), n < count);
        assert_true(!saved[n] || n < count);
        saved[n] = n < count;
    }
    nt_store_close(store);
    return count;
}

static void test_kill(void **state) {
    enum { KILLS = 20 };
    bool saved[SHARDS] = {false};
    nt_text expected, dump;
    int kills = 0, in_a_change = 0;
    nt_text_init(&expected);
    nt_text_init(&dump);
    double begun = seconds();
    assert_false(run_and_kill(*state, -1, true, saved));
    double shard = (seconds() - begun) / SHARDS;
    dump_store(*state, &expected);
    bool again = true;
    srand(20090);
    for (int k = 0; kills < KILLS && k < 10 * KILLS; k++) {
        if (again) { /* it came to its end */
            remove(path_in(*state, NT_STORE_NAME));
            memset(saved, 0, sizeof saved);
        }
        bool killed = run_and_kill(*state, 3 * shard * rand() / RAND_MAX, k % 4 == 0, saved);
        kills += killed;
        in_a_change += access(path_in(*state, NT_STORE_NAME "-journal"), F_OK) == 0;
        again = expect_whole(*state, k % 3, saved) == SHARDS;
    }
    print_message("%d kills, %d of them in the middle of a change\n", kills, in_a_change);
    assert_int_equal(kills, KILLS);
    assert_in_range(in_a_change, 1, KILLS);
    assert_false(run_and_kill(*state, -1, true, saved));
    dump_store(*state, &dump);
    assert_string_equal(dump.bytes, expected.bytes);
    nt_text_finish(&expected);
    nt_text_finish(&dump);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(test_kill, start, stop)};
    return cmocka_run_group_tests_name("store_kill", tests, NULL, NULL);
}
