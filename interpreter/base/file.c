/* Every failure of the operating system becomes a diagnostic with the path and the reason; writes,
 * syncs and renames can be made to fail for tests. */
#include "file.h"

#include "alloc.h"
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* Injected failure. */
static int fail_countdown, fail_errno;

void nt_file_fail_at(int n, int error_number) {
    fail_countdown = n;
    fail_errno = error_number;
}

static bool injected(void) {
    if (fail_countdown == 0 || --fail_countdown > 0)
        return false;
    errno = fail_errno;
    return true;
}

static nt_status cannot(nt_error *error, nt_status status, const char *verb, const char *path) {
    return nt_error_in(error, status, path, -1, "cannot %s: %s", verb, strerror(errno));
}

static const char *sort_of(mode_t mode) {
    return S_ISDIR(mode)                    ? "a folder"
           : S_ISFIFO(mode)                 ? "a FIFO (named pipe)"
           : S_ISSOCK(mode)                 ? "a socket"
           : S_ISCHR(mode) || S_ISBLK(mode) ? "a device"
                                            : "something else";
}

static nt_status refuse_sort(mode_t mode, const char *path, nt_error *error) {
    nt_error_in(error, NT_INVALID, path, -1, "is %s, not a regular file", sort_of(mode));
    if (!S_ISDIR(mode))
        nt_error_hint(error, "save what it gives in a file first");
    return NT_INVALID;
}

nt_status nt_file_check(int fd, const char *path, int64_t *ret_size, nt_error *error) {
    struct stat info;
    if (fstat(fd, &info) != 0)
        return cannot(error, NT_INVALID, "open", path);
    if (!S_ISREG(info.st_mode))
        return refuse_sort(info.st_mode, path, error);
    *ret_size = info.st_size;
    return NT_OK;
}

/* Without O_NONBLOCK, opening a FIFO would wait for somebody to write to it. A socket can't be
 * opened at all, and some devices can't. */
nt_status nt_file_open(const char *path, int *ret, int64_t *ret_size, nt_error *error) {
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0) {
        int reason = errno;
        struct stat info;
        if (stat(path, &info) == 0 && !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode))
            return refuse_sort(info.st_mode, path, error);
        errno = reason;
        return cannot(error, NT_INVALID, "open", path);
    }
    nt_status status = nt_file_check(fd, path, ret_size, error);
    if (status == NT_OK)
        *ret = fd;
    else
        close(fd);
    return status;
}

int64_t nt_file_read_at(int fd, int64_t offset, void *to, size_t size) {
    unsigned char *bytes = to;
    size_t got = 0;
    while (got < size) {
        ssize_t n = pread(fd, bytes + got, size - got, (off_t)(offset + (int64_t)got));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        if (n == 0)
            break;
        got += (size_t)n;
    }
    return (int64_t)got;
}

nt_status nt_file_read(const char *path, size_t limit, nt_bytes *ret, nt_error *error) {
    int fd;
    int64_t size;
    NT_TRY(nt_file_open(path, &fd, &size, error));
    return nt_file_read_from(fd, size, path, limit, ret, error);
}

nt_status nt_file_read_from(int fd, int64_t size, const char *path, size_t limit, nt_bytes *ret,
                            nt_error *error) {
    int64_t got;
    nt_status status = NT_OK;
    unsigned char *bytes = NULL;
    if ((uint64_t)size > limit)
        status = nt_error_in(error, NT_INVALID, path, -1,
                             "has %lld bytes, more than the %zu that such a file may have",
                             (long long)size, limit);
    else if (!(bytes = nt_alloc((size_t)size + 1)))
        status = nt_error_say(error, NT_NO_MEMORY, "out of memory reading %s", path);
    else if ((got = nt_file_read_at(fd, 0, bytes, (size_t)size)) < 0)
        status = cannot(error, NT_IO, "read", path);
    else if (got < size)
        status =
            nt_error_in(error, NT_IO, path, got, "the file ends here, early: it is being changed");
    close(fd);
    if (status != NT_OK) {
        nt_free(bytes, (size_t)size + 1);
        return status;
    }
    bytes[size] = 0;
    *ret = (nt_bytes){.bytes = bytes, .size = (size_t)size};
    return NT_OK;
}

