/* The confined side. What it gives up, in this order, before it touches the file:
 *
 *     descriptors     all but the channel, the file and /dev/null
 *     signals         those that ask a program to stop: it ends when nobody asks any more
 *     rlimits         address space, processor time, files written, processes, descriptors
 *     privileges      PR_SET_NO_NEW_PRIVS
 *     Landlock        (Linux 5.13) no file can be opened but the one
 *     seccomp         (libseccomp) system calls: confined_filter.c
 *
 * What the kernel lacks is left out. */
#include "confined.h"
#include "confined_private.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#ifdef SYS_landlock_create_ruleset
#include <linux/landlock.h>
#endif

enum { DONE = 0, WRONG = 2 };

/* --- giving up -------------------------------------------------------------------------------- */

static void close_others(void) {
    enum { MOST = 1 << 16 };
    int first = NT_CONFINED_FILE + 1;
#ifdef SYS_close_range
    if (syscall(SYS_close_range, (unsigned)first, ~0u, 0u) == 0)
        return;
#endif
    for (int fd = first; fd < MOST; fd++)
        close(fd);
}

static void limit(int what, int64_t most) {
    struct rlimit now;
    if (getrlimit(what, &now) != 0)
        return;
    rlim_t wanted = (rlim_t)most;
    if (now.rlim_max != RLIM_INFINITY && now.rlim_max < wanted)
        wanted = now.rlim_max;
    now = (struct rlimit){wanted, wanted};
    setrlimit(what, &now);
}

/* What this process has mapped already, in bytes. */
static int64_t address_space(void) {
    enum { UNKNOWN = 1 << 30 };
    char text[64];
    int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    ssize_t size = fd >= 0 ? read(fd, text, sizeof text - 1) : -1;
    if (fd >= 0)
        close(fd);
    if (size <= 0)
        return UNKNOWN;
    text[size] = '\0';
    return strtoll(text, NULL, 10) * sysconf(_SC_PAGESIZE);
}

static void limit_all(int64_t memory, int64_t seconds) {
    enum { DESCRIPTORS = 16 };
    if (!NT_SANITIZED)
        limit(RLIMIT_AS, address_space() + memory);
    limit(RLIMIT_CPU, seconds);
    limit(RLIMIT_FSIZE, 0);
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_NPROC, 0);
    limit(RLIMIT_NOFILE, DESCRIPTORS);
}

/* The file's own inode is the only one that may be opened, to be read. */
static void restrict_files(void) {
#ifdef SYS_landlock_create_ruleset
    struct landlock_ruleset_attr all = {.handled_access_fs =
                                            (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1};
    struct landlock_path_beneath_attr one = {.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE,
                                             .parent_fd = NT_CONFINED_FILE};
    int rules = (int)syscall(SYS_landlock_create_ruleset, &all, sizeof all, 0u);
    if (rules < 0)
        return;
    if (syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &one, 0u) == 0)
        syscall(SYS_landlock_restrict_self, rules, 0u);
    close(rules);
#endif
}

static void give_up(int64_t memory, int64_t seconds) {
    static const int passed_over[] = {SIGINT,  SIGTERM, SIGHUP,  SIGQUIT,
                                      SIGUSR1, SIGUSR2, SIGPIPE, SIGXFSZ};
    close_others();
    for (size_t i = 0; i < sizeof passed_over / sizeof *passed_over; i++)
        signal(passed_over[i], SIG_IGN);
    if (chdir("/") != 0)
        _exit(WRONG);
    limit_all(memory, seconds);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        _exit(WRONG);
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    restrict_files();
    nt_confined_filter();
}

void nt_confined_seal(void) {
    limit(RLIMIT_NOFILE, 0);
}

/* --- being it --------------------------------------------------------------------------------- */

/* Started as nt_confined_start does it, not by hand. */
static bool has_descriptors(void) {
    struct stat channel, file;
    return fstat(NT_CONFINED_CHANNEL, &channel) == 0 && S_ISSOCK(channel.st_mode) &&
           fstat(NT_CONFINED_FILE, &file) == 0 && S_ISREG(file.st_mode);
}

bool nt_confined_child(int argc, char **argv, const nt_confined_service *const *services) {
    if (argc != 5 || strcmp(argv[1], NT_CONFINED_WORD) != 0 || !getenv(NT_CONFINED_MARK))
        return false;
    while (*services && strcmp((*services)->name, argv[2]) != 0)
        services++;
    if (!*services || !(*services)->serve || !has_descriptors())
        _exit(WRONG);
    give_up(strtoll(argv[3], NULL, 10), strtoll(argv[4], NULL, 10));
    nt_confined_give(&nt_confined_greeting, sizeof nt_confined_greeting);
    (*services)->serve();
    _exit(DONE); /* what libraries would do at the end is of no use here, and of some danger */
}

bool nt_confined_take(void *ret, size_t size) {
    size_t got = 0;
    while (got < size) {
        ssize_t n = read(NT_CONFINED_CHANNEL, (char *)ret + got, size - got);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        got += (size_t)n;
    }
    return true;
}

void nt_confined_give(const void *bytes, size_t size) {
    size_t given = 0;
    while (given < size) {
        ssize_t n = write(NT_CONFINED_CHANNEL, (const char *)bytes + given, size - given);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            _exit(DONE); /* nobody listens */
        given += (size_t)n;
    }
}
