/* Files: reading within limits, and replacing that never leaves half a file. */
#include "file.h"
#include "support_base.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>

static nt_error error;

static void expect_content(const char *path, const char *content) {
    nt_bytes bytes;
    EXPECT_OK(&error, nt_file_read(path, 1000000, &bytes, &error));
    assert_int_equal(bytes.size, strlen(content));
    assert_string_equal((char *)bytes.bytes, content);
    nt_bytes_finish(&bytes);
}

static void test_read(void **state) {
    const char *path = path_in(*state, "a");
    nt_bytes bytes = {0};
    nt_error_init(&error);
    write_bytes(path, "hello", 5);
    expect_content(path, "hello");
    nt_status status = nt_file_read(path, 4, &bytes, &error);
    EXPECT_ERROR(&error, status, NT_INVALID, "has 5 bytes, more than the 4");
    status = nt_file_read(path_in(*state, "none"), 100, &bytes, &error);
    EXPECT_ERROR(&error, status, NT_INVALID, "none: error: cannot open: No such file");
    status = nt_file_read(*state, 100, &bytes, &error);
    EXPECT_ERROR(&error, status, NT_INVALID, "is a folder, not a regular file");
    assert_null(bytes.bytes);
    write_bytes(path, "", 0);
    expect_content(path, "");
}

static void expect_not_opened(const char *path, const char *why) {
    int fd = -1;
    int64_t size = -1;
    alarm(10); /* a FIFO that nobody writes to would hold an ordinary open for ever */
    nt_status status = nt_file_open(path, &fd, &size, &error);
    alarm(0);
    EXPECT_ERROR(&error, status, NT_INVALID, why);
    assert_int_equal(fd, -1);
    assert_int_equal(size, -1);
}

/* What is no regular file is refused at once, by what it is, through links too. */
static void test_other_sorts(void **state) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const char *fifo = path_in(*state, "fifo"), *link = path_in(*state, "link");
    const char *other = path_in(*state, "socket");
    nt_error_init(&error);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    assert_int_equal(symlink("fifo", link), 0);
    int socket_fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_true(strlen(other) < sizeof address.sun_path);
    strcpy(address.sun_path, other);
    assert_int_equal(bind(socket_fd, (struct sockaddr *)&address, sizeof address), 0);
    expect_not_opened(fifo, "/fifo: error: is a FIFO (named pipe), not a regular file; save what");
    expect_not_opened(link, "/link: error: is a FIFO");
    expect_not_opened(other, "/socket: error: is a socket, not a regular file; save what");
    expect_not_opened("/dev/zero", "/dev/zero: error: is a device, not a regular file; save what");
    expect_not_opened(*state, "is a folder, not a regular file");
    close(socket_fd);
    int fd = open(fifo, O_RDONLY | O_NONBLOCK);
    int64_t size;
    EXPECT_ERROR(&error, nt_file_check(fd, "x", &size, &error), NT_INVALID, "x: error: is a FIFO");
    close(fd);
}

static void test_digest(void **state) {
    char hex[NT_DIGEST_HEX];
    nt_error_init(&error);
    const char *path = path_in(*state, "a");
    write_bytes(path, "abc", 3);
    EXPECT_OK(&error, nt_file_digest(path, hex, &error));
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    char *big = calloc(1, 1000000); /* longer than the pieces it is read in */
    memset(big, 'a', 1000000);
    write_bytes(path, big, 1000000); /* FIPS 180's third example */
    free(big);
    EXPECT_OK(&error, nt_file_digest(path, hex, &error));
    assert_string_equal(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

static void test_replace(void **state) {
    const char *path = path_in(*state, "a");
    nt_error_init(&error);
    EXPECT_OK(&error, nt_file_replace(path, "old", 3, &error));
    expect_content(path, "old");
    EXPECT_OK(&error, nt_file_replace(path, "newer", 5, &error));
    expect_content(path, "newer");
    assert_int_equal(count_files(*state), 1);
    nt_status status = nt_file_replace(path_in(*state, "no/a"), "x", 1, &error);
    EXPECT_ERROR(&error, status, NT_IO, "no/a: error: cannot write: No such file");
}

/* The n-th write, sync or rename fails, for each n: the old file is still there, whole and alone.
 */
static void test_replace_fails(void **state) {
    const char *path = path_in(*state, "a");
    nt_error_init(&error);
    EXPECT_OK(&error, nt_file_replace(path, "old", 3, &error));
    int failures = 0;
    for (int n = 1;; n++, failures++) {
        nt_file *file;
        nt_file_fail_at(n, ENOSPC);
        EXPECT_OK(&error, nt_file_create(path, &file, &error));
        nt_file_write(file, "new ", 4);
        nt_file_write(file, "content", 7);
        nt_status status = nt_file_commit(file, &error);
        nt_file_fail_at(0, 0);
        assert_int_equal(count_files(*state), 1);
        if (status == NT_OK)
            break;
        EXPECT_ERROR(&error, status, NT_IO, "a: error: cannot write: No space left on device");
        expect_content(path, "old");
    }
    assert_int_equal(failures, 4); /* two writes, a sync, a rename */
    expect_content(path, "new content");
}

static void test_abandon(void **state) {
    nt_file *file;
    nt_error_init(&error);
    EXPECT_OK(&error, nt_file_create(path_in(*state, "a"), &file, &error));
    nt_file_write(file, "x", 1);
    assert_int_equal(count_files(*state), 1);
    nt_file_abandon(file);
    nt_file_abandon(NULL);
    assert_int_equal(count_files(*state), 0);
}

static void test_folders(void **state) {
    nt_error_init(&error);
    const char *deep = path_in(*state, "one/two");
    EXPECT_OK(&error, nt_folder_make(deep, &error));
    EXPECT_OK(&error, nt_folder_make(deep, &error));
    const char *file = path_in(*state, "one/two/file");
    write_bytes(file, "x", 1);
    nt_status status = nt_folder_make(file, &error);
    EXPECT_ERROR(&error, status, NT_IO, "one/two/file: error: is not a folder");
    assert_int_equal(remove(file), 0);
    assert_int_equal(rmdir(deep), 0);
}

static void test_beside(void **state) {
    (void)state;
    nt_arena arena;
    nt_arena_init(&arena);
    assert_string_equal(nt_path_beside(&arena, "dir/sub/a.yaml", "b"), "dir/sub/b");
    assert_string_equal(nt_path_beside(&arena, "a.yaml", "b"), "b");
    assert_string_equal(nt_path_beside(&arena, "dir/a.yaml", "/b"), "/b");
    assert_string_equal(nt_path_beside(&arena, "/a.yaml", "b"), "/b");
    nt_arena_finish(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_read, make_folder, drop_folder),
        cmocka_unit_test_setup_teardown(test_other_sorts, make_folder, drop_folder),
        cmocka_unit_test_setup_teardown(test_digest, make_folder, drop_folder),
        cmocka_unit_test_setup_teardown(test_replace, make_folder, drop_folder),
        cmocka_unit_test_setup_teardown(test_replace_fails, make_folder, drop_folder),
        cmocka_unit_test_setup_teardown(test_abandon, make_folder, drop_folder),
        cmocka_unit_test_setup_teardown(test_folders, make_folder, drop_folder),
        cmocka_unit_test(test_beside),
    };
    return cmocka_run_group_tests_name("base_file", tests, NULL, NULL);
}