/* Reads from where `fd` stands until its end, up to one byte more than `limit`. */
static nt_status read_on(int fd, size_t limit, nt_bytes *ret, nt_error *error) {
    unsigned char *bytes = NULL;
    size_t capacity = 0, got = 0;
    ssize_t n = 1;
    while (n > 0 && got <= limit) {
        if (!nt_grow((void **)&bytes, &capacity, got, 1)) {
            nt_free(bytes, capacity);
            return nt_error_say(error, NT_NO_MEMORY, "out of memory reading " NT_STANDARD_INPUT);
        }
        n = read(fd, bytes + got, capacity - got);
        if (n < 0 && errno == EINTR)
            n = 1;
        else if (n > 0)
            got += (size_t)n;
    }
    *ret = (nt_bytes){.bytes = bytes, .size = got};
    return n < 0 ? cannot(error, NT_IO, "read", NT_STANDARD_INPUT) : NT_OK;
}

nt_status nt_file_read_input(size_t limit, const nt_bytes **ret, nt_error *error) {
    static nt_bytes input;
    if (!input.bytes)
        NT_TRY(read_on(STDIN_FILENO, limit, &input, error));
    if (input.size > limit)
        return nt_error_in(error, NT_INVALID, NT_STANDARD_INPUT, -1,
                           "has more than the %zu bytes that such a file may have", limit);
    *ret = &input;
    return NT_OK;
}

void nt_bytes_finish(nt_bytes *bytes) {
    nt_free(bytes->bytes, bytes->size + 1);
    *bytes = (nt_bytes){0};
}

nt_status nt_file_digest(const char *path, char hex[NT_DIGEST_HEX], nt_error *error) {
    enum { PIECE = 1 << 16 };
    int fd;
    int64_t size, got;
    NT_TRY(nt_file_open(path, &fd, &size, error));
    unsigned char *piece = nt_alloc(PIECE);
    nt_digest *digest = nt_digest_new();
    if (!piece || !digest) {
        if (digest)
            nt_digest_end(digest, hex);
        nt_free(piece, PIECE);
        close(fd);
        return nt_error_say(error, NT_NO_MEMORY, "out of memory reading %s", path);
    }
    for (int64_t done = 0; (got = nt_file_read_at(fd, done, piece, PIECE)) > 0; done += got)
        nt_digest_add(digest, piece, (size_t)got);
    nt_status status = got < 0 ? cannot(error, NT_IO, "read", path) : NT_OK;
    nt_digest_end(digest, hex);
    nt_free(piece, PIECE);
    close(fd);
    return status;
}

struct nt_file {
    nt_arena arena;
    const char *path, *temporary;
    int fd;
    int failure; /* errno of the first failure, or 0 */
};

/* What stands in its place, left by a process of the same number that was killed or put there by
 * somebody, goes; it is never written through. */
static int create_new(const char *path) {
    enum { HOW = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC };
    int fd = open(path, HOW, 0666);
    if (fd < 0 && errno == EEXIST && unlink(path) == 0)
        fd = open(path, HOW, 0666);
    return fd;
}

nt_status nt_file_create(const char *path, nt_file **ret, nt_error *error) {
    nt_arena arena;
    nt_arena_init(&arena);
    nt_file *file = NT_ARENA_NEW(&arena, nt_file);
    const char *copy = nt_arena_string(&arena, path);
    const char *temporary = nt_arena_printf(&arena, "%s.%ld.tmp", path, (long)getpid());
    if (!file || !copy || !temporary) {
        nt_arena_finish(&arena);
        return nt_error_say(error, NT_NO_MEMORY, "out of memory writing %s", path);
    }
    int fd = create_new(temporary);
    if (fd < 0) {
        nt_arena_finish(&arena);
        return cannot(error, NT_IO, "write", path);
    }
    *file = (nt_file){.path = copy, .temporary = temporary, .fd = fd};
    file->arena = arena;
    *ret = file;
    return NT_OK;
}

void nt_file_write(nt_file *file, const void *bytes, size_t size) {
    const char *p = bytes;
    while (size > 0 && file->failure == 0) {
        ssize_t n = injected() ? -1 : write(file->fd, p, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            file->failure = errno;
            return;
        }
        p += n;
        size -= (size_t)n;
    }
}

