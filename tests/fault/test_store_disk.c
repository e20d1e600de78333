/* The store on a disk that fails, at the n-th call for each n. What was saved is there and whole, a
 * shard of all cases is there for all of them or for none, and going on leads to what an
 * undisturbed run leaves. */
#include "failing_disk.h"
#include "support_store_run.h"

static int start_on_disk(void **state) {
    return disk_start() ? start(state) : -1;
}

static int stop_on_disk(void **state) {
    disk_stop();
    return stop(state);
}

/* Before the database is touched the journal is synced; before the journal goes, the database is;
 * and its going is synced too, which takes synchronous=EXTRA. */
static void test_synced(void **state) {
    nt_text calls;
    nt_text_init(&calls);
    nt_store *store = open_in(*state);
    for (int32_t n = 0; n < 3; n++) {
        nt_text_clear(&calls);
        disk_list(&calls);
        EXPECT_OK(&run_error, put_number(store, n, &run_error));
        disk_list(NULL);
        const char *first_write = strchr(calls.bytes, 'd'), *last_sync = strrchr(calls.bytes, 'D');
        assert_non_null(first_write);
        assert_non_null(last_sync);
        assert_true(strrchr(calls.bytes, 'd') < last_sync);
        assert_true(strrchr(calls.bytes, 'J') < first_write);
        assert_true(strrchr(calls.bytes, 'J') > strrchr(calls.bytes, 'j'));
        assert_string_equal(last_sync, "DX");
    }
    nt_store_close(store);
    nt_text_finish(&calls);
}

typedef struct fault {
    int code;
    bool from_then_on;
    const char *text;
} fault;

static const fault faults[] = {
    {SQLITE_FULL, false, "cannot write: database or disk is full; make room"},
    {SQLITE_FULL, true, "cannot write: database or disk is full; make room"},
    {SQLITE_IOERR_WRITE, false, "cannot write: disk I/O error"},
    {SQLITE_IOERR_WRITE, true, "cannot write: disk I/O error"},
};
enum { FAULTS = sizeof faults / sizeof *faults };

/* Adding shard 1 to shard 0 with the n-th call failing, then looking, then going on, in the same
 * store or in another process's. Returns whether a call failed. */
static bool disturb(const char *folder, int n, const fault *f, const char *expected) {
    nt_text dump;
    nt_store *store = open_in(folder);
    disk_fail(n, f->code, f->from_then_on);
    nt_status status = put_number(store, 1, &run_error);
    bool failed = disk_failures() > 0;
    if (status == NT_OK)
        EXPECT_OK(&run_error, status);
    else
        EXPECT_ERROR(&run_error, status, NT_IO, f->text);
    if (f->from_then_on) { /* as if the process ended here */
        nt_store_close(store);
        disk_fail(0, 0, false);
        store = open_in(folder);
    }
    disk_fail(0, 0, false);
    int32_t saved = saved_shards(store);
    assert_in_range(saved, status == NT_OK ? 2 : 1, 2);
    EXPECT_OK(&run_error, put_number(store, 1, &run_error));
    nt_store_close(store);
    nt_text_init(&dump);
    dump_store(folder, &dump);
    assert_string_equal(dump.bytes, expected);
    nt_text_finish(&dump);
    return failed;
}

static void test_failing_disk(void **state) {
    nt_text expected;
    nt_text_init(&expected);
    content begun = begin(*state, &expected);
    for (int i = 0; i < FAULTS; i++) {
        int n = 1;
        for (bool failed = true; failed; n++) {
            write_store(*state, begun.bytes, begun.size);
            failed = disturb(*state, n, &faults[i], expected.bytes);
        }
        assert_in_range(n, 15, 500);
    }
    nt_text_finish(&expected);
    free(begun.bytes);
}

/* The process is killed in the n-th call, for each n, and another goes on. */
static void test_killed_in_each_call(void **state) {
    nt_text expected, dump;
    nt_text_init(&expected);
    nt_text_init(&dump);
    content begun = begin(*state, &expected);
    int n = 1;
    for (int status = SIGKILL; WIFSIGNALED(status); n++) {
        write_store(*state, begun.bytes, begun.size);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            nt_store *own;
            if (nt_store_open(*state, &own, &run_error) != NT_OK)
                _exit(1);
            disk_fail(n, DISK_KILLS, false);
            _exit(put_number(own, 1, &run_error) != NT_OK);
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
        nt_store *store = open_in(*state);
        assert_in_range(saved_shards(store), 1, 2);
        EXPECT_OK(&run_error, put_number(store, 1, &run_error));
        nt_store_close(store);
        dump_store(*state, &dump);
        assert_string_equal(dump.bytes, expected.bytes);
    }
    assert_in_range(n, 15, 500);
    nt_text_finish(&expected);
    nt_text_finish(&dump);
    free(begun.bytes);
}

/* The n-th call fails while the tables are made. */
static void test_failing_creation(void **state) {
    for (int i = 0; i < FAULTS; i++) {
        int n = 1;
        for (bool failed = true; failed; n++) {
            nt_store *store = NULL;
            remove(path_in(*state, NT_STORE_NAME));
            disk_fail(n, faults[i].code, faults[i].from_then_on);
            nt_status status = nt_store_open(*state, &store, &run_error);
            failed = disk_failures() > 0;
            nt_store_close(store);
            disk_fail(0, 0, false);
            if (status != NT_OK)
                EXPECT_ERROR(&run_error, status, NT_IO, strchr(faults[i].text, ':'));
            nt_store_close(open_in(*state));
        }
        assert_in_range(n, 5, 500);
    }
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, start_on_disk, stop_on_disk)
    const struct CMUnitTest tests[] = {
        TEST(test_synced),
        TEST(test_failing_disk),
        TEST(test_killed_in_each_call),
        TEST(test_failing_creation),
    };
    return cmocka_run_group_tests_name("store_disk", tests, NULL, NULL);
}
