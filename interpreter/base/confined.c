/* The side that asks. The child is /proc/self/exe: this very program, even where another was put in
 * its place. It inherits two descriptors, a handful of variables and no signal's handler. */
#include "confined.h"
#include "confined_private.h"

#include "alloc.h"
#include "clock.h"
#include "signals.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

struct nt_confined {
    const char *path;
    nt_confined_limits limits;
    pid_t child; /* 0: it has ended */
    int how;     /* as waitpid says it; -1: it was too slow */
    int channel;
};

/* --- starting --------------------------------------------------------------------------------- */

static bool passed_on(const char *variable) {
    static const char *const starts[] = {
        "LD_", "ASAN_OPTIONS=", "UBSAN_OPTIONS=", "TSAN_OPTIONS=", "LSAN_OPTIONS=", NULL};
    for (const char *const *start = starts; *start; start++)
        if (strncmp(variable, *start, strlen(*start)) == 0)
            return true;
    return false;
}

/* In `arena`; NULL when out of memory. */
static char **child_environment(nt_arena *arena) {
    size_t count = 0, kept = 0;
    while (environ && environ[count])
        count++;
    char **ret = NT_ARENA_ARRAY(arena, char *, count + 2);
    if (!ret)
        return NULL;
    for (size_t i = 0; i < count; i++)
        if (passed_on(environ[i]))
            ret[kept++] = environ[i];
    ret[kept++] = nt_arena_string(arena, NT_CONFINED_MARK "=1");
    ret[kept] = NULL;
    return ret[kept - 1] ? ret : NULL;
}

static int add_descriptors(posix_spawn_file_actions_t *actions, int channel, int file) {
    int failed = 0;
    for (int fd = STDIN_FILENO; !failed && fd <= (NT_SANITIZED ? STDOUT_FILENO : STDERR_FILENO);
         fd++)
        failed = posix_spawn_file_actions_addopen(actions, fd, "/dev/null", O_RDWR, 0);
    if (!failed)
        failed = posix_spawn_file_actions_adddup2(actions, channel, NT_CONFINED_CHANNEL);
    if (!failed)
        failed = posix_spawn_file_actions_adddup2(actions, file, NT_CONFINED_FILE);
    return failed;
}

static int add_signals(posix_spawnattr_t *attributes) {
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    int failed = posix_spawnattr_setsigmask(attributes, &none);
    if (!failed)
        failed = posix_spawnattr_setsigdefault(attributes, &all);
    if (!failed)
        failed =
            posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    return failed;
}

/* The error's number, 0: none. Both descriptors lie above those that the child has. */
static int spawn(char *const *words, char *const *environment, int channel, int file, pid_t *ret) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int failed = posix_spawn_file_actions_init(&actions);
    if (failed)
        return failed;
    failed = posix_spawnattr_init(&attributes);
    if (!failed) {
        failed = add_descriptors(&actions, channel, file);
        if (!failed)
            failed = add_signals(&attributes);
        if (!failed)
            failed = posix_spawn(ret, "/proc/self/exe", &actions, &attributes, words, environment);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&actions);
    return failed;
}

static int start_child(nt_confined *c, const char *service, int theirs, int file) {
    enum { ABOVE = 16 };
    nt_arena arena;
    nt_arena_init(&arena);
    char *words[] = {"nontrivial",
                     NT_CONFINED_WORD,
                     nt_arena_string(&arena, service),
                     nt_arena_printf(&arena, "%lld", (long long)c->limits.memory),
                     nt_arena_printf(&arena, "%d", c->limits.seconds),
                     NULL};
    char **environment = child_environment(&arena);
    int failed = words[2] && words[3] && words[4] && environment ? 0 : ENOMEM;
    int channel = fcntl(theirs, F_DUPFD_CLOEXEC, ABOVE), copy = fcntl(file, F_DUPFD_CLOEXEC, ABOVE);
    if (!failed && (channel < 0 || copy < 0))
        failed = errno;
    if (!failed)
        failed = spawn(words, environment, channel, copy, &c->child);
    if (channel >= 0)
        close(channel);
    if (copy >= 0)
        close(copy);
    nt_arena_finish(&arena);
    return failed;
}