static void sync_folder_of(nt_file *file) {
    const char *slash = strrchr(file->path, '/');
    const char *folder =
        slash ? nt_arena_substring(&file->arena, file->path, (size_t)(slash - file->path) + 1)
              : ".";
    int fd = folder ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (fd < 0)
        return;
    fsync(fd); /* some file systems have no such call for folders: their rename is durable or not */
    close(fd);
}

static void release(nt_file *file) {
    nt_arena arena = file->arena; /* the file itself lies in it */
    nt_arena_finish(&arena);
}

nt_status nt_file_commit(nt_file *file, nt_error *error) {
    if (file->failure == 0 && (injected() || fsync(file->fd) != 0))
        file->failure = errno;
    if (close(file->fd) != 0 && file->failure == 0)
        file->failure = errno;
    if (file->failure == 0 && (injected() || rename(file->temporary, file->path) != 0))
        file->failure = errno;
    nt_status status = NT_OK;
    if (file->failure == 0) {
        sync_folder_of(file);
    } else {
        unlink(file->temporary);
        errno = file->failure;
        status = cannot(error, NT_IO, "write", file->path);
    }
    release(file);
    return status;
}

void nt_file_abandon(nt_file *file) {
    if (!file)
        return;
    close(file->fd);
    unlink(file->temporary);
    release(file);
}

nt_status nt_file_replace(const char *path, const void *bytes, size_t size, nt_error *error) {
    nt_file *file;
    NT_TRY(nt_file_create(path, &file, error));
    nt_file_write(file, bytes, size);
    return nt_file_commit(file, error);
}

bool nt_folder_exists(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

static int by_text(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool ends_in(const char *text, const char *ending) {
    size_t length = strlen(text), tail = strlen(ending);
    return length >= tail && strcmp(text + length - tail, ending) == 0;
}

/* Folders, or files if there is an `ending`. In blocks of nt_alloc, the names in `arena`. */
static nt_status collect(DIR *dir, const char *path, const char *ending, nt_arena *arena,
                         const char ***names, size_t *count, size_t *room, nt_error *error) {
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        const char *name = nt_arena_string(arena, entry->d_name);
        const char *inner = nt_arena_printf(arena, "%s/%s", path, entry->d_name);
        if (name && inner &&
            (name[0] == '.' || nt_folder_exists(inner) == (ending != NULL) ||
             (ending && !ends_in(name, ending))))
            continue;
        if (!name || !inner || !nt_grow((void **)names, room, *count, sizeof **names))
            return nt_error_say(error, NT_NO_MEMORY, "out of memory listing %s", path);
        (*names)[(*count)++] = name;
    }
    return NT_OK;
}

static nt_status list(const char *path, const char *ending, nt_arena *arena, nt_names *ret,
                      nt_error *error) {
    const char **names = NULL;
    size_t count = 0, room = 0;
    DIR *dir = opendir(path);
    if (!dir)
        return nt_error_in(error, NT_INVALID, path, -1, "cannot be listed: %s", strerror(errno));
    nt_status status = collect(dir, path, ending, arena, &names, &count, &room, error);
    closedir(dir);
    if (count > 0)
        qsort(names, count, sizeof *names, by_text);
    const char *const *kept = nt_arena_copy(arena, names, count * sizeof *names);
    nt_free(names, room * sizeof *names);
    NT_TRY(status);
    if (!kept && count > 0)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory listing %s", path);
    *ret = (nt_names){kept, (int32_t)count};
    return NT_OK;
}

nt_status nt_folders_in(const char *path, nt_arena *arena, nt_names *ret, nt_error *error) {
    return list(path, NULL, arena, ret, error);
}

nt_status nt_files_in(const char *path, const char *ending, nt_arena *arena, nt_names *ret,
                      nt_error *error) {
    return list(path, ending, arena, ret, error);
}

const char *nt_program_folder(nt_arena *arena) {
    char *path = realpath("/proc/self/exe", NULL);
    char *slash = path ? strrchr(path, '/') : NULL;
    const char *folder = NULL;
    if (slash)
        folder = nt_arena_printf(arena, "%.*s", (int)(slash - path), path);
    free(path);
    return folder;
}

nt_status nt_folder_make(const char *path, nt_error *error) {
    nt_arena arena;
    nt_arena_init(&arena);
    char *partial = nt_arena_string(&arena, path);
    nt_status status = partial ? NT_OK : NT_NO_MEMORY;
    for (char *p = partial; status == NT_OK && p;) {
        p = strchr(p + 1, '/');
        if (p)
            *p = '\0';
        if (mkdir(partial, 0777) != 0 && errno != EEXIST)
            status = cannot(error, NT_IO, "make the folder", path);
        if (p)
            *p = '/';
    }
    struct stat info;
    if (status == NT_OK && (stat(path, &info) != 0 || !S_ISDIR(info.st_mode)))
        status = nt_error_in(error, NT_IO, path, -1, "is not a folder");
    nt_arena_finish(&arena);
    return status;
}

/* NAME.PID.tmp: see nt_file_create. Returns the process, 0 of a name that is none. */
static long process_of(const char *name) {
    size_t length = strlen(name), digits = 0;
    if (length < 5 || strcmp(name + length - 4, ".tmp") != 0)
        return 0;
    for (length -= 4; length > 0 && isdigit((unsigned char)name[length - 1]); length--)
        digits++;
    return digits > 0 && length > 1 && name[length - 1] == '.' ? strtol(name + length, NULL, 10)
                                                               : 0;
}

/* One with this process's number is of an earlier one, which had it by chance or in a container. */
static bool is_at_work(long process) {
    return process != getpid() && process <= INT_MAX &&
           (kill((pid_t)process, 0) == 0 || errno == EPERM);
}

void nt_folder_sweep(const char *path) {
    DIR *folder = opendir(path);
    if (!folder)
        return;
    for (const struct dirent *item; (item = readdir(folder));) {
        long process = process_of(item->d_name);
        if (process > 0 && !is_at_work(process))
            unlinkat(dirfd(folder), item->d_name, 0);
    }
    closedir(folder);
}

nt_status nt_folder_lock(const char *folder, int *ret_lock, nt_error *error) {
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return cannot(error, NT_IO, "open the folder", folder);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        bool taken = errno == EWOULDBLOCK;
        nt_status status =
            taken ? nt_error_in(error, NT_FAILED, folder, -1, "is in use by another process")
                  : cannot(error, NT_IO, "lock", folder);
        if (taken)
            nt_error_hint(error, "wait for it to end, or choose another folder");
        close(fd);
        return status;
    }
    *ret_lock = fd;
    return NT_OK;
}

