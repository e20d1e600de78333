/* The store where the system refuses: memory, room on the disk, leave to write. */
#include "support_store_run.h"
#include <sched.h>
#include <sys/mount.h>

/* --- memory ----------------------------------------------------------------------------------- */

static sqlite3_mem_methods plain_memory;
static int mallocs_left = -1; /* before one fails; -1: none does */

static bool memory_fails(void) {
    return mallocs_left >= 0 && mallocs_left-- == 0;
}

static void *failing_malloc(int size) {
    return memory_fails() ? NULL : plain_memory.xMalloc(size);
}

static void *failing_realloc(void *block, int size) {
    return memory_fails() ? NULL : plain_memory.xRealloc(block, size);
}

/* Before SQLite is first used. */
static void make_memory_fallible(void) {
    sqlite3_config(SQLITE_CONFIG_GETMALLOC, &plain_memory);
    sqlite3_mem_methods fallible = plain_memory;
    fallible.xMalloc = failing_malloc;
    fallible.xRealloc = failing_realloc;
    sqlite3_config(SQLITE_CONFIG_MALLOC, &fallible);
}

static nt_status count_result(void *context, const nt_store_result *result) {
    (void)result;
    ++*(int *)context;
    return NT_OK;
}

static nt_status use_all(nt_store *store) {
    static unsigned char outcomes[SAMPLES];
    double loss;
    int results = 0;
    NT_TRY(put_number(store, 1, &run_error));
    NT_TRY(put_results(store, &run_error));
    NT_TRY(nt_store_each_result(store, count_result, &results, &run_error));
    assert_int_equal(results, CASES);
    return nt_store_read(store, made_key(20), MADE_NUMERICS, 2000, outcomes, 2000, &loss,
                         &run_error);
}

static void test_no_memory(void **state) {
    static made m;
    nt_store *store = open_in(*state);
    EXPECT_OK(&run_error, put_number(store, 0, &run_error));
    for (int32_t n = 0; n < 2; n++)
        put_one(store, make_shard(&m, 20, 2000, 1, n), &run_error);
    nt_store_close(store);
    content begun = read_store(*state);
    int n = 0;
    for (bool failed = true; failed; n++) {
        write_store(*state, begun.bytes, begun.size);
        store = NULL;
        mallocs_left = n;
        nt_status status = nt_store_open(*state, &store, &run_error);
        if (status == NT_OK)
            status = use_all(store);
        nt_store_close(store);
        failed = mallocs_left < 0;
        mallocs_left = -1;
        if (status != NT_OK) /* SQLite does without some */
            EXPECT_ERROR(&run_error, status, NT_NO_MEMORY, "out of memory");
        store = open_in(*state);
        assert_in_range(saved_shards(store), 1, 2);
        nt_store_close(store);
    }
    print_message("%d allocations\n", n);
    assert_in_range(n, 100, 1000000);
    free(begun.bytes);
}

/* --- what takes another user or another file system ------------------------------------------- */

/* In a process of its own, which ends with the line of the first thing that isn't so. */
#define NEED(condition)                                                                            \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "line %d: not so: %s\n%s\n", __LINE__, #condition, shown(&run_error)); \
            _exit(1);                                                                              \
        }                                                                                          \
    } while (0)

enum { SKIPPED = 77 };

static void in_a_process(void (*body)(const char *folder), const char *folder) {
    int status;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        body(folder);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFEXITED(status) && WEXITSTATUS(status) == SKIPPED)
        skip();
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static bool says(nt_status status, nt_status expected, const char *text) {
    bool so = status == expected && run_error.count == 1 && strstr(shown(&run_error), text);
    if (so) {
        nt_error_finish(&run_error);
        nt_error_init(&run_error);
    }
    return so;
}

/* A file system of 400 kB of which something else holds 200. */
static void fill_the_disk(const char *folder) {
    enum { HELD = 200000 };
    nt_store *store;
    int n = 0;
    if ((unshare(CLONE_NEWNS) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) ||
        mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("none", folder, "tmpfs", 0, "size=400k") != 0) {
        fprintf(stderr, "no small file system can be mounted here\n");
        _exit(SKIPPED);
    }
    void *zeros = calloc(1, HELD);
    write_bytes(path_in(folder, "held"), zeros, HELD);
    free(zeros);
    NEED(nt_store_open(folder, &store, &run_error) == NT_OK);
    nt_status status = NT_OK;
    while (status == NT_OK && n < SHARDS) {
        status = put_number(store, n, &run_error);
        n += status == NT_OK;
    }
    NEED(n > 2 && n < SHARDS);
    NEED(says(status, NT_IO,
              NT_STORE_NAME ": error: cannot write: database or disk is full; make "
                            "room on the disk and give the same command again"));
    NEED(remove(path_in(folder, "held")) == 0);
    NEED(put_number(store, n, &run_error) == NT_OK); /* the same store goes on */
    nt_store_close(store);
    NEED(nt_store_open(folder, &store, &run_error) == NT_OK);
    nt_measured there;
    NEED(nt_store_find(store, made_key(CASES - 1), MADE_NUMERICS, &there, &run_error) == NT_OK);
    NEED(there.done > n * NT_SHARD_SAMPLES);
    nt_store_close(store);
}

