/* Confined decoders: what they may do, what they can't, and what is said when one fails. */
#include "build_info.h"
#include "confined.h"
#include "file.h"
#include "support_base.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static nt_error error;

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

/* --- services --------------------------------------------------------------------------------- */

/* Gives back what the file has at each place that it is asked for. */
static void serve_bytes(void) {
    int64_t at;
    while (nt_confined_take(&at, sizeof at)) {
        unsigned char byte = 0;
        if (pread(NT_CONFINED_FILE, &byte, 1, at) != 1)
            byte = '?';
        nt_confined_give(&byte, 1);
    }
}

static void serve_much(void) {
    static unsigned char piece[1 << 20];
    for (int i = 0; i < 64; i++) {
        memset(piece, i, sizeof piece);
        nt_confined_give(piece, sizeof piece);
    }
}

static void serve_crash(void) {
    signal(SIGSEGV, SIG_DFL);
    raise(SIGSEGV);
}

static void serve_silence(void) {
    char byte;
    nt_confined_take(&byte, 1);
}

static void serve_loop(void) {
    for (volatile int i = 0;; i++)
        continue;
}

static void serve_half(void) {
    nt_confined_give("half", 4);
}

enum {
    READ_FILE,
    READ_FOLDER,
    WRITE_FILE,
    SOCKET,
    FORK,
    EXECUTE,
    SIGNAL,
    CODE,
    TRACE,
    MEMORY,
    OPEN_LATER,
    ATTEMPTS
};

static const char *const attempts[ATTEMPTS] = {"opening another file",
                                               "opening a folder",
                                               "writing a file",
                                               "a socket",
                                               "a new process",
                                               "a program",
                                               "a signal",
                                               "memory as code",
                                               "tracing a process",
                                               "too much memory",
                                               "opening after sealing"};

/* A byte for each of what a decoder that was taken over might try: 1 if it could. */
static void serve_attempts(void) {
    unsigned char could[ATTEMPTS] = {0};
    char *const words[] = {"true", NULL};
    could[READ_FILE] = open("/etc/passwd", O_RDONLY) >= 0;
    could[READ_FOLDER] = open("/", O_RDONLY | O_DIRECTORY) >= 0;
    int fd = open("/tmp/nt-confined-test", O_WRONLY | O_CREAT, 0600);
    could[WRITE_FILE] = fd >= 0 && write(fd, "x", 1) == 1;
    could[SOCKET] = socket(AF_INET, SOCK_STREAM, 0) >= 0;
    pid_t child = (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
    if (child == 0)
        _exit(0);
    could[FORK] = child > 0;
    could[SIGNAL] = kill(getppid(), 0) == 0;
    could[CODE] = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS,
                       -1, 0) != MAP_FAILED;
    could[TRACE] = nt_feature_seccomp.built && /* or else it would stop this test */
                   syscall(SYS_ptrace, 16 /* PTRACE_ATTACH */, getppid(), NULL, NULL) == 0;
    could[MEMORY] = mmap(NULL, (size_t)1 << 31, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                         -1, 0) != MAP_FAILED;
    nt_confined_seal();
    could[OPEN_LATER] = open(NT_CONFINED_PATH, O_RDONLY) >= 0;
    execv("/bin/true", words);
    nt_confined_give(could, sizeof could);
}

/* The one file, by its path. */
static void serve_path(void) {
    unsigned char byte = '?';
    int fd = open(NT_CONFINED_PATH, O_RDONLY);
    if (fd < 0 || read(fd, &byte, 1) != 1)
        byte = '?';
    nt_confined_give(&byte, 1);
}

static const nt_confined_service bytes = {"bytes", serve_bytes}, much = {"much", serve_much},
                                 crash = {"crash", serve_crash},
                                 silence = {"silence", serve_silence}, loop = {"loop", serve_loop},
                                 half = {"half", serve_half}, escape = {"escape", serve_attempts},
                                 by_path = {"path", serve_path}, absent = {"absent", NULL};
static const nt_confined_service *const services[] = {&bytes, &much,   &crash,   &silence, &loop,
                                                      &half,  &escape, &by_path, &absent,  NULL};

/* --- tests ------------------------------------------------------------------------------------ */

static const nt_confined_limits usual = {64 << 20, 30};

static nt_confined *start(const char *path, const char *service, nt_confined_limits limits) {
    nt_confined *c = NULL;
    int64_t size;
    int fd;
    EXPECT_OK(&error, nt_file_open(path, &fd, &size, &error));
    EXPECT_OK(&error, nt_confined_start(service, fd, path, limits, &c, &error));
    close(fd);
    return c;
}

static const char *make_file(const char *folder) {
    const char *path = path_in(folder, "data.mat");
    write_bytes(path, "hello", 5);
    return path;
}

static void questions_are_answered(void **state) {
    size_t before = nt_alloc_in_use();
    nt_confined *c = start(make_file(*state), "bytes", usual);
    for (int64_t at = 0; at < 7; at++) {
        char byte;
        EXPECT_OK(&error, nt_confined_ask(c, &at, sizeof at, &error));
        EXPECT_OK(&error, nt_confined_answer(c, &byte, 1, &error));
        assert_int_equal(byte, at < 5 ? "hello"[at] : '?');
    }
    nt_confined_end(c);
    assert_int_equal(nt_alloc_in_use(), before);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no child is left */
    c = start(make_file(*state), "path", usual);
    char byte;
    EXPECT_OK(&error, nt_confined_answer(c, &byte, 1, &error));
    assert_int_equal(byte, 'h');
    nt_confined_end(c);
}

