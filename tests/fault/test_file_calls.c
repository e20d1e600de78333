/* Which calls a file that is replaced takes, in which order, and what becomes of each that fails or
 * does less: the linker puts the functions here in the system's place (--wrap;
 * Meson asks for large files, where pread is pread64). */
#include "file.h"
#include "support_base.h"
#include <errno.h>
#include <fcntl.h>

static nt_error error;

/* A letter a call: w a write, s a file's sync, S a folder's, c a close, r a rename. */
static char made[200];
static char failing;  /* such a call fails, */
static int because;   /* with this errno, 0: after doing less; */
static int times = 1; /* so often */

static void note(char letter) {
    size_t length = strlen(made);
    if (length + 1 < sizeof made)
        made[length] = letter;
}

static bool fails(char letter) {
    note(letter);
    if (letter != failing || times == 0)
        return false;
    times--;
    errno = because;
    return true;
}

ssize_t __real_write(int fd, const void *bytes, size_t size);
ssize_t __wrap_write(int fd, const void *bytes, size_t size);
ssize_t __real_pread64(int fd, void *bytes, size_t size, off_t at);
ssize_t __wrap_pread64(int fd, void *bytes, size_t size, off_t at);
int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __real_close(int fd);
int __wrap_close(int fd);
int __real_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);

ssize_t __wrap_write(int fd, const void *bytes, size_t size) {
    if (!fails('w'))
        return __real_write(fd, bytes, size);
    return because ? -1 : __real_write(fd, bytes, (size + 1) / 2);
}

ssize_t __wrap_pread64(int fd, void *bytes, size_t size, off_t at) {
    if (!fails('p'))
        return __real_pread64(fd, bytes, size, at);
    return because ? -1 : __real_pread64(fd, bytes, (size + 1) / 2, at);
}

int __wrap_fsync(int fd) {
    struct stat info;
    bool folder = fstat(fd, &info) == 0 && S_ISDIR(info.st_mode);
    return fails(folder ? 'S' : 's') ? -1 : __real_fsync(fd);
}

/* Closed it is in any case. */
int __wrap_close(int fd) {
    bool failed = fails('c');
    int saved = errno, status = __real_close(fd);
    errno = saved;
    return failed ? -1 : status;
}

int __wrap_rename(const char *from, const char *to) {
    return fails('r') ? -1 : __real_rename(from, to);
}

static void let_fail(char letter, int number, int how_often) {
    memset(made, 0, sizeof made);
    failing = letter;
    because = number;
    times = how_often;
}

static int begin(void **state) {
    nt_error_init(&error);
    let_fail(0, 0, 0);
    return make_folder(state);
}

static int end(void **state) {
    let_fail(0, 0, 0);
    nt_error_finish(&error);
    return drop_folder(state);
}

static const char old[] = "the old text", new[] = "a new and longer text";

static void expect(const char *path, const char *text) {
    nt_bytes file;
    EXPECT_OK(&error, nt_file_read(path, 1000, &file, &error));
    assert_string_equal((const char *)file.bytes, text);
    nt_bytes_finish(&file);
}

/* The bytes are on the disk before the name is, and the name before anybody says so. */
static void test_order(void **state) {
    const char *path = path_in(*state, "file");
    let_fail(0, 0, 0);
    EXPECT_OK(&error, nt_file_replace(path, new, sizeof new - 1, &error));
    assert_string_equal(made, "wscrSc");
}

/* Nothing is lost: the old file is there, and no other. */
static void test_failures(void **state) {
    static const struct {
        char call;
        int number;
        const char *says;
    } faults[] = {{'w', ENOSPC, "No space left on device"}, {'w', EIO, "Input/output error"},
                  {'s', EIO, "Input/output error"},         {'s', EDQUOT, "quota"},
                  {'c', EIO, "Input/output error"},         {'c', EDQUOT, "quota"},
                  {'r', EIO, "Input/output error"}};
    const char *path = path_in(*state, "file");
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        EXPECT_OK(&error, nt_file_replace(path, old, sizeof old - 1, &error));
        let_fail(faults[i].call, faults[i].number, 1);
        EXPECT_ERROR(&error, nt_file_replace(path, new, sizeof new - 1, &error), NT_IO,
                     faults[i].says);
        let_fail(0, 0, 0);
        assert_int_equal(count_files(*state), 1);
        expect(path, old);
    }
}

/* A write that was interrupted, or took less than all, goes on. */
static void test_short_writes(void **state) {
    const char *path = path_in(*state, "file");
    for (int number = 0; number <= EINTR; number += EINTR) {
        let_fail('w', number, 3);
        EXPECT_OK(&error, nt_file_replace(path, new, sizeof new - 1, &error));
        let_fail(0, 0, 0);
        expect(path, new);
    }
}

static void test_short_reads(void **state) {
    const char *path = path_in(*state, "file");
    EXPECT_OK(&error, nt_file_replace(path, new, sizeof new - 1, &error));
    for (int number = 0; number <= EINTR; number += EINTR) {
        let_fail('p', number, 3);
        expect(path, new);
        assert_true(strlen(made) >= 4);
    }
    let_fail('p', EIO, 1);
    nt_bytes file;
    EXPECT_ERROR(&error, nt_file_read(path, 1000, &file, &error), NT_IO, "Input/output error");
}

/* A file that is shorter than its size said is no file to go by. */
static void test_cut_while_reading(void **state) {
    const char *path = path_in(*state, "file");
    unsigned char room[100];
    int fd;
    int64_t size;
    EXPECT_OK(&error, nt_file_replace(path, new, sizeof new - 1, &error));
    EXPECT_OK(&error, nt_file_open(path, &fd, &size, &error));
    assert_int_equal(size, sizeof new - 1);
    assert_int_equal(nt_file_read_at(fd, 0, room, sizeof room), sizeof new - 1);
    assert_int_equal(nt_file_read_at(fd, 5, room, 3), 3);
    assert_memory_equal(room, new + 5, 3);
    assert_int_equal(nt_file_read_at(fd, 1000, room, 3), 0);
    close(fd);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {TEST(test_order), TEST(test_failures),
                                       TEST(test_short_writes), TEST(test_short_reads),
                                       TEST(test_cut_while_reading)};
    return cmocka_run_group_tests_name("file_calls", tests, NULL, NULL);
}