nt_status nt_confined_start(const char *service, int file, const char *path,
                            nt_confined_limits limits, nt_confined **ret, nt_error *error) {
    uint64_t greeting = 0;
    int ends[2];
    nt_confined *c = nt_alloc_zero(sizeof *c);
    if (!c)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory reading %s", path);
    *c = (nt_confined){.path = path, .limits = limits, .channel = -1};
    int failed = getenv(NT_CONFINED_MARK) ? EPERM : 0;
    if (!failed && socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        failed = errno;
    else if (!failed) {
        c->channel = ends[0];
        failed = start_child(c, service, ends[1], file);
        close(ends[1]);
    }
    nt_status status =
        failed ? nt_error_in(error, NT_FAILED, path, -1,
                             "no process can be started to decode it: %s", strerror(failed))
               : nt_confined_answer(c, &greeting, sizeof greeting, error);
    if (status == NT_OK && greeting != nt_confined_greeting)
        status = nt_error_in(error, NT_FAILED, path, -1, "its decoder is another program");
    if (status == NT_OK)
        *ret = c;
    else
        nt_confined_end(c);
    return status;
}

/* --- ending ----------------------------------------------------------------------------------- */

/* Waits a moment for the child to end by itself, or not at all; then it is ended. */
static void reap(nt_confined *c, bool wait) {
    enum { TURNS = 200, TURN = 10000 /* microseconds */ };
    int how = 0;
    pid_t got = 0;
    for (int i = 0; c->child && wait && got == 0 && i < TURNS; i++) {
        got = waitpid(c->child, &how, WNOHANG);
        if (got == 0)
            usleep(TURN);
    }
    if (c->child && got == 0) {
        kill(c->child, SIGKILL);
        while ((got = waitpid(c->child, &how, 0)) < 0 && errno == EINTR)
            continue;
    }
    c->how = how;
    c->child = 0;
}

void nt_confined_end(nt_confined *c) {
    if (!c)
        return;
    if (c->channel >= 0)
        close(c->channel);
    reap(c, false); /* it has answered, or never will */
    nt_free(c, sizeof *c);
}

/* The child is gone: why, as far as the system knows. */
static nt_status say_gone(const nt_confined *c, nt_error *error) {
    int signal = WIFSIGNALED(c->how) ? WTERMSIG(c->how) : 0;
    if (c->how == -1)
        nt_error_in(error, NT_INVALID, c->path, -1, "its decoder did not answer within %d s",
                    c->limits.seconds);
    else if (signal == SIGXCPU)
        nt_error_in(error, NT_INVALID, c->path, -1, "decoding it took more than %d s",
                    c->limits.seconds);
    else if (signal)
        nt_error_in(error, NT_INVALID, c->path, -1, "its decoder crashed (%s)", strsignal(signal));
    else
        nt_error_in(error, NT_INVALID, c->path, -1, "its decoder gave up");
    nt_error_hint(error, "it is damaged, or was made to do harm: get it anew");
    return NT_INVALID;
}

/* --- talking ---------------------------------------------------------------------------------- */

nt_status nt_confined_ask(nt_confined *c, const void *question, size_t size, nt_error *error) {
    if (c->child && send(c->channel, question, size, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)size)
        return NT_OK;
    if (c->child)
        reap(c, true);
    return say_gone(c, error);
}

nt_status nt_confined_answer(nt_confined *c, void *ret, size_t size, nt_error *error) {
    enum { TURN = 200 /* milliseconds, after which signals are seen */ };
    double until = nt_clock() + c->limits.seconds + (double)(size >> 20);
    struct pollfd ready = {.fd = c->channel, .events = POLLIN};
    size_t got = 0;
    while (c->child && got < size) {
        ssize_t n = recv(c->channel, (char *)ret + got, size - got, MSG_DONTWAIT);
        if (n > 0) {
            got += (size_t)n;
        } else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
            reap(c, true);
        } else if (nt_signals_status() != NT_OK) {
            return nt_signals_status();
        } else if (nt_clock() > until) {
            reap(c, false);
            c->how = -1;
        } else {
            poll(&ready, 1, TURN);
        }
    }
    return got == size ? NT_OK : say_gone(c, error);
}