static void test_full_disk(void **state) {
    in_a_process(fill_the_disk, *state);
}

/* In `folder` are new/, a folder to make a store in, and old/, one with a store. */
static void use_without_leave(const char *folder) {
    enum { NOBODY = 65534 };
    const char *old = path_in(folder, "old"), *file = path_in(folder, "old/" NT_STORE_NAME);
    nt_store *store;
    NEED(chmod(folder, 0755) == 0 && chmod(path_in(folder, "new"), 0555) == 0);
    NEED(chmod(old, 0555) == 0 && chmod(file, 0444) == 0);
    pid_t pid = fork(); /* to give up root for the first part only */
    NEED(pid >= 0);
    if (pid == 0) {
        if (geteuid() == 0)
            NEED(setgid(NOBODY) == 0 && setuid(NOBODY) == 0);
        NEED(says(nt_store_open(path_in(folder, "new"), &store, &run_error), NT_IO,
                  "cannot open: unable to open database file; see that the folder exists and is "
                  "writable"));
        NEED(says(nt_store_open(old, &store, &run_error), NT_IO,
                  "is not writable; make the file and its folder writable"));
        NEED(nt_store_open_to_read(old, &store, &run_error) == NT_OK); /* reading is no matter */
        nt_measured found;
        NEED(nt_store_find(store, made_key(0), MADE_NUMERICS, &found, &run_error) == NT_OK &&
             found.done > 0);
        nt_store_close(store);
        _exit(0);
    }
    int status;
    NEED(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0);
    NEED(chmod(file, 0666) == 0); /* the file may be written, the journal not */
    if (geteuid() == 0)
        NEED(setgid(NOBODY) == 0 && setuid(NOBODY) == 0);
    NEED(nt_store_open(old, &store, &run_error) == NT_OK);
    NEED(says(put_number(store, 1, &run_error), NT_IO,
              "attempt to write a readonly database; make the file and its folder writable"));
    nt_store_close(store);
}

static void test_without_leave(void **state) {
    const char *old = path_in(*state, "old"), *new = path_in(*state, "new");
    assert_int_equal(mkdir(old, 0777), 0);
    assert_int_equal(mkdir(new, 0777), 0);
    nt_store *store = open_in(old);
    EXPECT_OK(&run_error, put_number(store, 0, &run_error));
    nt_store_close(store);
    in_a_process(use_without_leave, *state);
    assert_int_equal(chmod(old, 0777), 0);
    assert_int_equal(remove(path_in(*state, "old/" NT_STORE_NAME)), 0);
    assert_int_equal(rmdir(old), 0);
    assert_int_equal(rmdir(new), 0);
}

/* A killed run's journal needs leave to write, from readers too. */
static void read_what_was_killed(const char *folder) {
    enum { NOBODY = 65534 };
    nt_store *store;
    NEED(chmod(folder, 0555) == 0 && chmod(path_in(folder, NT_STORE_NAME), 0444) == 0);
    NEED(chmod(path_in(folder, NT_STORE_NAME "-journal"), 0444) == 0);
    if (geteuid() == 0)
        NEED(setgid(NOBODY) == 0 && setuid(NOBODY) == 0);
    NEED(says(nt_store_open_to_read(folder, &store, &run_error), NT_IO,
              "attempt to write a readonly database; a run was killed while it wrote"));
}

/* Leaves the database half changed and its journal beside it. */
static void change_half(const char *folder) {
    sqlite3 *db;
    NEED(sqlite3_open(path_in(folder, NT_STORE_NAME), &db) == SQLITE_OK);
    NEED(sqlite3_exec(db, "PRAGMA cache_size = 1; BEGIN; UPDATE shard SET loss = 0", NULL, NULL,
                      NULL) == SQLITE_OK);
    NEED(sqlite3_db_cacheflush(db) == SQLITE_OK);
    _exit(0);
}

static void test_hot_journal(void **state) {
    nt_text before, after;
    nt_text_init(&before);
    nt_text_init(&after);
    nt_store *store = open_in(*state);
    EXPECT_OK(&run_error, put_number(store, 0, &run_error));
    nt_store_close(store);
    dump_store(*state, &before);
    in_a_process(change_half, *state);
    assert_int_equal(count_files(*state), 2);
    in_a_process(read_what_was_killed, *state);
    assert_int_equal(chmod(*state, 0777), 0);
    assert_int_equal(chmod(path_in(*state, NT_STORE_NAME), 0666), 0);
    EXPECT_OK(&run_error, nt_store_open_to_read(*state, &store, &run_error)); /* undoes it */
    nt_store_close(store);
    assert_int_equal(count_files(*state), 1);
    dump_store(*state, &after);
    assert_string_equal(after.bytes, before.bytes);
    nt_text_finish(&before);
    nt_text_finish(&after);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
    make_memory_fallible();
    const struct CMUnitTest tests[] = {
        TEST(test_no_memory),
        TEST(test_full_disk),
        TEST(test_without_leave),
        TEST(test_hot_journal),
    };
    return cmocka_run_group_tests_name("store_refused", tests, NULL, NULL);
}
