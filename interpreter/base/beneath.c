/* openat2 with RESOLVE_BENEATH (Linux 5.6). Where there is none, or a sandbox forbids it, each part
 * of the path is opened without following a link, so that those that stay inside are refused, too.
 */
#include "beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { FLAGS = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC };

/* What follows the folder in the path; the path's last part where there is no folder. */
static const char *inner(const char *folder, const char *path) {
    const char *slash = strrchr(path, '/');
    size_t length = folder ? strlen(folder) : slash ? (size_t)(slash - path) : 0;
    const char *at = path + length;
    return at + strspn(at, "/");
}

static int open_folder(const char *path, const char *inside) {
    char folder[4096];
    size_t length = (size_t)(inside - path);
    if (length == 0)
        return open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (length >= sizeof folder) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(folder, path, length);
    folder[length] = '\0';
    return open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* Takes `at`. */
static int open_by_parts(int at, const char *inside) {
    char part[256];
    for (;;) {
        size_t length = strcspn(inside, "/");
        const char *rest = inside + length + strspn(inside + length, "/");
        bool last = *rest == '\0';
        int fd = -1;
        errno = length >= sizeof part ? ENAMETOOLONG : EXDEV;
        if (length < sizeof part && !(length == 2 && memcmp(inside, "..", 2) == 0)) {
            memcpy(part, inside, length);
            part[length] = '\0';
            fd = openat(at, part, O_NOFOLLOW | (last ? FLAGS : O_PATH | O_DIRECTORY | O_CLOEXEC));
        }
        int reason = errno;
        close(at);
        errno = reason;
        if (fd < 0 || last)
            return fd;
        at = fd;
        inside = rest;
    }
}

static int open_inside(const char *path, const char *inside) {
    struct open_how how = {.flags = FLAGS, .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
    int folder = open_folder(path, inside);
    if (folder < 0)
        return -1;
    int fd = -1, tries = 0;
    do /* while others rename on the way */
        fd = (int)syscall(SYS_openat2, folder, inside, &how, sizeof how);
    while (fd < 0 && (errno == EAGAIN || errno == EINTR) && ++tries < 100);
    if (fd < 0 && (errno == ENOSYS || errno == EPERM || errno == EINVAL))
        return open_by_parts(folder, inside);
    int reason = errno;
    close(folder);
    errno = reason;
    return fd;
}

nt_status nt_beneath_open(const char *folder, const char *path, int *ret, int64_t *ret_size,
                          nt_error *error) {
    int fd = open_inside(path, inner(folder, path));
    if (fd < 0 && (errno == EXDEV || errno == ELOOP || errno == ENOTDIR)) {
        nt_error_in(error, NT_INVALID, path, -1, "is a link that leads out of its folder");
        nt_error_hint(error, "what a run folder has is read from that folder alone");
        return NT_INVALID;
    }
    if (fd < 0)
        return nt_error_in(error, NT_INVALID, path, -1, "cannot open: %s", strerror(errno));
    nt_status status = nt_file_check(fd, path, ret_size, error);
    if (status == NT_OK)
        *ret = fd;
    else
        close(fd);
    return status;
}

nt_status nt_beneath_read(const char *folder, const char *path, size_t limit, nt_bytes *ret,
                          nt_error *error) {
    int64_t size;
    int fd;
    NT_TRY(nt_beneath_open(folder, path, &fd, &size, error));
    return nt_file_read_from(fd, size, path, limit, ret, error);
}

bool nt_beneath_there(const char *path) {
    struct stat info;
    return lstat(path, &info) == 0;
}

bool nt_beneath_plain(const char *folder, const char *path) {
    char part[4096];
    size_t length = strlen(folder);
    if (strncmp(path, folder, length) != 0 || strlen(path) >= sizeof part)
        return false;
    for (const char *at = inner(folder, path); *at;) {
        struct stat info;
        size_t own = strcspn(at, "/");
        if (own == 2 && memcmp(at, "..", 2) == 0)
            return false;
        at += own;
        memcpy(part, path, (size_t)(at - path));
        part[at - path] = '\0';
        if (lstat(part, &info) == 0 && S_ISLNK(info.st_mode))
            return false;
        at += strspn(at, "/");
    }
    return true;
}