static void long_answers_are_read(void **state) {
    enum { SIZE = 64 << 20 };
    unsigned char *all = malloc(SIZE);
    nt_confined *c = start(make_file(*state), "much", usual);
    EXPECT_OK(&error, nt_confined_answer(c, all, SIZE, &error));
    for (int i = 0; i < 64; i++)
        assert_true(all[i << 20] == i && all[(i << 20) + (1 << 20) - 1] == i);
    nt_confined_end(c);
    free(all);
}

static void expect_failure(const char *path, const char *service, nt_confined_limits limits,
                           const char *why) {
    char bytes_of[16];
    int64_t question = 0;
    nt_confined *c = start(path, service, limits);
    EXPECT_ERROR(&error, nt_confined_answer(c, bytes_of, 16, &error), NT_INVALID, why);
    EXPECT_ERROR(&error, nt_confined_answer(c, bytes_of, 16, &error), NT_INVALID, why);
    EXPECT_ERROR(&error, nt_confined_ask(c, &question, 8, &error), NT_INVALID, why);
    nt_confined_end(c);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void failures_are_told(void **state) {
    const char *path = make_file(*state);
    const nt_confined_limits brief = {64 << 20, 1};
    expect_failure(path, "crash", usual,
                   "data.mat: error: its decoder crashed (Segmentation fault); it is damaged, or");
    expect_failure(path, "half", usual, "data.mat: error: its decoder gave up");
    expect_failure(path, "silence", brief, "data.mat: error: its decoder did not answer within 1");
    expect_failure(path, "loop", brief, "data.mat: error: ");
}

static void absent_services_do_not_start(void **state) {
    static const char *const names[] = {"absent", "unknown"};
    const char *path = make_file(*state);
    int fd = open(path, O_RDONLY);
    for (int i = 0; i < 2; i++) {
        nt_confined *c = NULL;
        nt_status status = nt_confined_start(names[i], fd, path, usual, &c, &error);
        EXPECT_ERROR(&error, status, NT_INVALID, "data.mat: error: its decoder gave up");
        assert_null(c);
    }
    close(fd);
}

/* With libseccomp nothing of it can be done. Without, Landlock and the limits keep most of it. */
static void nothing_else_can_be_done(void **state) {
    unsigned char could[ATTEMPTS];
    nt_confined *c = start(make_file(*state), "escape", usual);
    EXPECT_OK(&error, nt_confined_answer(c, could, sizeof could, &error));
    nt_confined_end(c);
    for (int i = 0; i < ATTEMPTS; i++) {
        bool unlimited = i == MEMORY && SANITIZED;
        bool kept = nt_feature_seccomp.built || i == WRITE_FILE || i == MEMORY || i == OPEN_LATER;
        if (could[i] && kept && !unlimited && (i != READ_FILE && i != READ_FOLDER))
            fail_msg("%s was possible", attempts[i]);
    }
    assert_int_not_equal(access("/tmp/nt-confined-test", F_OK), 0);
    if (could[READ_FILE] || could[READ_FOLDER]) {
        print_message("this kernel has no Landlock: other files can be read\n");
        assert_true(syscall(444 /* landlock_create_ruleset */, NULL, 0, 1) < 0);
    }
}

/* Started from a thread while others run, as the loader may. */
static void *from_thread(void *path) {
    nt_error own;
    nt_confined *c = NULL;
    int64_t at = 1;
    char byte = 0;
    nt_error_init(&own);
    int fd = open(path, O_RDONLY);
    bool fine = fd >= 0 && nt_confined_start("bytes", fd, path, usual, &c, &own) == NT_OK &&
                nt_confined_ask(c, &at, sizeof at, &own) == NT_OK &&
                nt_confined_answer(c, &byte, 1, &own) == NT_OK && byte == 'e';
    nt_confined_end(c);
    close(fd);
    nt_error_finish(&own);
    return fine ? path : NULL;
}

static void threads_may_start_them(void **state) {
    enum { THREADS = 8 };
    pthread_t threads[THREADS];
    char path[PATH_SIZE];
    strcpy(path, make_file(*state));
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, from_thread, path), 0);
    for (int i = 0; i < THREADS; i++) {
        void *fine;
        pthread_join(threads[i], &fine);
        assert_ptr_equal(fine, path);
    }
}

int main(int argc, char **argv) {
    nt_confined_child(argc, argv, services);
    nt_error_init(&error);
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(questions_are_answered),
        WITH_FOLDER(long_answers_are_read),
        WITH_FOLDER(failures_are_told),
        WITH_FOLDER(nothing_else_can_be_done),
        WITH_FOLDER(absent_services_do_not_start),
        WITH_FOLDER(threads_may_start_them),
    };
    int failed = cmocka_run_group_tests_name("base_confined", tests, NULL, NULL);
    nt_error_finish(&error);
    return failed;
}