void nt_folder_unlock(int lock) {
    close(lock);
}

/* The variable's name at `at`, which is a '$', and how many bytes it takes there; 0: it is none. */
static size_t variable_at(nt_arena *arena, const char *at, const char **ret_name) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
    bool braced = at[1] == '{';
    const char *name = at + 1 + braced;
    size_t length = strspn(name, letters);
    if (length == 0 || isdigit((unsigned char)name[0]) || (braced && name[length] != '}'))
        return 0;
    *ret_name = nt_arena_substring(arena, name, length);
    return 1 + length + 2 * (size_t)braced;
}

nt_status nt_path_expand(nt_arena *arena, const char *path, const char **ret) {
    nt_text text;
    nt_status status = NT_OK;
    const char *home = getenv("HOME");
    nt_text_init(&text);
    if (path[0] == '~' && (path[1] == '/' || path[1] == '\0') && home) {
        nt_text_add(&text, home);
        path++;
    }
    while (*path && status == NT_OK) {
        const char *name = NULL, *value;
        size_t taken = *path == '$' ? variable_at(arena, path, &name) : 0;
        value = name ? getenv(name) : NULL;
        if (taken > 0 && !value) {
            *ret = name ? nt_arena_printf(arena, "$%s", name) : NULL;
            status = *ret ? NT_INVALID : NT_NO_MEMORY;
        } else if (taken > 0) {
            nt_text_add(&text, value);
        } else {
            nt_text_add_bytes(&text, path, 1);
        }
        path += taken > 0 ? taken : 1;
    }
    if (status == NT_OK)
        *ret = text.failed ? NULL : nt_arena_string(arena, text.bytes);
    nt_text_finish(&text);
    return status == NT_OK && !*ret ? NT_NO_MEMORY : status;
}

const char *nt_path_beside(nt_arena *arena, const char *beside, const char *path) {
    const char *slash = strrchr(beside, '/');
    if (path[0] == '/' || !slash)
        return nt_arena_string(arena, path);
    return nt_arena_printf(arena, "%.*s/%s", (int)(slash - beside), beside, path);
}
