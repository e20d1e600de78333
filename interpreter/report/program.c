/* Programs are started without a shell, with nothing to read and everything that they say in a
 * file; of that the last line is quoted where one fails. */
#include "program.h"

#include "file.h"
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static nt_status start(char *const *words, const char *folder, const char *log, pid_t *ret) {
    posix_spawn_file_actions_t actions;
    int failed = posix_spawn_file_actions_init(&actions);
    if (failed)
        return NT_NO_MEMORY;
    failed = posix_spawn_file_actions_addchdir_np(&actions, folder);
    if (!failed)
        failed = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (!failed)
        failed = posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log,
                                                  O_WRONLY | O_CREAT | O_EXCL, 0666);
    if (!failed)
        failed = posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
    if (!failed)
        failed = posix_spawnp(ret, words[0], &actions, NULL, words, environ);
    posix_spawn_file_actions_destroy(&actions);
    errno = failed;
    return failed ? NT_FAILED : NT_OK;
}

/* The last line that a program wrote: what made it give up. */
static const char *last_line(nt_arena *arena, const char *log) {
    nt_error unread;
    nt_bytes file;
    nt_error_init(&unread);
    const char *line = NULL;
    if (nt_file_read(log, 1 << 20, &file, &unread) == NT_OK) {
        size_t end = file.size;
        while (end > 0 && strchr("\n ", file.bytes[end - 1]))
            end--;
        size_t start = end;
        while (start > 0 && file.bytes[start - 1] != '\n')
            start--;
        line = nt_arena_substring(arena, (const char *)file.bytes + start, end - start);
        nt_bytes_finish(&file);
    }
    nt_error_finish(&unread);
    return line && *line ? line : "it doesn't say why";
}

nt_status nt_program_run(char *const *words, const char *package, const char *folder,
                         const char *name, nt_arena *arena, nt_error *error) {
    char *log = nt_arena_printf(arena, "%s.log", name);
    char *path = log ? nt_arena_printf(arena, "%s/%s", folder, log) : NULL;
    pid_t child;
    int how;
    if (!path)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory");
    if (unlink(path) != 0 && errno != ENOENT)
        return nt_error_in(error, NT_IO, path, -1, "cannot replace it: %s", strerror(errno));
    if (start(words, folder, log, &child) != NT_OK) {
        nt_error_say(error, NT_FAILED, "cannot run %s: %s", words[0], strerror(errno));
        nt_error_hint(error, "install it: apt-get install %s", package);
        unlink(path);
        return NT_FAILED;
    }
    while (waitpid(child, &how, 0) < 0)
        if (errno != EINTR)
            return nt_error_say(error, NT_FAILED, "cannot wait for %s: %s", words[0],
                                strerror(errno));
    if (!WIFEXITED(how) || WEXITSTATUS(how) != 0)
        return nt_error_in(error, NT_FAILED, path, -1, "%s failed on %s: %s", words[0], name,
                           last_line(arena, path));
    unlink(path);
    return NT_OK;
}
